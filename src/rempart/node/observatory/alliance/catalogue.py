"""Every figure of the observatory, in the order of its pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rempart.core.errors import NotFound
from rempart.node.observatory.alliance import (
    commitments,
    comparison,
    decade,
    declared,
    hosting,
    membership,
    referrals,
    removal,
    returning,
    volume,
)
from rempart.node.observatory.alliance.shown import Alliance, Shown


@dataclass(frozen=True, slots=True)
class Figure:
    """`show` makes the whole figure for a period ("" is the usual one), `summary` its claim alone."""

    key: str
    title: Promise
    show: Callable[[Alliance, str], Shown]
    summary: Callable[[Alliance], str]


_ALL = (
    Figure(decade.KEY, _("The decade as published"), decade.shown, decade.summary),
    Figure(volume.KEY, _("Growth and capacity"), volume.shown, volume.summary),
    Figure(membership.KEY, _("Members"), membership.shown, membership.summary),
    Figure(hosting.KEY, _("Where it is hosted"), hosting.shown, hosting.summary),
    Figure(removal.TIME_KEY, _("Time to removal"), removal.time, removal.time_summary),
    Figure(removal.SHARE_KEY, _("Removed in a day, in three, in a week"), removal.share, removal.share_summary),
    Figure(returning.KEY, _("What comes back"), returning.shown, returning.summary),
    Figure(referrals.KEY, _("Referrals and their answers"), referrals.shown, referrals.summary),
    Figure(declared.KEY, _("Victims identified"), declared.shown, declared.summary),
    Figure(commitments.KEY, _("Commitments kept"), commitments.shown, commitments.summary),
    Figure(comparison.KEY, _("Members side by side"), comparison.shown, comparison.summary),
)
FIGURES: Mapping[str, Figure] = {each.key: each for each in _ALL}


def figure(alliance: Alliance, key: str, period: str = "") -> Shown:
    """Raises NotFound for a figure or a period that is not there."""
    chosen = FIGURES.get(key)
    if chosen is None:
        raise NotFound("there is no such figure.", where="figure", advice="Take one from the list.")
    return chosen.show(alliance, period)
