"""The step that signs the chain's head again and again."""

from datetime import datetime, timedelta

from django.conf import settings

from rempart.node.audit import checkpoints
from rempart.node.jobs import services as jobs
from rempart.node.runtime import clock


@jobs.step("checkpoint")
def checkpoint(subject: str) -> jobs.Effects:
    """Sign the head. A failure is given up after some tries: the chain was changed, and signs nothing more."""
    checkpoints.write()

    def effects() -> datetime:
        return clock().now() + timedelta(minutes=settings.CHECKPOINT_MINUTES)

    return effects


def ask_for_repeating_steps() -> None:
    """Due at once whenever a worker starts."""
    jobs.wake("checkpoint", "all")
