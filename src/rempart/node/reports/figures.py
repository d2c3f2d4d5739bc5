"""Published figures of one member or of several, as cells of a report: nothing else may become a number in one.

Several members' figures are pooled from what each published, so the alliance's can never tell more than they do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rempart.node.observatory.services import FiguresDocument, Indicator, Measure, Status, Value, together
from rempart.node.reports.paper import Cell, Columns, Line
from rempart.node.reports.texts import Texts

ALLIANCE = "alliance"
_NOTHING = Value(None, Status.NOT_AVAILABLE)


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
            return self.documents[0].value(period, key, part)
        return pooled(self.documents, period, self.indicators[key], part, self.members)

    def parts(self, period: str, key: str) -> dict[str, Value]:
        """Each part, the largest first."""
        names = {name for each in self.documents for name in each.parts(period, key)}
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


def pooled(documents: Iterable[FiguresDocument], period: str, indicator: Indicator, part: str, members: int) -> Value:
    """What several members' values are together: "at least" also where some of `members` published no document."""
    known = {each.country: each for each in documents}
    value = together(known, period, indicator.key, indicator.measure, part).value
    return Value(value.number, Status.PARTIAL, value.behind) if _is_whole(value) and len(known) < members else value


def pair(figures: Figures, year: int, key: str) -> tuple[float, float, int] | None:
    """The year's number and that of the year before over the members whose two compare, and how many those are.

    Counts compare where both are whole; shares and durations also where months were left out. None where nobody's do.
    """
    indicator, years = figures.indicators[key], (str(year), str(year - 1))
    fit = [each for each in figures.documents if all(_comparable(indicator, each.value(when, key)) for when in years)]
    own = Figures(fit, figures.indicators, figures.say, 1 if figures.members == 1 else max(2, len(fit)))
    now, before = (own.value(when, key) if fit else _NOTHING for when in years)
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
    if measure is Measure.DAYS:
        return say.days(number)
    return say.duration(number) if measure in (Measure.MEDIAN, Measure.P90) else say.number(number)


def bars(measure: Measure, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines with the length of their bars: shares against the whole, all else against the longest."""
    most = 1.0 if measure is Measure.SHARE else max((line.cell.number or 0 for line in lines), default=0) or 1
    return tuple(
        Line(line.label, line.cell, None if line.cell.number is None else line.cell.number / most, line.note)
        for line in lines
    )


def _comparable(indicator: Indicator, value: Value) -> bool:
    is_count = indicator.measure in (Measure.COUNT, Measure.STOCK)
    return _is_whole(value) or (value.number is not None and not is_count)


def _is_whole(value: Value) -> bool:
    return value.number is not None and value.status is Status.SHOWN
