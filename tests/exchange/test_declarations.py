"""What counts as a member's declaration; and an alliance in which one member lies."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from exchange.roster_people import NOW, member, signer
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rempart.adapters.signing import verify
from rempart.core.errors import InputError, LimitExceeded
from rempart.exchange import declarations as rules
from rempart.exchange.declarations import (
    MAX_NUMBER,
    Declaration,
    Head,
    Refusal,
    Refused,
    is_newer,
    next_number,
    open_declaration,
    read_declaration,
    read_heads,
    sign_declaration,
    speaker,
    write_heads,
)
from rempart.exchange.roster_entries import Status
from rempart.formats.signed_json import canonical_json, sign_document

KIND = "register"
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text("abc", max_size=3), each, max_size=3),
    max_leaves=10,
)
bodies = st.dictionaries(st.text("abcdef", min_size=1, max_size=4), plain, max_size=5)
numbers = st.integers(1, MAX_NUMBER)


def declared(by: int = 0, number: int = 7, **changes: object) -> Declaration:
    who = member(by)
    return replace(Declaration(KIND, who.origin, who.country, number, NOW, {"says": "something"}), **changes)


def signed(declaration: Declaration, by: int = 0, generation: int = 0) -> bytes:
    return sign_declaration(declaration, member(by, generation).log, signer("log", by, generation).sign)


def refusal(data: bytes, whom: object = None, kind: str = KIND) -> Refusal:
    with pytest.raises(Refused) as caught:
        open_declaration(data, kind, whom or member(0), verify)  # type: ignore[arg-type]
    return caught.value.refusal


@given(bodies, numbers, st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1)))
def test_what_is_declared_is_what_is_read(body: dict[str, object], number: int, at: datetime) -> None:
    made = declared(number=number, body=body, issued_at=at.replace(microsecond=0, tzinfo=UTC))
    data = signed(made)
    assert open_declaration(data, KIND, member(0), verify) == made == read_declaration(data)
    assert signed(read_declaration(data)) == data


def test_only_the_members_present_log_key_declares() -> None:
    assert refusal(signed(declared(), by=1)) is Refusal.UNSIGNED
    assert refusal(signed(declared(), generation=1)) is Refusal.UNSIGNED
    who = member(0)
    by_roster_key = sign_declaration(declared(), who.log, signer("roster", 0).sign)
    assert refusal(by_roster_key) is Refusal.UNSIGNED
    assert open_declaration(signed(declared(), generation=1), KIND, member(0, 1), verify) == declared()


def test_strangers_and_members_that_are_not_active_declare_nothing() -> None:
    for whom, expected in (
        (None, Refusal.UNKNOWN),
        (member(0, status=Status.SUSPENDED), Refusal.INACTIVE),
        (member(0, status=Status.LEFT), Refusal.INACTIVE),
    ):
        with pytest.raises(Refused) as caught:
            speaker(whom)
        assert caught.value.refusal is expected
    assert speaker(member(0)) == member(0)


def test_a_declaration_says_whose_it_is_and_about_what() -> None:
    other = member(1)
    assert refusal(signed(declared(1), by=1), other, kind="figures") is Refusal.MISDIRECTED
    replayed = replace(declared(), origin=other.origin)
    assert refusal(signed(replayed)) is Refusal.MISDIRECTED
    assert refusal(signed(declared()), other) is Refusal.UNSIGNED
    assert refusal(signed(declared(country=other.country))) is Refusal.COUNTRY


def test_a_declaration_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    data = signed(declared())
    monkeypatch.setattr(rules, "MAX_DECLARATION_BYTES", len(data))
    assert open_declaration(data, KIND, member(0), verify)
    monkeypatch.setattr(rules, "MAX_DECLARATION_BYTES", len(data) - 1)
    assert refusal(data) is Refusal.TOO_LARGE
    with pytest.raises(LimitExceeded):
        signed(declared())


@given(st.data())
def test_no_altered_byte_is_taken(data: st.DataObject) -> None:
    whole = bytearray(signed(declared()))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    assert refusal(bytes(whole)) in (Refusal.UNSIGNED, Refusal.MALFORMED)


@pytest.mark.parametrize(
    "change",
    [
        {"number": 0},
        {"number": True},
        {"number": MAX_NUMBER + 1},
        {"number": 1.5},
        {"issued_at": "2026-03-01T12:00:00+00:00"},
        {"issued_at": "2026-3-1T12:00:00Z"},
        {"issued_at": 3},
        {"body": []},
        {"kind": "Register"},
        {"format": "rempart-declaration/2"},
        {"more": 1},
        {"origin": None},
    ],
)
def test_what_is_signed_and_no_declaration_is_refused(change: dict[str, object]) -> None:
    fields = json.loads(declared().payload) | change
    data = sign_document(canonical_json(fields), signer("log", 0).sign, member(0).log.vkey)
    assert refusal(data) is Refusal.MALFORMED
    for text in (b"[]", b"nonsense", b'{"a":"\\ud800"}', json.dumps(json.loads(declared().payload)).encode()):
        assert refusal(sign_document(text, signer("log", 0).sign, member(0).log.vkey)) is Refusal.MALFORMED


@given(st.lists(numbers, min_size=1, max_size=10))
def test_the_largest_number_counts_whatever_the_order(order: list[int]) -> None:
    known: Declaration | None = None
    for number in order:
        found = declared(number=number)
        if known and number < known.number:
            with pytest.raises(Refused) as caught:
                is_newer(found, known)
            assert caught.value.refusal is Refusal.OLDER
        else:
            known = found if is_newer(found, known) else known
    assert known
    assert known.number == max(order)


def test_one_number_with_two_bodies_is_a_contradiction() -> None:
    known = declared()
    assert is_newer(declared(), known) is False
    for other in (declared(body={}), declared(issued_at=NOW + timedelta(seconds=1))):
        with pytest.raises(Refused) as caught:
            is_newer(other, known)
        assert caught.value.refusal is Refusal.CONTRADICTED


@given(st.integers(0, MAX_NUMBER - 1), st.datetimes(datetime(1970, 1, 2), datetime(9999, 1, 1)))
def test_a_number_always_grows_and_a_forgotten_one_is_not_used_again(last: int, at: datetime) -> None:
    now = at.replace(tzinfo=UTC)
    assert next_number(last, now) > last
    assert next_number(0, now + timedelta(seconds=1)) > next_number(0, now)


heads = st.builds(
    Head,
    st.sampled_from(["register", "figures"]),
    st.integers(1, 10**16 - 1),
    st.text("0123456789abcdef", min_size=64, max_size=64),
    st.sampled_from(["hotline.de.example/log", "hotline.fr.example/log"]),
)


@given(st.lists(heads, max_size=5, unique=True))
def test_the_file_of_heads_has_one_spelling(found: list[Head]) -> None:
    text = write_heads(found)
    assert set(read_heads(text)) == set(found)
    assert write_heads(read_heads(text)) == text


@pytest.mark.parametrize("text", ["x", "register 1 a b\n", "\n", "register 01 " + "0" * 64 + " a\n", "\r\n"])
def test_other_files_are_no_heads(text: str) -> None:
    with pytest.raises(InputError):
        read_heads(text)


class LyingMember(RuleBasedStateMachine):
    """Three honest nodes hear one member that signs what it likes, to whom it likes, and pass on what they hold.

    Whatever it does: what a node holds was signed by it, never goes back, and once everybody has spoken with everybody
    all hold the same, or somebody holds two that contradict one another.
    """

    def __init__(self) -> None:
        super().__init__()
        self.held: list[bytes | None] = [None, None, None]
        self.highest = [0, 0, 0]
        self.evidence: set[int] = set()
        self.said: list[bytes] = []

    def hear(self, node: int, data: bytes) -> None:
        known = self.held[node]
        found = open_declaration(data, KIND, member(0), verify)
        try:
            if is_newer(found, read_declaration(known) if known else None):
                self.held[node] = data
        except Refused as error:
            if error.refusal is Refusal.CONTRADICTED:
                self.evidence.add(found.number)

    @rule(node=st.integers(0, 2), number=st.integers(1, 4), text=st.sampled_from("abc"))
    def says(self, node: int, number: int, text: str) -> None:
        """Also rolls back, and shows different things to different nodes."""
        data = signed(declared(number=number, body={"text": text}))
        self.said.append(data)
        self.hear(node, data)

    @rule(node=st.integers(0, 2), chance=st.randoms())
    def replays(self, node: int, chance: object) -> None:
        if self.said:
            self.hear(node, chance.choice(self.said))  # type: ignore[attr-defined]

    @rule(node=st.integers(0, 2), as_member=st.integers(1, 3))
    def speaks_for_another(self, node: int, as_member: int) -> None:
        before = self.held[node]
        for claimed in (declared(as_member), declared(country=member(as_member).country)):
            for whom in (member(0), member(as_member)):
                with pytest.raises(Refused):
                    open_declaration(signed(claimed), KIND, whom, verify)
        assert self.held[node] == before

    @rule()
    def all_compare(self) -> None:
        for _ in range(2):
            for node in range(3):
                for other in self.held:
                    if other:
                        self.hear(node, other)
        kept = {read_declaration(data).digest for data in self.held if data}
        if len(kept) > 1:
            standing = {read_declaration(data).number for data in self.held if data}
            assert len(standing) == 1
            assert standing <= self.evidence

    @invariant()
    def nobody_goes_back(self) -> None:
        for node, data in enumerate(self.held):
            number = read_declaration(data).number if data else 0
            assert number >= self.highest[node]
            self.highest[node] = number


TestLyingMember = LyingMember.TestCase
