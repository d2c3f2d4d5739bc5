"""Feedback between members: one message reads back, and whatever else is sent is refused without being repeated."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType
from rempart.exchange.feedback import MAX_BYTES, MAX_ENTRIES, Count, read_feedback, write_feedback
from rempart.exchange.signals import MAX_CONTENT

COUNTS = st.builds(
    Count,
    st.integers(0, MAX_CONTENT),
    st.sampled_from(FingerprintType),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=10), inside, max_size=4),
    max_leaves=8,
)


@given(st.lists(COUNTS, max_size=20, unique_by=lambda count: (count.content, count.kind)))
def test_a_message_reads_back(counts: list[Count]) -> None:
    assert read_feedback(write_feedback(counts)) == tuple(counts)


@given(JSON, st.fixed_dictionaries({"format": st.just("rempart-feedback/1"), "feedback": st.lists(JSON, max_size=2)}))
def test_any_other_json_is_refused(document: object, message: dict) -> None:
    for each in (document, message):
        try:
            counts = read_feedback(json.dumps(each).encode())
        except InputError:
            continue
        assert counts == ()


@given(st.binary(max_size=60))
def test_random_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        read_feedback(body)


def entry(**changes: object) -> bytes:
    values = {"content": 1, "kind": "pdq", "useful": 1, "wrong": 0, **changes}
    return json.dumps({"format": "rempart-feedback/1", "feedback": [values]}).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"content": -1},
        {"content": True},
        {"content": MAX_CONTENT + 1},
        {"kind": "colour"},
        {"wrong": 1.0},
        {"value": "x"},
    ],
)
def test_a_count_that_is_none_is_refused(changes: dict[str, object]) -> None:
    assert read_feedback(entry()) == (Count(1, FingerprintType.PDQ, 1, 0),)
    with pytest.raises(InputError):
        read_feedback(entry(**changes))


def test_messages_are_bounded_and_name_each_fingerprint_once() -> None:
    twice = [Count(1, FingerprintType.PDQ, 1, 0)] * 2
    with pytest.raises(InputError, match="twice"):
        read_feedback(write_feedback(twice))
    most = [
        Count(number, FingerprintType.PDQ, 10**6, 10**6) for number in range(MAX_CONTENT - MAX_ENTRIES, MAX_CONTENT)
    ]
    assert len(write_feedback(most)) < MAX_BYTES
    with pytest.raises(InputError):
        write_feedback([*most, Count(0, FingerprintType.PDQ, 0, 0)])
    with pytest.raises(InputError, match="larger"):
        read_feedback(b" " * (MAX_BYTES + 1))
