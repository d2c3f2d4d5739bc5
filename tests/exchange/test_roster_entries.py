"""Entries of the roster: what each may hold, and what may not stand together."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from exchange.roster_people import NOW, member, outsider, signer, witness
from hypothesis import given
from hypothesis import strategies as st

from rempart.adapters.signing import verify
from rempart.core.errors import InputError, LimitExceeded, RempartError
from rempart.exchange.roster_entries import Member, RosterFacts, Status, Witness
from rempart.exchange.roster_statement import make_statement, read_statement
from rempart.formats.signed_note import Key, KeyType

EXPIRES = datetime(2027, 3, 1, tzinfo=UTC)
ORIGIN = member(0).origin


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "Hotline.example/log"},
        {"origin": "hotline.example/log/"},
        {"origin": "hotline.example/a b"},
        {"origin": ""},
        {"country": "at"},
        {"country": "EU"},
        {"country": "UK"},
        {"name": ""},
        {"name": " Hotline"},
        {"name": "Hotline\n"},
        {"name": "Hot‮line"},
        {"name": "h" * 101},
        {"log": Key("other.example/log", bytes(32))},
        {"log": Key(ORIGIN, bytes(32), KeyType.COSIGNATURE)},
        {"roster_key": bytes(31)},
        {"log_url": "http://hotline.example/log"},
        {"log_url": "https://hotline.example/log/"},
        {"log_url": "https://hotline.example/../log"},
        {"log_url": "https://user@hotline.example/log"},
        {"log_url": "https://hotline.example/log?x=1"},
        {"log_url": "https://HOTLINE.example/log"},
        {"log_url": "https://hotline.example:0443/log"},
        {"log_url": "ftp://hotline.example/log"},
        {"log_url": "https://" + "h" * 60 + "/l" * 100},
        {"machine_url": "http://127.0.0.1:8000"},
        {"machine_url": ""},
    ],
    ids=lambda change: "-".join(change),
)
def test_an_entry_that_may_not_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        replace(member(0), **change)


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "localhost:8001", "[::1]:8001"])
def test_a_machine_that_speaks_with_itself_alone_needs_no_https(host: str) -> None:
    assert replace(member(0), log_url=f"http://{host}/log", machine_url=f"http://{host}").is_active
    assert replace(witness(0), url=f"http://{host}/witness").group == "AT"
    with pytest.raises(InputError, match="https"):
        replace(member(0), log_url=f"http://{host}/log")


@pytest.mark.parametrize(
    "change",
    [
        {"key": Key("w.example/witness", bytes(32))},
        {"group": ""},
        {"group": "a\nb"},
        {"group": "x" * 65},
        {"url": "http://w.example"},
    ],
    ids=lambda change: "-".join(change),
)
def test_a_witness_that_may_not_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        replace(outsider("observatory"), **change)


def _of(members: list[Member], witnesses: list[Witness] | None = None) -> RosterFacts:
    return RosterFacts.of(1, EXPIRES, members, witnesses or [])


def test_a_country_may_have_several_authorities() -> None:
    police = replace(member(1), country="AT")
    assert [each.country for each in _of([member(0), police]).active] == ["AT", "AT"]


def test_what_contradicts_itself_is_refused() -> None:
    first, second = member(0), member(1)
    log_of_another = replace(second, log=Key(second.origin, first.log.public))
    roster_key_as_log = replace(second, log=Key(second.origin, second.roster_key))
    as_witness = replace(witness(0), key=Key("x.example/witness", first.log.public, KeyType.COSIGNATURE))
    cases: list[tuple[list[Member], list[Witness]]] = [
        ([first, first], []),
        ([first, replace(second, roster_key=first.roster_key)], []),
        ([first, log_of_another], []),
        ([roster_key_as_log], []),
        ([first], [as_witness]),
        ([first], [witness(0), replace(outsider("a1"), key=witness(0).key)]),
        ([first], [witness(0), witness(0, 1)]),
        ([first], [witness(1)]),
        ([first], [replace(witness(0), group="BE")]),
        ([replace(first, status=Status.SUSPENDED)], []),
        ([replace(first, status=Status.LEFT), replace(second, roster_key=first.roster_key)], []),
        ([], []),
    ]
    for members, witnesses in cases:
        with pytest.raises(InputError):
            _of(members, witnesses)


def test_order_version_and_time_have_one_spelling() -> None:
    facts = _of([member(0), member(1)])
    for change in [
        {"members": facts.members[::-1]},
        {"version": 0},
        {"version": 2**31},
        {"expires": EXPIRES.replace(tzinfo=None)},
        {"expires": EXPIRES.replace(microsecond=1)},
    ]:
        with pytest.raises(InputError):
            replace(facts, **change)  # type: ignore[arg-type]
    assert facts.member(ORIGIN) == member(0)
    assert facts.member("nobody.example/log") is None
    assert not facts.is_expired(NOW)
    assert facts.is_expired(EXPIRES)


STATEMENT = make_statement(member(0), witness(0), signer("roster", 0).sign)


def test_a_statement_tells_the_entry_and_is_signed_by_its_key() -> None:
    assert read_statement(STATEMENT, verify) == (member(0), witness(0))
    alone = make_statement(member(0), None, signer("roster", 0).sign)
    assert read_statement(alone, verify) == (member(0), None)


@given(st.data())
def test_a_changed_statement_is_refused(data: st.DataObject) -> None:
    raw = bytearray(STATEMENT)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(RempartError):
        read_statement(bytes(raw), verify)


def test_a_statement_of_another_is_refused() -> None:
    with pytest.raises(RempartError):
        read_statement(make_statement(member(0), None, signer("roster", 1).sign), verify)
    with pytest.raises(RempartError, match="witness"):
        read_statement(make_statement(member(0), witness(1), signer("roster", 0).sign), verify)
    with pytest.raises(LimitExceeded):
        read_statement(bytes(10 * 2**20), verify)
