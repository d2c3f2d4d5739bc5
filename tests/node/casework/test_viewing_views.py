"""Images, reporters' messages and holds on the screens of casework."""

import re
from datetime import timedelta

import pytest
from node.casework.pages import PICTURE, Browser, actions, at, normalise_sha256, text

from rempart.node.audit import services as audit
from rempart.node.casework import holds
from rempart.node.casework.models import Content, Exposure
from rempart.node.intake import reports
from rempart.node.intake.models import Message, Report


class TestImage:
    def test_not_part_of_the_page_until_asked_for(self, enter, picture):
        ana = enter("ana")
        ana.post(at(picture, "claim"))
        html = ana.get(at(picture)).content.decode()
        assert "<img" not in re.sub(r'<a class="brand".*?</a>', "", html, flags=re.S)
        assert "Show small, grey and blurred" in html
        assert not Exposure.objects.exists()

    def test_asked_for_it_is_shown_once_recorded_and_not_kept(self, enter, picture, people):
        ana = enter("ana")
        ana.post(at(picture, "claim"))
        shown = self.ask(ana, picture, 1)
        source = re.search(r'src="(/staff/cases/\d+/preview/[^"]+)"', shown.content.decode())[1]
        image = ana.get(source)
        assert image["Content-Type"] == "image/jpeg"
        assert image["Cache-Control"] == "no-store"
        assert image.content.startswith(b"\xff\xd8\xff")
        exposure = Exposure.objects.get()
        assert (exposure.person, exposure.how) == (people["ana"], "grey-blurred-small")
        assert ("exposure:shown", people["ana"].actor) in actions(f"content:{picture}")
        assert "/preview/" not in ana.get(at(picture)).content.decode()
        assert "Seen by Ana Analyst" in text(ana.get(at(picture)))

    def test_more_goes_up_to_the_last_level_and_hide_removes_it(self, enter, picture):
        ana = enter("ana")
        ana.post(at(picture, "claim"))
        assert "Show more" in text(self.ask(ana, picture, 2))
        assert "Show more" not in text(self.ask(ana, picture, 3))
        assert "/preview/" not in self.ask(ana, picture, 0).content.decode()
        assert [one.how for one in Exposure.objects.order_by("pk")] == ["grey-lightly-blurred", "grey-sharp"]

    def test_what_was_chosen_for_the_decision_stays_chosen(self, enter, picture):
        ana = enter("ana")
        ana.post(at(picture, "claim"))
        html = self.ask(ana, picture, 1, legality="national", offences=["trade"], note="half way").content.decode()
        assert re.search(r'name="legality" value="national" id="\w+" checked', html)
        assert re.search(r'name="offences" value="trade" id="\w+" checked', html)
        assert "half way" in html

    def test_a_token_is_one_persons_for_a_minute(self, enter, picture, monkeypatch):
        ana = enter("ana")
        ana.post(at(picture, "claim"))
        source = re.search(r'src="(/staff/cases/[^"]+)"', self.ask(ana, picture, 1).content.decode())[1]
        assert enter("sacha").get(source).status_code == 403
        assert ana.get(source + "x").status_code == 403
        import time

        now = time.time()
        monkeypatch.setattr("django.core.signing.time.time", lambda: now + 61)
        assert ana.get(source).status_code == 403

    def test_known_content_is_never_shown(self, enter, submit, work, upload, listed, people):
        listed("Example list", "national", normalise_sha256(PICTURE))
        submit(files=[upload(PICTURE)])
        work()
        known = Content.objects.get().pk
        ana = enter("sacha")
        page = ana.get(at(known))
        assert "nobody needs to look at it again" in text(page)
        assert "Show small" not in page.content.decode()
        answer = self.ask(ana, known, 1, follow=True)
        assert "known and decided" in text(answer)
        assert not Exposure.objects.exists()

    def test_without_the_claim_it_is_refused(self, enter, picture):
        response = self.ask(enter("ana"), picture, 1)
        assert response.status_code == 403
        assert "Take the case first" in text(response)
        assert not Exposure.objects.exists()

    def test_a_sealed_file_needs_the_right_and_a_reason(self, enter, submit, work, upload, people):
        submit(files=[upload(PICTURE, viewed=None)])
        work()
        sealed = Content.objects.get().pk
        ana, sacha = enter("ana"), enter("sacha")
        ana.post(at(sealed, "claim"))
        assert "It is sealed" in text(ana.get(at(sealed)))
        assert self.ask(ana, sealed, 1, unseal_reason="curious").status_code == 403
        without = self.ask(sacha, sealed, 1)
        assert without.status_code == 422
        assert "Write on what ground you open it" in text(without)
        assert not Exposure.objects.exists()
        assert "/preview/" in self.ask(sacha, sealed, 1, unseal_reason="warrant 12").content.decode()
        opened = [fact for fact in audit.events(actions=["file:unsealed"])]
        assert [(fact.actor, fact.reason) for fact in opened] == [(people["sacha"].actor, "warrant 12")]

    @pytest.mark.parametrize("sent", [{"level": "9"}, {"level": "x"}, {"file": "987654321"}, {"file": ""}])
    def test_nonsense_shows_nothing(self, enter, picture, sent):
        ana = enter("ana")
        ana.post(at(picture, "claim"))
        response = self.ask(ana, picture, **({"level": 1} | sent))
        assert response.status_code in (404, 422)
        assert "/preview/" not in response.content.decode()
        assert not Exposure.objects.exists()

    @staticmethod
    def ask(browser: Browser, content_id: int, level: int | str, *, follow: bool = False, **more):
        stored = Report.objects.get().files.get().pk
        return browser.post(at(content_id, "show"), {"file": stored, "level": level, **more}, follow=follow)


class TestMessages:
    @pytest.fixture
    def wrote(self, address, clock) -> Report:
        report = Report.objects.get()
        sealed = reports.seal_message(report, "More at https://host.example/two")
        Message.objects.create(report=report, sealed=sealed, repeat_key=bytes(32), sent_at=clock.now())
        return report

    def read(self, browser, content_id, report, reason):
        return browser.post(
            at(content_id, f"messages/{report.pk}"), {f"message_reason-{report.pk}": reason}, page=at(content_id)
        )

    def test_read_with_a_reason_which_is_recorded(self, enter, address, wrote, people):
        ana = enter("ana")
        assert "More at" not in ana.get(at(address)).content.decode()
        response = self.read(ana, address, wrote, "the address is incomplete")
        assert "More at hxxps://host.example/two" in text(response)
        [fact] = audit.events(actions=["message:read"])
        assert (fact.subject, fact.actor) == (f"report:{wrote.pk}", people["ana"].actor)
        assert fact.reason == "the address is incomplete"

    def test_not_without_a_reason_nor_of_another_case(self, enter, address, wrote):
        response = self.read(enter("ana"), address, wrote, "  ")
        assert response.status_code == 422
        assert "needs a reason" in text(response)
        other = Content.objects.create(kind="url", key=b"k" * 32, first_seen_at=wrote.received_at).pk
        assert self.read(enter("ana"), other, wrote, "curious").status_code == 404
        assert not list(audit.events(actions=["message:read"]))


class TestHold:
    def place(self, browser, content_id, day, reason="request 12 of the police"):
        return browser.post(at(content_id, "hold"), {"hold-deadline": day, "hold-reason": reason}, follow=True)

    def test_placed_and_released_by_its_owner_alone(self, enter, address, people, clock):
        day = (clock.now() + timedelta(days=9)).date()
        luis, ana = enter("luis"), enter("ana")
        assert "Hold placed" in text(
            luis.post(
                at(address, "hold"), {"hold-deadline": day, "hold-reason": "request 12"}, follow=True, page=at(address)
            )
        )
        assert "Police hold" in text(enter("ben").get("/staff/queue/"))
        refused = ana.post(at(address, "release"))
        assert refused.status_code == 403
        assert "only its owner releases a hold" in text(refused).lower()
        assert holds.is_held(address)
        assert "Hold released" in text(luis.post(at(address, "release"), follow=True, page=at(address)))
        assert [one for one in actions(f"content:{address}") if one[0].startswith("hold:")] == [
            ("hold:placed", people["luis"].actor),
            ("hold:released", people["luis"].actor),
        ]

    def test_needs_a_reason_and_a_day_to_come(self, enter, address, clock):
        ana = enter("ana")
        assert "Choose a day to come" in text(self.place(ana, address, "2020-01-01"))
        day = (clock.now() + timedelta(days=9)).date()
        kept = self.place(ana, address, day, reason="")
        assert kept.status_code == 422
        assert str(day) in kept.content.decode()
        assert not holds.is_held(address)

    def test_a_second_one_is_refused_with_advice(self, enter, address, clock):
        day = (clock.now() + timedelta(days=9)).date()
        self.place(enter("ana"), address, day)
        assert "A hold stands already" in text(
            enter("ben").post(at(address, "hold"), {"hold-deadline": day, "hold-reason": "another"}, follow=True)
        )
