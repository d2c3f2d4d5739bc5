"""The file of heads reads as it was written; a member's last word in its log is what it stands for."""

import pytest
from exchange.simulation import signing
from exchange.simulation.histories import signal
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import Conflict, InputError, IntegrityError
from rempart.exchange.checkpoints import Checkpoint, sign_checkpoint
from rempart.exchange.heads import MAX_HEADS, read_heads, split_notes, write_heads
from rempart.exchange.signals import Action, Signal
from rempart.exchange.standing import Standing, last_words


def note(number: int, size: int) -> tuple[str, str]:
    key, sign = signing.make_key(f"member{number}.example/log")
    root = bytes([size % 256]) * 32
    return key.name, str(sign_checkpoint(Checkpoint(key.name, size, root), key, sign))


@given(st.dictionaries(st.integers(0, 60), st.integers(1, 10**9)))
def test_heads_are_read_as_they_were_written(sizes: dict[int, int]) -> None:
    notes = dict(note(number, size) for number, size in sizes.items())
    assert read_heads(write_heads(notes)) == dict(sorted(notes.items()))


@given(st.data())
def test_mangled_heads_never_name_a_log_twice(data: st.DataObject) -> None:
    text = write_heads(dict(note(number, 7) for number in range(4)))
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.text(max_size=2)) + text[at + 1 :]
    try:
        found = read_heads(changed)
    except IntegrityError:
        return
    assert len(split_notes(changed)) == len(found)


def test_disorder_repetition_and_excess_are_refused() -> None:
    (_, one), (_, other) = note(1, 5), note(2, 5)
    for text in (f"{other}\n{one}", f"{one}\n{one}", one[:-1], f"{one}\n", "x\n", f"{one}{other}"):
        with pytest.raises(IntegrityError):
            read_heads(text)
    with pytest.raises(InputError):
        write_heads({str(number): "x" for number in range(MAX_HEADS + 1)})


ACTIONS = st.builds(signal, st.integers(0, 5), st.sampled_from(Action), st.integers(0, 10**9))


@given(st.lists(ACTIONS), st.integers(0, 30))
def test_the_last_word_counts_however_it_is_heard(said: list[Signal], cut: int) -> None:
    spoken = list(enumerate(said))
    whole, parts = Standing(), Standing()
    whole.hear(spoken)
    parts.hear(spoken[:cut])
    parts.hear(spoken[cut:])
    assert whole.words == parts.words == last_words(spoken)
    for (kind, value), word in whole.words.items():
        assert said[word.place] == word.signal
        assert all((each.kind, each.value) != (kind, value) for each in said[word.place + 1 :])
    assert set(whole.listed()) == {each for each, word in whole.words.items() if word.signal.action.lists}


def test_what_was_heard_before_is_not_heard_again() -> None:
    standing = Standing()
    standing.hear([(3, signal(1)), (4, signal(2))])
    with pytest.raises(Conflict):
        standing.hear([(4, signal(1, Action.WITHDRAW))])
    with pytest.raises(Conflict):
        last_words([(3, signal(1)), (3, signal(2))])
    assert len(set(standing.listed())) == 2
