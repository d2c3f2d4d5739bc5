"""Feedback of platforms reaches the member that signed, whoever else is away, and theirs reaches this node."""

import base64
import re

import pytest
from django.test import Client
from django.utils import timezone
from node.exchange.away import Away, Internet

from rempart.core.clients import Scope
from rempart.core.feedback import Verdict
from rempart.core.vocabulary import FingerprintType
from rempart.exchange.feedback import Count, read_feedback, write_feedback
from rempart.exchange.signals import Action
from rempart.formats.hash_csv import HashRow
from rempart.node.audit import services as audit
from rempart.node.exchange import asking, receiving, returning
from rempart.node.exchange.models import FeedbackDue, Outgoing, PeerFeedback, Word
from rempart.node.intake import platforms
from rempart.node.intake.models import Platform
from rempart.node.jobs.models import Job
from rempart.node.lists import services as lists
from rempart.node.lists import sharing
from rempart.node.lists.importing import import_rows
from rempart.node.lists.models import ListEntry, SignalFeedback

PDQ = "ab" * 32
MD5 = "cd" * 16


@pytest.fixture
def word(internet: Internet, clock):
    """What a member says of the fingerprint."""

    def say(member: Away, action: Action = Action.ADD, content: int = 70, value: str = PDQ, kind: str = "pdq") -> None:
        Word.objects.update_or_create(
            origin=member.origin,
            kind=kind,
            value=bytes.fromhex(value),
            defaults={"action": action, "content": content, "at": clock.now(), "log_index": content},
        )

    return say


@pytest.fixture
def say(db, clock):
    """A list with two fingerprints, and what platforms say of them."""
    rows = [HashRow(2, {FingerprintType.PDQ: PDQ}), HashRow(3, {FingerprintType.MD5: MD5})]
    import_rows("Example", "national", rows)
    sharing.set_terms("Example", may_share=True)

    def speak(verdict: Verdict, name: str = "Example Chat", kind: str = "pdq") -> None:
        platform = Platform.objects.filter(name=name).first()
        if platform is None:
            platforms.add_platform(name)
            platform = Platform.objects.get(name=name)
            sharing.grant("Example", platform.pk)
        clock.advance(seconds=1)
        entry = ListEntry.objects.get(kind=kind)
        lists.give_feedback(platform.pk, entry.pk, verdict, actor=platform.actor)

    return speak


def told(member: Away) -> list[tuple[Count, ...]]:
    return [read_feedback(body) for body in member.feedback]


def waiting() -> int:
    return SignalFeedback.objects.filter(returned_at=None).count()


def test_each_signer_is_told_under_its_own_number(internet: Internet, word, say, drain) -> None:
    first, second, third = internet.members
    for member in internet.members:
        asking.credentials().keep(member.origin, "this-one:secret")
    word(first, content=70)
    word(second, Action.CORRECT, content=80)
    word(third, Action.WITHDRAW)
    say(Verdict.USEFUL)
    say(Verdict.WRONG, "Other Chat")
    drain()
    assert told(first) == [(Count(70, FingerprintType.PDQ, 1, 1),)]
    assert told(second) == [(Count(80, FingerprintType.PDQ, 1, 1),)]
    assert told(third) == []
    assert (waiting(), FeedbackDue.objects.count()) == (0, 0)
    assert not any(PDQ.encode() in body for body in first.feedback)


def test_what_nobody_signed_waits_for_nobody(internet: Internet, say, drain) -> None:
    say(Verdict.WRONG, kind="md5")
    drain()
    assert (waiting(), FeedbackDue.objects.count()) == (0, 0)


def test_a_member_that_is_away_holds_up_nobody_and_hears_the_last_counts(
    internet: Internet, word, say, drain, clock
) -> None:
    first, second, _ = internet.members
    for member in (first, second):
        asking.credentials().keep(member.origin, "this-one:secret")
        word(member)
    first.answers["exchange/feedback"] = (503, b"")
    say(Verdict.USEFUL)
    drain()
    assert len(told(second)) == 1
    say(Verdict.WRONG, "Other Chat")
    drain()
    assert [counts[0].wrong for counts in told(second)] == [0, 1]
    assert FeedbackDue.objects.get().origin == first.origin
    first.answers.clear()
    clock.advance(minutes=16)
    drain()
    assert told(first) == [(Count(70, FingerprintType.PDQ, 1, 1),)]
    assert not FeedbackDue.objects.exists()


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_credential_is_tried_again_later(internet: Internet, word, say, drain, clock, status: int) -> None:
    member = internet.members[0]
    word(member)
    say(Verdict.USEFUL)
    drain()
    assert "exchange/feedback" not in member.asked  # it gave no credential
    asking.credentials().keep(member.origin, "this-one:secret")
    member.answers["exchange/feedback"] = (status, b"")
    clock.advance(minutes=16)
    drain()
    assert member.asked.count("exchange/feedback") == 1
    assert Job.objects.get(kind=returning.SEND_STEP).due_at == clock.now() + returning.RETRY
    assert FeedbackDue.objects.count() == 1


def test_a_suspended_member_is_told_nothing_until_it_is_back(internet: Internet, word, say, drain, clock) -> None:
    member = internet.members[0]
    asking.credentials().keep(member.origin, "this-one:secret")
    word(member)
    internet.adopt(member.number)
    say(Verdict.USEFUL)
    drain()
    assert "exchange/feedback" not in member.asked
    internet.adopt()
    clock.advance(days=1)
    drain()
    assert len(told(member)) == 1


def test_what_changes_while_it_is_sent_stays_due(internet: Internet, word, say, drain, clock, monkeypatch) -> None:
    member = internet.members[0]
    asking.credentials().keep(member.origin, "this-one:secret")
    word(member)
    deliver = returning._deliver

    def changing(to, counts):
        deliver(to, counts)
        monkeypatch.setattr(returning, "_deliver", deliver)
        say(Verdict.WRONG, "Other Chat")
        returning.put_down("all")()

    monkeypatch.setattr(returning, "_deliver", changing)
    say(Verdict.USEFUL)
    drain()
    assert [counts[0].wrong for counts in told(member)] == [0, 1]
    assert not FeedbackDue.objects.exists()


class TestReceiving:
    @pytest.fixture
    def post(self, db, client: Client):
        username, secret = platforms.add_platform("Member 1", [Scope.EXCHANGE])
        signed = {"action": 1, "value": b"x", "at": timezone.now(), "state": Outgoing.State.SIGNED}
        Outgoing.objects.create(kind="pdq", content=70, **signed)
        Outgoing.objects.create(kind="md5", content=71, **{**signed, "state": Outgoing.State.WAITING})

        def call(body: bytes, key: str = f"{username}:{secret}"):
            header = {"authorization": "Basic " + base64.b64encode(key.encode()).decode()}
            return client.post("/exchange/feedback", body, content_type="application/json", headers=header)

        call.username = username
        return call

    def test_own_signals_are_kept_and_the_latest_counts_stand(self, post) -> None:
        counts = [Count(70, FingerprintType.PDQ, 3, 1), Count(71, FingerprintType.MD5, 1, 1)]
        answer = post(write_feedback([*counts, Count(999, FingerprintType.PDQ, 5, 5)]))
        assert answer.json() == {"kept": 1}
        post(write_feedback([Count(70, FingerprintType.PDQ, 3, 2)]))
        [row] = receiving.received(10)
        assert (row.content, row.kind, row.useful, row.wrong) == (70, "pdq", 3, 2)
        assert [fact.data for fact in audit.events(actions=["signal:feedback"])] == [{"signals": 1}] * 2

    def test_two_members_counts_add_up(self, post) -> None:
        receiving.keep("platform:900", [Count(70, FingerprintType.PDQ, 1, 0)])
        post(write_feedback([Count(70, FingerprintType.PDQ, 2, 2)]))
        assert [(row.useful, row.wrong) for row in receiving.received(10)] == [(3, 2)]

    @pytest.mark.parametrize("body", [b"", b"{}", b"x" * 70_000, b'{"format": "rempart-feedback/1", "feedback": [1]}'])
    def test_what_is_no_message_is_refused(self, post, body: bytes) -> None:
        assert post(body).status_code == 400
        assert not PeerFeedback.objects.exists()

    def test_strangers_platforms_and_the_hasty_are_refused(self, post, client: Client, settings) -> None:
        message = write_feedback([Count(70, FingerprintType.PDQ, 1, 0)])
        assert client.post("/exchange/feedback", message, content_type="application/json").status_code == 401
        assert client.get("/exchange/feedback").status_code == 405
        platforms.set_scopes(post.username, [Scope.LISTS])
        assert post(message).status_code == 403
        settings.PLATFORM_RATE = 0.001
        platforms.allowances.forget()
        assert [post(message).status_code for _ in range(3)][-1] == 429
        assert not PeerFeedback.objects.exists()

    def test_list_managers_read_it(self, post, people) -> None:
        post(write_feedback([Count(70, FingerprintType.PDQ, 3, 2)]))
        lin = Client()
        lin.force_login(people["lin"])
        page = " ".join(re.sub(r"<[^>]+>", " ", lin.get("/staff/lists/feedback").content.decode()).split())
        assert re.search(r"our signals .* 70 pdq 2 3", page)
