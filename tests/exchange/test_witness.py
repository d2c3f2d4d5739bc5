"""A witness answers as c2sp.org/tlog-witness has it, and cosigns one history alone."""

import random

import pytest
from exchange.simulation import signing
from exchange.simulation.histories import History, opening
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.exchange.checkpoints import Checkpoint, cosign, cosigned_at, sign_checkpoint
from rempart.exchange.evidence import verify_evidence
from rempart.exchange.witness import (
    MAX_PROOF,
    SIZE_TYPE,
    Decision,
    Known,
    decide,
    read_answer,
    read_request,
    write_request,
)
from rempart.formats.signed_note import KeyType

LOG, SIGN = signing.make_key("hotline.example/log")
THIEF, THIEF_SIGN = signing.make_key("hotline.example/log", turn=1)
WITNESS, WITNESS_SIGN = signing.make_key("other.example/witness", KeyType.COSIGNATURE)
HISTORY = History(tuple(opening(random.Random(1), None) for _ in range(70)))


def note(size: int, history: History = HISTORY, origin: str = LOG.name) -> str:
    return str(sign_checkpoint(Checkpoint(origin, size, history.root(size)), LOG, SIGN))


def known(size: int) -> Known:
    return Known(size, HISTORY.root(size), note(size))


def asked(old: int, proof: list[bytes], text: str, state: Known | None) -> Decision:
    return decide(read_request(write_request(old, proof, text)), LOG, state, signing.verify)


@given(st.integers(0, 70), st.integers(0, 70))
def test_what_goes_on_from_the_last_checkpoint_is_accepted(one: int, other: int) -> None:
    old, new = sorted((one, other))
    decision = asked(old, HISTORY.proof(old, new), note(new), known(old) if old else None)
    assert (decision.status, decision.accepted) == (200, Checkpoint(LOG.name, new, HISTORY.root(new)))
    assert decision.evidence is None


def test_the_first_checkpoint_is_accepted_from_nothing() -> None:
    assert asked(0, [], note(20), None).status == 200
    assert asked(0, [HISTORY.root(3)], note(20), None).status == 422


def test_another_old_size_is_a_conflict_that_names_the_size() -> None:
    decision = asked(10, HISTORY.proof(10, 20), note(20), known(12))
    assert (decision.status, decision.content_type, decision.body) == (409, SIZE_TYPE, "12\n")
    assert asked(0, [], note(20), known(12)).body == "12\n"
    assert asked(5, HISTORY.proof(5, 20), note(20), None).body == "0\n"


def test_an_older_checkpoint_is_not_cosigned_again() -> None:
    assert asked(8, HISTORY.proof(8, 9), note(9), known(12)).status == 409


def test_an_old_size_beyond_the_checkpoint_is_a_bad_request() -> None:
    assert asked(21, [], note(20), known(21)).status == 400


def test_a_proof_that_does_not_lead_on_is_unprocessable() -> None:
    proof = HISTORY.proof(10, 20)
    for wrong in ([], proof[:-1], [*proof, proof[0]], [bytes(32), *proof[1:]]):
        assert asked(10, wrong, note(20), known(10)).status == 422


def test_a_rewritten_history_is_unprocessable() -> None:
    other = HISTORY.fork(5)
    other.extend([opening(random.Random(2), None) for _ in range(20)])
    assert asked(10, other.proof(10, 20), note(20, other), known(10)).status == 422


def test_two_roots_of_one_size_are_a_conflict_and_a_proof() -> None:
    other = HISTORY.fork(5)
    other.extend([opening(random.Random(2), None) for _ in range(20)])
    for old in (0, 10, 20):
        decision = asked(old, other.proof(old, 20), note(20, other), known(20))
        assert decision.status == 409
        assert (decision.content_type == SIZE_TYPE) is (old != 20)
        assert decision.evidence is not None
        verify_evidence(decision.evidence, LOG, signing.verify)


def test_the_same_checkpoint_may_be_cosigned_afresh() -> None:
    assert asked(20, [], note(20), known(20)).status == 200
    assert asked(20, [HISTORY.root(3)], note(20), known(20)).status == 422


def test_a_log_that_is_not_known_is_not_found() -> None:
    request = read_request(write_request(0, [], note(20)))
    assert decide(request, None, None, signing.verify).status == 404
    other, _ = signing.make_key("else.example/log")
    assert decide(request, other, None, signing.verify).status == 404


def test_a_checkpoint_that_another_key_signed_is_forbidden() -> None:
    point = Checkpoint(LOG.name, 20, HISTORY.root(20))
    request = read_request(write_request(0, [], str(sign_checkpoint(point, THIEF, THIEF_SIGN))))
    assert decide(request, LOG, None, signing.verify).status == 403
    lying = str(sign_checkpoint(point, LOG, lambda data: bytes(64)))
    assert decide(read_request(write_request(0, [], lying)), LOG, None, signing.verify).status == 403


BODY = write_request(10, HISTORY.proof(10, 20), note(20))


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_a_changed_byte_is_never_accepted(at: int, mask: int) -> None:
    changed = BODY[:at] + bytes([BODY[at] ^ mask]) + BODY[at + 1 :]
    try:
        request = read_request(changed)
    except InputError:
        return
    assert decide(request, LOG, known(10), signing.verify).status in {400, 403, 404, 409, 422}


@given(st.binary(max_size=300))
def test_anything_else_is_malformed(body: bytes) -> None:
    with pytest.raises(InputError):
        read_request(body)


@pytest.mark.parametrize(
    "body",
    [
        b"old 010\n" + BODY.split(b"\n", 1)[1],
        b"old  10\n" + BODY.split(b"\n", 1)[1],
        b"old 9999999999999999999\n" + BODY.split(b"\n", 1)[1],
        BODY.replace(b"=\n", b"\n", 1),
        BODY[:-1],
        BODY.replace(b"\n", b"\r\n"),
        b"\n" + BODY,
        write_request(10, [bytes(32)] * (MAX_PROOF + 1), note(20)),
        BODY + b"x" * 70_000,
    ],
)
def test_other_spellings_are_malformed(body: bytes) -> None:
    with pytest.raises(InputError):
        read_request(body)


@given(st.integers(0, 2**40), st.lists(st.binary(min_size=32, max_size=32), max_size=MAX_PROOF))
def test_a_request_is_read_as_it_was_written(old: int, proof: list[bytes]) -> None:
    request = read_request(write_request(old, proof, note(20)))
    assert (request.old, list(request.proof), request.note) == (old, proof, note(20))


def test_an_answer_holds_the_cosignature_or_nothing() -> None:
    text = Checkpoint(LOG.name, 20, HISTORY.root(20)).text
    line = cosign(text, WITNESS, WITNESS_SIGN, 1_700_000_000)
    other, other_sign = signing.make_key("stranger.example/witness", KeyType.COSIGNATURE)
    stranger = cosign(text, other, other_sign, 1_700_000_000)
    found = read_answer((stranger.line + line.line).encode(), text, WITNESS, signing.verify)
    assert found == line
    assert cosigned_at(line, WITNESS, text, signing.verify) == 1_700_000_000
    for body in (b"", b"\xff", stranger.line.encode(), line.line[:-9].encode(), b"old 7\n"):
        assert read_answer(body, text, WITNESS, signing.verify) is None
    forged = cosign(text, WITNESS, lambda data: bytes(64), 1_700_000_000)
    assert read_answer(forged.line.encode(), text, WITNESS, signing.verify) is None
