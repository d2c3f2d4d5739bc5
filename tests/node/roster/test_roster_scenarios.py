"""What members do with a roster, command by command; no server takes part."""

import pytest
from node.roster.alliance import Alliance

from rempart.adapters.signing import Signer, verify
from rempart.core.errors import IntegrityError
from rempart.exchange.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from rempart.exchange.roster_entries import Status
from rempart.exchange.tree import EMPTY_ROOT
from rempart.formats.signed_note import Key

THREE, FOUR = ("de", "fr", "it"), ("at", "de", "fr", "it")


def status(nodes: Alliance, at: str, of: str) -> Status:
    found = nodes.facts(at).member(f"hotline.{of}.example/log")
    assert found
    return found.status


def test_one_member_alone_is_an_alliance(nodes: Alliance) -> None:
    nodes.does("fr", "init", nodes.states("fr"), "--out", nodes.path("roster-1"))
    assert "1 active members" in nodes.does("fr", "adopt", nodes.path("roster-1"))
    assert nodes.facts("fr").quorum.needed == 1


def test_a_fourth_member_accedes(nodes: Alliance) -> None:
    nodes.found(*THREE)
    statement = nodes.states("at")
    told = nodes.does("de", "propose", "--add", statement, "--out", nodes.path("roster-2"))
    assert "Hotline of AT (AT, hotline.at.example/log) joins as active" in told
    assert "2 more are needed" in told
    nodes.sign_and_adopt("roster-2", ["fr", "it"], ["de"])
    assert [nodes.learns(country) for country in ("fr", "it")] == [2, 2]
    assert "cannot tell what changes" in nodes.does("at", "adopt", nodes.path("roster-2"))
    for country in FOUR:
        facts = nodes.facts(country)
        assert (len(facts.active), facts.threshold, facts.quorum.needed) == (4, 3, 3)


def test_a_stolen_key_is_rotated_and_its_later_checkpoints_are_refused(nodes: Alliance) -> None:
    """Who has all of a member's keys has its one vote, and loses it with the next version."""
    nodes.found(*FOUR)
    stolen = nodes.new_keys("it")
    nodes.decide("de", "at fr", "--rotate", nodes.states("it", "it-new"))
    assert nodes.learns("it") == 2
    before, after = nodes.read("roster-1").facts.member, nodes.facts("it").member
    old, new = before("hotline.it.example/log"), after("hotline.it.example/log")
    assert old
    assert new
    assert old.log != new.log
    later = sign_checkpoint(
        Checkpoint(new.origin, 0, EMPTY_ROOT), Key(new.origin, old.log.public), Signer(stolen.keys.log).sign
    )
    with pytest.raises(IntegrityError, match="not signed by this log's key"):
        open_checkpoint(str(later), new.log, [], verify)
    nodes.does("de", "propose", "--suspend", "hotline.at.example/log", "--out", nodes.path("roster-3"))
    thief = stolen.keys_directory / "roster.key"
    told = nodes.does("it", "sign", nodes.path("roster-3"), "--key", thief, "--out", nodes.path("thief"))
    assert "would count for nothing" in told
    assert len(nodes.read("thief").signatures) == 1


def test_a_planned_rotation_among_three_is_signed_by_the_former_key_too(nodes: Alliance) -> None:
    """Of three all must sign, by the roster before as well: whoever changes keys keeps the former until then."""
    nodes.found(*THREE)
    former = nodes.new_keys("it")
    nodes.does("de", "propose", "--rotate", nodes.states("it", "it-new"), "--out", nodes.path("roster-2"))
    nodes.does("fr", "sign", nodes.path("roster-2"))
    assert "1 more are needed" in nodes.does("it", "sign", nodes.path("roster-2"))
    key = former.keys_directory / "roster.key"
    assert "that is enough" in nodes.does("it", "sign", nodes.path("roster-2"), "--key", key)
    nodes.does("it", "adopt", nodes.path("roster-2"))
    assert [nodes.learns(country) for country in ("de", "fr")] == [2, 2]


def test_a_member_is_suspended_and_returns(nodes: Alliance) -> None:
    nodes.found(*FOUR)
    origin = "hotline.it.example/log"
    nodes.decide("de", "at fr", "--suspend", origin)
    assert nodes.learns("it") == 2
    assert [status(nodes, country, "it") for country in FOUR] == [Status.SUSPENDED] * 4
    assert nodes.facts("de").quorum.needed == 3
    assert "3 more are needed" in nodes.does("it", "propose", "--resume", origin, "--out", nodes.path("roster-3"))
    assert "count for nothing" in nodes.does("it", "propose", "--renew", "--out", nodes.path("unsigned"))
    nodes.decide("de", "at fr", "--resume", origin)
    assert nodes.learns("it") == 3
    assert nodes.facts("it").threshold == 3
    assert nodes.facts("it").members == nodes.read("roster-1").facts.members


def test_a_member_leaves_and_takes_only_its_own_log(nodes: Alliance) -> None:
    nodes.found(*FOUR)
    nodes.decide("it", "at de fr", "--leave", "hotline.it.example/log", adopting="de")
    facts = nodes.facts("de")
    left = facts.member("hotline.it.example/log")
    assert left
    assert (left.status, left.log) == (Status.LEFT, nodes.read("roster-1").facts.members[3].log)
    assert (len(facts.active), len(facts.witnesses)) == (3, 3)
    nodes.clock.advance(minutes=2)
    nodes.learns("at")
    assert nodes.facts("at").version == 2
    nodes.asked.clear()
    nodes.learns("at")
    assert not [url for url in nodes.asked if "hotline.it" in url]


def test_a_minority_changes_nothing(nodes: Alliance) -> None:
    nodes.found(*FOUR)
    nodes.does("de", "propose", "--suspend", "hotline.it.example/log", "--out", nodes.path("roster-2"))
    assert "1 more are needed" in nodes.does("fr", "sign", nodes.path("roster-2"))
    for country in FOUR:
        assert "needs 1 more" in nodes.fails(country, "adopt", nodes.path("roster-2"))
        assert nodes.facts(country).version == 1


def test_nobody_signs_two_proposals_of_one_version_unaware(nodes: Alliance) -> None:
    nodes.found(*FOUR)
    nodes.does("de", "propose", "--suspend", "hotline.it.example/log", "--out", nodes.path("one"))
    nodes.does("it", "propose", "--suspend", "hotline.de.example/log", "--out", nodes.path("two"))
    nodes.does("fr", "sign", nodes.path("one"))
    assert "another proposal" in nodes.fails("fr", "sign", nodes.path("two"))
    assert "different rosters" in nodes.fails("fr", "merge", nodes.path("one"), nodes.path("two"))
    nodes.does("fr", "sign", nodes.path("two"), "--instead")


def test_two_rosters_of_one_version_are_told_apart(nodes: Alliance) -> None:
    """More than a third signed both: whoever has the one refuses the other, and says so."""
    nodes.found(*FOUR)
    nodes.does("de", "propose", "--suspend", "hotline.it.example/log", "--out", nodes.path("one"))
    nodes.does("it", "propose", "--renew", "--out", nodes.path("two"))
    for country in ("at", "fr"):
        nodes.does(country, "sign", nodes.path("one"))
        nodes.does(country, "sign", nodes.path("two"), "--instead")
    nodes.does("de", "adopt", nodes.path("one"))
    nodes.does("it", "adopt", nodes.path("two"))
    assert "somebody signed both" in nodes.fails("de", "adopt", nodes.path("two"))


def test_a_node_that_was_away_for_three_versions_catches_up_from_one_peer(nodes: Alliance) -> None:
    nodes.found("at", "de", "es", "fr", "it")
    nodes.decide("de", "at es fr", "--renew")
    nodes.decide("de", "at es fr", "--leave", "hotline.es.example/log", adopting="at de fr")
    nodes.decide("de", "at fr", "--renew", adopting="de")
    nodes.unreachable = {"at", "fr"}
    assert nodes.facts("it").version == 1
    nodes.unreachable |= {"de", "es"}
    assert nodes.learns("it") == 1
    nodes.unreachable -= {"de"}
    while nodes.learns("it") < 4:
        assert len(nodes.asked) < 1000, "three of four are asked at a time, by chance"
    assert status(nodes, "it", "es") is Status.LEFT


def test_the_first_roster_of_a_node_is_one_that_people_vouch_for(nodes: Alliance) -> None:
    nodes.found(*THREE)
    nodes.decide("de", "fr it", "--renew")
    assert nodes.learns("es") == 0
    assert nodes.run("es", "adopt", nodes.path("roster-2"), given="n\n").exit_code == 1
    nodes.does("es", "adopt", nodes.path("roster-2"))
    assert nodes.facts("es").version == 2
