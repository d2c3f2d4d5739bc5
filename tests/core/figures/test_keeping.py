"""Counting on from what was kept is counting from scratch; the order of unrelated events does not matter."""

import random
from array import array
from datetime import datetime, timedelta

import pytest
from core.figures.streams import START, example, folded, streams
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.core.errors import IntegrityError
from rempart.core.figures.folding import Folded, fold, releases_at
from rempart.core.figures.months import SETTLING, end_of, month_of
from rempart.core.figures.numbers import Numbers, Words
from rempart.core.figures.packing import pack_release, pack_state, unpack_release, unpack_state
from rempart.node.audit.services import Fact

LATER = START.replace(year=2030)


def kept(state: Folded) -> Folded:
    """The state as another process reads it."""
    found = unpack_state(pack_state(state))
    found.final = {month: unpack_release(pack_release(release)) for month, release in state.final.items()}
    return found


@settings(max_examples=60, deadline=None)
@given(streams(), st.lists(st.integers(0, 120), max_size=6))
def test_counting_on_in_other_processes_equals_counting_anew(facts: list[Fact], places: list[int]) -> None:
    state = Folded()
    for number, fact in enumerate(facts):
        if number in places:
            state = kept(state)
        fold(state, fact)
    assert releases_at(kept(state), LATER) == releases_at(folded(facts), LATER)
    assert kept(state) == state


@settings(max_examples=60, deadline=None)
@given(streams(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(facts: list[Fact], chance: random.Random) -> None:
    """Events of different things may change places while no month begins and none is made final."""
    assert releases_at(folded(mixed(facts, chance)), LATER) == releases_at(folded(facts), LATER)


def mixed(facts: list[Fact], chance: random.Random) -> list[Fact]:
    """The facts in another order that keeps the order of each subject's own events."""
    found: list[Fact] = []
    for stretch in stretches(facts):
        queues: dict[str, list[Fact]] = {}
        for fact in stretch:
            queues.setdefault(fact.subject.replace("case:", "content:"), []).append(fact)
        while queues:
            subject = chance.choice(sorted(queues))
            found.append(queues[subject].pop(0))
            if not queues[subject]:
                del queues[subject]
    return found


def stretches(facts: list[Fact]) -> list[list[Fact]]:
    found: list[list[Fact]] = []
    last: tuple[str, bool] | None = None
    for fact in facts:
        where = stretch_of(fact.at)
        if where != last:
            found.append([])
        found[-1].append(fact)
        last = where
    return found


def stretch_of(at: datetime) -> tuple[str, bool]:
    """The month, and whether the month before it is final."""
    month = month_of(at)
    before = month_of(end_of(month) - timedelta(days=40))
    return month, end_of(before) + SETTLING <= at


def test_mixing_does_mix() -> None:
    facts = example().facts
    assert mixed(facts, random.Random(1)) != facts


def test_what_arrives_late_counts_in_the_month_in_which_it_arrives() -> None:
    """A clock that stepped back, or another machine's: the chain's order decides, never the stamp alone."""
    facts = example().facts
    late = [Fact(900, START - timedelta(days=60), "system", "report:received", "report:900", {"source": "public"}, "")]
    releases, _final = releases_at(folded([*facts, *late]), LATER)
    assert next(iter(releases)) == "2026-01"
    assert releases["2026-01"].parts["reports"] == {"public": 13, "platform": 8}


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 300))))
def test_bits_are_a_set(steps: list[tuple[bool, int]]) -> None:
    plain, bits = set[int](), Numbers()
    for is_added, number in steps:
        if is_added:
            assert bits.add(number) is (number not in plain)
            plain.add(number)
        else:
            bits.discard(number)
            plain.discard(number)
        assert len(bits) == len(plain)
    assert {number for number in range(320) if number in bits} == plain
    assert Numbers(bits.packed()) == bits


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from("abc"))))
def test_the_first_word_stays(said: list[tuple[int, str]]) -> None:
    plain, words = dict[int, str](), Words()
    for number, word in said:
        plain.setdefault(number, word)
        words.say(number, word)
    assert {number: words.get(number) for number in range(310)} == {number: plain.get(number) for number in range(310)}
    assert Words(*words.packed()) == words


@pytest.mark.parametrize("data", [b"", b"nothing", pack_release(releases_at(Folded(), START)[0]["2026-01"])[:-4]])
def test_what_cannot_be_read_is_told(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        unpack_release(data)


def test_durations_are_exact() -> None:
    release = releases_at(folded(example().facts), LATER)[0]["2026-01"]
    assert release.hours["report_to_notice"] == array("I", [2_000 + 100 * number for number in range(1, 16)])
