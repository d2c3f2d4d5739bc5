"""Messages to hosts and referral files go by their rules; digests, figures and the chain stay."""

import hashlib

import pytest
from django.db import transaction
from node.retention.conftest import close, days, rules
from outside_world import FRANCE, GERMANY, decided, world  # noqa: F401

from rempart.core.retention import DataKind, LegalBasis
from rempart.core.routing import Route
from rempart.core.vocabulary import ReferralState, RouteKind
from rempart.node.audit import services as audit
from rempart.node.casework import holds as police
from rempart.node.casework.models import Content
from rempart.node.intake.models import Report
from rempart.node.jobs import services as jobs
from rempart.node.jobs.steps import load_steps
from rempart.node.notices import services as notices
from rempart.node.notices.models import Attempt, Notice
from rempart.node.referrals import services as referrals
from rempart.node.referrals.models import Referral
from rempart.node.retention import holds, requests, running, storage
from rempart.node.retention.models import Remnant
from rempart.node.retention.requests import Named, Subject

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
KINDS = ("resolve", "route", "notice", "export")


@pytest.fixture(autouse=True)
def sent_rules(settings, home) -> None:
    """Messages go after 90 days, files after 30; the outbox is empty."""
    for path in home.referrals.iterdir():
        path.unlink()
    settings.RETENTION_RULES = rules({"kind": "notice_messages", "days": 90}, {"kind": "referral_files", "days": 30})


@transaction.atomic
def propose(report: Report) -> Referral:
    route = Route(RouteKind.POLICE, "FR", "police", "near", notify_host=False)
    return Referral.objects.get(pk=referrals.propose_person(report.pk, route))


@pytest.fixture
def act(clock):
    load_steps()

    def run() -> None:
        while claims := jobs.claim(kinds=KINDS):
            for held in claims:
                assert jobs.perform(held)

    return run


@pytest.fixture
def sent(decided, world, act) -> Attempt:  # noqa: F811
    """A notice whose first message was taken by the relay."""
    world.at(FRANCE)
    jobs.wake("resolve", decided())
    act()
    return Attempt.objects.get(sent_at__isnull=False)


@pytest.fixture
def exported(decided, world, act) -> Referral:  # noqa: F811
    """A referral about a content, whose file is out."""
    world.at(GERMANY)
    jobs.wake("resolve", decided())
    act()
    return Referral.objects.get(state=ReferralState.EXPORTED)


def out(home) -> list[str]:
    return sorted(path.stem for path in home.referrals.iterdir())


class TestMessagesToHosts:
    def test_bytes_go_and_digest_recipient_and_times_stay(self, sent, world, clock, told):  # noqa: F811
        (_, message) = world.relay.taken[0]
        assert bytes(sent.digest) == hashlib.sha256(bytes(sent.message)).digest()
        assert b"host.example" in message
        clock.advance(days=89)
        assert not running.run()
        clock.advance(days=1)
        assert running.run() == {(DataKind.NOTICE_MESSAGES, "notice_messages-rule"): 1}
        after = Attempt.objects.get(pk=sent.pk)
        assert bytes(after.message) == b""
        assert (bytes(after.digest), after.recipient, after.sent_at) == (
            bytes(sent.digest),
            sent.recipient,
            sent.sent_at,
        )
        assert told("notice:message_erased") == [
            ("notice:message_erased", f"notice:{sent.notice_id}", {"rule": "notice_messages-rule", "ordinal": 1})
        ]
        assert not running.run()
        audit.verify()

    def test_the_notice_goes_on_as_before(self, sent, act, world, clock):  # noqa: F811
        clock.advance(days=90)
        running.run()
        (row,) = [one for one in notices.attempts(sent.notice_id) if one.sent_at == sent.sent_at]
        assert row.recipient == sent.recipient
        act()
        assert notices.get(sent.notice_id).sends == 2
        _, reminder = world.relay.taken[1]
        assert f"In-Reply-To: {sent.message_id}".encode() in reminder

    def test_what_is_still_to_leave_is_kept(self, decided, world, act, clock):  # noqa: F811
        world.relay.refuse = {"abuse@host.example": "451 later"}
        jobs.wake("resolve", decided())
        act()
        attempt = Attempt.objects.get()
        assert (attempt.sent_at, attempt.given_up_at) == (None, None)
        clock.advance(days=500)
        assert not running.run()
        assert Attempt.objects.get().message

    def test_what_was_refused_goes_too(self, decided, world, act, clock):  # noqa: F811
        world.relay.refuse = {"abuse@host.example": "550 no such user"}
        jobs.wake("resolve", decided())
        act()
        assert Attempt.objects.get().given_up_at
        clock.advance(days=90)
        running.run()
        assert bytes(Attempt.objects.get().message) == b""

    @pytest.mark.parametrize("kind", ["police", "content", "report"])
    def test_holds_keep_them(self, sent, clock, people, kind):
        content = Notice.objects.get().content_id
        until = clock.now() + days(5)
        if kind == "police":
            police.place(people["luis"], content, until, "Request 7")
        elif kind == "content":
            holds.place(people["luis"], until, "Letter 3", content_id=content)
        else:
            holds.place(people["luis"], until, "Letter 3", reference=Report.objects.get().reference)
        clock.advance(days=500)
        assert not running.run()
        (line,) = running.survey()
        assert (line.kind, line.held) == (DataKind.NOTICE_MESSAGES, 1)
        assert Attempt.objects.get(pk=sent.pk).message


class TestReferralFiles:
    def test_the_file_goes_and_its_digest_stays(self, exported, home, clock, told):
        assert out(home) == [exported.reference]
        clock.advance(days=29)
        assert not running.run()
        clock.advance(days=1)
        assert running.run() == {(DataKind.REFERRAL_FILES, "referral_files-rule"): 1}
        assert out(home) == []
        after = Referral.objects.get()
        assert (after.state, bytes(after.document_digest)) == (ReferralState.EXPORTED, bytes(exported.document_digest))
        assert after.file_erased_at == clock.now()
        assert told("referral:file_erased") == [
            ("referral:file_erased", f"referral:{exported.pk}", {"rule": "referral_files-rule"})
        ]
        assert not running.run()
        assert not Remnant.objects.exists()
        audit.verify()

    def test_one_that_somebody_moved_away_is_no_error(self, exported, home, clock):
        (home.referrals / f"{exported.reference}.json").unlink()
        clock.advance(days=30)
        assert running.run().total() == 1
        assert Referral.objects.get().file_erased_at

    def test_a_file_that_a_killed_run_left_is_deleted_by_the_next(self, exported, home, clock, monkeypatch):
        clock.advance(days=30)
        with monkeypatch.context() as dying:
            dying.setattr(storage, "sweep", lambda: 0)
            running.run()
        assert out(home) == [exported.reference]
        assert Referral.objects.get().file_erased_at
        running.run()
        assert out(home) == []
        assert not Remnant.objects.exists()

    def test_other_files_of_the_outbox_stay(self, exported, home, clock):
        (home.referrals / "notes of the operator.txt").write_text("kept")
        clock.advance(days=30)
        running.run()
        assert out(home) == ["notes of the operator"]

    @pytest.mark.parametrize("on_report", [True, False])
    def test_a_hold_keeps_it(self, exported, home, clock, people, on_report):
        named = {"reference": Report.objects.get().reference} if on_report else {"content_id": exported.content_id}
        hold = holds.place(people["luis"], clock.now() + days(5), "Letter 3", **named)
        clock.advance(days=500)
        assert not running.run()
        assert out(home) == [exported.reference]
        holds.release(people["luis"], hold)
        clock.advance(days=30)
        running.run()
        assert out(home) == []

    def test_one_about_a_report_goes_with_it(self, decided, home, act, people, clock, told):  # noqa: F811
        decided()
        report = Report.objects.get()
        referral = propose(report)
        referrals.decide(people["sacha"], referral.pk, True, "Example Person is named.", "Article 7")
        act()
        assert out(home) == [referral.reference]
        close(report.pk)
        named = Named(reference=report.reference)
        number = requests.ask(people["vera"], Subject.SUSPECT, named, LegalBasis.GDPR_17, "A letter.")
        requests.approve(people["sacha"], number, "Checked.")
        assert out(home) == []
        assert told("referral:file_erased") == [
            ("referral:file_erased", f"referral:{referral.pk}", {"request": number})
        ]
        assert not Remnant.objects.exists()

    def test_a_hold_on_the_report_or_its_content_keeps_one_about_a_report(
        self,
        decided,  # noqa: F811
        home,
        act,
        people,
        clock,
    ):
        content = decided()
        report = Report.objects.get()
        referrals.decide(people["sacha"], propose(report).pk, True, "Named.", "Article 7")
        act()
        first = holds.place(people["luis"], clock.now() + days(5), "Letter 3", reference=report.reference)
        second = holds.place(people["luis"], clock.now() + days(5), "Letter 4", content_id=content)
        for hold in (first, second):
            clock.advance(days=100)
            assert not running.run()
            holds.release(people["luis"], hold)
        clock.advance(days=30)
        assert running.run().total() == 1
        assert out(home) == []


def test_the_look_counts_both_and_changes_nothing(sent, home, clock):
    events = audit.head()
    assert {(one.kind, one.due, one.waiting) for one in running.survey()} == {(DataKind.NOTICE_MESSAGES, 0, 1)}
    clock.advance(days=90)
    assert {(one.kind, one.due, one.waiting) for one in running.survey()} == {(DataKind.NOTICE_MESSAGES, 1, 0)}
    assert audit.head() == events
    assert Content.objects.get().locator
