"""Triage of what was decided before, of where a file was found, and after a list changed."""

from django.db import transaction
from node.casework.recognised import OTHER, PICTURE, URL, content, content_of, sha256, waiting, work_on

from rempart.core.vocabulary import Legality, ReportState
from rempart.node.casework import assessing
from rempart.node.casework.models import Case, Content
from rempart.node.casework.triage import triage
from rempart.node.intake import services as intake
from rempart.node.jobs import services as jobs
from rempart.node.jobs.models import Job


class TestPriorDecision:
    def test_what_was_decided_is_not_queued_or_decided_again(self, submit, work, told, people):
        submit(("url", URL))
        work()
        found = content("url")
        assessing.decide(found.pk, Legality.NATIONAL, "analyst")
        Job.objects.filter(kind="resolve").delete()
        report_id = submit(("url", URL))
        work()
        assert len(told("content:decided")) == 1
        assert not told("content:settled")
        assert Case.objects.exclude(state="decided").count() == 0
        assert waiting("resolve"), "a reported reappearance has its host looked up again"
        assert intake.report(report_id).state is ReportState.ASSESSED

    def test_triage_run_again_does_not_look_up_hosts_again(self, submit, work, listed):
        listed("Known", "national", sha256(PICTURE))
        report_id = submit(files=[PICTURE])
        work()
        Job.objects.filter(kind="route").delete()
        jobs.wake("triage", report_id)
        work()
        assert not waiting("route")


class TestFoundAt:
    def test_a_known_file_settles_the_address_it_was_found_at(self, submit, work, listed, told, upload):
        listed("Known", "A1", sha256(PICTURE))
        submit(("url", URL), ("url", "https://other.example/"), files=[upload(PICTURE, found_at=0)])
        work()
        address = Content.objects.get(locator=URL)
        assert (address.legality, address.basis) == ("national", "list_match")
        assert waiting("resolve")
        assert [case.content.host for case in Case.objects.all()] == ["other.example"]
        assert len(told("content:decided")) == 2

    def test_a_file_decided_before_settles_a_new_address(self, submit, work, upload, told):
        submit(files=[PICTURE])
        work()
        assessing.decide(content().pk, Legality.BASELINE, "analyst")
        submit(("url", URL), files=[upload(PICTURE, found_at=0)])
        work()
        assert (content("url").legality, content("url").basis) == ("baseline", "prior_assessment")
        assert not Case.objects.filter(content=content("url")).exists()
        assert told("content:settled")[0][2]["basis"] == "prior_assessment"

    def test_an_unknown_or_benign_file_settles_nothing(self, submit, work, listed, upload):
        listed("Benign", "not_illegal", sha256(OTHER))
        submit(("url", URL), files=[upload(PICTURE, found_at=0), upload(OTHER, found_at=0)])
        work()
        assert content("url").legality == ""
        assert Case.objects.filter(content=content("url")).exists()

    def test_an_address_an_analyst_found_harmless_waits_for_an_analyst_again(self, submit, work, listed, upload):
        submit(("url", URL))
        work()
        assessing.decide(content("url").pk, Legality.NOT_ILLEGAL, "analyst")
        listed("Known", "national", sha256(PICTURE))
        submit(("url", URL), files=[upload(PICTURE, found_at=0)])
        work()
        assert content("url").legality == ""
        assert Case.objects.get(content=content("url")).state == Case.State.WAITING
        states = [report.state for report in intake.reports_with_content(content("url").pk)]
        assert states == [ReportState.TRIAGED, ReportState.IN_REVIEW]


class TestRematch:
    def test_a_list_imported_later_takes_what_it_knows_out_of_the_queue(self, submit, work, listed, told, clock):
        report_id = submit(files=[PICTURE])
        submit(files=[OTHER])
        work()
        assert Case.objects.exclude(state="decided").count() == 2
        clock.advance(hours=1)
        listed("Known", "national", sha256(PICTURE))
        work()
        assert content_of(PICTURE).legality == "national"
        assert [case.content_id for case in Case.objects.exclude(state="decided")] == [content_of(OTHER).pk]
        assert intake.report(report_id).state is ReportState.ASSESSED
        assert len(told("content:decided")) == 1

    def test_an_import_between_look_up_and_effects_is_not_missed(self, submit, work, listed):

        report_id = submit(files=[PICTURE])
        work_on("fingerprint")
        effects = triage(str(report_id))
        listed("Known", "national", sha256(PICTURE))
        with transaction.atomic():
            assert effects() is not None
        assert not Case.objects.exists()
        work()
        assert content().legality == "national"

    def test_what_people_decided_stays_as_they_decided(self, submit, work, listed):
        submit(files=[PICTURE])
        work()
        assessing.decide(content().pk, Legality.NOT_ILLEGAL, "analyst")
        listed("Known", "national", sha256(PICTURE))
        work()
        assert content().legality == "not_illegal"

    def test_a_list_that_is_gone_asks_for_nothing(self, db, clock):
        from rempart.node.casework.rematching import rematch

        assert rematch("4711")() is None
