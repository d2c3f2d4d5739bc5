"""Publishing asks the witnesses, waits for none of them long, and stops where the log signed more than there is."""

import time

import pytest
from node.exchange.away import Internet

from rempart.adapters.signing import Signer, verify
from rempart.core.errors import IntegrityError
from rempart.exchange.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from rempart.exchange.heads import write_heads
from rempart.node.exchange import asking, cosigning, members, own_log
from rempart.node.exchange.models import Witnessed

OPENING = bytes(16)


def counted() -> int:
    note = (own_log.folder() / "checkpoint").read_text()
    quorum = members.quorum()
    return len(
        quorum.counted(open_checkpoint(note, own_log.key(), quorum.witnesses, verify).witnessed, members.moment())
    )


def publish(entries: int = 4) -> None:
    own_log.writer().append([OPENING] * entries)


def test_every_witness_cosigns_this_one_too(internet: Internet) -> None:
    publish()
    publish()
    assert counted() == 4
    assert all(member.known[own_log.key().name].size == 8 for member in internet.members)
    assert Witnessed.objects.get().size == 8


def test_a_witness_that_knows_another_size_is_asked_again_with_it(internet: Internet) -> None:
    publish()
    cosigning.memory.forget()
    internet.members[0].known.clear()
    publish()
    assert counted() == 4


def test_without_a_roster_nobody_is_asked(internet: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rempart.node.roster.services.current", lambda: None)
    publish()
    assert counted() == 0
    assert not cosigning.is_lacking(own_log.writer().note)
    assert internet.members[0].asked == []


def test_a_witness_that_hangs_is_waited_for_once(internet: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.4)
    internet.members[0].late = 3.0
    publish()
    assert counted() == 3
    began = time.monotonic()
    publish()
    assert counted() == 3
    assert internet.members[0].asked.count("exchange/witness/add-checkpoint") == 1, "it was asked again"
    assert time.monotonic() - began < 0.4, "it was waited for again"


def test_a_missing_quorum_stops_nothing_and_is_made_good(internet: Internet, sign) -> None:
    path = "exchange/witness/add-checkpoint"
    for member in internet.members[:2]:
        member.answers[path] = (500, b"")
    publish()
    assert counted() == 2
    assert cosigning.is_lacking(own_log.writer().note)
    for member in internet.members[:2]:
        del member.answers[path]
    sign()
    assert counted() == 4
    assert not cosigning.is_lacking(own_log.writer().note)


def test_a_wrong_signature_of_a_witness_does_not_spoil_the_checkpoint(internet: Internet) -> None:
    for member, lie in zip(internet.members, (Signer(bytes(32)), Signer(bytes(32)), None), strict=True):
        member.witness_signer = lie or member.witness_signer
    publish()
    assert counted() == 2


@pytest.mark.parametrize("body", [b"999999\n", b"x", b"", b"9" * 5000])
def test_a_witness_that_claims_more_stops_nothing(internet: Internet, body: bytes) -> None:
    internet.members[0].answers["exchange/witness/add-checkpoint"] = (409, body)
    publish()
    assert counted() == 3


@pytest.mark.parametrize("name", ["heads", "witnessed"])
@pytest.mark.parametrize("size", [4, 100])
def test_a_witness_that_can_show_more_stops_an_old_copy_of_the_log(internet: Internet, name: str, size: int) -> None:
    """Another checkpoint of the same size, or a larger one, signed by this node's own key."""
    shown = Checkpoint(own_log.key().name, size, bytes(32))
    note = str(sign_checkpoint(shown, own_log.key(), own_log.signer().sign))
    internet.members[0].files[name] = write_heads({shown.origin: note})
    internet.members[0].answers["exchange/witness/add-checkpoint"] = (409, b"Another one was cosigned.\n")
    with pytest.raises(IntegrityError, match="earlier state"):
        publish()
    assert not (own_log.folder() / "checkpoint").exists()


def test_what_others_have_seen_is_asked_for_after_a_restored_backup(internet: Internet) -> None:
    publish()
    note = (own_log.folder() / "checkpoint").read_text()
    internet.members[0].files["heads"] = write_heads({own_log.key().name: note})
    internet.members[1].files["witnessed"] = write_heads({own_log.key().name: note})
    assert cosigning.seen_elsewhere() == [note, note]


def test_the_others_are_told_at_once(internet: Internet, sign) -> None:
    sign()
    assert [member.hints for member in internet.members] == [[f"{own_log.key().name} checkpoint\n"]] * 3


def test_a_member_that_does_not_take_hints_holds_nobody_back(internet: Internet) -> None:
    internet.members[0].late = 3.0
    began = time.monotonic()
    cosigning.tell_peers()
    assert time.monotonic() - began < 2.0, "it was waited for"
    assert internet.members[1].hints


def test_a_folder_that_was_put_back_signs_nothing(internet: Internet) -> None:
    """Who asks finds out before anything is signed, so that no second history ever exists."""
    publish()
    kept = {path: path.read_bytes() for path in own_log.folder().rglob("*") if path.is_file()}
    publish()
    shown = write_heads({own_log.key().name: (own_log.folder() / "checkpoint").read_text()})
    internet.members[0].answers["log/witnessed"] = (200, shown.encode())
    for path in list(own_log.folder().rglob("*")):
        if path.is_file():
            path.unlink()
    for path, data in kept.items():
        path.write_bytes(data)
    own_log.forget_writer()
    posted = len(internet.members[1].asked)
    with pytest.raises(IntegrityError, match="put back"):
        publish()
    assert not any("add-checkpoint" in path for path in internet.members[1].asked[posted:])


def test_a_witness_that_hangs_is_left_alone_for_longer_each_time() -> None:
    memory = cosigning._Memory()
    lengths = []
    for _ in range(7):
        memory.pause("one")
        lengths.append(memory.lengths["one"])
    assert lengths == [2, 4, 8, 16, 32, 60, 60]
