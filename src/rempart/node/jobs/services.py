"""Ask for a step, claim it, run it once.

Invariants: a step is a row before it is done; its effects and its end are one transaction; that transaction
commits only while the worker still holds the lease. So a killed worker's step is done again from the start, and
two workers never both commit one step.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from rempart.core.errors import OutsideFailure, RempartError
from rempart.node import statements
from rempart.node.jobs.models import Job
from rempart.node.runtime import clock

log = logging.getLogger("rempart.jobs")

LEASE_SECONDS = 60.0
MAX_ATTEMPTS = 12
_FIRST_RETRY = timedelta(seconds=30)
_LONGEST_RETRY = timedelta(hours=1)
_CLAIM_FIELDS = ("pk", "kind", "subject", "lease_token", "attempts")

Effects = Callable[[], datetime | None]
Step = Callable[[str], Effects]
_STEPS: dict[str, Step] = {}


def step(kind: str) -> Callable[[Step], Step]:
    """Register the function that does steps of `kind`.

    It is called outside any transaction with the job's subject, does what touches the outside, and returns the
    effects: a function run in one transaction with the job's end. The effects return None when the step is done for
    good, or the time (node's clock) at which it is due again.
    """

    def register(function: Step) -> Step:
        if kind in _STEPS and _STEPS[kind] is not function:
            raise ValueError(f"two functions claim the step {kind}")
        _STEPS[kind] = function
        return function

    return register


def is_known(kind: str) -> bool:
    """Whether this process has a function for steps of the kind."""
    return kind in _STEPS


def nothing() -> None:
    """Effects of a step that found nothing left to do."""


def enqueue(kind: str, subject: str | int, *, due_at: datetime | None = None, priority: int = 0) -> None:
    """Ask for a step inside the caller's transaction; asking again for the same one changes nothing."""
    now = clock().now()
    job = Job(kind=kind, subject=str(subject), due_at=due_at or now, priority=priority, created_at=now)
    statements.insert([job], ignore_conflicts=True)


def wake(kind: str, subject: str | int, *, due_at: datetime | None = None, priority: int = 0) -> None:
    """Make a step due (again), whether it waits, is done or was never asked for.

    A step that is being run meanwhile loses its lease, so it cannot overwrite this request: it is run again.
    """
    now = clock().now()
    enqueue(kind, subject, due_at=due_at, priority=priority)
    Job.objects.filter(kind=kind, subject=str(subject)).update(
        state=Job.State.WAITING,
        due_at=due_at or now,
        priority=priority,
        attempts=0,
        lease_token="",
        lease_until=0.0,
        done_at=None,
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """A job this worker holds until its lease runs out."""

    job_id: int
    kind: str
    subject: str
    token: str
    attempts: int
    until: float


def claim(limit: int = 8, kinds: Iterable[str] | None = None) -> list[Claim]:
    """Take up to `limit` due steps; each by compare-and-swap, so two workers never hold one."""
    now, machine_now = clock().now(), time.time()
    due = Job.objects.filter(state=Job.State.WAITING, due_at__lte=now, lease_until__lt=machine_now)
    if kinds is not None:
        due = due.filter(kind__in=list(kinds))
    rows = list(due.order_by("-priority", "due_at", "pk").values(*_CLAIM_FIELDS)[:limit])
    if not rows:
        return []
    claims, until = [], machine_now + LEASE_SECONDS
    with transaction.atomic():
        for row in rows:
            token, attempts = secrets.token_hex(16), row["attempts"] + 1
            won = Job.objects.filter(
                pk=row["pk"], state=Job.State.WAITING, lease_token=row["lease_token"], lease_until__lt=machine_now
            ).update(lease_token=token, lease_until=until, attempts=attempts)
            if won:
                claims.append(Claim(row["pk"], row["kind"], row["subject"], token, attempts, until))
    return claims


def _renew(held: Claim) -> bool:
    """Keep the lease for a step that waited long in its batch; False when another worker has taken it over."""
    if held.until - time.time() > LEASE_SECONDS / 2:
        return True
    mine = Job.objects.filter(pk=held.job_id, lease_token=held.token, state=Job.State.WAITING)
    return bool(mine.update(lease_until=time.time() + LEASE_SECONDS))


def perform(held: Claim) -> bool:
    """Do one claimed step; False when it failed or the lease was lost (it will be done again)."""
    if not _renew(held):
        return False
    try:
        effects = _STEPS[held.kind](held.subject)
        with transaction.atomic():
            # Losing this update means another worker took the step over: nothing of ours may be kept.
            mine = Job.objects.filter(pk=held.job_id, lease_token=held.token, state=Job.State.WAITING)
            if not mine.update(lease_until=time.time() + LEASE_SECONDS):
                return False
            again = effects()
            _finish(held, again)
        return True
    except RempartError as error:
        _put_back(held, error, lasting=not isinstance(error, OutsideFailure))
    except Exception as error:  # the worker's boundary: one bad step must not stop the others
        _put_back(held, error, lasting=False)
    return False


def _finish(held: Claim, again: datetime | None) -> None:
    # A step that woke itself up inside its effects has already lost this token: that wish stands.
    mine = Job.objects.filter(pk=held.job_id, lease_token=held.token)
    if again is None:
        mine.update(state=Job.State.DONE, lease_token="", lease_until=0.0, done_at=clock().now(), last_error="")
    else:
        mine.update(due_at=again, attempts=0, lease_token="", lease_until=0.0, last_error="")


def _put_back(held: Claim, error: Exception, *, lasting: bool) -> None:
    """Record what kind of failure it was (never its text: that may hold protected data) and when to try again."""
    name = type(error).__name__
    log.warning("step %s failed: %s (attempt %d)", held.kind, name, held.attempts)
    over = held.attempts >= (3 if lasting else MAX_ATTEMPTS)
    wait = min(_FIRST_RETRY * 2 ** (held.attempts - 1), _LONGEST_RETRY)
    Job.objects.filter(pk=held.job_id, lease_token=held.token).update(
        state=Job.State.FAILED if over else Job.State.WAITING,
        due_at=clock().now() + wait,
        lease_token="",
        lease_until=0.0,
        last_error=name,
    )


def release(claims: Iterable[Claim]) -> None:
    """Hand back steps claimed but not begun (the worker stops)."""
    for held in claims:
        Job.objects.filter(pk=held.job_id, lease_token=held.token).update(
            lease_token="", lease_until=0.0, attempts=held.attempts - 1
        )


def run_due(limit: int = 8) -> int:
    """Claim and do one batch; returns how many steps were claimed."""
    claims = claim(limit)
    for held in claims:
        perform(held)
    return len(claims)


def counts() -> dict[str, int]:
    """Jobs by state."""
    return {state: Job.objects.filter(state=state).count() for state in Job.State.values}


def failed() -> list[tuple[str, str, str]]:
    """Steps that were given up: kind, subject and kind of failure."""
    rows = Job.objects.filter(state=Job.State.FAILED).order_by("pk")
    return list(rows.values_list("kind", "subject", "last_error"))


def retry_failed() -> int:
    """Make every step that was given up due now; returns how many."""
    return Job.objects.filter(state=Job.State.FAILED).update(
        state=Job.State.WAITING, attempts=0, due_at=clock().now(), lease_token="", lease_until=0.0
    )


def longest_overdue() -> timedelta | None:
    """How long the step that waits longest has been due (nothing where none is); None if no step was ever asked for."""
    if not Job.objects.exists():
        return None
    first = Job.objects.filter(state=Job.State.WAITING).order_by("due_at").values_list("due_at", flat=True).first()
    return max(timedelta(), clock().now() - first) if first else timedelta()
