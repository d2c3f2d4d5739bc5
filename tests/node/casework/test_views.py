"""The screens of casework, as a browser without script sees them."""

import re
from html import unescape

import pytest
from django.test import Client
from node.casework.pages import BASELINE, NATIONAL, PICTURE, REST, actions, at, normalise_sha256, text
from signals.pictures import encoded, scene

from rempart.core.errors import NotPermitted, RempartError
from rempart.node.casework import evidence, queue, services
from rempart.node.casework.models import Assessment, Case, Content
from rempart.node.intake.models import ReportItem


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
