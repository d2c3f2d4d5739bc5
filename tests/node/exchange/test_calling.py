"""What other members' nodes call: the witness answers as specified over HTTP, and remembers before it signs."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from node.exchange.away import Away, Internet

from rempart.adapters.signing import verify
from rempart.exchange.checkpoints import cosigned_at
from rempart.exchange.evidence import read_proofs, verify_evidence
from rempart.exchange.heads import read_heads
from rempart.exchange.witness import MAX_REQUEST_BYTES, SIZE_TYPE, write_request
from rempart.formats.signed_note import read_note
from rempart.node.exchange import calling, members
from rempart.node.exchange.models import Peer, Proof, Witnessed
from rempart.node.jobs.models import Job

PATH = "/exchange/witness/add-checkpoint"


def ask(client: Client, member: Away, old: int, size: int):
    body = write_request(old, member.history.proof(old, size), str(member.sign(size)))
    return client.post(PATH, body, content_type="text/plain")


@pytest.fixture
def away(internet: Internet) -> Away:
    member = internet.members[0]
    member.say(*range(20))
    return member


def test_a_log_that_grows_is_cosigned(client: Client, away: Away) -> None:
    for old, size in ((0, 7), (7, 20), (20, 20)):
        answer = ask(client, away, old, size)
        assert answer.status_code == 200
        text = away.sign(size).text
        line = read_note(f"{text}\n{answer.content.decode()}").signatures[0]
        key, _ = members.own_witness()
        assert abs(cosigned_at(line, key, text, verify) - members.moment()) < 60
        assert Witnessed.objects.get(origin=away.origin).size == size
    assert list(read_heads(client.get("/log/witnessed").content.decode())) == [away.origin]


def test_another_size_is_told(client: Client, away: Away) -> None:
    ask(client, away, 0, 7)
    answer = ask(client, away, 0, 20)
    assert (answer.status_code, answer.headers["Content-Type"], answer.content) == (409, SIZE_TYPE, b"7\n")
    assert Witnessed.objects.get(origin=away.origin).size == 7


def test_a_second_history_is_refused_and_becomes_a_public_proof(client: Client, away: Away, internet: Internet) -> None:
    ask(client, away, 0, 20)
    away.history = away.history.fork(5)
    away.say(*range(50, 65))
    assert ask(client, away, 20, 20).status_code == 409
    [evidence] = read_proofs(client.get("/log/proofs").content.decode())
    verify_evidence(evidence, away.key, verify)
    assert Proof.objects.get().origin == away.origin


def test_what_is_wrong_with_a_request_is_told_by_its_status(client: Client, away: Away, internet: Internet) -> None:
    ask(client, away, 0, 7)
    note = str(away.sign(20))
    cases = [
        (b"", 400),
        (b"x" * (MAX_REQUEST_BYTES + 1), 400),
        (write_request(7, [], note), 422),
        (write_request(7, [bytes(32)], note), 422),
        (write_request(7, away.history.proof(7, 20), note.replace(away.origin, "else.example/log")), 404),
        (write_request(7, away.history.proof(7, 20), note.replace("\n20\n", "\n19\n")), 403),
    ]
    for body, status in cases:
        assert client.post(PATH, body, content_type="text/plain").status_code == status
    assert client.get(PATH).status_code == 405
    assert Witnessed.objects.get(origin=away.origin).size == 7


def test_a_suspended_member_is_not_cosigned(client: Client, away: Away, internet: Internet) -> None:
    internet.adopt(0)
    assert ask(client, away, 0, 7).status_code == 404
    assert client.post("/exchange/hint", f"{away.origin} checkpoint\n", content_type="text/plain").status_code == 404


def test_one_log_cannot_use_up_the_witness(client: Client, away: Away, internet: Internet) -> None:
    other = internet.members[1]
    other.say(1, 2, 3, 4)
    answers = [client.post(PATH, b"x\n\nstranger.example/log\n", content_type="text/plain") for _ in range(25)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert ask(client, other, 0, 4).status_code == 200


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_histories_at_the_same_moment_one_is_cosigned(internet: Internet) -> None:
    """Several processes answer; whoever moves the row first has decided."""
    away = internet.members[0]
    away.say(*range(8))
    other = Away(0, 1)
    other.say(*range(50, 58))
    barrier = threading.Barrier(8)

    def run(number: int) -> int:
        barrier.wait()
        try:
            return ask(Client(), (away, other)[number % 2], 0, 8).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(run, range(8)))
    row = Witnessed.objects.get(origin=away.origin)
    chosen = [away, other].index(next(each for each in (away, other) if each.history.root() == bytes(row.root)))
    assert [status for at, status in enumerate(statuses) if at % 2 != chosen] == [409] * 4
    assert 200 in statuses
    assert Proof.objects.count() == 1


def test_a_hint_wakes_the_follower(client: Client, away: Away) -> None:
    answer = client.post("/exchange/hint", f"{away.origin} checkpoint\n", content_type="text/plain")
    assert answer.status_code == 202
    assert Job.objects.get(kind="peers").state == Job.State.WAITING
    assert Peer.objects.get(origin=away.origin).hinted_at is not None


@pytest.mark.parametrize(
    ("body", "status"), [("", 400), ("x", 400), ("m0.example/log now", 400), ("else.example/log checkpoint", 404)]
)
def test_other_hints_wake_nobody(client: Client, internet: Internet, body: str, status: int) -> None:
    assert client.post("/exchange/hint", body, content_type="text/plain").status_code == status
    assert not Job.objects.filter(kind="peers").exists()


def test_hints_have_an_allowance(client: Client, away: Away) -> None:
    body = f"{away.origin} checkpoint\n"
    statuses = [client.post("/exchange/hint", body, content_type="text/plain").status_code for _ in range(12)]
    assert statuses[:10] == [202] * 10
    assert statuses[-1] == 429
    calling.hints.forget()
