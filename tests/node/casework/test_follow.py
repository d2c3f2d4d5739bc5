"""A report's state follows its contents, and every change is an event."""

import pytest

from rempart.core.vocabulary import Legality, ReferralState, Source
from rempart.node.casework import assessing
from rempart.node.casework.models import Content
from rempart.node.intake.models import Feedback, Platform
from rempart.node.jobs import services as jobs
from rempart.node.notices import services as notices
from rempart.node.referrals import services as referrals


@pytest.fixture
def outside(monkeypatch):
    """What notices and referrals report, settable."""
    said = {"notice": "none", "referrals": []}
    monkeypatch.setattr(notices, "outcome", lambda content_id: said["notice"])
    monkeypatch.setattr(referrals, "outcomes", lambda content_id: said["referrals"])
    return said


def test_the_whole_life_of_a_report(submit, work, told, outside):
    report_id = submit(("url", "https://host.example/"))
    work()
    assessing.decide(Content.objects.get().pk, Legality.NATIONAL, "analyst")
    for notice in ("pending", "sent", "removed", "reappeared", "sent", "removed"):
        outside["notice"] = notice
        jobs.wake("follow", report_id)
        work()
    assert [(action.removeprefix("report:"), data.get("from")) for action, _, data in told("report:")] == [
        ("received", None),
        ("triaged", "received"),
        ("assessed", "triaged"),
        ("actioned", "assessed"),
        ("closed", "actioned"),
        ("reopened", "closed"),
        ("actioned", "reopened"),
        ("closed", "actioned"),
    ]


def test_a_referral_that_went_out_acts_and_closes(submit, work, told, outside):
    report_id = submit(("account", "Made-Up Name"))
    work()
    assessing.decide(Content.objects.get().pk, Legality.NATIONAL, "analyst")
    for state in (ReferralState.PROPOSED, ReferralState.QUEUED, ReferralState.EXPORTED):
        outside["referrals"] = [state]
        jobs.wake("follow", report_id)
        work()
    assert [action for action, _, _ in told("report:")][-3:] == ["report:assessed", "report:actioned", "report:closed"]


def test_a_report_that_is_only_received_waits_for_triage(submit, work, told):
    report_id = submit(("url", "https://host.example/"))
    jobs.wake("follow", report_id)
    [held] = jobs.claim(1, ["follow"])
    assert jobs.perform(held)
    assert [action for action, _, _ in told("report:")] == ["report:received"]


def test_a_report_that_is_gone_is_followed_no_more(work):
    jobs.wake("follow", 4711)
    assert work() == 1


def test_the_platform_hears_when_all_is_decided_or_something_is_illegal(submit, work, clock, outside):
    platform = Platform.objects.create(
        name="Example Chat", username="example-chat", secret_digest=bytes(32), created_at=clock.now()
    )
    pages = [("url", f"https://host.example/{number}") for number in range(3)]
    submit(*pages, source=Source.PLATFORM, platform=platform)
    work()
    first, second, third = Content.objects.order_by("pk").values_list("pk", flat=True)
    assessing.decide(first, Legality.NOT_ILLEGAL, "analyst")
    work()
    assert not Feedback.objects.exists()
    assessing.decide(second, Legality.NATIONAL, "analyst")
    work()
    assert (Feedback.objects.get().outcome, Feedback.objects.get().useful) == ("illegal", True)
    given_at = clock.now()
    clock.advance(hours=1)
    assessing.decide(third, Legality.NOT_ILLEGAL, "analyst")
    work()
    assert (Feedback.objects.get().outcome, Feedback.objects.get().given_at) == ("illegal", given_at)


def test_a_platform_that_reports_known_content_hears_too(submit, work, clock, outside):
    platform = Platform.objects.create(
        name="Example Chat", username="example-chat", secret_digest=bytes(32), created_at=clock.now()
    )
    submit(("url", "https://host.example/"))
    work()
    assessing.decide(Content.objects.get().pk, Legality.NOT_ILLEGAL, "analyst")
    report_id = submit(("url", "https://host.example/"), source=Source.PLATFORM, platform=platform)
    work()
    assert Feedback.objects.get(report=report_id).outcome == "not_illegal"
