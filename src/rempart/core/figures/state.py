"""What the count knows between two events: months that are not final, and what counts once for ever."""

from array import array
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from rempart.core.figures.numbers import Numbers, Words
from rempart.core.figures.releases import Release


@dataclass(slots=True)
class Decided:
    """The standing result of one content."""

    is_illegal: bool
    is_unseen: bool
    kind: str


@dataclass(slots=True)
class Told:
    """A first notice: to which provider, and after how many thousandths of an hour the content was gone."""

    provider: str
    taken: int | None = None


def _durations() -> "array[int]":
    return array("I")


@dataclass(slots=True)
class Month:
    """What is counted in one month that is not final. Durations are thousandths of an hour.

    `contents` and `told` hold each thing once, by number; `once` the subjects of which a kind of event told, by the
    kind; `feedback` the last word of each platform on each entry.
    """

    reports: Counter[str] = field(default_factory=Counter)
    contents: dict[int, Decided] = field(default_factory=dict)
    told: dict[int, Told] = field(default_factory=dict)
    report_to_notice: "array[int]" = field(default_factory=_durations)
    removed: int = 0
    report_to_removal: "array[int]" = field(default_factory=_durations)
    notice_to_removal: "dict[str, array[int]]" = field(default_factory=dict)
    once: dict[str, set[int]] = field(default_factory=dict)
    feedback: dict[str, bool] = field(default_factory=dict)
    referrals: Counter[str] = field(default_factory=Counter)
    signals: int = 0
    reachable: int | None = None


@dataclass(slots=True)
class Folded:
    """All that was learnt from the events so far: `seq` is the number of the last one, `at` the latest moment.

    Numbers of contents: `decided`, `places` (the first country known). Numbers of notices: `told`, `providers` (of the
    first notice), `removed`, `reachable`.
    """

    seq: int = 0
    at: datetime | None = None
    final: dict[str, Release] = field(default_factory=dict)
    running: dict[str, Month] = field(default_factory=dict)
    decided: Numbers = field(default_factory=Numbers)
    places: Words = field(default_factory=Words)
    told: Numbers = field(default_factory=Numbers)
    providers: Words = field(default_factory=Words)
    removed: Numbers = field(default_factory=Numbers)
    reachable: Numbers = field(default_factory=Numbers)
