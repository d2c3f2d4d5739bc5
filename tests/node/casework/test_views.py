"""The screens of casework, as a browser without script sees them."""

import hashlib
import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from signals.pictures import encoded, scene

from rempart.core.errors import NotPermitted, RempartError
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_values import normalise
from rempart.node.audit import services as audit
from rempart.node.casework import evidence, holds, queue, services
from rempart.node.casework.content import keep_fingerprints
from rempart.node.casework.models import Assessment, Case, Content, Exposure, Fingerprint
from rempart.node.casework.similar import number_image
from rempart.node.intake import reports
from rempart.node.intake.models import Message, Report, ReportItem

PICTURE = encoded(scene(seed=4))
BASELINE = {"legality": "baseline", "age_band": "infant", "offences": ["distribution"]}
NATIONAL = {"legality": "national", "age_band": "pubescent", "offences": ["distribution", "trade"]}
REST = {"gender": "not_determined", "site_type": "not_applicable", "commerciality": "not_determined", "note": ""}


@pytest.fixture
def enter(people):
    """A browser of one of the cast, logged in; CSRF is enforced as in real life."""

    def log_in(name: str) -> "Browser":
        client = Client(enforce_csrf_checks=True)
        client.force_login(people[name])
        return Browser(client)

    return log_in


class Browser:
    """Keeps the token a browser takes from the page it stands on."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, path: str, **more):
        return self.client.get(path, **more)

    def post(self, path: str, data: dict | None = None, *, follow: bool = False, page: str = "/staff/queue/"):
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.client.get(page).content.decode())
        sent = {**(data or {}), "csrfmiddlewaretoken": token[1] if token else ""}
        return self.client.post(path, sent, follow=follow)


@pytest.fixture
def address(submit, work) -> int:
    submit(("url", "https://host.example/one?q=1"))
    work()
    return Content.objects.get().pk


@pytest.fixture
def picture(submit, work, upload) -> int:
    submit(files=[upload(PICTURE)])
    work()
    return Content.objects.get().pk


def at(content_id: int, act: str = "") -> str:
    return f"/staff/cases/{content_id}/{act}"


def text(response) -> str:
    """The words of a page, without tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def actions(subject: str) -> list[tuple[str, str]]:
    return [(fact.action, fact.actor) for fact in audit.events(subject=subject)]


class TestQueue:
    def test_nothing_waits(self, enter, clock):
        page = text(enter("ana").get("/staff/queue/"))
        assert "Nothing waits" in page
        assert "will appear here" in page

    def test_a_line_says_what_why_and_where_without_a_link_to_the_address(self, enter, address):
        response = enter("ana").get("/staff/queue/")
        html = response.content.decode()
        assert f"C-{address}" in html
        assert "host[.]example" in html
        assert "host.example" not in html
        assert "Web address" in text(response)
        assert re.search(r"Low|Normal|High|Urgent", text(response))

    def test_next_takes_the_most_urgent_and_opens_it(self, enter, submit, work, people):
        submit(("url", "https://one.example/"))
        submit(("url", "https://two.example/"), facts={"child_in_danger": True})
        work()
        urgent = Case.objects.order_by("-priority").first().pk
        response = enter("ana").post("/staff/queue/next")
        assert response["Location"] == at(urgent)
        assert Case.objects.get(pk=urgent).claimed_by == people["ana"]
        assert ("case:claimed", people["ana"].actor) in actions(f"case:{urgent}")

    def test_next_with_nothing_left_says_so(self, enter, clock):
        response = enter("ana").post("/staff/queue/next", follow=True)
        assert "Nothing waits for you" in text(response)

    def test_who_may_not_take_gets_no_button_and_403(self, enter, address):
        luis = enter("luis")
        assert "Next item" not in text(luis.get("/staff/queue/"))
        assert luis.post("/staff/queue/next", page=at(address)).status_code == 403

    def test_filters(self, enter, submit, work):
        submit(("url", "https://one.example/"))
        submit(("text", "words of a made-up person"), facts={"child_in_danger": True})
        work()
        ana = enter("ana")
        assert "Web address" not in text(ana.get("/staff/queue/?kind=text")).split("Held by")[-1]
        assert "1 case fits" in text(ana.get("/staff/queue/?kind=url"))
        assert "1 case fits" in text(ana.get("/staff/queue/?level=urgent"))
        assert "No case fits" in text(ana.get("/staff/queue/?state=arbitration"))
        assert "2 open cases" in text(ana.get("/staff/queue/?kind=nonsense&after=zzz"))

    def test_pages_of_fifty(self, enter, submit, work):
        submit(*[("url", f"https://host.example/{number}") for number in range(51)])
        work()
        ana = enter("ana")
        first = ana.get("/staff/queue/").content.decode()
        further = unescape(re.search(r'rel="next" href="([^"]+)"', first)[1])
        second = ana.get(f"/staff/queue/{further}").content.decode()
        assert first.count('<th scope="row">') == 50
        assert second.count('<th scope="row">') == 1
        assert 'rel="prev"' in second

    def test_a_second_look_comes_first_for_who_may_give_it(self, enter, address, people):
        ana = enter("ana")
        ana.post(at(address, "claim"))
        ana.post(at(address, "assess"), BASELINE | REST)
        assert "Waiting for your second look" in text(enter("sacha").get("/staff/queue/"))
        assert "Waiting for your second look" not in text(enter("ben").get("/staff/queue/"))


class TestCase:
    def test_the_address_is_text_that_cannot_be_followed(self, enter, address):
        html = enter("ana").get(at(address)).content.decode()
        assert "hxxps://host[.]example/one?q=1" in html
        assert "https://host.example" not in html

    def test_unknown_case_is_a_404_page(self, enter, clock):
        response = enter("ana").get(at(999))
        assert response.status_code == 404
        assert "Go to the queue" in text(response)

    def test_details_that_may_name_people_are_for_the_holder_alone(self, enter, submit, work):
        submit(("account", "made-up-person"), ("text", "a text; see https://host.example/x"))
        work()
        account = Content.objects.get(kind="account").pk
        written = Content.objects.get(kind="text").pk
        ana, ben = enter("ana"), enter("ben")
        ana.post(at(account, "claim"))
        ana.post(at(written, "claim"))
        assert "made-up-person" in ana.get(at(account)).content.decode()
        assert "hxxps://host.example/x" in ana.get(at(written)).content.decode()
        assert "made-up-person" not in ben.get(at(account)).content.decode()
        assert "a text" not in ben.get(at(written)).content.decode()

    def test_nothing_is_unsealed_but_for_the_holder(self, enter, submit, work, upload, people, clock):
        submit(("account", "made-up-person"), files=[upload(PICTURE)])
        work()
        # Whoever opens one of these fails.
        ReportItem.objects.update(sealed=b"sealed for good")
        account, file = (Content.objects.get(kind=kind).pk for kind in ("account", "file"))
        for content in (account, file):
            for name in ("ana", "ben", "sacha", "luis", "vera"):
                assert enter(name).get(at(content)).status_code == 200
        queue.claim(people["ana"], account)
        assert enter("ben").get(at(account)).status_code == 200
        with pytest.raises(RempartError):
            enter("ana").get(at(account))
        for name in ("ben", "sacha"):
            with pytest.raises(NotPermitted):
                services.opened_items(people[name], account)
        clock.advance(days=1)
        with pytest.raises(NotPermitted):
            services.opened_items(people["ana"], account)
        assert enter("ana").get(at(account)).status_code == 200

    def test_a_view_is_of_its_own_content(self, enter, submit, work, upload, people):
        submit(files=[upload(PICTURE), upload(encoded(scene(seed=9)))])
        work()
        one, other = Content.objects.values_list("pk", flat=True)
        queue.claim(people["ana"], one)
        ana = enter("ana")
        token = evidence.show(people["ana"], one, services.case_facts(one).files[0].id)
        assert ana.get(at(one, f"preview/{token}")).status_code == 200
        assert ana.get(at(other, f"preview/{token}")).status_code == 403

    def test_a_case_a_colleague_holds_is_not_taken(self, enter, address, people):
        enter("ana").post(at(address, "claim"))
        response = enter("ben").post(at(address, "claim"), follow=True)
        assert "not open to you" in text(response)
        assert "Ana Analyst is working on this case" in text(response)
        assert Case.objects.get().claimed_by == people["ana"]

    def test_hand_back(self, enter, address, people):
        ana = enter("ana")
        ana.post(at(address, "claim"))
        assert "Handed back" in text(ana.post(at(address, "hand-back"), follow=True))
        assert Case.objects.get().claimed_by is None
        assert ("case:handed_back", people["ana"].actor) in actions(f"case:{address}")

    def test_related_contents_matches_and_reasons_are_told(self, enter, submit, work, upload, listed):
        listed("Example list", "national", normalise_sha256(PICTURE), settles=False)
        submit(("url", "https://host.example/a"), ("url", "https://host.example/b"), files=[upload(PICTURE)])
        work()
        first = Content.objects.filter(kind="url").first().pk
        file = Content.objects.get(kind="file").pk
        ana = enter("ana")
        assert "hxxps://host[.]example/b" in text(ana.get(at(first)))
        page = text(ana.get(at(file)))
        assert "Example list, national: exact" in page
        assert "reported by the public" in page.lower()
        assert "320 × 240" in page


class TestSimilar:
    @pytest.fixture
    def alike(self, submit, work, upload) -> list[int]:
        """A picture, two copies of it, and another picture."""
        copies = [encoded(scene(seed=4).resize(size)) for size in ((200, 150), (160, 120))]
        for data in (PICTURE, *copies, encoded(scene(seed=9))):
            submit(files=[upload(data)])
            work()
        return list(Content.objects.order_by("pk").values_list("pk", flat=True))

    @staticmethod
    def part(response) -> str:
        """The words of the page's part about similar images."""
        return text(response).split("this one", 1)[1].split("report points to it")[0]

    def test_count_references_and_decisions_are_told(self, enter, alike, people):
        first, copy, other_copy, other = alike
        queue.claim(people["ben"], copy)
        enter("ben").post(at(copy, "assess"), NATIONAL | REST)
        response = enter("ana").get(at(first))
        assert "2 images look like this one" in text(response)
        part = self.part(response)
        assert f"C-{copy} Illegal here , assessed by a person" in part
        assert f"C-{other_copy} not decided, waiting" in part
        assert f"C-{other} " not in part
        assert f'href="{at(copy)}"' in response.content.decode()

    def test_each_role_that_sees_the_case_may_follow_the_link(self, enter, alike):
        first, copy, *_ = alike
        for name in ("ana", "sacha", "luis", "vera"):
            person = enter(name)
            assert "look like this one" in text(person.get(at(first)))
            assert person.get(at(copy)).status_code == 200
        for name in ("lin", "stan", "aude", "adam"):
            assert enter(name).get(at(first)).status_code == 403

    def test_an_opinion_that_waits_for_its_second_look_is_not_told(self, enter, alike):
        first, copy, *_ = alike
        ben = enter("ben")
        ben.post(at(copy, "claim"))
        ben.post(at(copy, "assess"), BASELINE | REST)
        part = self.part(enter("sacha").get(at(first)))
        assert f"C-{copy} not decided, second look" in part
        assert "Baseline" not in part

    def test_no_image_and_no_fingerprint_is_part_of_it(self, enter, alike):
        values = [bytes(value) for value in Fingerprint.objects.values_list("value", flat=True)]
        for path in (at(alike[0]), "/staff/queue/"):
            html = enter("ana").get(path).content.decode()
            assert "<img" not in re.sub(r'<a class="brand".*?</a>', "", html, flags=re.S)
            assert not any(value.hex() in html.lower() for value in values)

    def test_the_first_of_its_kind_is_said_to_be(self, enter, picture, submit, work):
        submit(("url", "https://host.example/one?q=1"))
        work()
        ana = enter("ana")
        assert "No other image here looks like it" in text(ana.get(at(picture)))
        assert "Similar images" not in text(ana.get(at(Content.objects.get(kind="url").pk)))

    def test_more_than_are_shown(self, enter, picture, clock):
        code, quality = Fingerprint.objects.filter(content=picture, kind="pdq").values_list("value", "quality").get()
        for number in range(13):
            made = Content.objects.create(kind="file", key=bytes([number]) * 32, first_seen_at=clock.now())
            keep_fingerprints(made.pk, [(FingerprintType.PDQ, bytes(code))], pdq_quality=quality)
            number_image(made.pk)
        page = text(enter("ana").get(at(picture)))
        assert "13 images look like this one" in page
        assert "and 3 more" in page

    def test_the_queue_tells_how_many(self, enter, alike):
        page = text(enter("ana").get("/staff/queue/"))
        assert page.count("2 similar") == 3
        assert re.search(rf"C-{alike[3]} File (?!\d+ similar)", page)

    def test_intake_asks_nothing_of_it(self, submit, work, upload, monkeypatch):
        """Reports come in and are worked off while nobody can search."""

        def fail() -> None:
            raise AssertionError("somebody searched")

        monkeypatch.setattr("rempart.node.casework.similar._index", fail)
        submit(files=[upload(PICTURE)])
        work()
        assert Case.objects.count() == 1


def normalise_sha256(data: bytes) -> dict:
    return {FingerprintType.SHA256: normalise(FingerprintType.SHA256, hashlib.sha256(data).hexdigest())}


class TestDecision:
    def test_recorded_with_everything_chosen(self, enter, address, people):
        ana = enter("ana")
        ana.post(at(address, "claim"))
        chosen = NATIONAL | REST | {"characteristics": ["self_generated"], "site_type": "forum", "note": "seen"}
        response = ana.post(at(address, "assess"), chosen, follow=True)
        assert "Recorded and decided: Illegal here" in text(response)
        one = Assessment.objects.get()
        assert (one.legality, one.age_band, one.site_type, one.note) == ("national", "pubescent", "forum", "seen")
        assert (one.offences, one.characteristics) == (["distribution", "trade"], ["self_generated"])
        assert one.assessor == people["ana"]
        assert ("content:assessed", people["ana"].actor) in actions(f"content:{address}")

    def test_a_contradiction_is_named_and_what_was_chosen_is_kept(self, enter, address):
        ana = enter("ana")
        ana.post(at(address, "claim"))
        wrong = BASELINE | REST | {"age_band": "pubescent", "note": "keep me", "gender": "both"}
        response = ana.post(at(address, "assess"), wrong)
        assert response.status_code == 422
        assert "Baseline means a child who is an infant" in text(response)
        html = response.content.decode()
        assert "keep me" in html
        for name, value in (("legality", "baseline"), ("age_band", "pubescent"), ("gender", "both")):
            assert re.search(rf'name="{name}" value="{value}" id="\w+" checked', html)
        assert re.search(r'name="offences" value="distribution" id="\w+" checked', html)
        assert not Assessment.objects.exists()

    def test_nothing_chosen(self, enter, address):
        ana = enter("ana")
        ana.post(at(address, "claim"))
        response = ana.post(at(address, "assess"), {})
        assert response.status_code == 422
        assert "Choose one." in text(response)

    def test_without_the_claim_a_message_says_what_to_do(self, enter, address):
        response = enter("ana").post(at(address, "assess"), NATIONAL | REST, follow=True)
        assert "You do not hold this case" in text(response)
        assert "take the case again or the next one" in text(response)
        assert not Assessment.objects.exists()

    def test_the_first_may_take_it_back_until_the_second_begins(self, enter, address, people):
        ana, sacha = enter("ana"), enter("sacha")
        ana.post(at(address, "claim"))
        ana.post(at(address, "assess"), BASELINE | REST)
        assert "Taken back" in text(ana.post(at(address, "take-back"), follow=True))
        assert ("content:assessment_withdrawn", people["ana"].actor) in actions(f"content:{address}")
        ana.post(at(address, "assess"), BASELINE | REST)
        sacha.post(at(address, "claim"))
        assert "can no longer be taken back" in text(ana.post(at(address, "take-back"), follow=True))


class TestSecondLook:
    @pytest.fixture
    def pending(self, enter, address) -> int:
        ana = enter("sacha")
        ana.post(at(address, "claim"))
        ana.post(at(address, "assess"), BASELINE | REST | {"gender": "female", "note": "first opinion's words"})
        assert Case.objects.get().state == "second_look"
        return address

    def test_refused_to_the_first_assessor(self, enter, pending):
        sacha = enter("sacha")
        assert "Take this case" not in text(sacha.get(at(pending)))
        assert "not open to you" in text(sacha.post(at(pending, "claim"), follow=True))
        assert Case.objects.get().claimed_by is None

    def test_does_not_see_the_first_before_having_decided(self, pending, second_senior):
        client = Client()
        client.force_login(second_senior)
        client.post(at(pending, "claim"))
        page = client.get(at(pending))
        assert "Decide on your own" in text(page)
        assert "first opinion&#x27;s words" not in page.content.decode()
        assert "Baseline" not in text(page).split("History")[1].split("Queue")[0]
        assert "checked" not in re.search(r'id="id_legality".*?</fieldset>', page.content.decode(), re.S)[0]

    def test_disagreement_goes_to_arbitration_which_sees_both(self, pending, second_senior, people):
        client = Client()
        client.force_login(second_senior)
        client.post(at(pending, "claim"))
        answer = client.post(at(pending, "assess"), NATIONAL | REST | {"note": "second opinion"}, follow=True)
        assert "a third person arbitrates" in text(answer)
        page = client.get(at(pending)).content.decode()
        assert "first opinion&#x27;s words" in page
        assert "second opinion" in page


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


def test_a_post_without_the_pages_token_changes_nothing(people, address):
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["ana"])
    assert client.post(at(address, "claim")).status_code == 403
    assert Case.objects.get().claimed_by is None


def test_nothing_of_casework_is_kept_by_caches(enter, address):
    for path in ("/staff/queue/", at(address)):
        assert enter("ana").get(path)["Cache-Control"] == "no-store"


def test_a_claim_that_ran_out_and_was_taken_over_says_so(enter, address, clock, people):
    ana = enter("ana")
    ana.post(at(address, "claim"))
    clock.advance(hours=2)
    queue.claim(people["ben"], address)
    response = ana.post(at(address, "assess"), NATIONAL | REST, follow=True)
    assert "a colleague taken it over" in text(response)
    assert not Assessment.objects.exists()


def test_the_auditor_reads_every_event_a_case_left(enter, address, people):
    """Also one whose facts have a name that templates could take for a method, such as `items`."""
    enter("ana").post(at(address, "claim"))
    page = text(enter("aude").get("/staff/audit/"))
    assert "report:received" in page
    assert "items 1" in page
    assert f"{people['ana'].actor} case:claimed case:{address}" in page
