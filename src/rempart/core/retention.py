"""What is kept how long: dated rules, when a record is due, and what holds do to it.

Invariants: while a hold stands nothing it covers is due; what a hold covered is kept at least as long as the rules in
force when it was placed said, and for a while after its release; a later version never shortens a rule unsaid.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import combinations, pairwise
from types import MappingProxyType
from typing import Any

from rempart.core.errors import InputError
from rempart.core.vocabulary import Source


class DataKind(StrEnum):
    """What a rule can let go, and from when its time is counted.

    A report and its parts: the day it was closed. What staff noted on a case: the day the last of its reports was
    closed, or the last note if that is later. The rest: the showing, the sending, the export.
    """

    REPORT = "report"
    REPORT_FILES = "report_files"
    REPORT_ORIGINALS = "report_originals"
    REPORT_MESSAGES = "report_messages"
    CASE_NOTES = "case_notes"
    EXPOSURES = "exposures"
    NOTICE_MESSAGES = "notice_messages"
    REFERRAL_FILES = "referral_files"


class Outcome(StrEnum):
    """What a report came to: illegal if any of its content is, not_illegal if all of it is decided and none is."""

    ILLEGAL = "illegal"
    NOT_ILLEGAL = "not_illegal"
    UNDETERMINED = "undetermined"


class LegalBasis(StrEnum):
    """Why a person's data is erased on request; words for the chain of events, where free text has no place."""

    GDPR_17 = "gdpr_17"
    LED_16 = "led_16"
    COURT_ORDER = "court_order"
    NATIONAL_LAW = "national_law"


PARTS = frozenset({DataKind.REPORT_FILES, DataKind.REPORT_ORIGINALS, DataKind.REPORT_MESSAGES})
LEAST_DAYS: Mapping[DataKind, int] = MappingProxyType(
    {kind: 365 if kind is DataKind.EXPOSURES else 30 for kind in DataKind}
)
"""Below these the work itself would lose what it needs: checks of removal, feedback, a person's exposure record."""
_LIMITS: Mapping[DataKind, frozenset[str]] = MappingProxyType(
    {
        **{kind: frozenset({"sources", "outcomes"}) for kind in (DataKind.REPORT, *PARTS)},
        DataKind.CASE_NOTES: frozenset({"outcomes"}),
    }
)
"""By what a rule on a kind may be limited; the kinds left out by nothing."""
MOST_DAYS = 36_525
AFTER_HOLD = timedelta(days=30)
_NEVER_ERASED = frozenset({"event", "events", "audit", "audit_events"})
_Cell = tuple[DataKind, Source, Outcome]


@dataclass(frozen=True, slots=True)
class Rule:
    """Keep a kind of data `days` days; `shortens` says why, where an earlier version kept it longer."""

    name: str
    kind: DataKind
    days: int
    why: str
    sources: frozenset[Source] = frozenset(Source)
    outcomes: frozenset[Outcome] = frozenset(Outcome)
    shortens: str = ""

    @property
    def keep(self) -> timedelta:
        return timedelta(days=self.days)

    @property
    def cells(self) -> Iterator[_Cell]:
        return ((self.kind, source, outcome) for source in self.sources for outcome in self.outcomes)

    @property
    def told_scope(self) -> str:
        """What it is limited to, for a line of text; empty for all."""
        limits: list[list[str]] = []
        if self.sources != frozenset(Source):
            limits.append([str(one) for one in sorted(self.sources)])
        if self.outcomes != frozenset(Outcome):
            limits.append([str(one) for one in sorted(self.outcomes)])
        return "".join(f", only {' or '.join(words)}" for words in limits)

    def to_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "kind": str(self.kind),
            "days": self.days,
            "sources": sorted(self.sources),
            "outcomes": sorted(self.outcomes),
            "why": self.why,
            "shortens": self.shortens,
        }


@dataclass(frozen=True, slots=True)
class Version:
    """The rules in force from the beginning of a day (UTC) until the next version's day."""

    since: date
    rules: tuple[Rule, ...]
    by_cell: Mapping[_Cell, Rule] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        where = f"version of {self.since}"
        _refuse_doubles(self.rules, where)
        object.__setattr__(self, "by_cell", {cell: rule for rule in self.rules for cell in rule.cells})
        for rule in self.rules:
            _refuse_part_beyond_whole(rule, self.by_cell, where)

    @property
    def starts_at(self) -> datetime:
        return datetime(self.since.year, self.since.month, self.since.day, tzinfo=UTC)

    def to_json(self) -> dict[str, object]:
        return {"from": self.since.isoformat(), "rules": [rule.to_json() for rule in self.rules]}


@dataclass(frozen=True, slots=True)
class Record:
    """Something that may become due. `since` is when its time began; source and outcome only where they limit."""

    kind: DataKind
    since: datetime
    source: Source = Source.PUBLIC
    outcome: Outcome = Outcome.UNDETERMINED


@dataclass(frozen=True, slots=True)
class HoldSpan:
    """From when until when a hold covered a record; `released_at` is None while it stands, whatever its deadline."""

    placed_at: datetime
    released_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """`at` is None while a hold stands."""

    rule: Rule
    at: datetime | None

    def has_come(self, now: datetime) -> bool:
        return self.at is not None and self.at <= now


@dataclass(frozen=True, slots=True)
class Configuration:
    """Versions by their day, each judged against the one before it."""

    versions: tuple[Version, ...]

    def __post_init__(self) -> None:
        if not self.versions:
            raise InputError("it holds no version.", where="version", advice="Add one [[version]] with its date.")
        for earlier, later in pairwise(self.versions):
            if later.since <= earlier.since:
                raise InputError(
                    f"the version of {later.since} follows that of {earlier.since}.",
                    where="version",
                    advice="Order versions by date, one a day at most.",
                )
            _refuse_silent_shortening(earlier, later)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "Configuration":
        """Read a parsed TOML file; InputError says in which version and rule what is wrong."""
        _refuse_unknown(values, {"format", "version"}, "file")
        if values.get("format") != 1:
            raise InputError("its format is not 1.", where="format", advice="Write `format = 1` in the first line.")
        return cls(tuple(_version(one) for one in _tables(values.get("version", []), "version")))

    def at(self, moment: datetime) -> Version | None:
        """The version in force; None before the first."""
        begun = [version for version in self.versions if version.starts_at <= moment]
        return begun[-1] if begun else None

    def shortest(self, kind: DataKind, now: datetime) -> timedelta | None:
        """No record of the kind is due sooner after its time began; None where no rule lets it go."""
        version = self.at(now)
        keeps = [rule.keep for rule in version.rules if rule.kind is kind] if version else []
        return min(keeps, default=None)


def due(rules: Configuration, record: Record, holds: Iterable[HoldSpan], now: datetime) -> Due | None:
    """When a record goes and by which rule in force now; None where no rule lets it go."""
    rule = _rule_for(rules, record, now)
    if rule is None:
        return None
    at = record.since + rule.keep
    for hold in holds:
        if hold.released_at is None:
            return Due(rule, None)
        promised = _rule_for(rules, record, hold.placed_at)
        if promised is not None:
            at = max(at, record.since + promised.keep)
        at = max(at, hold.released_at + AFTER_HOLD)
    return Due(rule, at)


def _rule_for(rules: Configuration, record: Record, moment: datetime) -> Rule | None:
    version = rules.at(moment)
    return version.by_cell.get((record.kind, record.source, record.outcome)) if version else None


def _refuse_doubles(rules: Iterable[Rule], where: str) -> None:
    for first, second in combinations(rules, 2):
        if first.name == second.name:
            raise InputError(f"two rules are named {first.name!r}.", where=where, advice="Give each its own name.")
        if set(first.cells) & set(second.cells):
            raise InputError(
                f"the rules {first.name!r} and {second.name!r} both decide on the same {first.kind}.",
                where=where,
                advice="Divide them by `sources` or `outcomes`, or keep one.",
            )


def _refuse_part_beyond_whole(rule: Rule, by_cell: Mapping[_Cell, Rule], where: str) -> None:
    if rule.kind not in PARTS:
        return
    for _, source, outcome in rule.cells:
        whole = by_cell.get((DataKind.REPORT, source, outcome))
        if whole is not None and whole.days < rule.days:
            raise InputError(
                f"the rule {rule.name!r} keeps a part {rule.days} days, but {whole.name!r} erases the whole report "
                f"after {whole.days}.",
                where=where,
                advice="Keep the report at least as long as its parts.",
            )


def _refuse_silent_shortening(earlier: Version, later: Version) -> None:
    for rule in later.rules:
        before = [earlier.by_cell.get(cell) for cell in rule.cells]
        if not rule.shortens and any(old is None or old.days > rule.days for old in before):
            raise InputError(
                f"the rule {rule.name!r} lets go what the version of {earlier.since} keeps longer.",
                where=f"version of {later.since}",
                advice='If that is meant, say why in the rule: `shortens = "…"`.',
            )


def _version(values: Mapping[str, Any]) -> Version:
    _refuse_unknown(values, {"from", "rule"}, "version")
    since = values.get("from")
    if not isinstance(since, date) or isinstance(since, datetime):
        raise InputError(
            "a version has no date.", where="from", advice="Write the day it takes effect: `from = 2026-01-01`."
        )
    return Version(since, tuple(_rule(one, f"version of {since}") for one in _tables(values.get("rule", []), "rule")))


def _rule(values: Mapping[str, Any], where: str) -> Rule:
    _refuse_unknown(values, {"name", "kind", "days", "why", "sources", "outcomes", "shortens"}, where)
    name, why, shortens = (_text(values, key, where) for key in ("name", "why", "shortens"))
    if not name or not why:
        raise InputError("a rule has no name or no `why`.", where=where, advice="Name it and say why it is so.")
    where = f"{where}, rule {name!r}"
    kind = _kind(values.get("kind"), where)
    days = values.get("days")
    if not isinstance(days, int) or isinstance(days, bool) or not LEAST_DAYS[kind] <= days <= MOST_DAYS:
        raise InputError(
            f"`days` is not a number from {LEAST_DAYS[kind]} to {MOST_DAYS}.",
            where=where,
            advice=f"Less than {LEAST_DAYS[kind]} days is unsafe for {kind}; to keep it for good, leave the rule out.",
        )
    if wrong := sorted(({"sources", "outcomes"} & set(values)) - _LIMITS.get(kind, frozenset())):
        raise InputError(f"{kind} has no {wrong[0]}.", where=where, advice=f"Leave `{wrong[0]}` out.")
    sources = frozenset(Source(one) for one in _words(values, "sources", Source, where))
    outcomes = frozenset(Outcome(one) for one in _words(values, "outcomes", Outcome, where))
    return Rule(name, kind, days, why, sources, outcomes, shortens)


def _kind(value: object, where: str) -> DataKind:
    if isinstance(value, str) and value in _NEVER_ERASED:
        raise InputError(
            "events are never erased: the chain and all figures stand on them.", where=where, advice="Drop the rule."
        )
    if not isinstance(value, str) or value not in set(DataKind):
        raise InputError("there is no such kind of data.", where=where, advice=f"Use one of: {', '.join(DataKind)}.")
    return DataKind(value)


def _text(values: Mapping[str, Any], key: str, where: str) -> str:
    value = values.get(key, "")
    if not isinstance(value, str):
        raise InputError(f"`{key}` is not a text.", where=where, advice="Put it in quotes.")
    return value.strip()


def _words(values: Mapping[str, Any], key: str, known: type[Source] | type[Outcome], where: str) -> list[str]:
    given = values.get(key, list(known))
    if not isinstance(given, list) or not given or not set(given) <= {str(word) for word in known}:
        raise InputError(
            f"`{key}` is not a list of known words.", where=where, advice=f"Use some of: {', '.join(known)}."
        )
    return given


def _tables(value: object, where: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise InputError("it is not a list of tables.", where=where, advice=f"Write [[{where}]].")
    return value


def _refuse_unknown(values: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(set(values) - known):
        raise InputError(
            f"{unknown[0]!r} is not understood.", where=where, advice=f"Known: {', '.join(sorted(known))}."
        )
