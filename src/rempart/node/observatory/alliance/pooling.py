"""Members' published figures together: counts add up, shares by their denominators; medians are never averaged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from rempart.core.figures.alliance import together
from rempart.core.figures.document import FiguresDocument
from rempart.core.figures.releases import Status, Value


@dataclass(frozen=True, slots=True)
class Pooled:
    """A value of all documents together, and how many of them told theirs."""

    value: Value
    told: int


def total(documents: Sequence[FiguresDocument], period: str, key: str, part: str = "") -> Pooled:
    """A count; partial where a document has none or has it in part."""
    return _together(documents, period, key, "count", part)


def share(documents: Sequence[FiguresDocument], period: str, key: str) -> Pooled:
    """The part of all that the documents count behind their shares."""
    return _together(documents, period, key, "share")


def middle(documents: Sequence[FiguresDocument], period: str, key: str) -> Pooled:
    """The middle member's value: half of the members that tell one have no larger one."""
    values = [each.value(period, key) for each in documents]
    found = [value.number for value in values if value.number is not None]
    if not found:
        return Pooled(_none(values), 0)
    return Pooled(Value(median(found), _whole(values)), len(found))


def parts(documents: Iterable[FiguresDocument], period: str, key: str) -> dict[str, Value]:
    """Each part over all documents, largest first. A part that a document does not name is none of its own."""
    found: dict[str, list[Value]] = {}
    for each in documents:
        for part, value in each.parts(period, key).items():
            found.setdefault(part, []).append(value)
    added = {
        part: Value(sum(value.number or 0 for value in values), _whole(values))
        if any(value.number is not None for value in values)
        else _none(values)
        for part, values in found.items()
    }
    return dict(sorted(added.items(), key=lambda item: (-(item[1].number or 0), item[0])))


def steady(documents: Sequence[FiguresDocument], periods: Sequence[str], key: str) -> tuple[FiguresDocument, ...]:
    """Those that tell the whole figure for every one of these periods, so that growth is not somebody's joining."""
    return tuple(
        each
        for each in documents
        if all(each.is_final(period) and each.value(period, key).status is Status.SHOWN for period in periods)
    )


def _together(documents: Sequence[FiguresDocument], period: str, key: str, measure: str, part: str = "") -> Pooled:
    found = together({each.country: each for each in documents}, period, key, measure, part)
    return Pooled(found.value, len(found.members))


def _whole(values: Sequence[Value]) -> Status:
    return Status.SHOWN if all(value.status is Status.SHOWN for value in values) else Status.PARTIAL


def _none(values: Sequence[Value]) -> Value:
    is_suppressed = any(value.status is Status.SUPPRESSED for value in values)
    return Value(None, Status.SUPPRESSED if is_suppressed else Status.NOT_AVAILABLE)
