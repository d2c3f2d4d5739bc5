"""What an indicator is: the fields of the catalogue."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.functional import Promise


class Measure(StrEnum):
    """COUNT and STOCK are whole numbers, SHARE is 0..1, MEDIAN and P90 are hours, DAYS are days (a median)."""

    COUNT = "count"
    STOCK = "stock"
    SHARE = "share"
    MEDIAN = "median"
    P90 = "p90"
    DAYS = "days"


class Origin(StrEnum):
    """Counted from this node's events, declared by the member, or published by others."""

    COUNTED = "counted"
    DECLARED = "declared"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Revision:
    """A change of a definition: what was computed before follows the older one."""

    on: date
    text: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """`cell` names what a month's release holds, `part` the one part of it that is meant, if one is; `parts` the table
    that breaks the figure down, if one does.

    `once` is the de-duplication rule, `over` the denominator (what the count behind the value counts). `target` is the
    alliance's (T1 to T4), `goal` its operational goal where the indicator is that goal's own measure. `is_of_cases`:
    a declared count of people or cases, of which small numbers are held back.
    """

    key: str
    measure: Measure
    cell: str
    name: Promise
    unit: Promise
    definition: Promise
    once: Promise
    over: Promise
    parts: str = ""
    part: str = ""
    target: str = "T4"
    goal: str = ""
    origin: Origin = Origin.COUNTED
    is_of_cases: bool = False

    @property
    def is_hours(self) -> bool:
        return self.measure in (Measure.MEDIAN, Measure.P90)

    @property
    def is_proposal(self) -> bool:
        """Whether the indicator is this project's idea, not the alliance's own words."""
        return not self.goal
