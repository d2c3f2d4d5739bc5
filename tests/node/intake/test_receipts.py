"""Receipt codes: easy to keep, impossible to choose, the same for the same page."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.node.intake import receipts

KEY = bytes(range(32))
OTHER_KEY = bytes(32)
keys = st.binary(min_size=32, max_size=32)
nonces = st.binary(min_size=20, max_size=20)


@given(keys, nonces, st.binary(max_size=200))
def test_a_code_is_sixteen_clear_characters(key, nonce, typed):
    code = receipts.code_for(key, nonce, typed)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{16}", code)
    assert receipts.code_for(key, nonce, typed) == code


@given(nonces, st.binary(max_size=50), st.binary(max_size=50))
def test_a_changed_page_has_another_code(nonce, first, second):
    same = receipts.code_for(KEY, nonce, first) == receipts.code_for(KEY, nonce, second)
    assert same == (first == second)


@given(nonces, nonces)
def test_another_ticket_has_another_code(first, second):
    same = receipts.code_for(KEY, first, b"typed") == receipts.code_for(KEY, second, b"typed")
    assert same == (first == second)


def test_a_code_and_its_digest_depend_on_the_keys():
    nonce = bytes(20)
    assert receipts.code_for(KEY, nonce, b"") != receipts.code_for(OTHER_KEY, nonce, b"")
    assert receipts.digest(KEY, "0" * 16) != receipts.digest(OTHER_KEY, "0" * 16)
    assert len(receipts.digest(KEY, "0" * 16)) == 32


@given(nonces, st.binary(max_size=20), st.data())
def test_a_code_is_read_however_it_is_written_down(nonce, typed, data):
    code = receipts.code_for(KEY, nonce, typed)
    written = []
    for character in code:
        spellings = {"0": "0oO", "1": "1iIlL"}.get(character, character + character.lower())
        written.append(data.draw(st.sampled_from(spellings)))
        written.append(data.draw(st.sampled_from(["", "", " ", "-", "–", ".", "\u00a0"])))
    assert receipts.read_code("".join(written)) == code


@pytest.mark.parametrize("text", ["", "0" * 15, "0" * 17, "É" * 16, "!" * 16, "00000000 0000000\x00"])
def test_what_is_no_code_is_refused_without_being_repeated(text):
    with pytest.raises(InputError) as caught:
        receipts.read_code(text)
    assert "four" in str(caught.value)
    assert not text or text not in str(caught.value)


@given(st.text(max_size=40))
def test_reading_any_text_gives_a_code_or_an_input_error(text):
    try:
        code = receipts.read_code(text)
    except InputError:
        return
    assert receipts.read_code(code) == code


def test_groups_are_the_code_in_fours():
    assert receipts.grouped("0123456789ABCDEF") == ["0123", "4567", "89AB", "CDEF"]


def test_a_ticket_opens_only_with_the_key_that_made_it():
    ticket = receipts.new_ticket(KEY)
    assert len(receipts.open_ticket(KEY, ticket)) == 20
    with pytest.raises(InputError):
        receipts.open_ticket(OTHER_KEY, ticket)


def test_two_tickets_differ():
    assert len({receipts.new_ticket(KEY) for _ in range(100)}) == 100


@given(st.integers(0, 35), st.integers(1, 255))
def test_a_changed_ticket_is_refused(place, change):
    raw = bytearray(base64.urlsafe_b64decode(receipts.new_ticket(KEY)))
    raw[place] ^= change
    with pytest.raises(InputError):
        receipts.open_ticket(KEY, base64.urlsafe_b64encode(bytes(raw)).decode())


@given(st.text(max_size=80))
def test_any_other_text_is_no_ticket(text):
    with pytest.raises(InputError):
        receipts.open_ticket(KEY, text)


@given(nonces, nonces, st.binary(max_size=20), st.binary(max_size=20))
def test_a_message_is_a_repeat_only_of_the_same_page_and_text(first, second, text, other):
    same = receipts.message_key(KEY, first, text) == receipts.message_key(KEY, second, other)
    assert same == ((first, text) == (second, other))
