"""What a batch matches: the same as comparing everything with everything, whatever is a frame, turned or fast."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.vocabulary import FingerprintType as F
from rempart.scanning.matching import Matcher
from rempart.scanning.records import TURNS, Examined, Item, Match, Outcome, Query, Rules
from rempart.signals.fingerprint import FAST_RADIUS_MARGIN
from rempart.signals.lists import ListEntry, Recogniser
from rempart.signals.match.plain import MAX_RADIUS

BASE = int.from_bytes(b"\xa5" * 32, "big")


def code(bits: int, base: int = BASE) -> bytes:
    """A fingerprint so many bits from the base."""
    return (base ^ ((1 << bits) - 1)).to_bytes(32, "big")


def entry(number: int, value: bytes, kind: F = F.PDQ, name: str = "list") -> ListEntry:
    return ListEntry(number, name, "A1", kind, value, source="made up")


class Prepared:
    """An examiner that knows its answers; `exact` holds those of the second look."""

    def __init__(self, first: dict[str, tuple[Query, ...]], exact: dict[str, tuple[Query, ...]] | None = None) -> None:
        self._first, self._exact = first, exact or {}
        self.again: list[str] = []

    def examine(self, item: Item, *, exactly: bool = False) -> Examined:
        if not exactly:
            return Examined(item, self._first[item.name])
        self.again.append(item.name)
        return Examined(item, self._exact[item.name])

    def close(self) -> None:
        pass


def outcomes(examiner: Prepared, names: Sequence[str], entries: Sequence[ListEntry], **rules: object) -> list[Outcome]:
    matcher = Matcher(Recogniser.build(entries), examiner, Rules(**rules))
    return matcher.outcomes([Item(name, key=name) for name in names])


def matches(queries: Sequence[Query], entries: Sequence[ListEntry], **rules: object) -> tuple[Match, ...]:
    return outcomes(Prepared({"a": tuple(queries)}), ["a"], entries, **rules)[0].matches


def picture(bits: int, quality: int = 100, **more: object) -> Query:
    return Query({F.PDQ: code(bits)}, quality, **more)


def test_an_entry_is_told_with_all_it_says() -> None:
    (near,) = matches([picture(3)], [entry(7, code(0))])
    assert near == Match("list", 7, "A1", "made up", "near", F.PDQ, 3)
    (exact,) = matches([Query({F.SHA1: b"a" * 20})], [entry(7, b"a" * 20, F.SHA1)])
    assert exact == Match("list", 7, "A1", "made up", "exact", F.SHA1, None)


@given(
    distances=st.lists(st.integers(0, 70), min_size=1, max_size=8),
    listed=st.lists(st.integers(0, 70), max_size=8),
    radius=st.integers(0, MAX_RADIUS),
    data=st.data(),
)
def test_hits_are_those_of_comparing_everything(distances, listed, radius, data) -> None:
    kinds = st.sampled_from([{}, {"turn": TURNS[0]}, {"frame": 1}, {"frame": 2}])
    qualities = st.integers(0, 100)
    queries = [picture(bits, data.draw(qualities), **data.draw(kinds)) for bits in distances]
    entries = [entry(number, code(bits)) for number, bits in enumerate(listed)]
    found = {(hit.entry_id, hit.frame is not None): hit for hit in matches(queries, entries, radius=radius)}
    expected: dict[tuple[int, bool], list[int]] = {}
    for bits, query in zip(distances, queries, strict=True):
        for number, other in enumerate(listed):
            if abs(bits - other) <= radius and query.quality >= 50:
                expected.setdefault((number, query.frame is not None), []).append(abs(bits - other))
    assert {key: hit.distance for key, hit in found.items()} == {key: min(near) for key, near in expected.items()}
    compared = sum(query.frame is not None and query.quality >= 50 for query in queries)
    for (number, is_frame), hit in found.items():
        assert hit.frames == (len(expected[number, True]) if is_frame else None)
        assert hit.percent == (round(hit.frames * 100 / compared, 1) if is_frame else None)


def test_the_nearest_frame_and_the_nearest_turn_are_named() -> None:
    queries = [
        picture(20),
        picture(5, turn=TURNS[1]),
        picture(9, turn=TURNS[2]),
        picture(30, frame=4),
        picture(2, frame=8),
        picture(60, frame=12),
        picture(1, 10, frame=16),
    ]
    turned, frame = sorted(matches(queries, [entry(1, code(0))]), key=lambda match: match.frame is not None)
    assert (turned.turn, turned.distance, turned.frames, turned.percent) == (TURNS[1], 5, None, None)
    assert (frame.frame, frame.distance, frame.frames, frame.percent) == (8, 2, 2, 66.7)


def test_hits_come_exact_first_then_by_distance() -> None:
    queries = [Query({F.MD5: b"m" * 16, F.PDQ: code(0)}, 100)]
    entries = [entry(1, code(9)), entry(2, code(1)), entry(3, b"m" * 16, F.MD5), entry(4, code(9), name="another")]
    assert [(each.list_name, each.entry_id) for each in matches(queries, entries)] == [
        ("list", 3), ("list", 2), ("another", 4), ("list", 1),
    ]  # fmt: skip


def test_each_list_has_its_radius() -> None:
    entries = [entry(1, code(0), name="strict"), entry(1, code(0), name="wide"), entry(1, code(0), name="usual")]
    found = matches([picture(20)], entries, radii=(("strict", 10), ("wide", 40)))
    assert [each.list_name for each in found] == ["usual", "wide"]
    assert [each.list_name for each in matches([picture(35)], entries, radii=(("wide", 40),))] == ["wide"]


def fast(bits: int, quality: int = 100) -> Query:
    return picture(bits, quality, is_exact=False)


@pytest.mark.parametrize("radius", [0, 31, 60])
@given(exact=st.integers(0, 70), off=st.integers(-FAST_RADIUS_MARGIN, FAST_RADIUS_MARGIN))
def test_a_fast_fingerprint_finds_what_the_exact_one_would(exact: int, off: int, radius: int) -> None:
    """The bound holds up to the widest radius that can be searched."""
    near = max(0, exact + off)
    examiner = Prepared({"a": (fast(near),)}, {"a": (picture(exact),)})
    (outcome,) = outcomes(examiner, ["a"], [entry(1, code(0))], radius=radius)
    is_reachable = near <= min(radius + FAST_RADIUS_MARGIN, MAX_RADIUS)
    assert [hit.distance for hit in outcome.matches] == ([exact] if exact <= radius and is_reachable else [])
    if exact <= radius and radius + FAST_RADIUS_MARGIN <= MAX_RADIUS:
        assert outcome.matches


def test_only_what_a_fast_fingerprint_finds_is_taken_again() -> None:
    first = {"far": (fast(200),), "near": (fast(33),), "plain": (fast(0, 10),), "exact": (picture(0),)}
    examiner = Prepared(first, {"near": (picture(31),), "plain": (picture(0, 10),)})
    far, near, plain, exact = outcomes(examiner, ["far", "near", "plain", "exact"], [entry(1, code(0))])
    assert examiner.again == ["near", "plain"]  # the quality of a fast one is no reason to leave it out
    assert [len(each.matches) for each in (far, near, plain, exact)] == [0, 1, 0, 1]
    assert near.first.is_exact
    assert not far.first.is_exact


def test_what_a_fast_fingerprint_finds_wrongly_is_no_hit() -> None:
    examiner = Prepared({"a": (fast(31),)}, {"a": (picture(34),)})
    assert outcomes(examiner, ["a"], [entry(1, code(0))])[0].matches == ()


def test_an_exact_hash_needs_no_second_look() -> None:
    both = Query({F.MD5: b"m" * 16, F.PDQ: code(200)}, 100, is_exact=False)
    examiner = Prepared({"a": (both,)})
    (outcome,) = outcomes(examiner, ["a"], [entry(3, b"m" * 16, F.MD5), entry(1, code(0))])
    assert [hit.kind for hit in outcome.matches] == [F.MD5]
    assert examiner.again == []


def test_without_lists_nothing_is_looked_up() -> None:
    matcher = Matcher(None, Prepared({"a": (picture(0),)}), Rules())
    (outcome,) = matcher.outcomes([Item("a", key="a")])
    assert outcome == Outcome(Examined(Item("a", key="a"), (picture(0),)))
    matcher.close()


def test_outcomes_keep_the_order_of_the_inputs() -> None:
    names = [f"{number}" for number in range(20)]
    prepared = {name: (picture(int(name) * 3),) for name in names}
    found = outcomes(Prepared(prepared), names, [entry(1, code(0))])
    assert [each.name for each in found] == names
    assert [bool(each.matches) for each in found] == [int(name) * 3 <= 31 for name in names]
