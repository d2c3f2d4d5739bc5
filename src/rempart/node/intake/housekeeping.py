"""Steps that repeat by themselves: ending forgotten submissions, removing blobs no row names."""

from datetime import datetime, timedelta

from rempart.node.intake import submissions
from rempart.node.intake.models import StoredFile
from rempart.node.jobs import services as jobs
from rempart.node.runtime import clock, vault

EXPIRE_EVERY = timedelta(minutes=10)
SWEEP_EVERY = timedelta(hours=6)
ORPHAN_SECONDS = 3600.0
"""Real seconds, not the node's clock: it is the age of a file on disk."""
_BATCH = 50
_ALL = "all"


@jobs.step("expire-submissions")
def expire_submissions(subject: str) -> jobs.Effects:
    def effects() -> datetime:
        full = submissions.expire(_BATCH) == _BATCH
        return clock().now() + (timedelta() if full else EXPIRE_EVERY)

    return effects


@jobs.step("sweep-vault")
def sweep_vault(subject: str) -> jobs.Effects:
    """Remove blobs whose upload died between the file's commit and its row, and half-written files.

    A blob's row is written within moments of the blob, so an hour's age keeps the sweep off running uploads.
    """
    vault().sweep(lambda blob: StoredFile.objects.filter(file_id=blob).exists(), ORPHAN_SECONDS)

    def effects() -> datetime:
        return clock().now() + SWEEP_EVERY

    return effects


def ask_for_repeating_steps() -> None:
    """Called when a worker starts; due at once, also after a failure that had ended them."""
    for kind in ("expire-submissions", "sweep-vault"):
        jobs.wake(kind, _ALL)
