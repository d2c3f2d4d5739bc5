"""What a node declares and hears from others: over HTTP, in their own processes' stead."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from node.exchange.away import COUNTRIES, Away, Internet

from rempart.adapters.signing import Signer, verify
from rempart.core.errors import InputError, LimitExceeded
from rempart.exchange import declarations as rules
from rempart.exchange.declarations import Declaration, Head, Refusal, open_declaration, read_heads, write_heads
from rempart.exchange.roster_entries import RosterFacts
from rempart.formats.signed_note import Key
from rempart.node.audit.models import Event
from rempart.node.exchange import declared, declaring, health, hearing, own_log, services
from rempart.node.exchange.models import Contradiction, DeclarationDue, Declared
from rempart.node.jobs.models import Job
from rempart.node.roster import services as roster

KIND = "register"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Voice:
    """What another member serves of declarations: its own and those of others that it passes on."""

    away: Away
    held: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def make(self, number: int, text: str = "", *, signer: Signer | None = None, **changes: object) -> bytes:
        values = {"kind": KIND, "origin": self.away.origin, "country": COUNTRIES[self.away.number]} | changes
        made = Declaration(
            number=number, issued_at=AT + timedelta(minutes=number % 1000), body={"text": text}, **values
        )  # type: ignore[arg-type]
        key = signer or self.away.signer
        return rules.sign_declaration(made, Key(self.away.origin, key.public_key), key.sign)

    def say(self, number: int, text: str = "", **changes: object) -> bytes:
        data = self.make(number, text, **changes)
        self.serve(data)
        return data

    def serve(self, data: bytes, *, claiming: Head | None = None) -> None:
        """Also what is not its own, and under another head than its own."""
        found = rules.read_declaration(data)
        head = claiming or Head(found.kind, found.number, found.digest, found.origin)
        self.held[head.origin, head.kind] = write_heads([head]).encode()
        self.away.answers["log/declarations/heads"] = 200, b"".join(sorted(self.held.values()))
        self.away.answers[f"log/declarations/{head.digest}.json"] = 200, data


@pytest.fixture
def voices(internet: Internet) -> list[Voice]:
    return [Voice(each) for each in internet.members]


@pytest.fixture
def hear(voices, clock):
    def run() -> dict[str, str]:
        clock.advance(minutes=1)
        hearing.hear("all")()
        return {country: each.body["text"] for country, each in services.declarations(KIND).items()}

    return run


def refusals() -> dict[str, Refusal | None]:
    return {each.origin: each.refusal for each in declared.standing()}


def declare(body: dict[str, object], kind: str = KIND) -> None:
    services.declare(kind, body)
    declaring.sign("all")()


def test_members_are_heard_and_their_last_word_counts(hear, voices: list[Voice]) -> None:
    voices[0].say(5, "first")
    voices[1].say(7, "another")
    assert hear() == {"DE": "first", "IT": "another"}
    voices[0].say(6, "second")
    assert hear() == {"DE": "second", "IT": "another"}
    assert Event.objects.filter(action="declaration:taken").count() == 3
    assert set(refusals().values()) == {None}


def test_nothing_new_costs_one_short_file(hear, voices: list[Voice]) -> None:
    voices[0].say(5)
    hear()
    voices[0].away.asked.clear()
    hear()
    assert voices[0].away.asked == ["log/declarations/heads"]


def test_a_member_that_lies_changes_nothing_and_is_shown(hear, voices: list[Voice]) -> None:
    liar, other = voices[0], voices[1]
    liar.say(5, "true")
    hear()
    liar.say(4, "rolled back")
    assert hear() == {"DE": "true"}
    assert refusals() == {liar.away.origin: Refusal.OLDER}
    for data, expected in (
        (liar.make(9, signer=Signer(bytes(32))), Refusal.UNSIGNED),
        (liar.make(9, country="IT"), Refusal.COUNTRY),
        (liar.make(9, origin=other.away.origin), Refusal.MISDIRECTED),
    ):
        liar.serve(data, claiming=Head(KIND, 9, rules.read_declaration(data).digest, liar.away.origin))
        assert hear() == {"DE": "true"}
        assert refusals() == {liar.away.origin: expected}
    assert services.problems()["declarations_refused"] == 1
    with pytest.MonkeyPatch.context() as meanwhile:
        meanwhile.setattr(hearing, "MAX_DECLARATION_BYTES", 10)
        liar.say(9, "too much")
        assert hear() == {"DE": "true"}
    assert refusals() == {liar.away.origin: Refusal.TOO_LARGE}
    liar.away.answers["log/declarations/heads"] = 200, b"nonsense\n"
    assert hear() == {"DE": "true"}


def test_who_is_reached_again_is_no_longer_refused(hear, voices: list[Voice]) -> None:
    voices[0].serve(voices[0].make(4, signer=Signer(bytes(32))))
    hear()
    assert services.problems()["declarations_refused"] == 1
    voices[0].say(5, "true")
    assert hear() == {"DE": "true"}
    assert services.problems()["declarations_refused"] == 0


def test_a_declaration_replayed_under_another_origin_counts_for_nobody(hear, voices: list[Voice]) -> None:
    data = voices[0].make(5, "of DE")
    digest = rules.read_declaration(data).digest
    voices[1].serve(data, claiming=Head(KIND, 5, digest, voices[1].away.origin))
    assert hear() == {}
    assert refusals() == {voices[1].away.origin: Refusal.UNSIGNED}


def test_members_pass_on_what_others_said(hear, voices: list[Voice]) -> None:
    voices[1].serve(voices[0].make(5, "by way of IT"))
    assert hear() == {"DE": "by way of IT"}
    voices[2].serve(voices[0].make(4, "old"))
    forged = voices[0].make(9, "forged", signer=voices[1].away.signer)
    voices[1].serve(forged)
    assert hear() == {"DE": "by way of IT"}
    assert refusals() == {voices[0].away.origin: None}, "a member is not blamed for what others say in its name"


def test_a_split_view_is_found_when_others_are_heard(hear, voices: list[Voice], client: Client) -> None:
    first, second = voices[0].say(5, "to us"), voices[0].make(5, "to the others")
    assert hear() == {"DE": "to us"}
    voices[1].serve(second)
    assert hear() == {"DE": "to us"}
    kept = Contradiction.objects.get()
    assert {bytes(kept.first), bytes(kept.second)} == {first, second}
    for data in (kept.first, kept.second):
        assert open_declaration(bytes(data), KIND, voices[0].away.entry(), verify).number == 5
    assert refusals() == {voices[0].away.origin: Refusal.CONTRADICTED}
    assert services.problems()["declarations_contradicted"] == 1
    assert Event.objects.filter(action="declaration:contradicted").count() == 1
    voices[1].away.asked.clear()
    hear()
    assert voices[1].away.asked == ["log/declarations/heads"], "once proven, it is not fetched again"
    voices[0].say(6, "to all")
    assert hear() == {"DE": "to all"}
    assert services.problems()["declarations_contradicted"] == 0
    assert Contradiction.objects.count() == 1


def test_a_suspended_members_words_count_for_nothing_until_it_returns(hear, voices, internet: Internet) -> None:
    voices[0].say(5, "true")
    assert hear() == {"DE": "true"}
    internet.adopt(0)
    assert services.declarations(KIND) == {}
    voices[0].say(6, "meanwhile")
    voices[1].serve(voices[0].make(6, "meanwhile"))
    assert hear() == {}
    internet.adopt()
    assert hear() == {"DE": "meanwhile"}


def test_what_a_former_key_said_counts_no_longer(hear, voices, internet: Internet) -> None:
    """Whoever stole it may have used up all numbers: the new key begins anew."""
    away = voices[0].away
    voices[0].say(rules.MAX_NUMBER, "by the thief")
    assert hear() == {"DE": "by the thief"}
    away.signer = Signer(bytes([9] * 32))
    away.key = Key(away.origin, away.signer.public_key)
    internet.adopt()
    assert services.declarations(KIND) == {}
    voices[0].say(5, "by its owner")
    assert hear() == {"DE": "by its owner"}


def test_a_member_that_claims_much_costs_little(hear, voices: list[Voice]) -> None:
    lines = [Head(KIND, number, f"{number:064x}", voices[1].away.origin) for number in range(1, 50)]
    voices[0].away.answers["log/declarations/heads"] = 200, write_heads(lines).encode()
    hear()
    assert len(voices[0].away.asked) == 1 + hearing.MOST_OF_A_LOOK


def test_a_node_declares_and_serves_what_it_holds(hear, voices: list[Voice], client: Client) -> None:
    declare({"text": "ours"})
    voices[0].say(5, "theirs")
    assert hear() == {"FR": "ours", "DE": "theirs"}
    for head in read_heads(client.get("/log/declarations/heads").content.decode()):
        answer = client.get(f"/log/declarations/{head.digest}.json")
        found = rules.read_declaration(answer.content)
        assert (found.origin, found.number, found.digest) == (head.origin, head.number, head.digest)
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert not answer.cookies
    own = rules.read_declaration(client.get(f"/log/declarations/{KIND}.json").content)
    assert own.body == {"text": "ours"}
    for path in ("figures.json", f"{'0' * 64}.json", "Bad%20Kind.json"):
        assert client.get(f"/log/declarations/{path}").status_code == 404


def test_a_node_outside_any_alliance_has_its_own_declarations(db, monkeypatch) -> None:
    monkeypatch.setattr("rempart.node.roster.services.current", lambda: None)
    declare({"text": "ours"})
    assert services.declarations(KIND)["FR"].body == {"text": "ours"}
    hearing.hear("all")()
    assert set(services.declarations("figures")) == set()


def test_numbers_grow_also_after_everything_was_forgotten(db, clock) -> None:
    declare({"text": "one"})
    first = services.declarations(KIND)["FR"]
    declare({"text": "one"})
    assert services.declarations(KIND)["FR"] == first, "saying the same again is not another declaration"
    declare({"text": "two"})
    second = services.declarations(KIND)["FR"]
    assert second.number == first.number + 1
    Declared.objects.all().delete()
    clock.advance(minutes=1)
    declare({"text": "three"})
    assert services.declarations(KIND)["FR"].number > second.number


def test_a_new_key_declares_anew(db, monkeypatch) -> None:
    declare({"text": "one"})
    fresh = Signer(bytes([7] * 32))
    monkeypatch.setattr(own_log, "signer", lambda: fresh)
    declaring.sign("all")()
    row = Declared.objects.get()
    assert row.key == fresh.public_key.hex()
    assert rules.read_declaration(bytes(row.data)).body == {"text": "one"}


def test_nothing_is_declared_while_the_log_comes_from_a_backup(db, log_folder) -> None:
    own_log.mark_restored()
    services.declare(KIND, {"text": "one"})
    assert declaring.sign("all")() is not None
    assert not Declared.objects.exists()
    assert DeclarationDue.objects.count() == 1


def test_declaring_asks_for_the_step_and_refuses_what_cannot_be_said(db) -> None:
    services.declare(KIND, {"text": "one"})
    assert Job.objects.filter(kind="declare", state=Job.State.WAITING).count() == 1
    for body in ({"x": float("nan")}, {1: 2}):
        with pytest.raises(InputError):
            services.declare(KIND, body)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        services.declare("Not a kind", {})
    with pytest.raises(LimitExceeded):
        services.declare(KIND, {"x": "x" * declaring.MAX_BODY_BYTES})
    services.declare(KIND, {"x": "x" * (declaring.MAX_BODY_BYTES - 8)})
    declaring.sign("all")()
    assert Declared.objects.count() == 1


def test_the_page_on_the_exchange_shows_declarations(hear, voices: list[Voice], enter) -> None:
    declare({"text": "ours"})
    voices[0].serve(voices[0].make(4, signer=Signer(bytes(32))))
    hear()
    page = enter("lin").get("/staff/exchange/").content.decode()
    assert "Not its signature" in page
    assert "Counts" in page
    assert {each.kind for each in health.health().declarations} == {KIND}


def test_two_authorities_of_one_country_speak_for_it_in_turn(voices, clock, internet: Internet, monkeypatch) -> None:
    """The last word of either counts."""
    facts = roster.current()
    assert facts
    origin = voices[1].away.origin
    same = [replace(member, country="DE") if member.origin == origin else member for member in facts.members]
    both = RosterFacts.of(1, facts.expires, same, [])
    monkeypatch.setattr("rempart.node.roster.services.current", lambda: both)
    voices[0].say(5, "first")
    voices[1].say(6, "second", country="DE")
    hearing.hear("all")()
    assert services.declarations(KIND)["DE"].body == {"text": "second"}
    assert len(refusals()) == 2
