"""Events folded into months, one event after the other; nothing else is ever read.

A month (UTC) is final SETTLING after its end: by then every removal within 7 days of its notices is known, and where
its content is hosted. What comes later belongs to later months, so a final month never changes.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from rempart.core.figures.facts import Fact
from rempart.core.figures.releases import Release, count, hours, parts, running_shares, share
from rempart.core.routing import country_code
from rempart.core.vocabulary import Availability, Basis, ItemKind, Legality, Source

SETTLING = timedelta(days=7)
UNKNOWN_PLACE = "unknown"
BANDS = {"24h": 24.0, "72h": 72.0, "7d": 168.0}
KINDS = {
    ItemKind.URL: "web_address",
    ItemKind.ONION: "onion_address",
    ItemKind.FILE: "file",
    ItemKind.HASH: "file",
}
OTHER_KIND = "other"
ACTIONS = (
    "report:received",
    "content:decided",
    "hosting:observed",
    "notice:sent",
    "notice:checked",
    "notice:removed",
    "notice:reappeared",
    "referral:exported",
)


@dataclass(slots=True)
class Decided:
    """The standing result of one content."""

    legality: Legality
    is_unseen: bool
    kind: str


@dataclass(slots=True)
class Month:
    """What is counted in one month that is not final. `contents` and `told` hold each thing once, by number."""

    reports: Counter[str] = field(default_factory=Counter)
    contents: dict[int, Decided] = field(default_factory=dict)
    told: dict[int, float | None] = field(default_factory=dict)
    report_to_notice: list[float] = field(default_factory=list)
    removed: int = 0
    report_to_removal: list[float] = field(default_factory=list)
    notice_to_removal: list[float] = field(default_factory=list)
    reappeared: set[int] = field(default_factory=set)
    referrals: Counter[str] = field(default_factory=Counter)
    reachable: int | None = None


@dataclass(slots=True)
class Folded:
    """All that was learnt from the events so far. `last` is the event folded last, `digest` its link of the chain."""

    last: Fact | None = None
    digest: bytes = b""
    at: datetime | None = None
    final: dict[str, Release] = field(default_factory=dict)
    running: dict[str, Month] = field(default_factory=dict)
    decided_in: dict[int, str] = field(default_factory=dict)
    told_in: dict[int, str] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)
    reachable: set[int] = field(default_factory=set)
    places: dict[int, str] = field(default_factory=dict)


def fold(state: Folded, fact: Fact) -> None:
    """Take the next event in. A clock that steps back does not take the count back with it."""
    at = fact.at.astimezone(UTC)
    moment = max(at, state.at) if state.at else at
    _pass_time(state, moment)
    state.last = fact
    month = state.running[month_of(moment)]
    _FOLDS[fact.action](state, month, int(fact.subject.rpartition(":")[2]), fact)


def releases_at(state: Folded, until: datetime) -> tuple[dict[str, Release], frozenset[str]]:
    """Every month up to that of `until`, oldest first, and which of them are final. The state stays as it is: what it
    holds depends on events alone, never on when somebody looked.
    """
    running = {name: _released(state, month) for name, month in state.running.items()}
    names = _months_after(state.at, until) if state.at else [month_of(until)]
    quiet = {name: _released(state, Month()) for name in names}
    settled = {name for name in (*running, *quiet) if end_of(name) + SETTLING <= until}
    return {**state.final, **running, **quiet}, frozenset(state.final) | settled


def month_of(at: datetime) -> str:
    return f"{at.year}-{at.month:02}"


@cache
def end_of(month: str) -> datetime:
    """The first moment after the month."""
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    return (start + timedelta(days=32)).replace(day=1)


def _pass_time(state: Folded, moment: datetime) -> None:
    """Open the months up to this moment, note the stock at the end of each, and make final those that are settled."""
    before = state.at or moment
    state.running.setdefault(month_of(before), Month())
    for name in _months_after(before, moment):
        for month in state.running.values():
            month.reachable = len(state.reachable) if month.reachable is None else month.reachable
        state.running[name] = Month()
    for name in [name for name in state.running if end_of(name) + SETTLING <= moment]:
        state.final[name] = _released(state, state.running.pop(name))
    state.at = moment


def _months_after(start: datetime, until: datetime) -> list[str]:
    """The months after the one of `start`, up to the one of `until`."""
    names = [month_of(start)]
    while names[-1] < month_of(until):
        names.append(month_of(end_of(names[-1])))
    return names[1:]


def _released(state: Folded, month: Month) -> Release:
    """A month that is not final yet, as it would be published now."""
    contents, told = month.contents.values(), len(month.told)
    illegal = share(sum(each.legality.is_illegal for each in contents), len(contents))
    countries = Counter(
        state.places.get(number, UNKNOWN_PLACE) for number, each in month.contents.items() if each.legality.is_illegal
    )
    totals = {
        "reports": month.reports.total(),
        "assessed": len(contents),
        "notices": told,
        "removed": month.removed,
        "reappeared": len(month.reappeared),
        "referrals": month.referrals.total(),
        "reachable": len(state.reachable) if month.reachable is None else month.reachable,
    }
    bands = running_shares(_bands(month))
    return Release(
        counts={
            **{key: count(number) for key, number in totals.items()},
            "illegal": None if illegal is None else illegal[0],
        },
        parts={
            "reports": parts(month.reports),
            "assessed": parts(Counter(each.kind for each in contents)),
            "countries": parts(countries, total_shown=illegal is not None),
            "referrals": parts(month.referrals),
        },
        shares={
            "illegal": illegal,
            "unseen": share(sum(each.is_unseen for each in contents), len(contents)),
            **{f"within_{name}": bands[name] for name in BANDS},
        },
        hours={
            "report_to_notice": hours(month.report_to_notice, told),
            "notice_to_removal": hours(month.notice_to_removal, month.removed),
            "report_to_removal": hours(month.report_to_removal, month.removed),
        },
    )


def _bands(month: Month) -> dict[str, int]:
    """First notices of the month by how long removal took; the last band is later, or not."""
    found = dict.fromkeys([*BANDS, "later"], 0)
    for taken in month.told.values():
        name = next((name for name, most in BANDS.items() if taken is not None and taken <= most), "later")
        found[name] += 1
    return found


def _received(_state: Folded, month: Month, _number: int, fact: Fact) -> None:
    month.reports[Source(str(fact.data["source"]))] += 1


def _decided(state: Folded, month: Month, number: int, fact: Fact) -> None:
    """A content counts in the month of its first decision; a later one replaces the result until that is final."""
    first = state.decided_in.setdefault(number, month_of(state.at or fact.at))
    holder = state.running.get(first)
    if holder is None:
        return
    holder.contents[number] = Decided(
        Legality(str(fact.data["legality"])),
        is_unseen=fact.data["basis"] != Basis.ANALYST and not fact.data["viewed"],
        kind=KINDS.get(ItemKind(str(fact.data["kind"])), OTHER_KIND),
    )


def _observed(state: Folded, _month: Month, number: int, fact: Fact) -> None:
    """The first country known: where it was when it was found."""
    country = country_code(str(fact.data["country"] or ""))
    if country:
        state.places.setdefault(number, country)


def _sent(state: Folded, month: Month, number: int, fact: Fact) -> None:
    if number in state.told_in:
        return
    state.told_in[number] = month_of(state.at or fact.at)
    month.told[number] = None
    _keep_hours(month.report_to_notice, fact, "hours_since_report")


def _checked(state: Folded, _month: Month, number: int, fact: Fact) -> None:
    availability = fact.data["availability"]
    if availability == Availability.REACHABLE:
        state.reachable.add(number)
    elif availability == Availability.GONE:
        state.reachable.discard(number)


def _removed(state: Folded, month: Month, number: int, fact: Fact) -> None:
    state.reachable.discard(number)
    if number in state.removed:
        return
    state.removed.add(number)
    month.removed += 1
    _keep_hours(month.report_to_removal, fact, "hours_since_report")
    taken = _keep_hours(month.notice_to_removal, fact, "hours_since_notice")
    holder = state.running.get(state.told_in.get(number, ""))
    if holder is not None:
        holder.told[number] = taken


def _reappeared(state: Folded, month: Month, number: int, _fact: Fact) -> None:
    month.reappeared.add(number)
    state.reachable.add(number)


def _exported(_state: Folded, month: Month, _number: int, fact: Fact) -> None:
    month.referrals[str(fact.data["target"])] += 1


def _keep_hours(kept: list[float], fact: Fact, name: str) -> float | None:
    value = fact.data.get(name)
    if not isinstance(value, int | float):
        return None
    kept.append(max(0.0, float(value)))
    return kept[-1]


_FOLDS = dict(
    zip(ACTIONS, (_received, _decided, _observed, _sent, _checked, _removed, _reappeared, _exported), strict=True)
)
