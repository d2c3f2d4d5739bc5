from collections.abc import Iterator, Mapping
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.core.disclosure import Key, shares_safe, suppress
from rempart.core.errors import InputError

FREE = 40
Published = Mapping[Key, int | None]
Bounds = dict[Key, tuple[int, int]]


@st.composite
def tables(draw: st.DrawFn, most: int = 3, dimensions: tuple[int, ...] = (1, 2, 3)) -> dict[Key, int]:
    names = "abc"[: draw(st.sampled_from(dimensions))]
    axes = [[f"{name}{n}" for n in range(draw(st.integers(1, most)))] for name in names]
    counts = st.one_of(st.integers(0, 6), st.integers(0, 30))
    return {key: draw(counts) for key in product(*axes)}


def sums(published: Published) -> Iterator[tuple[Key, list[Key]]]:
    """Each total with its parts along one dimension."""
    for total in published:
        for place, value in enumerate(total):
            if value == "*":
                values = {key[place] for key in published} - {"*"}
                yield total, [(*total[:place], part, *total[place + 1 :]) for part in sorted(values)]


def tighten(bounds: Bounds, equations: list[tuple[Key, list[Key]]]) -> Bounds | None:
    """Interval reasoning until nothing moves; None when a sum cannot hold."""
    bounds, moved = dict(bounds), True

    def narrow(key: Key, low: int, high: int) -> bool:
        old = bounds[key]
        bounds[key] = (max(old[0], low), min(old[1], high))
        return bounds[key] != old

    while moved:
        moved = False
        for total, parts in equations:
            low, high = sum(bounds[p][0] for p in parts), sum(bounds[p][1] for p in parts)
            moved |= narrow(total, low, high)
            for part in parts:
                own = bounds[part]
                moved |= narrow(part, bounds[total][0] - high + own[1], bounds[total][1] - low + own[0])
            if any(bounds[key][0] > bounds[key][1] for key in (total, *parts)):
                return None
    return bounds


def possible(bounds: Bounds, equations: list[tuple[Key, list[Key]]]) -> bool:
    """Whether whole numbers within the bounds keep every sum: exact, by search."""
    tight = tighten(bounds, equations)
    if tight is None:
        return False
    loose = [key for key, (low, high) in tight.items() if low < high and "*" not in key]
    if not loose:
        return all(low == high for low, high in tight.values())
    key = min(loose, key=lambda k: tight[k][1] - tight[k][0])
    low, high = tight[key]
    return any(possible(tight | {key: (value, value)}, equations) for value in range(low, high + 1))


def attacked(published: Published) -> Bounds:
    """What anyone can say of the cells: zeroes are published, so a suppressed cell is at least 1."""
    most = sum(count for count in published.values() if count) + FREE
    return {
        key: (1, most * 2 ** key.count("*")) if count is None else (count, count) for key, count in published.items()
    }


def margins(table: Mapping[Key, int]) -> dict[Key, int]:
    full: dict[Key, int] = {}
    for key, count in table.items():
        for margin in product(*((value, "*") for value in key)):
            full[margin] = full.get(margin, 0) + count
    return full


@settings(max_examples=60, deadline=None)
@given(tables(dimensions=(1, 2)), st.integers(2, 6))
def test_no_suppressed_cell_can_be_pinned_down(table: dict[Key, int], threshold: int) -> None:
    published = suppress(table, threshold)
    true, bounds, equations = margins(table), attacked(published), list(sums(published))
    for key in (key for key, count in published.items() if count is None):
        width = max(2, threshold - 1)
        around = range(max(1, true[key] - width), true[key] + width + 1)
        feasible = [value for value in around if possible(bounds | {key: (value, value)}, equations)]
        assert true[key] in feasible
        assert feasible[-1] - feasible[0] >= width


@settings(deadline=None)
@given(tables(most=5), st.integers(2, 8))
def test_interval_reasoning_over_all_sums_learns_nothing_exact(table: dict[Key, int], threshold: int) -> None:
    published = suppress(table, threshold)
    tight = tighten(attacked(published), list(sums(published)))
    assert tight is not None
    for key, count in published.items():
        low, high = tight[key]
        assert count is not None or high - low >= max(2, threshold - 1)


@given(tables(most=5), st.integers(0, 8))
def test_small_cells_go_and_everything_shown_is_true(table: dict[Key, int], threshold: int) -> None:
    published, full = suppress(table, threshold), margins(table)
    assert set(published) == set(full)
    for key, count in published.items():
        assert count in (None, full[key])
        assert count is None or count == 0 or count >= threshold
        assert count is not None or full[key] > 0


@given(tables(), st.integers(2, 8))
def test_given_margins_change_nothing(table: dict[Key, int], threshold: int) -> None:
    assert suppress(margins(table), threshold) == suppress(table, threshold)


def test_a_table_without_small_cells_is_published_whole() -> None:
    table: dict[Key, int] = {("FR", "web"): 10, ("FR", "chat"): 0, ("DE", "web"): 7, ("DE", "chat"): 5}
    assert suppress(table) == margins(table)


def test_one_small_cell_takes_company_but_not_the_totals() -> None:
    rows, columns = ("FR", "DE", "NL"), ("web", "chat", "mail")
    table: dict[Key, int] = {**dict.fromkeys(product(rows, columns), 20), ("FR", "web"): 1}
    published = suppress(table)
    assert published["FR", "web"] is None
    assert sum(count is None for count in published.values()) == 4
    assert all(count is not None for key, count in published.items() if "*" in key)


def test_four_cells_of_one_do_not_protect_each_other() -> None:
    table: dict[Key, int] = {**dict.fromkeys(product("ab", "xy"), 1), ("c", "x"): 50, ("c", "y"): 50}
    published = suppress(table, 3)
    assert sum(count is None for count in published.values()) > 4


def test_a_lone_small_cell_hides_its_totals_too() -> None:
    assert suppress({("FR",): 3}) == {("FR",): None, ("*",): None}


def test_an_empty_table_and_missing_cells() -> None:
    assert suppress({}) == {}
    published = suppress({("FR", "web"): 9, ("DE", "chat"): 9})
    assert published["FR", "chat"] == 0
    assert published["*", "*"] == 18


@pytest.mark.parametrize(
    "table",
    [
        {("FR",): -1},
        {("FR",): 1, ("FR", "web"): 1},
        {("FR",): 9, ("*",): 10},
        {("*",): 10},
        {(): 3},
    ],
)
def test_tables_that_do_not_add_up_are_refused(table: dict[Key, int]) -> None:
    with pytest.raises(InputError):
        suppress(table)


@pytest.mark.parametrize(
    ("numerator", "denominator", "safe"),
    [
        (0, 10, True),
        (10, 10, True),
        (5, 10, True),
        (4, 10, False),
        (6, 10, False),
        (0, 4, False),
        (4, 4, False),
        (0, 0, False),
        (5, 5, True),
        (96, 100, False),
        (95, 100, True),
    ],
)
def test_shares_safe(numerator: int, denominator: int, safe: bool) -> None:
    assert shares_safe(numerator, denominator) is safe


@pytest.mark.parametrize(("numerator", "denominator"), [(-1, 5), (6, 5)])
def test_impossible_shares_are_refused(numerator: int, denominator: int) -> None:
    with pytest.raises(InputError):
        shares_safe(numerator, denominator)
