"""The step that signs what waits into the log, at a fixed cadence and in batches of a few sizes.

So the log's growth tells little of a hotline's work: a batch is padded to a power of two, and goes out at its hour even
when there is nothing to say, which tells silence from a log that is held back.

Invariant: a row has its salt before its commitment can be in the log, and its place in the log only after. Whatever a
crash leaves between is one batch, found again in the log by its commitments or appended again as it is.
"""

import fcntl
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from rempart.core.vocabulary import FingerprintType
from rempart.exchange.checkpoints import parse_checkpoint
from rempart.exchange.commitments import SALT_SIZE, commit
from rempart.exchange.signals import Action, Reason, Signal, SignalBasis, encode
from rempart.node.audit import services as audit
from rempart.node.exchange import canaries, cosigning, erasing, own_log, positions, tidying, words
from rempart.node.exchange.models import Outgoing
from rempart.node.jobs import services as jobs
from rempart.node.runtime import clock

State = Outgoing.State
MOST = 4096
LEAST = 4
SILENCE = timedelta(hours=1)
SILENT_TURNS = 20
"""After so long, and so many turns of the cadence, without a batch an empty one is signed."""
LOG = "node:log"
_LOCK = "sign.lock"


@jobs.step("sign")
def sign(subject: str) -> jobs.Effects:
    """Sign what waits; nothing while the log comes from a backup and was not compared yet."""
    if not own_log.is_restored():
        own_log.tell_key()
        with _alone():
            while sign_batch():
                pass
            erasing.destroy_due()
            tidying.tidy()
            if cosigning.is_lacking(own_log.writer().note):
                own_log.writer().refresh()
                cosigning.tell_peers()

    def effects() -> datetime:
        return clock().now() + timedelta(seconds=settings.SIGNAL_SECONDS)

    return effects


def ask_for_repeating_steps() -> None:
    """Due at once whenever a worker starts."""
    jobs.wake("sign", "all")


def sign_batch() -> int:
    """Finish the batch that a crash left or sign the next one; returns how many signals it had.

    Each half is a transaction of its own: whatever happens between them is found again.
    """
    rows = _in_hand()
    start = own_log.writer().find(_commitments(rows)) if rows else None
    if start is None:
        rows = rows or _take_next()
        if not rows and not _is_silent():
            return 0
        start = _append(rows)
    _mark(rows, start)
    cosigning.tell_peers()
    return len(rows)


def _in_hand() -> list[Outgoing]:
    """What was given salts and may stand in the log."""
    return _ordered(Outgoing.objects.filter(state=State.WAITING, salt__isnull=False))


@transaction.atomic
def _take_next() -> list[Outgoing]:
    """The next batch, with salts; what would list a canary is stopped first."""
    waiting = Outgoing.objects.filter(state=State.WAITING, salt__isnull=True)
    urgent = list(waiting.filter(action=Action.WITHDRAW).order_by("pk")[:MOST])
    others = list(waiting.exclude(action=Action.WITHDRAW).order_by("pk")[: MOST - len(urgent)])
    stopped = canaries.stop(others)
    rows = _ordered(row for row in [*urgent, *others] if row.action == Action.WITHDRAW or row.content not in stopped)
    for row in rows:
        row.salt = secrets.token_bytes(SALT_SIZE)
    Outgoing.objects.bulk_update(rows, ["salt"], batch_size=200)
    return rows


def _append(rows: Sequence[Outgoing]) -> int:
    openings = [bytes(row.salt or b"") + encode(signal_of(row)) for row in rows]
    openings += [secrets.token_bytes(SALT_SIZE) for _ in range(bucket(len(rows)) - len(rows))]
    note = own_log.writer().append(openings)
    return parse_checkpoint(note.text).size - len(openings)


@transaction.atomic
def _mark(rows: Sequence[Outgoing], start: int) -> None:
    """The rows' places in the log, what this node thereby says, and that it did."""
    for index, row in enumerate(rows, start):
        row.state, row.log_index = State.SIGNED, index
    Outgoing.objects.bulk_update(rows, ["state", "log_index"], batch_size=200)
    words.keep_own((index, signal_of(row)) for index, row in enumerate(rows, start))
    positions.keep_own(own_log.writer().note)
    audit.record("log:signed", LOG, data={"size": own_log.writer().checkpoint.size, "signals": len(rows)})
    if rows and jobs.is_known("fold"):
        jobs.wake("fold", "all")


def signal_of(row: Outgoing) -> Signal:
    """What a row says, as the log holds it."""
    return Signal(
        action=Action(row.action),
        kind=FingerprintType(row.kind),
        value=bytes(row.value),
        content=row.content,
        at=int(row.at.timestamp()),
        category=row.category,
        basis=SignalBasis(row.basis) if row.basis else None,
        verifiers=row.verifiers,
        reason=Reason(row.reason) if row.reason else None,
    )


def bucket(count: int) -> int:
    """The size of a batch of `count` signals: the next power of two, at least 4."""
    return max(LEAST, 1 << max(count - 1, 0).bit_length())


def _ordered(rows: Iterable[Outgoing]) -> list[Outgoing]:
    """Withdrawals first; the same order whenever the batch is looked at."""
    return sorted(rows, key=lambda row: (row.action != Action.WITHDRAW, row.pk))


def _commitments(rows: Sequence[Outgoing]) -> list[bytes]:
    return [commit(bytes(row.salt or b""), encode(signal_of(row))) for row in rows]


def _is_silent() -> bool:
    last = audit.latest_at("log:signed", [LOG]).get(LOG)
    longest = max(SILENCE, SILENT_TURNS * timedelta(seconds=settings.SIGNAL_SECONDS))
    return last is None or clock().now() - last >= longest


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time: a worker that was thought dead may still be writing the batch it holds."""
    descriptor = os.open(settings.HOME.run / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
