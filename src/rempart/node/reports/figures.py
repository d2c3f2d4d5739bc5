"""Published figures of one member or of several, as cells of a report: nothing else may become a number in one.

Several members' figures are pooled from what each published, so the alliance's can never tell more than they do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rempart.node.observatory.services import FiguresDocument, Indicator, Measure, Status, Value
from rempart.node.reports.paper import Cell, Columns, Line
from rempart.node.reports.texts import Texts

ALLIANCE = "alliance"
_NOTHING = Value(None, Status.NOT_AVAILABLE)
_POOLED = (Measure.COUNT, Measure.STOCK, Measure.SHARE)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one member (`documents` holds one) or the alliance published, with the words for it."""

    documents: Sequence[FiguresDocument]
    indicators: Mapping[str, Indicator]
    say: Texts
    members: int = 1

    @property
    def name(self) -> str:
        return self.documents[0].country if self.members == 1 else ALLIANCE

    def value(self, period: str, key: str, part: str = "") -> Value:
        """The value published by the member; of several, the sum or the pooled share (durations cannot be pooled)."""
        if self.members == 1:
            return _value(self.documents[0], period, key, part)
        found = [_value(each, period, key, part) for each in self.documents]
        return pooled(self.indicators[key].measure, found, self.members)

    def parts(self, period: str, key: str) -> dict[str, Value]:
        """Each part, the largest first."""
        names = {name for each in self.documents if period in each.periods() for name in each.parts(period, key)}
        values = {name: self.value(period, key, name) for name in names}
        return dict(sorted(values.items(), key=lambda item: (-(item[1].number or 0), item[0])))

    def cell(self, period: str, key: str, part: str = "") -> Cell:
        return self.as_cell(self.value(period, key, part), period, key, part)

    def as_cell(self, value: Value, period: str, key: str, part: str = "") -> Cell:
        figure = "/".join([self.name, period, key, *([part] if part else [])])
        return Cell(value_text(self.indicators[key].measure, value, self.say), value.number, str(value.status), figure)

    def line(self, period: str, key: str) -> Line:
        """An indicator under its own name."""
        return Line(str(self.indicators[key].name), self.cell(period, key))

    def months(self, year: int) -> tuple[str, ...]:
        return tuple(f"{year}-{month:02}" for month in range(1, 13))

    def columns(self, year: int, key: str, caption: str) -> Columns:
        """A year's months; shares against the whole, all else against the largest month."""
        values = [(month, self.value(month, key)) for month in self.months(year)]
        is_share = self.indicators[key].measure is Measure.SHARE
        numbers = [value.number for _month, value in values if value.number is not None]
        most = 1.0 if is_share else max(numbers, default=0)
        lines = tuple(
            Line(
                self.say.month(month, "LLL"),
                self.as_cell(value, month, key),
                None if value.number is None else value.number / most if most else 0.0,
            )
            for month, value in values
        )
        top = value_text(self.indicators[key].measure, Value(most, Status.SHOWN), self.say) if numbers else ""
        return Columns(caption, lines, top, self.say("words.gap") if len(numbers) < len(lines) else "")


def pooled(measure: Measure, values: Sequence[Value], members: int) -> Value:
    """What several members' values are together; "at least" unless every one of `members` published a whole value."""
    known = [value for value in values if value.number is not None]
    if not known or measure not in _POOLED:
        hidden = any(value.status is Status.SUPPRESSED for value in values) and measure in _POOLED
        return Value(None, Status.SUPPRESSED) if hidden else _NOTHING
    is_whole = len(known) == members and all(value.status is Status.SHOWN for value in known)
    status = Status.SHOWN if is_whole else Status.PARTIAL
    behind = sum(value.behind or 0 for value in known)
    if measure is not Measure.SHARE:
        return Value(sum(value.number or 0 for value in known), status, behind)
    if not behind:
        return _NOTHING
    return Value(sum((value.number or 0) * (value.behind or 0) for value in known) / behind, status, behind)


def pair(figures: Figures, year: int, key: str, part: str = "") -> tuple[float, float, int] | None:
    """The year's number and that of the year before over the members whose two compare, and how many those are.

    Counts compare where both are whole; shares and durations also where months were left out. None where nobody's do.
    """
    measure = figures.indicators[key].measure
    if measure not in _POOLED and figures.members > 1:
        return None
    both = [[_value(each, str(when), key, part) for when in (year, year - 1)] for each in figures.documents]
    fit = [values for values in both if all(_comparable(measure, value) for value in values)]
    if figures.members > 1:
        now, before = (pooled(measure, [values[place] for values in fit], len(fit)) for place in (0, 1))
    else:
        now, before = fit[0] if fit else (_NOTHING, _NOTHING)
    return None if now.number is None or before.number is None else (now.number, before.number, len(fit))


def value_text(measure: Measure, value: Value, say: Texts) -> str:
    """The value as read, or why there is none."""
    if value.number is None:
        return say("words.not_shown" if value.status is Status.SUPPRESSED else "words.not_available")
    text = number_text(measure, value.number, say)
    is_count = measure in (Measure.COUNT, Measure.STOCK)
    return say("words.at_least", number=text) if value.status is Status.PARTIAL and is_count else text


def number_text(measure: Measure, number: float, say: Texts) -> str:
    if measure is Measure.SHARE:
        return say.percent(number)
    return say.duration(number) if measure in (Measure.MEDIAN, Measure.P90) else say.number(number)


def bars(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines with the length of their bars, against the longest."""
    kept = tuple(lines)
    most = max((line.cell.number or 0 for line in kept), default=0)
    return tuple(
        Line(line.label, line.cell, None if line.cell.number is None else line.cell.number / (most or 1), line.note)
        for line in kept
    )


def _comparable(measure: Measure, value: Value) -> bool:
    statuses = (Status.SHOWN,) if measure in (Measure.COUNT, Measure.STOCK) else (Status.SHOWN, Status.PARTIAL)
    return value.number is not None and value.status in statuses


def _value(document: FiguresDocument, period: str, key: str, part: str) -> Value:
    return document.value(period, key, part) if period in document.periods() else _NOTHING
