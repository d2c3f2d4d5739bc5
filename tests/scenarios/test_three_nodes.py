"""Three real nodes: what one confirms the others match, what it recalls they forget, and forgeries change nothing.

The set-up is paid once for all tests of the module; each leaves the alliance as it found it, so their order is free.
"""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import httpx
import pytest
from exchange.simulation.histories import History
from scenarios.alliance import ALLIANCE, FINGERPRINTS, Alliance, Node, Office, lower, raise_alliance, until
from scenarios.connected import Connected, is_matched
from scenarios.front import flip_a_bit

from rempart.adapters.signing import verify
from rempart.demo import images
from rempart.exchange.checkpoints import Checkpoint
from rempart.exchange.evidence import read_proofs, verify_evidence
from rempart.exchange.tiles import bundle_path, bundles_of, split_entries
from rempart.exchange.witness import write_request

pytestmark = pytest.mark.slow

SEEDS = count(5001)
FILE = "/log/checkpoint"
DAY = 24 * 3600


@pytest.fixture(scope="module")
def alliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alliance]:
    made = raise_alliance(tmp_path_factory.mktemp("alliance"))
    yield made
    lower(made)


@pytest.fixture
def france(alliance: Alliance) -> Node:
    return alliance["FR"]


@pytest.fixture
def office(alliance: Alliance) -> Office:
    assert alliance.office is not None
    return alliance.office


@contextmanager
def nothing_changes(alliance: Alliance) -> Iterator[None]:
    """No list of any node is another afterwards."""
    before = alliance.agree()
    yield
    assert alliance.agree() == before


def wait_for(node: Node, origin: str, refusal: str) -> None:
    until(lambda: node.standing(origin)["refusal"] == refusal, f"{node.seat.country} says '{refusal}' of {origin}")


def test_what_one_node_confirms_is_matched_at_the_others_until_it_is_recalled(
    alliance: Alliance, france: Node, office: Office, tmp_path: Path
) -> None:
    before = alliance.agree()
    chat, forum = Connected(alliance["NL"], tmp_path / "chat"), Connected(alliance["DE"], tmp_path / "forum")
    seed = next(SEEDS)
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(images.near_copy(images.draw_card(seed)))
    with chat.service() as service:
        assert not is_matched(service, seed)
        content = office.confirm(seed)
        until(lambda: is_matched(service, seed), "the platform of NL matches what FR confirmed")
        (_, entries), alliance_list = alliance.agree()
        assert entries == before[0][1] + 4
        assert alliance_list == before[1]
        assert chat.matches(copy)
        assert forum.matches(copy)
        office.recall(content)
        until(lambda: not is_matched(service, seed), "the platform of NL forgets what FR recalled")
    assert alliance.agree() == before
    assert not forum.matches(copy)


def test_an_older_checkpoint_is_a_rollback(alliance: Alliance, france: Node, office: Office) -> None:
    office.confirm(next(SEEDS))
    alliance.agree()
    old = france.note.encode()
    office.confirm(next(SEEDS))
    with nothing_changes(alliance), france.front.lying({FILE: old}):
        wait_for(alliance["NL"], france.seat.origin, "rollback")
        wait_for(alliance["DE"], france.seat.origin, "rollback")


def test_a_log_that_is_held_back_is_shown_as_stale(alliance: Alliance, france: Node) -> None:
    with nothing_changes(alliance):
        held = alliance.forge(france, france.point, list(alliance.nodes.values()), age=DAY + 60)
        with france.front.lying({FILE: held}):
            wait_for(alliance["NL"], france.seat.origin, "stale")


def test_another_key_signs_nothing_in_a_members_name(alliance: Alliance, france: Node) -> None:
    with nothing_changes(alliance), france.front.lying({FILE: alliance.forge(alliance["DE"], _next(france))}):
        wait_for(alliance["NL"], france.seat.origin, "unsigned")


def test_a_stolen_key_finds_no_witnesses(alliance: Alliance, france: Node) -> None:
    """With all secrets of one node: a quorum takes other countries' witnesses."""
    with nothing_changes(alliance), france.front.lying({FILE: alliance.forge(france, _next(france), [france])}):
        wait_for(alliance["NL"], france.seat.origin, "no_quorum")


def test_a_quorum_vouches_for_no_entries_that_do_not_lead_to_the_root(alliance: Alliance, france: Node) -> None:
    """All witnesses were bribed; the bundle of the new size is not what they signed."""
    point = _next(france)
    lies: dict[str, bytes | None] = {FILE: alliance.forge(france, point, list(alliance.nodes.values()))}
    history = history_of(france)
    history.extend([b"\x01" * 16])
    for number, width in bundles_of(0, point.size):
        lies[f"/exchange/{bundle_path(number, width)}"] = history.read(bundle_path(number, width))
    with nothing_changes(alliance), france.front.lying(lies):
        wait_for(alliance["NL"], france.seat.origin, "altered")


@pytest.mark.parametrize("part", [FILE, "/exchange/bundle/"])
def test_a_flipped_bit_is_refused(alliance: Alliance, france: Node, office: Office, part: str) -> None:
    before = alliance.agree()
    with france.front.altering(flip_a_bit(part)):
        office.confirm(next(SEEDS))
        netherlands = alliance["NL"]
        until(
            lambda: netherlands.standing(france.seat.origin)["refusal"] in ("unsigned", "altered"),
            "NL refuses the altered file",
        )
        assert netherlands.lists() == before
    assert alliance.agree()[0][1] == before[0][1] + FINGERPRINTS


@pytest.mark.parametrize("part", [FILE, "/log/tile/0/", "/log/tile/entries/"])
def test_whoever_verifies_a_log_finds_a_flipped_bit(
    alliance: Alliance, france: Node, part: str, tmp_path: Path
) -> None:
    alliance.agree()
    words = ("verify", f"{france.seat.known_as}/log", "--roster", alliance.folder / "roster-1.json", "--state")
    france.clerk.does(*words, tmp_path / "first.json")
    with france.front.altering(flip_a_bit(part)):
        france.clerk.does(*words, tmp_path / "second.json", accepted=(1,))


def test_a_node_that_was_away_catches_up(alliance: Alliance, office: Office) -> None:
    before = alliance.agree()
    away = alliance["DE"]
    away.stop()
    contents = [office.confirm(next(SEEDS)) for _ in range(2)]
    office.recall(contents[0])
    away.start()
    assert alliance.agree()[0][1] == before[0][1] + FINGERPRINTS


def test_a_restored_backup_signs_nothing(alliance: Alliance, france: Node, office: Office, tmp_path: Path) -> None:
    """The whole data folder is put back to an earlier day, as a snapshot of a machine is: no command knows of it."""
    home, snapshot, kept = france.seat.home, tmp_path / "snapshot", tmp_path / "kept"
    office.confirm(next(SEEDS))
    alliance.agree()
    alliance.first_day.rename(snapshot)
    shutil.rmtree(snapshot / "log")
    shutil.copytree(home / "log", snapshot / "log")
    office.confirm(next(SEEDS))
    before = alliance.agree()
    france.stop()
    home.rename(kept)
    snapshot.rename(home)
    france.start()
    old = france.point
    until(lambda: "step sign failed: IntegrityError" in france.log_file.read_text(), "signing stops")
    wait_for(alliance["NL"], france.seat.origin, "rollback")
    assert france.point == old
    assert alliance["NL"].lists() == before
    assert not alliance["NL"].standing(france.seat.origin)["proofs"]
    france.stop()
    home.rename(snapshot)
    kept.rename(home)
    france.start()
    assert alliance.agree() == before


def test_a_witness_does_not_cosign_a_covert_insertion(alliance: Alliance, france: Node) -> None:
    """One more entry in the past: the tree is another, so no proof leads to it."""
    alliance.agree()
    inserted = history_of(france)
    size = inserted.size
    forged = History((*inserted.openings[:1], b"\x02" * 16, *inserted.openings[1:]))
    note = alliance.forge(france, Checkpoint(france.seat.origin, size + 1, forged.root())).decode()
    address = f"{alliance['NL'].seat.base}/exchange/witness/add-checkpoint"

    def asked(old: int, proof: list[bytes], note: str) -> httpx.Response:
        return httpx.post(address, content=write_request(old, proof, note), trust_env=False)

    assert asked(size, forged.proof(size, size + 1), note).status_code == 422
    behind = asked(size - 1, forged.proof(size - 1, size + 1), note)
    assert (behind.status_code, behind.text) == (409, f"{size}\n")
    by_another = alliance.forge(alliance["DE"], Checkpoint(france.seat.origin, size + 1, forged.root())).decode()
    assert asked(size, [], by_another).status_code == 403


def test_two_histories_are_found_and_proven_by_every_follower(alliance: Alliance, france: Node) -> None:
    """Germany's log shows another checkpoint of the same size, with every witness's cosignature."""
    liar, others = alliance["DE"], (alliance["NL"], france)
    with nothing_changes(alliance):
        other = replace(liar.point, root=b"\x09" * 32)
        with liar.front.lying({FILE: alliance.forge(liar, other, list(alliance.nodes.values()))}):
            for node in others:
                until(lambda node=node: node.get("/log/proofs").text, f"{node.seat.country} publishes the proof")
    for node in others:
        for proof in read_proofs(node.get("/log/proofs").text):
            verify_evidence(proof, liar.key, verify)
        assert node.standing(liar.seat.origin)["proofs"] >= 1
        wait_for(node, liar.seat.origin, "split_view")


def test_two_governments_make_an_entry_of_the_alliance(alliance: Alliance, office: Office) -> None:
    before, seed = alliance.agree(), next(SEEDS)
    with closing(Office(alliance["NL"])) as other:
        office.confirm(seed)
        other.confirm(seed, is_said=False)
        until(lambda: alliance["NL"].list_of(ALLIANCE)[1] == before[1][1] + FINGERPRINTS, "two governments list it")
    assert alliance.agree()[1][1] == before[1][1] + FINGERPRINTS


def _next(node: Node) -> Checkpoint:
    """Made up: of one more entry."""
    return Checkpoint(node.seat.origin, node.point.size + 1, b"\x07" * 32)


def history_of(node: Node) -> History:
    """A node's log, for whoever wants to write another."""
    openings = []
    for number, width in bundles_of(0, node.point.size):
        openings += split_entries(node.store.read(bundle_path(number, width)) or b"", width)
    return History(tuple(openings))
