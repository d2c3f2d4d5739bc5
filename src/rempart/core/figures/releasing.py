"""A month that is not final yet, as it would be published now."""

from array import array
from collections import Counter

from rempart.core.figures.durations import pooled
from rempart.core.figures.providers import BANDS, hours_of, removals
from rempart.core.figures.releases import Release, count, hours, parts, share
from rempart.core.figures.state import Folded, Month

UNKNOWN = "unknown"
"""The part of what no country or provider is known of."""
_COUNTED_ONCE = {
    "second_looks": "case:second_look",
    "holds": "hold:placed",
    "refused": "notice:refused",
    "reappeared": "notice:reappeared",
    "escalated": "notice:escalated",
    "recalled": "signal:recalled",
}


def released(state: Folded, month: Month) -> Release:
    """What may be told of the month; nothing of it is told anywhere else."""
    contents = month.contents.values()
    illegal = share(sum(each.is_illegal for each in contents), len(contents))
    told = removals((each.provider, each.taken) for each in month.told.values())
    to_removal = hours(pooled(month.notice_to_removal.values()), month.removed)
    return Release(
        counts=_counts(state, month, illegal),
        parts={
            "reports": parts(month.reports),
            "assessed": parts(Counter(each.kind for each in contents)),
            "countries": parts(_countries(state, month), total_shown=illegal is not None),
            "referrals": parts(month.referrals),
            "providers": told.told,
        },
        shares={
            "illegal": illegal,
            "unseen": share(sum(each.is_unseen for each in contents), len(contents)),
            "wrong": share(sum(not each for each in month.feedback.values()), len(month.feedback)),
            **{f"within_{name}": told.shares[name] for name in BANDS},
        },
        hours={
            "report_to_notice": hours(month.report_to_notice, len(month.told)),
            "notice_to_removal": to_removal,
            "report_to_removal": hours(month.report_to_removal, month.removed),
        },
        part_shares={f"within_{name}": told.by_provider[name] for name in BANDS},
        part_hours={"notice_to_removal": hours_of(_by_provider(month), to_removal is not None)},
    )


def _counts(state: Folded, month: Month, illegal: tuple[int, int] | None) -> dict[str, int | None]:
    totals = {
        "reports": month.reports.total(),
        "assessed": len(month.contents),
        "notices": len(month.told),
        "providers_told": len({each.provider for each in month.told.values()} - {UNKNOWN}),
        "removed": month.removed,
        "referrals": month.referrals.total(),
        "signals": month.signals,
        "reachable": len(state.reachable) if month.reachable is None else month.reachable,
        **{name: len(month.once.get(action, ())) for name, action in _COUNTED_ONCE.items()},
    }
    return {
        **{name: count(number) for name, number in totals.items()},
        "illegal": None if illegal is None else illegal[0],
    }


def _countries(state: Folded, month: Month) -> Counter[str]:
    return Counter(state.places.get(number) or UNKNOWN for number, each in month.contents.items() if each.is_illegal)


def _by_provider(month: Month) -> "dict[str, array[int]]":
    return {name: found for name, found in month.notice_to_removal.items() if found}
