"""Recompute the chain and compare it with the signed checkpoints that are kept apart from it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rempart.core.errors import IntegrityError
from rempart.formats.audit_checkpoint import Checkpoint
from rempart.node.audit import checkpoints, rows
from rempart.node.audit.chain import START, Link, links

_REPORT_EVERY = 2000


@dataclass(frozen=True, slots=True)
class Verified:
    """`events` in the chain; `recomputed` of them now; signed `checkpoints` stand for the first `covered`."""

    events: int
    recomputed: int
    checkpoints: int
    covered: int


@dataclass(frozen=True, slots=True)
class _Mark:
    """What a checkpoint says of an event: its digest, or the beginning of it; `after` is the mark before."""

    seq: int
    digest: bytes
    after: int


def verify(
    *,
    since_checkpoint: bool = False,
    former_keys: Sequence[bytes] = (),
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Verified:
    """Recompute the chain, or with `since_checkpoint` what follows on the last checkpoint.

    Raises IntegrityError that names the first event edited, deleted, inserted, reordered or cut off; also where
    whoever did it computed all later digests and the head anew, as far as signed checkpoints reach. `on_progress` is
    told how many events of how many were recomputed.
    """
    # Without a transaction, which would keep writers waiting: events are only ever added, and those appended
    # meanwhile lie beyond this head. Checkpoints are read first, so none is ahead of the head that was read.
    kept = checkpoints.read(former_keys)
    head = Link(*rows.head())
    last = kept.points[-1] if kept.points else None
    start = Link(last.seq, last.digest) if last is not None and since_checkpoint else START
    if start != START:
        checkpoints.refuse_other(start, head.seq)
    _recompute(start, head, _marks(kept.points, start.seq), on_progress)
    if kept.difference is not None:
        raise kept.difference
    return Verified(head.seq, head.seq - start.seq, len(kept.points), 0 if last is None else last.seq)


def _recompute(start: Link, head: Link, marks: Iterator[_Mark], on_progress: Callable[[int, int], None]) -> None:
    link, mark = start, next(marks, None)
    total = head.seq - start.seq
    for link in links(rows.stored(start.seq, head.seq), start):
        while mark is not None and mark.seq == link.seq:
            if not link.digest.startswith(mark.digest):
                raise _rewritten(mark)
            mark = next(marks, None)
        if link.seq % _REPORT_EVERY == 0:
            on_progress(link.seq - start.seq, total)
    on_progress(link.seq - start.seq, total)
    if link != head:
        raise IntegrityError(f"the head names event {head.seq}: the tail was cut off.", where=f"event {link.seq + 1}")
    if mark is not None:
        raise IntegrityError(
            "missing: a signed checkpoint stands for it, the tail was cut off together with the head.",
            where=f"event {link.seq + 1}",
        )


def _marks(points: Sequence[Checkpoint], above: int) -> Iterator[_Mark]:
    """What the checkpoints say of events above this number, in order."""
    for point in points:
        if point.seq <= above:
            continue
        after = point.since
        for number, mark in enumerate(point.trail, 1):
            yield _Mark(point.since + number * point.stride, mark, after)
            after = point.since + number * point.stride
        yield _Mark(point.seq, point.digest, min(after, point.seq - 1))


def _rewritten(mark: _Mark) -> IntegrityError:
    which = "it" if mark.seq == mark.after + 1 else f"one of the events {mark.after + 1} to {mark.seq}"
    return IntegrityError(
        f"{which} is not what a signed checkpoint stands for: the chain was computed anew from here on.",
        where=f"event {mark.after + 1}",
    )
