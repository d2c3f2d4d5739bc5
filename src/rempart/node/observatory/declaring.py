"""What a member says of a year: victims identified, convictions, campaigns. Entered by a person, never overwritten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from rempart.core.disclosure import DEFAULT_THRESHOLD
from rempart.core.errors import InputError
from rempart.core.figures.document import NOT_AVAILABLE
from rempart.core.figures.releases import Status, Value, added
from rempart.node.audit import services as audit
from rempart.node.observatory.indicators import DECLARED, Indicator, Measure
from rempart.node.observatory.models import DeclaredValue
from rempart.node.runtime import clock

FIRST_YEAR = 2012
_LARGEST = 10**12
_MAX_NOTE = 300


@dataclass(frozen=True, slots=True)
class Revision:
    """One entry, as published: `value` is suppressed where the count is small."""

    key: str
    year: int
    value: Value
    note: str
    at: datetime
    actor: str


@transaction.atomic
def declare(key: str, year: int, value: float | None, note: str, *, actor: str = "system", operator: str = "") -> None:
    """Enter a value of a year, None for "not available"; an earlier entry stays as a revision. Raises InputError."""
    indicator = _declarable(key)
    now = clock().now()
    if not FIRST_YEAR <= year <= now.year:
        raise InputError("the year has not begun, or lies before the alliance.", where="year")
    if not note.strip() or len(note.strip()) > _MAX_NOTE:
        raise InputError(
            "the source is missing or too long.", where="note", advice="Name the publication or register it is from."
        )
    DeclaredValue.objects.create(
        key=key, year=year, value=_checked(indicator, value), note=note.strip(), at=now, actor=actor
    )
    data: dict[str, audit.Value] = {"year": year, "value": value}
    if operator:
        data["operator"] = operator
    audit.record("figures:declared", f"indicator:{key}", actor=actor, data=data)


def revisions() -> tuple[Revision, ...]:
    """Every entry ever made, newest first."""
    return tuple(
        Revision(row.key, row.year, _published(_BY_KEY[row.key], row.value), row.note, row.at, row.actor)
        for row in DeclaredValue.objects.order_by("-pk")
        if row.key in _BY_KEY
    )


def standing(entries: Sequence[Revision], key: str) -> dict[str, Value]:
    """The newest value of each year of one indicator, oldest year first; entries come newest first."""
    found: dict[str, Value] = {}
    for each in entries:
        if each.key == key:
            found.setdefault(str(each.year), each.value)
    return dict(sorted(found.items()))


def over_years(measure: Measure, values: Sequence[Value]) -> Value:
    """What years' published values make together, oldest first: counts are added up, of all else the last stands."""
    known = [value for value in values if value.status is not Status.NOT_AVAILABLE]
    if not known:
        return NOT_AVAILABLE
    if measure is not Measure.COUNT:
        return known[-1]
    return added([None if value.number is None else int(value.number) for value in known])


_BY_KEY: Mapping[str, Indicator] = {indicator.key: indicator for indicator in DECLARED}


def _declarable(key: str) -> Indicator:
    indicator = _BY_KEY.get(key)
    if indicator is None:
        raise InputError(
            "this indicator is not declared: it is counted, or there is none of that name.",
            where="indicator",
            advice="`rempart figures declare --list` names those that are.",
        )
    return indicator


def _checked(indicator: Indicator, value: float | None) -> float | None:
    if value is None:
        return None
    is_whole = indicator.measure in (Measure.COUNT, Measure.STOCK)
    most = 1 if indicator.measure is Measure.SHARE else _LARGEST
    if not 0 <= value <= most or (is_whole and value != int(value)):
        raise InputError("the value cannot be.", where="value", advice="Give a whole number, or a share from 0 to 1.")
    return value


def _published(indicator: Indicator, value: float | None) -> Value:
    """Small counts of people or cases are held back, as those that are counted are."""
    if value is None:
        return NOT_AVAILABLE
    if indicator.is_of_cases and 0 < value < DEFAULT_THRESHOLD:
        return Value(None, Status.SUPPRESSED)
    number = int(value) if indicator.measure in (Measure.COUNT, Measure.STOCK) else value
    return Value(number, Status.SHOWN)
