"""This node follows others over HTTP: what is verified counts, and an attack is refused at the next look."""

import pytest
from django.test import Client
from exchange.simulation.histories import signal as made_up
from node.exchange.away import Away, Internet

from rempart.adapters.signing import Signer, verify
from rempart.exchange import following as rules
from rempart.exchange.evidence import read_proofs, split_view, verify_evidence, write_proofs
from rempart.exchange.heads import read_heads, write_heads
from rempart.exchange.roster_entries import Member
from rempart.exchange.signals import Action
from rempart.node.audit.models import Event
from rempart.node.casework.models import Case, Content, Fingerprint
from rempart.node.exchange import asking, following, members, peers
from rempart.node.exchange.models import Outgoing, Peer, Proof, Word
from rempart.node.jobs.models import Job

DAY = 24 * 3600


@pytest.fixture
def away(internet: Internet) -> Away:
    for member in internet.members[1:]:
        member.say(900 + member.number)
        member.publish(internet.members)
    member = internet.members[0]
    member.say(1, 2, 3)
    member.publish(internet.members)
    return member


@pytest.fixture
def look(away: Away, clock):
    """One round over all that is due, an hour later each time."""

    def run() -> Peer:
        clock.advance(hours=1)
        following.look_around("all")()
        return Peer.objects.get(origin=away.origin)

    return run


def said(member: Away) -> set[tuple[int, int]]:
    return set(Word.objects.filter(origin=member.origin).values_list("content", "action"))


def test_words_are_taken_in_and_the_last_counts(look, away: Away, internet: Internet) -> None:
    peer = look()
    assert (peer.size, peer.refusal, said(away)) == (3, "", {(1, 1), (2, 1), (3, 1)})
    away.say(2, action=Action.WITHDRAW)
    away.say(4)
    away.publish(internet.members)
    assert look().size == 5
    assert said(away) == {(1, 1), (2, 3), (3, 1), (4, 1)}
    assert Peer.objects.filter(refusal="").count() == 3


def test_nothing_new_costs_no_files(look, away: Away) -> None:
    look()
    away.asked.clear()
    look()
    assert "log/checkpoint" in away.asked
    assert not [path for path in away.asked if path.startswith(("exchange/bundle", "log/tile"))]


def test_openings_are_fetched_with_the_credential_of_the_member(look, away: Away, internet: Internet) -> None:
    away.credential = "Zm9yLWZyOnNlY3JldA=="
    assert look().refusal == "unreachable"
    assert said(away) == set()
    asking.credentials().keep(away.origin, "for-fr:secret")
    assert look().refusal == ""
    assert len(said(away)) == 3


def test_a_rollback_is_refused(look, away: Away, internet: Internet) -> None:
    look()
    before = away.history
    away.history = before.fork(2)
    away.publish(internet.members)
    peer = look()
    assert (peer.refusal, peer.size, len(said(away))) == ("rollback", 3, 3)
    assert Event.objects.filter(action="log:refused").count() == 1
    away.history = before
    away.publish(internet.members)
    assert look().refusal == ""
    assert Event.objects.filter(action="log:believed").count() == 1


def test_a_log_without_its_quorum_is_not_believed(look, away: Away, internet: Internet) -> None:
    away.publish(internet.members[:2])
    peer = look()
    assert (peer.refusal, peer.size, said(away)) == ("no_quorum", 0, set())


def test_a_frozen_log_is_refused(look, away: Away, internet: Internet) -> None:
    look()
    away.publish(internet.members, age=DAY + 60)
    assert look().refusal == "stale"
    assert len(said(away)) == 3


def test_a_log_whose_cosignatures_age_is_refused_though_nothing_changes(
    look, away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert look().refusal == ""
    now = members.moment()
    monkeypatch.setattr(members, "moment", lambda: now + DAY + 60)
    assert look().refusal == "stale"


def test_a_key_that_is_not_the_rosters_is_refused(look, away: Away, internet: Internet) -> None:
    away.signer = Signer(bytes(32))
    away.publish(internet.members)
    assert look().refusal == "unsigned"


@pytest.mark.parametrize("by", [4, 0])
def test_covert_insertion_is_proven_with_or_without_witnesses(
    look, away: Away, internet: Internet, client: Client, by: int
) -> None:
    look()
    away.history = away.history.fork(1)
    away.say(7, 8, 9, 10)
    away.publish(internet.members[:by])
    peer = look()
    assert (peer.refusal, peer.size) == ("split_view", 3)
    assert said(away) == {(1, 1), (2, 1), (3, 1)}
    [evidence] = read_proofs(client.get("/log/proofs").content.decode())
    verify_evidence(evidence, away.key, verify)
    assert [each.hints[-1] for each in internet.members[1:]] == [f"{members.settings.ORIGIN} proofs\n"] * 2
    away.asked.clear()
    assert look().refusal == "split_view"
    assert Event.objects.filter(action="log:split").count() == 1


def test_a_split_view_is_found_by_comparing_with_what_others_were_shown(look, away: Away, internet: Internet) -> None:
    """The log shows this node one history, without a quorum, and the others another."""
    look()
    others = away.history.fork(3)
    shown = Away(0, 1)
    shown.history = others
    shown.say(20, 21)
    shown.publish(internet.members)
    for member in internet.members[1:]:
        member.files["heads"] = write_heads({away.origin: shown.note})
    away.say(30, 31, 32)
    away.publish([])
    assert look().refusal == "split_view"
    assert Proof.objects.count() == 1


def test_a_proof_travels(look, away: Away, internet: Internet, client: Client) -> None:
    """Another member proves it; this node reads that where it was hinted at, and shows it too."""
    look()
    one, other = Away(0, 1), Away(0, 1)
    one.say(1, 2)
    other.say(3, 4)
    evidence = split_view(one.sign(), other.sign())
    assert evidence is not None
    internet.members[1].files["proofs"] = write_proofs([evidence])
    client.post("/exchange/hint", f"{internet.members[1].origin} proofs\n", content_type="text/plain")
    look()
    assert look().refusal == "split_view"
    assert Proof.objects.count() == 1


def test_a_proof_that_proves_nothing_is_not_kept(look, away: Away, internet: Internet, client: Client) -> None:
    made = Away(0, 1)
    made.signer = Signer(bytes(32))
    made.say(1, 2)
    other = Away(0, 1)
    other.signer = Signer(bytes(32))
    other.say(3, 4)
    evidence = split_view(made.sign(), other.sign())
    assert evidence is not None
    internet.members[1].files["proofs"] = write_proofs([evidence]) + "\n"
    client.post("/exchange/hint", f"{internet.members[1].origin} proofs\n", content_type="text/plain")
    look()
    internet.members[1].files["proofs"] = write_proofs([evidence])
    assert look().refusal == ""
    assert not Proof.objects.exists()


@pytest.mark.parametrize("bit", [3, 77, 400])
def test_a_flipped_bit_in_a_bundle_is_refused(look, away: Away, internet: Internet, bit: int) -> None:
    away.history.flips["bundle/000.p/3"] = bit
    peer = look()
    assert (peer.refusal, peer.size, said(away)) == ("altered", 0, set())
    away.history.flips.clear()
    assert look().refusal == ""


def test_who_cannot_be_reached_is_asked_less_often_and_nobody_else(look, away: Away, internet: Internet, clock) -> None:
    away.answers["log/checkpoint"] = (503, b"")
    assert look().refusal == "unreachable"
    for _ in range(3):
        clock.advance(seconds=10)
        following.look_around("all")()
    peer = Peer.objects.get(origin=away.origin)
    assert peer.failures == 2
    assert Peer.objects.filter(refusal="").count() == 2
    assert peer.failing_since is not None
    del away.answers["log/checkpoint"]
    assert look().failures == 0


def test_garbage_is_refused_and_stops_nothing_else(look, away: Away) -> None:
    for body in (b"", b"\xff" * 100, b"x" * 70_000, b"a\n\nb\n"):
        away.answers["log/checkpoint"] = (200, body)
        assert look().refusal in ("unsigned", "unreachable")
    assert Peer.objects.filter(refusal="").count() == 2


def test_a_suspended_member_is_not_looked_at(look, away: Away, internet: Internet) -> None:
    look()
    internet.adopt(0)
    away.asked.clear()
    look()
    assert away.asked == []


def test_after_an_outage_of_days_all_is_caught_up_in_stretches(
    look, away: Away, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    look()
    monkeypatch.setattr(rules, "STRETCH_LEVEL", 8)
    monkeypatch.setattr(rules, "STRETCH", 256)
    monkeypatch.setattr(following, "LONGEST_LOOK", 0.0)
    away.say(*range(10, 800))
    away.publish(internet.members)
    sizes = []
    while (size := look().size) < 793:
        sizes.append(size)
    assert sizes == [256, 512, 768]
    assert len(said(away)) == 793
    assert Peer.objects.get(origin=away.origin).refusal == ""


def test_a_hint_is_followed_at_once(away: Away, internet: Internet, client: Client, clock) -> None:
    following.look_around("all")()
    away.say(5)
    away.publish(internet.members)
    clock.advance(seconds=1)
    following.look_around("all")()
    assert Peer.objects.get(origin=away.origin).size == 3
    client.post("/exchange/hint", f"{away.origin} checkpoint\n", content_type="text/plain")
    following.look_around("all")()
    assert Peer.objects.get(origin=away.origin).size == 4


def test_another_worker_that_was_first_is_not_contradicted(away: Away, internet: Internet) -> None:
    member = next(each for each in members.others() if each.origin == away.origin)
    stale = peers.of(member)
    following.look_around("all")()
    words = Word.objects.count()
    assert not peers.move(stale, 0, rules.Frontier(), "")
    assert Peer.objects.get(origin=away.origin).size == 3
    assert Word.objects.count() == words


def test_what_is_believed_is_shown_to_others(look, away: Away, internet: Internet, client: Client) -> None:
    look()
    heads = read_heads(client.get("/log/heads").content.decode())
    assert set(heads) == {member.origin for member in internet.members}
    assert heads[away.origin] == away.note


def test_new_words_wake_the_lists(look, away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rempart.node.jobs.services.is_known", lambda kind: True)
    look()
    assert Job.objects.filter(kind="fold").exists()


def test_what_others_list_and_an_analyst_here_found_lawful_is_proposed_for_dispute(look, away: Away, clock) -> None:
    listed = made_up(1, Action.ADD, 0)
    decided = {"legality": "not_illegal", "basis": "analyst", "decided_at": clock.now()}
    content = Content.objects.create(kind="file", key=bytes(32), first_seen_at=clock.now(), **decided)
    Case.objects.create(
        content=content, state="decided", entered_at=clock.now(), due_at=clock.now(), decided_at=clock.now()
    )
    Fingerprint.objects.create(content=content, kind=listed.kind, value=listed.value)
    look()
    [proposed] = Outgoing.objects.all()
    assert (proposed.state, proposed.action, bytes(proposed.value)) == ("proposed", Action.DISPUTE, listed.value)


def refused_often(internet: Internet, clock) -> Member:
    member = next(each for each in members.others() if each.origin == internet.members[0].origin)
    peer = peers.of(member)
    for _ in range(6):
        peer.refresh_from_db()
        peers.refused(peer, rules.Refusal.NO_QUORUM, clock.now())
    return member


def test_a_hint_ends_a_long_pause_but_not_the_usual_one(internet: Internet, settings, db, clock) -> None:
    member = refused_often(internet, clock)
    clock.advance(seconds=settings.FOLLOW_SECONDS * 0.5)
    peers.hinted(member.origin)
    assert peers.due([member]) == []
    clock.advance(seconds=settings.FOLLOW_SECONDS * 0.5)
    assert peers.due([member]) == [member]


def test_without_a_hint_a_log_that_was_refused_often_waits_long(internet: Internet, settings, db, clock) -> None:
    member = refused_often(internet, clock)
    clock.advance(seconds=settings.FOLLOW_SECONDS * 32)
    assert peers.due([member]) == []
    clock.advance(seconds=settings.FOLLOW_SECONDS * 32)
    assert peers.due([member]) == [member]
