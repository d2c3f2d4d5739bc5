"""What of one month may be published of single providers, and of how fast content was gone.

Providers and bands of time are one table of two dimensions, protected together with its margins: no provider's cell
can be worked out from the others and the totals. A provider is named from NAMED_FROM cases on, and at most NAMED_MOST
are; the rest are the part "other".
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rempart.core.disclosure import DEFAULT_THRESHOLD, TOTAL, suppress
from rempart.core.figures.releases import OTHER, Parts, Share, hours, share

NAMED_FROM = 2 * DEFAULT_THRESHOLD
NAMED_MOST = 25
BANDS = {"24h": 24_000, "72h": 72_000, "7d": 168_000}
"""Up to how many thousandths of an hour, the last one included."""
LATER = "later"
Row = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Removals:
    """First notices of one month by provider, and the shares gone within each band, of all and by provider."""

    told: Parts | None
    shares: Mapping[str, Share | None]
    by_provider: Mapping[str, Mapping[str, Share | None] | None]


def removals(told: Iterable[tuple[str, int | None]]) -> Removals:
    """Of each first notice its provider, and after which time the content was gone (None: it was not)."""
    cells = Counter((provider, _band(taken)) for provider, taken in told)
    table = _named(cells)
    published = suppress(_filled(table))
    total = published.get((TOTAL, TOTAL), 0)
    if total is None:
        return Removals(None, dict.fromkeys(BANDS), dict.fromkeys(BANDS))
    names = sorted({provider for provider, _band in table})
    rows = {name: _row(published, name) for name in (*names, TOTAL)} if table else {}
    whole = _running(rows[TOTAL], _row(_margins(table), TOTAL)) if rows else dict.fromkeys(BANDS, (0, 0))
    shares = {name: _running(rows[name], _row(table, name)) for name in names}
    return Removals(
        {name: published[(name, TOTAL)] for name in names},
        whole,
        {band: {name: shares[name][band] for name in names} for band in BANDS},
    )


def hours_of(found: "Mapping[str, array[int]]", total_shown: bool) -> "Mapping[str, array[int] | None] | None":
    """Durations by provider, where their numbers may be told beside that of all; None where none may."""
    merged: dict[str, array[int]] = {}
    names = _names({name: len(each) for name, each in found.items()})
    for name, each in found.items():
        merged.setdefault(name if name in names else OTHER, array("I")).extend(each)
    published = suppress({(name,): len(each) for name, each in merged.items()})
    if not published:
        return {}
    if not total_shown or published[(TOTAL,)] is None:
        return None
    return {
        name: hours(each, len(each)) if published[(name,)] is not None else None
        for name, each in sorted(merged.items())
    }


def _band(taken: int | None) -> str:
    return next((name for name, most in BANDS.items() if taken is not None and taken <= most), LATER)


def _named(cells: Mapping[tuple[str, str], int]) -> Counter[tuple[str, str]]:
    """The cells with the providers that are not named put together."""
    totals: Counter[str] = Counter()
    for (provider, _each), number in cells.items():
        totals[provider] += number
    names, found = _names(totals), Counter[tuple[str, str]]()
    for (provider, band), number in cells.items():
        found[provider if provider in names else OTHER, band] += number
    return found


def _names(totals: Mapping[str, int]) -> set[str]:
    large = sorted((-number, name) for name, number in totals.items() if number >= NAMED_FROM and name != OTHER)
    return {name for _number, name in large[:NAMED_MOST]}


def _filled(table: Mapping[tuple[str, str], int]) -> dict[tuple[str, ...], int]:
    """Every band is a column, empty or not: the attacker knows them all."""
    return {(name, band): table.get((name, band), 0) for name, _band in table for band in (*BANDS, LATER)}


def _margins(table: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    found: Counter[tuple[str, str]] = Counter()
    for (_name, band), number in table.items():
        found[TOTAL, band] += number
    return dict(found)


def _row(table: "Mapping[tuple[str, ...], int | None] | Mapping[tuple[str, str], int]", name: str) -> Row:
    return {band: table.get((name, band), 0) for band in (*BANDS, LATER)}  # type: ignore[call-overload]


def _running(published: Row, counted: Row) -> dict[str, Share | None]:
    """Of all cases of a row, those in a band or one before it: where these cells, or all after them, are published."""
    names = list(counted)
    numbers = [counted[name] or 0 for name in names]
    found: dict[str, Share | None] = {}
    for place, name in enumerate(names[:-1], start=1):
        is_told = _all_shown(published, names[:place]) or _all_shown(published, names[place:])
        found[name] = share(sum(numbers[:place]), sum(numbers)) if is_told else None
    return found


def _all_shown(row: Row, names: Sequence[str]) -> bool:
    return all(row[name] is not None for name in names)
