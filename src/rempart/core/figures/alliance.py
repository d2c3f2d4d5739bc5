"""What members' published figures make together. Nothing but their documents is read, so no total tells more."""

from collections.abc import Mapping
from dataclasses import dataclass

from rempart.core.figures.document import FiguresDocument
from rempart.core.figures.releases import Status, Value

SUMMED = frozenset({"count", "stock"})
WEIGHTED = frozenset({"share"})


@dataclass(frozen=True, slots=True)
class Together:
    """A value over members: `members` published a number, `silent` did not (suppressed, or not available).

    A sum without some is at least that. Medians cannot be put together from medians: `value` is then not available.
    """

    value: Value
    members: tuple[str, ...]
    silent: tuple[str, ...]


def together(documents: Mapping[str, FiguresDocument], period: str, key: str, measure: str, part: str = "") -> Together:
    """One indicator of all members over one period. `measure` is the catalogue's."""
    values = {country: each.value(period, key, part) for country, each in sorted(documents.items())}
    shown = {country: value for country, value in values.items() if value.number is not None}
    silent = tuple(country for country in values if country not in shown)
    return Together(_value(measure, values, shown), tuple(shown), silent)


def _value(measure: str, values: Mapping[str, Value], shown: Mapping[str, Value]) -> Value:
    if not shown:
        is_hidden = any(value.status is Status.SUPPRESSED for value in values.values())
        return Value(None, Status.SUPPRESSED if is_hidden else Status.NOT_AVAILABLE)
    is_whole = len(shown) == len(values) and all(value.status is Status.SHOWN for value in shown.values())
    status = Status.SHOWN if is_whole else Status.PARTIAL
    if measure in SUMMED:
        number = sum(value.number or 0 for value in shown.values())
        return Value(number, status, sum(value.behind or 0 for value in shown.values()))
    weighed = [(value.number or 0.0, value.behind) for value in shown.values() if value.behind]
    over = sum(behind for _number, behind in weighed)
    if measure not in WEIGHTED or not over:
        return Value(None, Status.NOT_AVAILABLE)
    return Value(sum(number * behind for number, behind in weighed) / over, status, over)
