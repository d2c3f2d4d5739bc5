"""Events folded into months, one event after the other; nothing else is ever read.

A month is final SETTLING after its end. What comes later belongs to later months, so a final month never changes.
"""

from array import array
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from rempart.core.figures.durations import thousandths
from rempart.core.figures.facts import Fact
from rempart.core.figures.months import SETTLING, end_of, is_settled, month_of, months_after
from rempart.core.figures.releases import Release
from rempart.core.figures.releasing import UNKNOWN, released
from rempart.core.figures.state import Decided, Folded, Month, Told
from rempart.core.routing import country_code
from rempart.core.vocabulary import Availability, Basis, ItemKind, Legality, Source

__all__ = ["ACTIONS", "OTHER_KIND", "SETTLING", "VERSION", "Folded", "end_of", "fold", "month_of", "releases_at"]

VERSION = 2
"""One more whenever the rules change: what was kept under others is counted again."""
KINDS = {
    ItemKind.URL: "web_address",
    ItemKind.ONION: "onion_address",
    ItemKind.FILE: "file",
    ItemKind.HASH: "file",
}
OTHER_KIND = "other"
_KIND_OF = {str(kind): KINDS.get(kind, OTHER_KIND) for kind in ItemKind}
_ILLEGAL = {str(each): each.is_illegal for each in Legality}
_SOURCES = frozenset(map(str, Source))
RECALLED_BY_MISTAKE = "mistake"


def fold(state: Folded, fact: Fact) -> None:
    """Take the next event in. A clock that steps back does not take the count back with it."""
    at = fact.at if fact.at.tzinfo is UTC else fact.at.astimezone(UTC)
    moment = max(at, state.at) if state.at else at
    _pass_time(state, moment)
    state.seq = fact.seq
    # Not every subject has a number: those of the node's own parts are told apart by their actions.
    number = fact.subject.rpartition(":")[2]
    _FOLDS[fact.action](state, state.running[month_of(moment)], int(number) if number.isdigit() else 0, fact)


def releases_at(state: Folded, until: datetime) -> tuple[dict[str, Release], frozenset[str]]:
    """Every month up to that of `until`, oldest first, and which of them are final. The state stays as it is: what it
    holds depends on events alone, never on when somebody looked.
    """
    running = {name: released(state, month) for name, month in state.running.items()}
    names = months_after(state.at, until) if state.at else [month_of(until)]
    quiet = dict.fromkeys(names, released(state, Month()))
    settled = {name for name in (*running, *quiet) if is_settled(name, until)}
    return {**state.final, **running, **quiet}, frozenset(state.final) | settled


def _pass_time(state: Folded, moment: datetime) -> None:
    """Open the months up to this moment, note the stock at the end of each, and make final those that are settled."""
    before = state.at or moment
    state.at = moment
    if len(state.running) == 1 and month_of(moment) in state.running:
        return
    state.running.setdefault(month_of(before), Month())
    for name in months_after(before, moment):
        for month in state.running.values():
            month.reachable = len(state.reachable) if month.reachable is None else month.reachable
        state.running[name] = Month()
    for name in [name for name in state.running if is_settled(name, moment)]:
        state.final[name] = released(state, state.running.pop(name))


def _received(_state: Folded, month: Month, _number: int, fact: Fact) -> None:
    source = str(fact.data["source"])
    month.reports[source if source in _SOURCES else Source(source)] += 1


def _decided(state: Folded, month: Month, number: int, fact: Fact) -> None:
    """A content counts in the month of its first decision; a later one replaces the result until that is final."""
    if not state.decided.add(number):
        found = next((each for each in state.running.values() if number in each.contents), None)
        if found is None:
            return
        month = found
    data = fact.data
    month.contents[number] = Decided(
        _ILLEGAL[str(data["legality"])],
        is_unseen=data["basis"] != Basis.ANALYST and not data["viewed"],
        kind=_KIND_OF[str(data["kind"])],
    )


def _observed(state: Folded, _month: Month, number: int, fact: Fact) -> None:
    """The first country known: where it was when it was found."""
    country = country_code(str(fact.data["country"] or ""))
    if country:
        state.places.say(number, country)


def _sent(state: Folded, month: Month, number: int, fact: Fact) -> None:
    if not state.told.add(number):
        return
    asn = fact.data.get("asn")
    provider = f"AS{asn}" if isinstance(asn, int) and asn > 0 else UNKNOWN
    state.providers.say(number, provider)
    month.told[number] = Told(provider)
    _keep(month.report_to_notice, fact, "hours_since_report")


def _checked(state: Folded, _month: Month, number: int, fact: Fact) -> None:
    availability = fact.data["availability"]
    if availability == Availability.REACHABLE:
        state.reachable.add(number)
    elif availability == Availability.GONE:
        state.reachable.discard(number)


def _removed(state: Folded, month: Month, number: int, fact: Fact) -> None:
    state.reachable.discard(number)
    if not state.removed.add(number):
        return
    month.removed += 1
    _keep(month.report_to_removal, fact, "hours_since_report")
    provider = state.providers.get(number) or UNKNOWN
    taken = _keep(month.notice_to_removal.setdefault(provider, array("I")), fact, "hours_since_notice")
    told = next((each.told[number] for each in state.running.values() if number in each.told), None)
    if told is not None:
        told.taken = taken


def _reappeared(state: Folded, month: Month, number: int, fact: Fact) -> None:
    _once(state, month, number, fact)
    state.reachable.add(number)


def _exported(_state: Folded, month: Month, _number: int, fact: Fact) -> None:
    month.referrals[str(fact.data["target"])] += 1


def _once(_state: Folded, month: Month, number: int, fact: Fact) -> None:
    """A subject counts once a month, however often the event tells of it."""
    month.once.setdefault(fact.action, set()).add(number)


def _recalled(state: Folded, month: Month, number: int, fact: Fact) -> None:
    if fact.data.get("reason") == RECALLED_BY_MISTAKE:
        _once(state, month, number, fact)


def _fed_back(_state: Folded, month: Month, _number: int, fact: Fact) -> None:
    month.feedback[f"{fact.data['entry']} {fact.actor}"] = bool(fact.data["is_useful"])


def _signed(_state: Folded, month: Month, _number: int, fact: Fact) -> None:
    month.signals += int(fact.data["signals"])


def _keep(kept: "array[int]", fact: Fact, name: str) -> int | None:
    value = fact.data.get(name)
    if not isinstance(value, int | float):
        return None
    kept.append(thousandths(value))
    return kept[-1]


_FOLDS: Mapping[str, Callable[[Folded, Month, int, Any], None]] = {
    "report:received": _received,
    "content:decided": _decided,
    "case:second_look": _once,
    "hold:placed": _once,
    "hosting:observed": _observed,
    "notice:sent": _sent,
    "notice:refused": _once,
    "notice:checked": _checked,
    "notice:removed": _removed,
    "notice:reappeared": _reappeared,
    "notice:escalated": _once,
    "referral:exported": _exported,
    "list:feedback": _fed_back,
    "signal:recalled": _recalled,
    "log:signed": _signed,
}
ACTIONS = tuple(_FOLDS)
