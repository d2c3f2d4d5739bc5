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


@dataclass(frozen=True, slots=True)
class Removals:
    """First notices of one month by provider, and the shares gone within each band, of all and by provider."""

    told: Parts | None
    shares: Mapping[str, Share | None]
    by_provider: Mapping[str, Mapping[str, Share | None] | None]


def removals(told: Iterable[tuple[str, int | None]]) -> Removals:
    """Of each first notice its provider, and after which time the content was gone (None: it was not)."""
    published = suppress(named(told))
    if not published:
        return Removals({}, dict.fromkeys(BANDS, (0, 0)), {band: {} for band in BANDS})
    if published[(TOTAL, TOTAL)] is None:
        return Removals(None, dict.fromkeys(BANDS), dict.fromkeys(BANDS))
    names = sorted({key[0] for key in published} - {TOTAL})
    shares = {name: _running(published, name) for name in (*names, TOTAL)}
    return Removals(
        {name: published[(name, TOTAL)] for name in names},
        shares[TOTAL],
        {band: {name: shares[name][band] for name in names} for band in BANDS},
    )


def named(told: Iterable[tuple[str, int | None]]) -> dict[tuple[str, ...], int]:
    """First notices by provider and band, every band of each; providers that are not named are put together."""
    cells = Counter((provider, _band(taken)) for provider, taken in told)
    names = _names(_totals(cells))
    found = Counter[tuple[str, str]]()
    for (provider, band), number in cells.items():
        found[provider if provider in names else OTHER, band] += number
    return {(name, band): found[name, band] for name, _band in sorted(found) for band in (*BANDS, LATER)}


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


def _totals(cells: Mapping[tuple[str, str], int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (provider, _each), number in cells.items():
        found[provider] += number
    return found


def _names(totals: Mapping[str, int]) -> set[str]:
    large = sorted((-number, name) for name, number in totals.items() if number >= NAMED_FROM and name != OTHER)
    return {name for _number, name in large[:NAMED_MOST]}


def _running(published: Mapping[tuple[str, ...], int | None], name: str) -> dict[str, Share | None]:
    """Of all cases of a row, those in a band or one before it: where that is the sum of published cells."""
    whole = published[(name, TOTAL)]
    cells = [published[(name, band)] for band in (*BANDS, LATER)]
    return {band: _up_to(cells, place, whole) for place, band in enumerate(BANDS, start=1)}


def _up_to(cells: Sequence[int | None], place: int, whole: int | None) -> Share | None:
    """The share of the first `place` cells; None also where the whole is hidden, which a share would tell."""
    before = [number for number in cells[:place] if number is not None]
    after = [number for number in cells[place:] if number is not None]
    if whole is None or (len(before) < place and len(after) < len(cells) - place):
        return None
    return share(sum(before) if len(before) == place else whole - sum(after), whole)
