"""From a report's items to contents, matches, decisions and the queue."""

import pytest
from django.db import transaction
from node.casework.recognised import (
    OTHER,
    PICTURE,
    RESAVED,
    URL,
    content,
    perceptual,
    sha256,
    waiting,
)
from PIL import Image
from signals.pictures import claimed_png, encoded

from rempart.core.vocabulary import FingerprintType as F
from rempart.core.vocabulary import ReportState, Source
from rempart.formats.hash_csv import HashRow
from rempart.node.casework import services
from rempart.node.casework.models import Assessment, Case, Content, FileFacts, Fingerprint, Match
from rempart.node.casework.triage import triage
from rempart.node.intake import services as intake
from rempart.node.jobs import services as jobs
from rempart.node.lists.withdrawing import withdraw_rows
from rempart.signals.fingerprint import file_hashes, pdq


class TestUnknown:
    def test_a_url_becomes_a_content_and_waits_for_a_person(self, submit, work, told):
        report_id = submit(("url", URL))
        work()
        found = content("url")
        assert (found.locator, found.host, found.site, found.times_reported) == (URL, "host.example", "host.example", 1)
        assert Case.objects.get().content_id == found.pk
        assert intake.report(report_id).state is ReportState.TRIAGED
        assert told("content:") == [("content:first_seen", f"content:{found.pk}", {"kind": "url"})]

    def test_triage_tells_priority_and_level(self, submit, work, told):
        report_id = submit(("url", URL), source=Source.VICTIM_SELF, facts={"child_in_danger": True})
        work()
        report = intake.report(report_id)
        [(_, _, data)] = told("report:triaged")
        assert data == {"priority": report.priority, "level": "urgent", "from": "received"}
        assert report.priority >= 80
        assert "child_in_danger" in {reason["code"] for reason in report.priority_reasons}
        assert Case.objects.get().priority == report.priority

    def test_the_same_address_is_one_content(self, submit, work):
        submit(("url", "https://HOST.example/page#top"))
        submit(("url", "hxxps://host[.]example/page"))
        work()
        assert content("url").times_reported == 2
        assert Case.objects.count() == 1

    def test_a_url_twice_in_one_report_counts_once(self, submit, work):
        submit(("url", URL), ("url", URL))
        work()
        assert content("url").times_reported == 1

    def test_accounts_and_texts_are_not_stored_in_the_clear(self, submit, work):
        submit(("account", "Made-Up Name"), ("text", "a made-up message"))
        work()
        assert {row.locator for row in Content.objects.all()} == {""}
        assert "Made-Up" not in repr(list(Content.objects.values()))

    def test_the_same_text_twice_is_two_contents(self, submit, work):
        submit(("text", "hello"), ("text", "hello"))
        submit(("text", "hello"))
        work()
        assert Content.objects.filter(kind="text").count() == 3

    def test_a_second_more_alarming_report_raises_the_case_and_a_calmer_one_never_lowers_it(self, submit, work):
        submit(("url", URL))
        work()
        calm = Case.objects.get().priority
        submit(("url", URL), facts={"child_in_danger": True})
        work()
        raised = Case.objects.get()
        submit(("url", URL))
        work()
        assert Case.objects.get().priority == raised.priority > calm
        assert "child_in_danger" in {reason["code"] for reason in raised.priority_reasons}

    def test_repeats_of_content_and_site_count(self, submit, work):
        submit(("url", URL))
        work()
        second = submit(("url", URL), ("url", "https://host.example/other"))
        work()
        points = {reason["code"]: reason["points"] for reason in intake.report(second).priority_reasons}
        assert points["repeat_report"] == 3
        assert points["repeat_site"] == 2

    def test_the_nodes_own_weights_are_used(self, submit, work, settings):
        settings.PRIORITY_RULES = type(settings.PRIORITY_RULES)(source_public=41)
        report_id = submit(("url", URL))
        work()
        assert {"code": "source_public", "points": 41, "text": "reported by the public"} in intake.report(
            report_id
        ).priority_reasons


class TestFingerprints:
    def test_an_image_gets_all_fingerprints_and_facts(self, submit, work):
        submit(files=[PICTURE])
        work()
        kept = {row.kind: bytes(row.value) for row in Fingerprint.objects.all()}
        hashes = file_hashes([PICTURE])
        assert kept == {
            "md5": bytes.fromhex(hashes.md5),
            "sha1": bytes.fromhex(hashes.sha1),
            "sha256": bytes.fromhex(hashes.sha256),
            "pdq": pdq(PICTURE)[0],
        }
        assert Fingerprint.objects.get(kind="pdq").quality == pdq(PICTURE)[1]
        facts = FileFacts.objects.get()
        assert (facts.mime, facts.width, facts.height, facts.failure) == ("image/jpeg", 320, 240, "")

    @pytest.mark.parametrize("data", [b"no image at all", PICTURE[:400], b"\0" * 100_000], ids=["text", "cut", "zeros"])
    def test_what_cannot_be_decoded_keeps_its_file_hashes_and_goes_on(self, submit, work, data):
        report_id = submit(files=[data])
        work()
        assert FileFacts.objects.get().failure == "not_an_image"
        assert set(Fingerprint.objects.values_list("kind", flat=True)) == {"md5", "sha1", "sha256"}
        assert Case.objects.filter(content=content()).exists()
        assert intake.report(report_id).state is ReportState.TRIAGED

    def test_an_image_of_too_many_pixels_is_over_the_limit(self, submit, work):
        submit(files=[claimed_png(60_000, 60_000)])
        work()
        assert FileFacts.objects.get().failure == "over_limit"

    def test_triage_waits_for_the_last_file(self, submit, work):
        report_id = submit(files=[PICTURE, OTHER])
        first = jobs.claim(1, ["fingerprint"])
        assert jobs.perform(first[0])
        assert jobs.perform(jobs.claim(1, ["triage"])[0])
        assert intake.report(report_id).state is ReportState.RECEIVED
        work()
        assert intake.report(report_id).state is ReportState.TRIAGED
        assert Case.objects.count() == 2

    def test_one_file_in_two_reports_is_one_content(self, submit, work, told):
        submit(files=[PICTURE])
        submit(files=[PICTURE, PICTURE])
        work()
        assert content().times_reported == 2
        assert len(told("content:first_seen")) == 1
        assert len(intake.items_with_content(content().pk)) == 3


class TestKnown:
    def test_a_listed_file_is_settled_without_a_case(self, submit, work, listed, told):
        listed("Known", "baseline", sha256(PICTURE))
        report_id = submit(files=[PICTURE])
        work()
        found = content()
        assert (found.legality, found.basis) == ("baseline", "list_match")
        assert not Case.objects.exists()
        assert not Assessment.objects.get().assessor_id
        received = intake.report(report_id).received_at.isoformat()
        assert told("content:", f"content:{found.pk}")[1:] == [
            ("content:matched", f"content:{found.pk}", {"list": "Known", "category": "baseline", "how": "exact"}),
            (
                "content:settled",
                f"content:{found.pk}",
                {"legality": "baseline", "basis": "list_match", "kind": "file", "report_received": received},
            ),
            (
                "content:decided",
                f"content:{found.pk}",
                {"legality": "baseline", "basis": "list_match", "kind": "file", "viewed": False},
            ),
        ]
        assert waiting("route")
        assert not waiting("resolve")

    @pytest.mark.parametrize(
        ("category", "legality"),
        [("A1", "national"), ("B2", "national"), ("national", "national"), ("not_illegal", "not_illegal")],
    )
    def test_categories_mean_legalities(self, submit, work, listed, category, legality):
        listed("Known", category, sha256(PICTURE))
        submit(files=[PICTURE])
        work()
        assert content().legality == legality
        assert waiting("route") is (legality != "not_illegal")

    def test_a_near_duplicate_is_settled(self, submit, work, listed):
        listed("Known", "national", perceptual(PICTURE))
        submit(files=[RESAVED])
        work()
        match = Match.objects.get()
        assert (match.how, content().legality) == ("near", "national")
        assert 0 < match.distance <= 31

    def test_a_withdrawn_entry_settles_nothing_from_the_next_triage_on(self, submit, work, listed):
        listed("Known", "national", perceptual(PICTURE))
        submit(files=[PICTURE])
        work()
        withdraw_rows("Known", [HashRow(2, perceptual(PICTURE))], reason="A stock photo")
        submit(files=[RESAVED])
        work()
        settled, waiting = Content.objects.order_by("pk")
        assert (settled.legality, waiting.legality) == ("national", "")
        assert Case.objects.get().content == waiting

    def test_an_entry_withdrawn_between_look_up_and_effects_settles_nothing(self, submit, work, listed):
        listed("Known", "national", perceptual(PICTURE))
        report_id = submit(files=[PICTURE])
        [held] = jobs.claim(16, ("fingerprint",))
        assert jobs.perform(held)
        effects = triage(str(report_id))
        withdraw_rows("Known", [HashRow(2, perceptual(PICTURE))], reason="A stock photo")
        with transaction.atomic():
            assert effects() is not None
        work()
        assert content().legality == ""

    def test_a_flat_image_matches_nothing_near(self, submit, work, listed):
        flat = encoded(Image.new("RGB", (64, 64), (200, 200, 200)), "PNG")
        listed("Known", "national", {F.PDQ: (b"\x01" + pdq(flat)[0][1:]).hex()})
        submit(files=[flat])
        work()
        assert not Match.objects.exists()
        assert Case.objects.exists()

    def test_a_bare_hash_is_recognised(self, submit, work, listed):
        listed("Known", "national", {F.MD5: file_hashes([PICTURE]).md5})
        submit(("hash", f"md5:{file_hashes([PICTURE]).md5}"))
        work()
        assert content("hash").legality == "national"

    def test_a_sha256_and_its_file_are_one_content(self, submit, work):
        submit(("hash", f"sha256:{file_hashes([PICTURE]).sha256}"))
        work()
        submit(files=[PICTURE])
        work()
        assert content().times_reported == 2
        assert FileFacts.objects.get(content=content()).mime == "image/jpeg"
        assert Fingerprint.objects.filter(content=content()).count() == 4

    def test_lists_that_contradict_each_other_leave_it_to_a_person(self, submit, work, listed):
        listed("Illegal", "national", sha256(PICTURE))
        listed("Benign", "not_illegal", perceptual(PICTURE))
        submit(files=[PICTURE])
        work()
        assert content().legality == ""
        assert Match.objects.count() == 2
        assert Case.objects.exists()

    def test_a_list_that_does_not_settle_only_informs(self, submit, work, listed):
        listed("Hints", "baseline", sha256(PICTURE), settles=False)
        submit(files=[PICTURE])
        work()
        assert content().legality == ""
        assert services.case_facts(content().pk).matches[0].list_name == "Hints"

    def test_the_worst_category_stands_when_several_lists_know_it(self, submit, work, listed):
        listed("One", "A2", sha256(PICTURE))
        listed("Two", "baseline", perceptual(PICTURE))
        submit(files=[PICTURE])
        work()
        assert content().legality == "baseline"
        assert services.illegal_category(content().pk) == "A2"

    def test_a_known_report_is_assessed_without_review(self, submit, work, listed, told):
        listed("Known", "national", sha256(PICTURE))
        submit(files=[PICTURE])
        work()
        assert [action for action, _, _ in told("report:")] == ["report:received", "report:triaged", "report:assessed"]

    def test_a_benign_known_report_is_closed_without_action(self, submit, work, listed, told):
        listed("Benign", "not_illegal", sha256(PICTURE))
        report_id = submit(files=[PICTURE])
        work()
        assert intake.report(report_id).state is ReportState.CLOSED
        assert "report:actioned" not in [action for action, _, _ in told("report:")]

    def test_known_and_unknown_files_in_one_report(self, submit, work, listed):
        listed("Known", "national", sha256(PICTURE))
        report_id = submit(files=[PICTURE, OTHER])
        work()
        assert Case.objects.count() == 1
        assert intake.report(report_id).state is ReportState.IN_REVIEW
        assert "unknown_material" in {reason["code"] for reason in intake.report(report_id).priority_reasons}
