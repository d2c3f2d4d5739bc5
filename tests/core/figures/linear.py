"""What linear equations over whole numbers from 0 on leave open: the least and the greatest value of each unknown.

Exact: a simplex over fractions. For tables of two dimensions its corners are whole numbers, so the ranges are those of
the tables that look the same; in general they are never narrower than the attacker's true ones by more than rounding.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

Equation = tuple[Mapping[str, int], int]
"""Coefficients by unknown, and what they sum to."""


def span(equations: Sequence[Equation], unknown: str, least: Mapping[str, int] | None = None) -> tuple[int, int | None]:
    """The least and the greatest value of an unknown; None: as large as one likes. `least` holds lower bounds above 0.

    Raises ValueError where there is no solution at all.
    """
    known, left = _settled([({**coefficients}, total) for coefficients, total in equations])
    if unknown in known:
        return known[unknown], known[unknown]
    lower = {name: number for name, number in (least or {}).items() if name not in known}
    moved = [
        (coefficients, total - sum(lower.get(name, 0) * each for name, each in coefficients.items()))
        for coefficients, total in left
    ]
    names = sorted({name for coefficients, _sum in moved for name in coefficients} | {unknown})
    low, high = (_least(moved, names, names.index(unknown), sign) for sign in (1, -1))
    assert low is not None
    base = lower.get(unknown, 0)
    return base - (-low.numerator // low.denominator), None if high is None else base + int((-high) // 1)


def _settled(equations: list[tuple[dict[str, int], int]]) -> tuple[dict[str, int], list[tuple[dict[str, int], int]]]:
    """What single equations tell by themselves, put into the others; and the equations that are left."""
    known: dict[str, int] = {}
    while True:
        found = [(coefficients, total) for coefficients, total in equations if len(coefficients) == 1]
        for coefficients, total in found:
            ((name, factor),) = coefficients.items()
            if total % factor or known.setdefault(name, total // factor) != total // factor:
                raise ValueError("no table looks like this")
        if not found:
            return known, equations
        rest = []
        for coefficients, total in equations:
            total -= sum(known.get(name, 0) * each for name, each in coefficients.items())
            open_ones = {name: each for name, each in coefficients.items() if name not in known}
            if not open_ones and total:
                raise ValueError("no table looks like this")
            if open_ones:
                rest.append((open_ones, total))
        equations = rest


def _least(equations: Sequence[Equation], names: Sequence[str], place: int, sign: int) -> Fraction | None:
    count = len(equations)
    rows = [_row(coefficients, total, names, count, at) for at, (coefficients, total) in enumerate(equations)]
    width, basis = len(names) + count, [len(names) + number for number in range(count)]
    first = [Fraction(0)] * len(names) + [Fraction(1)] * count + [Fraction(0)]
    if _minimise(rows, basis, first, width):
        raise AssertionError("the first phase is bounded")
    if any(rows[number][-1] for number, each in enumerate(basis) if each >= len(names)):
        raise ValueError("no table looks like this")
    _drive_out(rows, basis, len(names))
    cost = [Fraction(0)] * (width + 1)
    cost[place] = Fraction(sign)
    if _minimise(rows, basis, cost, len(names)):
        return None
    return sum((cost[each] * rows[number][-1] for number, each in enumerate(basis)), Fraction(0))


def _row(coefficients: Mapping[str, int], total: int, names: Sequence[str], count: int, number: int) -> list[Fraction]:
    turn = -1 if total < 0 else 1
    slack = [Fraction(int(each == number)) for each in range(count)]
    return [Fraction(turn * coefficients.get(name, 0)) for name in names] + slack + [Fraction(turn * total)]


def _minimise(rows: list[list[Fraction]], basis: list[int], cost: Sequence[Fraction], width: int) -> bool:
    """By Bland's rule, which ends; whether the cost has no least value."""
    while True:
        prices = [
            cost[column] - sum(cost[each] * rows[number][column] for number, each in enumerate(basis))
            for column in range(width)
        ]
        column = next((each for each, price in enumerate(prices) if price < 0), None)
        if column is None:
            return False
        ratios = [(row[-1] / row[column], basis[number], number) for number, row in enumerate(rows) if row[column] > 0]
        if not ratios:
            return True
        _pivot(rows, basis, min(ratios)[2], column)


def _pivot(rows: list[list[Fraction]], basis: list[int], number: int, column: int) -> None:
    head = rows[number][column]
    rows[number] = [value / head for value in rows[number]]
    for other, row in enumerate(rows):
        if other != number and row[column]:
            factor = row[column]
            rows[other] = [value - factor * pivot for value, pivot in zip(row, rows[number], strict=True)]
    basis[number] = column


def _drive_out(rows: list[list[Fraction]], basis: list[int], count: int) -> None:
    """Take what stands for no unknown out of the basis; an equation that says nothing new goes."""
    for number in reversed(range(len(rows))):
        if basis[number] < count:
            continue
        column = next((each for each in range(count) if rows[number][each]), None)
        if column is None:
            del rows[number], basis[number]
        else:
            _pivot(rows, basis, number, column)
