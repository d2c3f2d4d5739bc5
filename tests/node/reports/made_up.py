"""Made-up figures documents as members publish them, small and large, for reports."""

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from rempart.core.register.members import Member
from rempart.core.register.part import Commitment
from rempart.formats import figures_document
from rempart.node.observatory.services import INDICATORS, ExternalSeries, FiguresDocument, Measure, external_series
from rempart.node.reports.sources import Published
from rempart.node.reports.texts import LANGUAGES, texts

AT = datetime(2026, 11, 29, tzinfo=UTC)
_CODES = "ATBEBGCYCZDKEEFIFRDEGRHUIEITLVLTLUMTNLPLPTROSKSIESSEGBALAUKHKRHRUSGEGHJPMDMENZNGNOPHRSCHTHTRUAVN"
FOUNDERS = [_CODES[place : place + 2] for place in range(0, len(_CODES), 2)]
_PARTS = {
    "reports": ("public", "platform", "member", "victim_self"),
    "countries": ("NL", "US", "FR", "DE", "unknown"),
    "assessed": ("web_address", "file", "other"),
    "referrals": ("member", "police"),
    "providers": ("Host A (made up)", "Host B (made up)", "other"),
}


def value(number: float | None, status: str = "", behind: int | None = None) -> dict[str, Any]:
    return {
        "value": number,
        "status": status or ("not_available" if number is None else "shown"),
        "count_behind": behind if number is not None else None,
    }


def document(country: str = "FR", years: Mapping[int, int] | None = None, *, seed: int = 1) -> FiguresDocument:
    """A member's figures for years, each with so many months; none for no years."""
    lots = random.Random(seed)
    periods = [_period("all", True, lots)] if years else []
    for year, months in sorted((years or {}).items(), reverse=True):
        periods.append(_period(str(year), months == 12, lots, 12.0))
        periods += [_period(f"{year}-{month:02}", month < 11 or months == 12, lots) for month in range(months, 0, -1)]
    return figures_document.from_object(
        {
            "format": figures_document.FORMAT,
            "organisation": f"Hotline of {country} (made up)",
            "country": country,
            "counted_to": AT.isoformat(),
            "threshold": 5,
            "periods": periods,
        }
    )


def bare(country: str = "FR", year: int = 2026) -> FiguresDocument:
    """A year is published, and nothing of it is available."""
    return figures_document.from_object(
        {
            "format": figures_document.FORMAT,
            "organisation": f"Hotline of {country} (made up)",
            "country": country,
            "counted_to": AT.isoformat(),
            "threshold": 5,
            "periods": [{"period": str(year), "is_final": False, "figures": {}}],
        }
    )


def _period(name: str, is_final: bool, lots: random.Random, size: float = 1.0) -> dict[str, Any]:
    return {
        "period": name,
        "is_final": is_final,
        "figures": {each.key: _figure(each.measure, each.parts, lots, size) for each in INDICATORS},
    }


def _figure(measure: Measure, parts: str, lots: random.Random, size: float) -> dict[str, Any]:
    behind = int(size * lots.randint(20, 900))
    if measure in (Measure.COUNT, Measure.STOCK):
        found = value(behind, "partial" if lots.random() < 0.2 else "shown", behind)
    elif measure is Measure.SHARE:
        found = value(lots.randint(behind // 3, behind) / behind, "shown", behind)
    else:
        found = value(round(lots.uniform(2, 20 if measure is Measure.DAYS else 200), 1), "shown", behind)
    if lots.random() < 0.08:
        found = value(None, "suppressed")
    if parts:
        found["parts"] = {part: _part(measure, behind, lots) for part in _PARTS.get(parts, ())}
    return found


def _part(measure: Measure, behind: int, lots: random.Random) -> dict[str, Any]:
    if measure is Measure.SHARE:
        return value(lots.random(), "shown", behind)
    return value(lots.randint(5, behind), "shown", behind)


def _member(code: str) -> Member:
    names = {language: texts(language).country(code) for language in LANGUAGES}
    founded = date(2012, 12, 5) if code in FOUNDERS else None
    return Member(code, code, "", None, ("en",), names, founded, None, founded, None)


def published(
    *documents: FiguresDocument,
    commitments: Mapping[str, tuple[Commitment, ...]] | None = None,
    external: tuple[ExternalSeries, ...] | None = None,
) -> Published:
    """What a report is made of; the founders are its members."""
    codes = {*FOUNDERS, *(each.country for each in documents)}
    return Published(
        {each.country: each for each in documents},
        external_series() if external is None else external,
        {code: _member(code) for code in codes},
        "Hotline of FR (made up)",
        "contact@hotline.example",
        "https://hotline.example",
        commitments=commitments or {},
    )


def everybody(year: int = 2026) -> tuple[FiguresDocument, ...]:
    """All 48, with this year and the last."""
    return tuple(document(country, {year - 1: 12, year: 11}, seed=place) for place, country in enumerate(FOUNDERS))
