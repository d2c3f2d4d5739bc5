"""Are we winning? The four targets of 2012, and what published figures answer to each.

An answer compares the last two whole years of the same members; without them it is not known, and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rempart.core.figures.document import ALL, FiguresDocument
from rempart.node import tongues
from rempart.node.observatory import numbers
from rempart.node.observatory.alliance import declared, pooling
from rempart.node.observatory.alliance.catalogue import FIGURES, Figure
from rempart.node.observatory.alliance.removal import share_of_all
from rempart.node.observatory.alliance.shown import Alliance, Panel, cell
from rempart.node.observatory.indicators import TARGETS

_STEP = 0.02
"""A share that moves by less than this has not changed."""


class Verdict(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    UNKNOWN = "unknown"


VERDICTS = {
    Verdict.BETTER: _("Getting better"),
    Verdict.WORSE: _("Getting worse"),
    Verdict.SAME: _("No clear change"),
    Verdict.UNKNOWN: _("Not known yet"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A target, what is known of it and why, and the figures behind it with their claims."""

    number: int
    target: Promise
    verdict: Verdict
    why: str
    figures: tuple[tuple[Figure, str], ...]
    panel: Panel | None = None

    @property
    def verdict_name(self) -> Promise:
        return VERDICTS[self.verdict]


def answers(alliance: Alliance) -> tuple[Answer, ...]:
    victims, why_victims = _victims(alliance)
    removal, why_removal = _removal(alliance)
    return (
        Answer(1, TARGETS["T1"], victims, why_victims, _figures(alliance, "victims")),
        Answer(2, TARGETS["T2"], Verdict.UNKNOWN, _justice(alliance), _figures(alliance, "referrals")),
        Answer(3, TARGETS["T3"], Verdict.UNKNOWN, _awareness(alliance), _figures(alliance, "volume")),
        Answer(
            4,
            TARGETS["T4"],
            removal,
            why_removal,
            _figures(alliance, "removal-share", "removal-time", "reappearance", "hosting"),
            share_of_all(alliance),
        ),
    )


def claim(found: Sequence[Answer]) -> str:
    known = [each for each in found if each.verdict is not Verdict.UNKNOWN]
    if not known:
        return gettext("Nobody can tell yet: published figures answer none of the four targets.")
    better = sum(each.verdict is Verdict.BETTER for each in known)
    return gettext(
        "Of the four targets, getting better: {better}. Not better: {others}. Not known yet: {unknown}."
    ).format(better=better, others=len(known) - better, unknown=len(found) - len(known))


def _figures(alliance: Alliance, *keys: str) -> tuple[tuple[Figure, str], ...]:
    return tuple((FIGURES[key], FIGURES[key].summary(alliance)) for key in keys)


def _justice(alliance: Alliance) -> str:
    """What members declare last; it is no answer by itself, since no goal names a number."""
    for year in alliance.years():
        found = pooling.total(alliance.publishing(), year, "convictions")
        if found.value.number is not None:
            text = gettext("{members} members declared {number} convictions for {year}. No goal names a number.")
            return text.format(members=found.told, number=cell(found.value).text, year=year)
    return gettext("Members count what they refer. None has declared investigations or convictions.")


def _awareness(alliance: Alliance) -> str:
    text = gettext("No figure tells yet what people know.")
    found = pooling.total(alliance.publishing(), ALL, "self_reports").value
    if found.number is None:
        return text
    told = gettext("{number} reports came from people whom they concern.").format(number=cell(found).text)
    return f"{text} {tongues.capital(told)}"


def _victims(alliance: Alliance) -> tuple[Verdict, str]:
    found = declared.growth(alliance)
    if found is None:
        return Verdict.UNKNOWN, gettext("The same members have to declare two years before this can be told.")
    _year, rate, members = found
    verdict = Verdict.BETTER if rate >= declared.GOAL else Verdict.SAME if rate >= 0 else Verdict.WORSE
    return verdict, gettext("From the declarations of {number} members.").format(number=members)


def _removal(alliance: Alliance) -> tuple[Verdict, str]:
    """Whether the share gone in 72 hours rose, for the members that tell both of the last two whole years."""
    key = "share_removed_72h"
    whole = [year for year in alliance.years() if int(year) < alliance.today.year]
    for year, before in pairwise(whole):
        same: tuple[FiguresDocument, ...] = pooling.steady(alliance.publishing(), (before, year), key)
        first, last = (pooling.share(same, period, key).value.number for period in (before, year))
        if first is None or last is None:
            continue
        rise = last - first
        verdict = Verdict.SAME if abs(rise) < _STEP else Verdict.BETTER if rise > 0 else Verdict.WORSE
        words = gettext("Gone within 72 hours: {first} in {before}, {last} in {year}, at the same {number} members.")
        from_to = {"first": numbers.percent(first), "last": numbers.percent(last), "before": before, "year": year}
        return verdict, words.format(number=len(same), **from_to)
    return Verdict.UNKNOWN, gettext("The same members have to publish two whole years before this can be told.")
