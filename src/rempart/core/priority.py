"""How soon a report needs a person, with its reasons: a sum of named weights, the same for the same facts.

Every weight is 0 or more, so a further alarming fact never lowers a score.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from rempart.core.errors import InputError
from rempart.core.vocabulary import Source

MAX_POINTS = 100
MAX_HOURS = 87_600
Level = Literal["urgent", "high", "normal", "low"]
_LEVELS: tuple[tuple[int, Level], ...] = ((80, "urgent"), (50, "high"), (25, "normal"))
ASSESS_WITHIN: Mapping[Level, timedelta] = {
    "urgent": timedelta(hours=4),
    "high": timedelta(hours=24),
    "normal": timedelta(days=3),
    "low": timedelta(days=7),
}
"""How long unknown content may wait for a person before it counts as overdue."""
REASON_CODES = (
    "child_in_danger",
    "live_stream",
    "sextortion",
    "solicitation",
    "escalated_by_platform",
    "unknown_material",
    "source_victim_self",
    "source_police",
    "source_member",
    "source_public",
    "source_platform",
    "source_proactive",
    "very_recent",
    "recent",
    "fairly_recent",
    "repeat_site",
    "repeat_report",
    "quality",
)
"""Reasons that weigh something. Each one's place is its bit in stored masks: append, never reorder."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a report without looking at any content.

    `material_present`: there is material, known or not. `occurred_at` carries its time zone. `quality` is 0..100.
    `times_site_reported` counts earlier reports of the same site, `second_report_of_same` those of the same content.
    """

    source: Source
    child_in_danger: bool = False
    live_stream: bool = False
    sextortion: bool = False
    solicitation: bool = False
    escalated_by_platform: bool = False
    known_match: bool = False
    material_present: bool = False
    occurred_at: datetime | None = None
    times_site_reported: int = 0
    quality: int = 0
    second_report_of_same: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """A node's weights (points, 0..100) and recency thresholds (hours, growing; the nearer weighs at least as much)."""

    child_in_danger: int = 80
    live_stream: int = 40
    sextortion: int = 40
    solicitation: int = 30
    escalated_by_platform: int = 25
    unknown_material: int = 20
    source_victim_self: int = 30
    source_police: int = 15
    source_member: int = 10
    source_public: int = 5
    source_platform: int = 5
    source_proactive: int = 0
    very_recent: int = 15
    recent: int = 10
    fairly_recent: int = 5
    very_recent_hours: int = 24
    recent_hours: int = 168
    fairly_recent_hours: int = 720
    repeat_site_each: int = 2
    repeat_site_most: int = 10
    repeat_report_each: int = 3
    repeat_report_most: int = 15
    quality_most: int = 10

    def __post_init__(self) -> None:
        for field in fields(self):
            hours = field.name.endswith("_hours")
            _check_number(field.name, getattr(self, field.name), 1 if hours else 0, MAX_HOURS if hours else MAX_POINTS)
        if not self.very_recent_hours < self.recent_hours < self.fairly_recent_hours:
            raise InputError(
                "the recency thresholds must grow.",
                where="priority rules",
                advice="Set very_recent_hours < recent_hours < fairly_recent_hours.",
            )
        if not self.very_recent >= self.recent >= self.fairly_recent:
            raise InputError(
                "something recent may not weigh less than something older.",
                where="priority rules",
                advice="Set very_recent >= recent >= fairly_recent.",
            )

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Rules with some defaults replaced; raises InputError for an unknown name or a value out of range."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(str(name) for name in values if name not in known)
        if unknown:
            raise InputError(
                f"unknown names: {', '.join(unknown)}.",
                where="priority rules",
                advice=f"Known names are: {', '.join(sorted(known))}.",
            )
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Reason:
    code: str
    points: int
    text: str


@dataclass(frozen=True, slots=True)
class Score:
    """`points` is 0..100: the sum of the reasons' points, capped."""

    points: int
    reasons: tuple[Reason, ...]

    @property
    def uncapped(self) -> int:
        return sum(reason.points for reason in self.reasons)

    def to_json(self) -> dict[str, Any]:
        """`{"points": int, "reasons": [{"code", "points", "text"}]}`."""
        return {
            "points": self.points,
            "reasons": [{"code": r.code, "points": r.points, "text": r.text} for r in self.reasons],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; raises InputError when the points are not those of the reasons."""
        try:
            reasons = tuple(Reason(str(r["code"]), int(r["points"]), str(r["text"])) for r in data["reasons"])
            score = cls(int(data["points"]), reasons)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError("this is not a stored score.", where="priority", advice="Compute it again.") from error
        if score.points != min(MAX_POINTS, score.uncapped):
            raise InputError("the points are not the sum of the reasons.", where="priority", advice="Compute it again.")
        return score


def score(facts: Facts, rules: Rules, now: datetime) -> Score:
    """The score at `now`. Raises InputError for a negative count, a quality above 100 or a time without time zone."""
    _check_facts(facts, now)
    reasons = tuple(_reasons(facts, rules, now))
    return Score(min(MAX_POINTS, sum(reason.points for reason in reasons)), reasons)


def level(points: int) -> Level:
    """urgent from 80, high from 50, normal from 25, else low."""
    return next((name for least, name in _LEVELS if points >= least), "low")


def assess_by(entered_at: datetime, points: int) -> datetime:
    """Until when a case that entered the queue then is to be assessed."""
    return entered_at + ASSESS_WITHIN[level(points)]


def reason_mask(codes: Iterable[str]) -> int:
    """The reasons as bits of one number, by their places in `REASON_CODES`; others have none."""
    return sum(1 << REASON_CODES.index(code) for code in set(codes) if code in REASON_CODES)


def _reasons(facts: Facts, rules: Rules, now: datetime) -> Iterator[Reason]:
    weighed = (
        *_circumstances(facts, rules),
        _source(facts, rules),
        _recency(facts, rules, now),
        *_repeats(facts, rules),
    )
    yield from (reason for reason in weighed if reason.points)
    if facts.known_match:
        yield Reason("known_match", 0, "already known: recognised without anyone viewing it")


def _circumstances(facts: Facts, rules: Rules) -> Iterator[Reason]:
    unknown = facts.material_present and not facts.known_match
    for holds, code, points, text in (
        (facts.child_in_danger, "child_in_danger", rules.child_in_danger, "a child may be in danger now"),
        (facts.live_stream, "live_stream", rules.live_stream, "a live stream"),
        (facts.sextortion, "sextortion", rules.sextortion, "sextortion"),
        (facts.solicitation, "solicitation", rules.solicitation, "solicitation of a child"),
        (facts.escalated_by_platform, "escalated_by_platform", rules.escalated_by_platform, "escalated by a platform"),
        (unknown, "unknown_material", rules.unknown_material, "material that no list knows"),
    ):
        if holds:
            yield Reason(code, points, text)


def _source(facts: Facts, rules: Rules) -> Reason:
    points: int = getattr(rules, f"source_{facts.source.value}")
    texts = {
        Source.VICTIM_SELF: "reported by the victim",
        Source.POLICE: "reported by police",
        Source.MEMBER: "reported by another member",
        Source.PUBLIC: "reported by the public",
        Source.PLATFORM: "reported by a platform",
        Source.PROACTIVE: "found by the hotline",
    }
    return Reason(f"source_{facts.source.value}", points, texts[facts.source])


def _recency(facts: Facts, rules: Rules, now: datetime) -> Reason:
    if facts.occurred_at is None:
        return Reason("time_unknown", 0, "time of the incident not known")
    # A platform's clock may run ahead of ours: a time in the future counts as now.
    age = now - facts.occurred_at
    for hours, code, points in (
        (rules.very_recent_hours, "very_recent", rules.very_recent),
        (rules.recent_hours, "recent", rules.recent),
        (rules.fairly_recent_hours, "fairly_recent", rules.fairly_recent),
    ):
        if age <= timedelta(hours=hours):
            return Reason(code, points, f"happened within {hours} hours")
    return Reason("not_recent", 0, "not recent")


def _repeats(facts: Facts, rules: Rules) -> Iterator[Reason]:
    site = min(facts.times_site_reported * rules.repeat_site_each, rules.repeat_site_most)
    yield Reason("repeat_site", site, f"site reported {facts.times_site_reported} times before")
    same = min(facts.second_report_of_same * rules.repeat_report_each, rules.repeat_report_most)
    yield Reason("repeat_report", same, f"same content reported {facts.second_report_of_same} times before")
    yield Reason("quality", rules.quality_most * facts.quality // 100, f"report quality {facts.quality} of 100")


def _check_facts(facts: Facts, now: datetime) -> None:
    _check_number("times_site_reported", facts.times_site_reported, 0, None)
    _check_number("second_report_of_same", facts.second_report_of_same, 0, None)
    _check_number("quality", facts.quality, 0, 100)
    for name, moment in (("now", now), ("occurred_at", facts.occurred_at)):
        if moment is not None and moment.utcoffset() is None:
            raise InputError("the time has no time zone.", where=name, advice="Give it in UTC.")


def _check_number(name: str, value: object, least: int, most: int | None) -> None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole and least <= value and (most is None or value <= most):  # type: ignore[operator]
        return
    upper = f" and at most {most}" if most is not None else ""
    raise InputError(
        "not a number that can be used.", where=name, advice=f"Give a whole number of at least {least}{upper}."
    )
