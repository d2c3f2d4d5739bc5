"""An attacker solves for what is hidden: all tables, shares and numbers behind of a month at once.

The attacker knows how figures are made, that counts are whole, that zeroes are always published, and each suppressed
cell's place. What a small count may be must stay at least WIDTH wide. The last tests weaken the protection and show
that the attack then finds what is hidden.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

import pytest
from core.figures.linear import Equation, span
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.core.disclosure import DEFAULT_THRESHOLD, TOTAL, suppress
from rempart.core.figures import providers
from rempart.core.figures.providers import BANDS, LATER, NAMED_FROM, removals
from rempart.core.figures.releases import OTHER

WIDTH = DEFAULT_THRESHOLD - 1
TIMES = {"24h": 5_000, "72h": 50_000, "7d": 100_000, LATER: None}
Table = dict[tuple[str, str], int]
_few = st.sampled_from((0, 0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 20))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Up to four providers, by how fast what they host was gone."""
    names = [f"AS{64500 + number}" for number in range(draw(st.integers(1, 4)))]
    return {(name, band): draw(_few) for name in names for band in TIMES}


def told(table: Table) -> Iterator[tuple[str, int | None]]:
    return ((name, TIMES[band]) for (name, band), number in table.items() for _ in range(number))


def leaks(table: Table) -> list[str]:
    """Small cells and margins of which the published month leaves fewer than WIDTH + 1 values open."""
    counted = providers.named(told(table))
    released = removals(told(table))
    if released.told is None or not counted:
        return []
    truth = truths(counted)
    equations = list(known(counted, released.told))
    equations += list(of_shares("", released.shares))
    for name in released.told:
        equations += list(of_shares(name, {band: released.by_provider[band][name] for band in BANDS}))
    hidden = {named(*key): 1 for key, number in providers.suppress(counted).items() if number is None}
    found = []
    for key, number in truth.items():
        if 0 < number < DEFAULT_THRESHOLD:
            low, high = span(equations, named(*key), hidden)
            assert low <= number
            assert high is None or number <= high
            if high is not None and high - low < WIDTH:
                found.append(f"{key}: {low} to {high}")
    return found


def named(name: str, band: str) -> str:
    return f"{name}/{band}"


def truths(counted: Mapping[tuple[str, ...], int]) -> Counter[tuple[str, str]]:
    """Every cell and every margin."""
    found: Counter[tuple[str, str]] = Counter()
    for (name, band), number in counted.items():
        for key in ((name, band), (name, TOTAL), (TOTAL, band), (TOTAL, TOTAL)):
            found[key] += number
    return found


def known(counted: Mapping[tuple[str, ...], int], published: Mapping[str, int | None]) -> Iterator[Equation]:
    """How margins are made, the published totals, and every cell that is not suppressed.

    The last is more than anybody reads in the files: it is what the attacker is assumed to know.
    """
    names = sorted({name for name, _band in counted})
    for name in names:
        yield {**{named(name, band): 1 for band in TIMES}, named(name, TOTAL): -1}, 0
    for band in (*TIMES, TOTAL):
        yield {**{named(name, band): 1 for name in names}, named(TOTAL, band): -1}, 0
    yield {named(TOTAL, TOTAL): 1}, sum(counted.values())
    for name, number in published.items():
        if number is not None:
            yield {named(name, TOTAL): 1}, number
    for (name, band), number in providers.suppress(counted).items():
        if number is not None:
            yield {named(name, band): 1}, number


def of_shares(name: str, shares: Mapping[str, tuple[int, int] | None]) -> Iterator[Equation]:
    row = name or TOTAL
    bands = list(TIMES)
    for place, band in enumerate(BANDS, start=1):
        pair = shares[band]
        if pair is not None:
            yield {named(row, each): 1 for each in bands[:place]}, pair[0]
            yield {named(row, TOTAL): 1}, pair[1]


@settings(max_examples=60, deadline=None)
@given(tables())
def test_no_small_count_can_be_solved_for(table: Table) -> None:
    assert leaks(table) == []


@settings(max_examples=120, deadline=None)
@given(tables())
def test_providers_are_named_from_ten_cases_on(table: Table) -> None:
    counted = truths(providers.named(told(table)))
    for (name, band), number in counted.items():
        if name not in (OTHER, TOTAL) and band == TOTAL:
            assert number >= NAMED_FROM
    assert counted[TOTAL, TOTAL] == sum(table.values())


LEAKING: Table = {
    **{("AS64500", band): number for band, number in zip(TIMES, (20, 3, 9, 12), strict=True)},
    **{("AS64501", band): number for band, number in zip(TIMES, (20, 20, 9, 12), strict=True)},
}
"""One small cell alone: without company it is its total less the others."""


def test_the_attack_finds_a_cell_that_is_hidden_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert leaks(LEAKING) == []

    def alone(table: Mapping[tuple[str, ...], int]) -> dict[tuple[str, ...], int | None]:
        full = truths(dict(table))
        return {key: None if 0 < number < DEFAULT_THRESHOLD else number for key, number in full.items()}

    monkeypatch.setattr(providers, "suppress", alone)
    assert leaks(LEAKING) == ["('AS64500', '72h'): 3 to 3"]


def test_the_attack_finds_a_cell_that_is_hidden_in_its_row_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each provider's row protected for itself: the columns give the cell back."""

    def by_rows(table: Mapping[tuple[str, ...], int]) -> dict[tuple[str, ...], int | None]:
        found: dict[tuple[str, ...], int | None] = dict(truths(dict(table)))
        for name in {key[0] for key in table}:
            row = suppress({(band,): number for (each, band), number in table.items() if each == name})
            found |= {(name, band): number for (band,), number in row.items()}
        return found

    monkeypatch.setattr(providers, "suppress", by_rows)
    assert "('AS64500', '72h'): 3 to 3" in leaks(LEAKING)


def test_the_attack_finds_a_total_that_a_share_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {("AS64500", band): number for band, number in zip(TIMES, (6, 0, 0, 6), strict=True)}
    table |= {("AS64501", band): number for band, number in zip(TIMES, (1, 0, 0, 2), strict=True)}
    table |= {("AS64502", band): number for band, number in zip(TIMES, (20, 20, 0, 20), strict=True)}
    assert leaks(table) == []
    running = providers._up_to

    def telling(cells: list[int | None], place: int, whole: int | None) -> tuple[int, int] | None:
        return running(cells, place, whole) or (1, 3 if whole is None else whole)

    monkeypatch.setattr(providers, "_up_to", telling)
    with pytest.raises((AssertionError, ValueError)):
        assert leaks(table) == []


@pytest.mark.parametrize(
    ("equations", "unknown", "expected"),
    [
        ([({"a": 1, "b": 1}, 7)], "a", (0, 7)),
        ([({"a": 1, "b": 1}, 7), ({"b": 1, "c": -1}, 2)], "a", (0, 5)),
        ([({"a": 1, "b": -1}, 2)], "a", (2, None)),
        ([({"a": 2}, 6)], "a", (3, 3)),
    ],
)
def test_ranges_by_hand(equations: list[Equation], unknown: str, expected: tuple[int, int | None]) -> None:
    assert span(equations, unknown) == expected


def test_tables_that_cannot_be_are_told() -> None:
    with pytest.raises(ValueError, match="no table"):
        span([({"a": 1}, 2), ({"a": 1}, 3)], "a")
