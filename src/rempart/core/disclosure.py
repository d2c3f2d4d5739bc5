"""Suppression of small figures so that they cannot be recovered by subtraction from published totals.

The attacker assumed here knows this algorithm: every cell and every margin that is published, that counts are whole
and not negative, and that a suppressed cell is at least 1, since zeroes are always published. Against that attacker
each suppressed cell keeps a feasible range at least max(2, threshold - 1) wide.

Invariant: every suppressed cell is a corner of a box (two values in each dimension, totals included) whose corners are
all suppressed. Adding k to corners and taking k from the others, with alternating signs, keeps every sum of the
table; so the smallest corners of either sign bound how far a cell can move in a table that looks the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from rempart.core.errors import InputError

TOTAL = "*"
DEFAULT_THRESHOLD = 5
Key = tuple[str, ...]


def suppress(table: Mapping[Key, int], threshold: int = DEFAULT_THRESHOLD) -> dict[Key, int | None]:
    """The publishable form of a table of counts, with all its margins; None stands for a suppressed cell.

    Keys are one value per dimension, "*" the total over a dimension. Missing cells are 0; margins are computed, and
    those given must agree. Cells of 1..threshold-1 are suppressed, then as few others as a greedy search finds. Raises
    InputError for keys of different lengths, negative counts or wrong margins. Cost: suppressed cells x cells.
    """
    full = _with_margins(table)
    if not full:
        return {}
    axes = _axes(full)
    width = max(2, threshold - 1)
    small = sorted((key for key, count in full.items() if 0 < count < threshold), key=lambda key: (full[key], key))
    hidden = set(small)
    for key in small:
        hidden.update(_best_box(key, full, axes, hidden, width))
    return {key: None if key in hidden else count for key, count in full.items()}


def shares_safe(numerator: int, denominator: int, threshold: int = DEFAULT_THRESHOLD) -> bool:
    """Whether a ratio may be published beside its denominator: neither the part nor the rest may be a small count."""
    if not 0 <= numerator <= denominator:
        raise InputError(
            "the part is negative or larger than the whole.",
            where="share",
            advice="Count both from the same events.",
        )
    rest = denominator - numerator
    return denominator >= max(1, threshold) and not 0 < numerator < threshold and not 0 < rest < threshold


@dataclass(frozen=True, slots=True, order=True)
class _Cost:
    """Totals are the last to go, then the number of cells, then the counts lost."""

    margins: int
    cells: int
    lost: int
    box: tuple[Key, ...]


def _best_box(
    key: Key, full: Mapping[Key, int], axes: tuple[tuple[str, ...], ...], hidden: set[Key], width: int
) -> tuple[Key, ...]:
    """The corners of the cheapest box that protects `key`.

    One always does: the box of any counted cell under `key` and its totals, whose corners all move the same way.
    """
    others = product(*([value for value in axis if value != own] for own, axis in zip(key, axes, strict=True)))
    boxes = (tuple(product(*zip(key, other, strict=True))) for other in others)
    return min(_cost(box, full, hidden) for box in boxes if _protects(box, full, width)).box


def _protects(box: tuple[Key, ...], full: Mapping[Key, int], width: int) -> bool:
    counts = [full[corner] for corner in box]
    if min(counts) < 1:
        return False
    falls = [_falls(place, corner, box[0]) for place, corner in enumerate(box)]
    if not any(falls):
        return True
    down = min(count for count, falling in zip(counts, falls, strict=True) if falling)
    up = min(count for count, falling in zip(counts, falls, strict=True) if not falling)
    return (down - 1) + (up - 1) >= width


def _falls(place: int, corner: Key, first: Key) -> bool:
    """Whether this corner goes down when the first goes up.

    `place` is binary: its bits name the dimensions in which the corner differs from the first. A total's sign is
    turned, since it stands on the other side of its sum.
    """
    totals = corner.count(TOTAL) + first.count(TOTAL)
    return bool((place.bit_count() + totals) % 2)


def _cost(box: tuple[Key, ...], full: Mapping[Key, int], hidden: set[Key]) -> _Cost:
    new = [corner for corner in box if corner not in hidden]
    return _Cost(sum(TOTAL in corner for corner in new), len(new), sum(full[corner] for corner in new), box)


def _axes(full: Mapping[Key, int]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(dict.fromkeys(values)) for values in zip(*full, strict=True))


def _with_margins(table: Mapping[Key, int]) -> dict[Key, int]:
    if len({len(key) for key in table}) > 1 or () in table:
        raise _wrong("every key needs one value for each dimension")
    if any(count < 0 for count in table.values()):
        raise _wrong("a count is negative")
    cells = {key: count for key, count in table.items() if TOTAL not in key}
    if not cells:
        if table:
            raise _wrong("totals are given without their parts")
        return {}
    full = dict.fromkeys(product(*((*axis, TOTAL) for axis in _axes(cells))), 0)
    for key, count in cells.items():
        for margin in _margins(key):
            full[margin] += count
    if any(full.get(key) != count for key, count in table.items()):
        raise _wrong("a total given is not the sum of its parts")
    return full


def _margins(key: Key) -> Iterator[Key]:
    """The cell itself and every total it counts towards."""
    return product(*((value, TOTAL) for value in key))


def _wrong(what: str) -> InputError:
    return InputError(f"{what}.", where="table", advice="Count the table again from the events.")
