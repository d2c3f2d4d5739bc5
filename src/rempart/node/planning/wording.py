"""What the pages and the command say of a plan: the questions, where values come from, what was found."""

from collections.abc import Mapping
from dataclasses import dataclass

from babel.numbers import format_decimal
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rempart.core.projection import Band
from rempart.node import tongues
from rempart.node.planning.known import Known, Origin
from rempart.planning.planning import ANALYST, BASE, BETTER_LIST, Outcome, Plan

PERCENTS = frozenset({"recognised", "second_look", "illegal", "doubt"})
"""Shares that people read and write in percent."""


@dataclass(frozen=True, slots=True)
class Question:
    """One value of a situation: what it is called, in what it is measured, why it matters."""

    label: Promise
    note: Promise


QUESTIONS: Mapping[str, Question] = {
    "reports_per_day": Question(_("Reports a day"), _("All that come in today, from the public and from platforms.")),
    "doubling_months": Question(_("Months until intake doubles"), _("0 means that it does not grow.")),
    "doubt": Question(_("How unsure that is, in percent"), _("20 means that it may well be a fifth sooner or later.")),
    "recognised": Question(
        _("Recognised automatically, in percent"), _("What lists and earlier decisions settle without anybody looking.")
    ),
    "analysts": Question(_("Analysts"), _("People who look at reports, as full posts.")),
    "hours": Question(
        _("Hours of looking a day"), _("For each analyst on a working day, leave, breaks and other work taken off.")
    ),
    "days_per_week": Question(_("Working days a week"), _("1 to 7.")),
    "first_minutes": Question(_("Minutes for a first look"), _("The mean, from opening a case to its decision.")),
    "second_look": Question(
        _("Second looks, in percent"), _("Of first looks, those that a second analyst has to confirm.")
    ),
    "second_minutes": Question(_("Minutes for a second look"), _("The mean.")),
    "spread": Question(
        _("How much looking times differ"), _("Standard deviation over mean: 0 always the same, 1 very uneven.")
    ),
    "illegal": Question(_("Illegal, in percent"), _("Of what analysts look at.")),
    "reports_per_child": Question(
        _("Illegal reports that concern one child"),
        _("Many pictures show the same child. Nobody knows this number well: try several."),
    ),
    "backlog": Question(_("Waiting already"), _("Reports that nobody has decided yet.")),
    "months": Question(_("Months to plan for"), _("1 to 120.")),
}
LIST_GAIN = Question(
    _("A better list recognises, in percent of the rest"), _("What the plan compares with, beside one analyst more.")
)
ORIGINS: Mapping[Origin, Promise] = {
    Origin.FIGURES: _("this node’s figures"),
    Origin.ASSUMED: _("assumed"),
    Origin.GIVEN: _("given"),
}
VARIANTS: Mapping[str, Promise] = {
    BASE: _("As it is"),
    ANALYST: _("One analyst more"),
    BETTER_LIST: _("A better list"),
}
WARNINGS: Mapping[str, Promise] = {
    "nobody_for_second_looks": _(
        "With one analyst nobody can take a second look: what needs one is never decided. Plan for two or more."
    ),
    "overloaded_from_the_start": _("More comes in than these analysts can look at, from the first day on."),
}


def first_answer(known: Known) -> str:
    """Where a question's first answer comes from, as said under it."""
    return gettext("First answer: {origin}.").format(origin=ORIGINS[known.origin])


def shown(name: str, value: float) -> float:
    """A value as people write it: shares in percent, never a tail of digits."""
    found = round(value * 100 if name in PERCENTS else value, 2)
    return int(found) if found == int(found) else found


def stored(name: str, value: float) -> float:
    return value / 100 if name in PERCENTS else value


def said(band: Band, places: int = 0) -> str:
    """The middle with the range that eight runs of ten keep within."""
    low, middle, high = (number(value, places) for value in (band.low, band.middle, band.high))
    return middle if low == high else gettext("{middle} ({low} to {high})").format(middle=middle, low=low, high=high)


def number(value: float, places: int = 0) -> str:
    """As the reader's language writes it, with three digits: more would say that a plan knows more than it does."""
    rounded = round(float(f"{value:.3g}") if abs(value) >= 1000 else value, places)
    return format_decimal(rounded or 0, locale=tongues.locale())


def claim(plan: Plan) -> str:
    """The answer in a sentence."""
    end, months = plan.base.end, plan.base.situation.months
    if end.waiting.high < 1:
        return gettext("After {months} months nothing waits.").format(months=months)
    return gettext(
        "After {months} months {waiting} reports wait, the oldest for {days} days; behind them {children} children."
    ).format(months=months, waiting=said(end.waiting), days=said(end.oldest_days), children=said(end.children))


def change(outcome: Outcome) -> str:
    """What a change brings, in a sentence."""
    if abs(outcome.gained_waiting.middle) < 1:
        return gettext("{change}: no difference at the end.").format(change=VARIANTS[outcome.key])
    return gettext("{change}: {waiting} fewer reports wait at the end, and {children} fewer children.").format(
        change=VARIANTS[outcome.key],
        waiting=said(_less(outcome.gained_waiting)),
        children=said(_less(outcome.gained_children)),
    )


def _less(gained: Band) -> Band:
    return Band(-gained.high, -gained.middle, -gained.low)


def need(plan: Plan) -> str:
    now, end = plan.needed
    return gettext("Today’s intake takes the whole time of {now} analysts; at the end that of {end}.").format(
        now=number(now, 1), end=number(end, 1)
    )
