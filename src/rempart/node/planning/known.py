"""What this node's own published figures tell of its situation; the rest is assumed until somebody says better."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any

from rempart.core.errors import InputError
from rempart.core.projection import LEAST_POINTS, fit
from rempart.node.observatory import services as observatory
from rempart.planning.situation import DAYS_PER_MONTH, LIMITS, Situation

RECENT_MONTHS = 3
GROWTH_MONTHS = 24
WHOLE = frozenset({"analysts", "days_per_week", "backlog", "months"})
"""Values that are whole numbers."""
FIRST_ASSUMED = {"reports_per_day": 30.0, "analysts": 3.0}
"""Values without a default of their own, for a node that has counted nothing yet."""


class Origin(StrEnum):
    FIGURES = "figures"
    ASSUMED = "assumed"
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Known:
    value: float
    origin: Origin


def assumed() -> dict[str, Known]:
    """Every value of a situation as it is assumed without any figures."""
    found = {field.name: FIRST_ASSUMED.get(field.name, field.default) for field in fields(Situation)}
    return {name: Known(float(value), Origin.ASSUMED) for name, value in found.items()}  # type: ignore[arg-type]


def known(now: datetime) -> dict[str, Known]:
    """The same, with what the final months tell in place of what is assumed."""
    told = _told(observatory.publication(now))
    within = {name: value for name, value in told.items() if LIMITS[name][0] <= value <= LIMITS[name][1]}
    return {**assumed(), **{name: Known(round(value, 3), Origin.FIGURES) for name, value in within.items()}}


def situation_of(values: Mapping[str, float]) -> Situation:
    """Raises InputError naming the value that is out of reason."""
    typed: dict[str, Any] = {name: int(value) if name in WHOLE else float(value) for name, value in values.items()}
    return Situation(**typed)


def _told(publication: observatory.Publication) -> dict[str, float]:
    months = [month for month in publication.releases if month in publication.final]
    recent = [publication.figures(month) for month in months[-RECENT_MONTHS:]]
    found = {}
    reports = _mean([figures.figure("reports_received").value.number for figures in recent])
    if reports:
        found["reports_per_day"] = reports / DAYS_PER_MONTH
    for name, key in (("recognised", "share_settled_unseen"), ("illegal", "share_illegal")):
        share = _mean([figures.figure(key).value.number for figures in recent])
        if share is not None:
            found[name] = share
    return {**found, **_growth(publication, months[-GROWTH_MONTHS:])}


def _growth(publication: observatory.Publication, months: list[str]) -> dict[str, float]:
    """The doubling time and how unsure it is; nothing where too little was counted, or intake does not grow."""
    counts = [publication.figures(month).figure("reports_received").value.number for month in months]
    observed = [(float(at), float(count)) for at, count in enumerate(counts) if count]
    if len(observed) < max(LEAST_POINTS, 2 * RECENT_MONTHS):
        return {}
    try:
        growth = fit(observed)
    except InputError:
        return {}
    doubling, (fast, slow) = growth.doubling, growth.doubling_range
    if doubling is None or doubling <= 0:
        return {}
    ends = [end for end in (fast, doubling, slow) if end is not None and end > 0]
    return {"doubling_months": doubling, "doubt": max((b / a - 1 for a, b in pairwise(ends)), default=0.0)}


def _mean(values: list[float | None]) -> float | None:
    shown = [value for value in values if value is not None]
    return sum(shown) / len(shown) if shown else None
