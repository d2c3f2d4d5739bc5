"""The queue's screens: filters in the address, saved views, standing, search, undo, notes, identical content."""

import re
from html import unescape

from node.casework.pages import NATIONAL, REST, Browser, at, text
from node.casework.test_alike import enter_stream

from rempart.core.permissions import Permission
from rempart.node.casework import listing, notes, queue
from rempart.node.casework.models import Assessment, Case, Content, Note, SavedView

QUEUE = "/staff/queue/"


class TestFilters:
    def test_they_stand_in_the_address_and_stay_chosen(self, enter, submit, work):
        submit(("url", "https://host.example/one"), facts={"child_in_danger": True})
        submit(("text", "words of a made-up person"))
        work()
        ana = enter("ana")
        answer = ana.get(f"{QUEUE}?reason=child_in_danger&kind=url")
        assert "1 case fits" in text(answer)
        assert re.search(r'value="child_in_danger"\s+selected', answer.content.decode())
        assert "No case fits" in text(ana.get(f"{QUEUE}?mine=on"))
        ana.post(f"{QUEUE}next")
        assert "1 case fits" in text(ana.get(f"{QUEUE}?mine=on"))
        assert "No case fits" in text(ana.get(f"{QUEUE}?country=nl"))
        assert "No case fits" in text(ana.get(f"{QUEUE}?due=over"))
        assert "2 cases fit" in text(ana.get(f"{QUEUE}?due=nonsense&kind=&state=waiting"))

    def test_one_that_is_not_understood_leaves_the_others(self, enter, submit, work):
        submit(("url", "https://host.example/one"), ("text", "words of a made-up person"))
        work()
        assert "1 case fits" in text(enter("ana").get(f"{QUEUE}?country=1234&kind=text&after=nowhere"))

    def test_pages_keep_the_filters(self, enter, submit, work, monkeypatch):
        monkeypatch.setattr("rempart.node.casework.queue_views.PAGE", 2)
        submit(*[("url", f"https://host.example/{number}") for number in range(5)])
        work()
        ana, seen, path = enter("ana"), [], f"{QUEUE}?kind=url"
        while path:
            html = ana.get(path).content.decode()
            seen += re.findall(r'<th scope="row"><a href="/staff/cases/(\d+)/', html)
            further = re.search(r'rel="next" href="([^"]+)"', html)
            assert further is None or "kind=url" in further[1]
            path = QUEUE + unescape(further[1]) if further else ""
        assert len(seen) == len(set(seen)) == 5
        assert 'rel="prev"' in html

    def test_a_long_count_says_more_than(self, enter, submit, work, monkeypatch):
        monkeypatch.setattr(listing, "MOST_COUNTED", 2)
        submit(*[("url", f"https://host.example/{number}") for number in range(4)])
        work()
        assert "More than 2 cases fit" in text(enter("ana").get(f"{QUEUE}?kind=url"))
        assert "4 open cases" in text(enter("ana").get(QUEUE))


class TestStanding:
    def test_the_fragment_is_a_part_of_the_page_and_no_page(self, enter, address, clock):
        ana = enter("ana")
        clock.advance(days=8)
        part = ana.get(f"{QUEUE}progress")
        assert "<html" not in part.content.decode()
        assert "1 waiting 0 second look 0 arbitration 1 overdue 0 due within the hour 0 yours" in text(part)
        assert text(part) in text(ana.get(QUEUE))
        assert part["Cache-Control"] == "no-store"

    def test_the_list_tells_each_deadline(self, enter, address, clock):
        ana = enter("ana")
        assert "6 d" in text(ana.get(QUEUE)) or "7 d" in text(ana.get(QUEUE)) or "3 d" in text(ana.get(QUEUE))
        clock.advance(days=8)
        assert " over " in text(ana.get(QUEUE))


class TestSavedViews:
    def test_kept_opened_shared_and_removed(self, enter, address):
        ana, ben = enter("ana"), enter("ben")
        kept = ana.post(f"{QUEUE}views", {"name": "Addresses", "kind": "url", "level": "nonsense"})
        assert kept["Location"] == f"{QUEUE}?kind=url"
        assert '<a class="nav-link" href="?kind=url">Addresses</a>' in ana.get(QUEUE).content.decode()
        assert "Addresses" not in text(ben.get(QUEUE))
        view = SavedView.objects.get()
        ana.post(f"{QUEUE}views/{view.pk}", {"what": "share"})
        assert "Addresses Ana Analyst" in text(ben.get(QUEUE))
        assert ben.post(f"{QUEUE}views/{view.pk}", {"what": "remove"}).status_code == 404
        ana.post(f"{QUEUE}views/{view.pk}", {"what": "remove"})
        assert not SavedView.objects.exists()

    def test_without_a_name_nothing_is_kept_and_it_says_so(self, enter, address):
        ana = enter("ana")
        answer = ana.post(f"{QUEUE}views", {"name": " ", "kind": "url"}, follow=True)
        assert "cannot be kept" in text(answer)
        assert not SavedView.objects.exists()


class TestSearch:
    def look(self, browser: Browser, words: str, by: str = ""):
        return browser.post("/staff/search/", {"q": words, "by": by}, page="/staff/search/")

    def test_found_by_an_address_that_is_not_written_back(self, enter, address):
        answer = self.look(enter("ana"), "https://host.example/one?q=1")
        assert "1 found" in text(answer)
        assert f"C-{address}" in text(answer)
        assert "https://host.example" not in answer.content.decode()

    def test_what_was_looked_for_is_never_in_an_address(self, enter, address):
        html = enter("ana").get("/staff/search/?q=host.example").content.decode()
        assert "host.example" not in html
        assert 'method="post"' in html

    def test_nothing_found_and_nothing_understood_say_what_to_do(self, enter, address):
        ana = enter("ana")
        assert "Nothing was found" in text(self.look(ana, "nowhere.example"))
        wrong = self.look(ana, "no fingerprint", "fingerprint")
        assert wrong.status_code == 422
        assert "Paste the hexadecimal" in text(wrong)
        assert "no fingerprint" not in wrong.content.decode().replace("no fingerprint that is searched", "")


class TestUndo:
    def test_offered_to_its_author_until_it_is_acted_on(self, enter, address, clock, work, settings):
        settings.UNDO_SECONDS = 60
        ana, ben = enter("ana"), enter("ben")
        ana.post(at(address, "claim"))
        ana.post(at(address, "assess"), NATIONAL | REST, page=at(address))
        clock.advance(seconds=20)
        page = ana.get(at(address))
        assert "for 40 more seconds" in text(page)
        assert "Undo the decision" in text(page)
        assert "Undo the decision" not in text(ben.get(at(address)))
        answer = ana.post(at(address, "undo"), page=at(address), follow=True)
        assert "Undone. The case is yours again" in text(answer)
        assert "Record decision" in text(answer)

    def test_too_late_says_so(self, enter, address, clock, settings):
        settings.UNDO_SECONDS = 60
        ana = enter("ana")
        ana.post(at(address, "claim"))
        ana.post(at(address, "assess"), NATIONAL | REST, page=at(address))
        clock.advance(seconds=60)
        assert "Undo the decision" not in text(ana.get(at(address)))
        assert "can no longer be undone" in text(ana.post(at(address, "undo"), follow=True))
        assert Content.objects.get().legality == "national"


class TestClaim:
    def test_handing_back_asks_why(self, enter, address):
        ana = enter("ana")
        ana.post(at(address, "claim"))
        assert "Needs another language" in text(ana.get(at(address)))
        assert ana.post(at(address, "hand-back"), {"why": "nonsense"}, page=at(address)).status_code == 422
        assert ana.post(at(address, "hand-back"), {"why": "language"}, page=at(address)).status_code == 302
        assert "Needs another language" in text(ana.get(at(address)))
        assert Case.objects.get().claimed_by is None

    def test_renewed_while_one_works(self, enter, address, clock, people):
        ana = enter("ana")
        ana.post(at(address, "claim"))
        clock.advance(minutes=29)
        answer = ana.post(at(address, "renew"), page=at(address))
        assert (answer.status_code, answer.content) == (200, b"30 min")
        clock.advance(minutes=31)
        queue.claim(people["ben"], address)
        lost = ana.post(at(address, "renew"), page=at(address))
        assert lost.status_code == 409
        assert queue.is_holder(people["ben"], address)


class TestNotes:
    def test_kept_without_losing_what_was_chosen(self, enter, address):
        ana = enter("ana")
        ana.post(at(address, "claim"))
        sent = {"case_note": "see https://host.example/x", "legality": "national"}
        page = ana.post(at(address, "note"), sent, page=at(address))
        assert "see hxxps://host.example/x" in text(page)
        assert re.search(r'name="legality" value="national" id="\w+" checked', page.content.decode())
        assert "see hxxps" in text(enter("ben").get(at(address)))
        assert "see hxxps" not in text(enter("luis").get(at(address)))

    def test_an_empty_one_is_refused(self, enter, address):
        answer = enter("ana").post(at(address, "note"), {"case_note": " "}, page=at(address))
        assert answer.status_code == 422
        assert not Note.objects.exists()
        assert enter("ana").post(at(999, "note"), {"case_note": "x"}, page=at(address)).status_code == 404

    def test_a_second_look_does_not_see_the_firsts(self, enter, address, people):
        ana, sacha = enter("ana"), enter("sacha")
        ana.post(at(address, "claim"))
        notes.add(people["ana"], address, "I think that it is")
        baseline = {"legality": "baseline", "age_band": "infant", "offences": ["distribution"]}
        ana.post(at(address, "assess"), baseline | REST, page=at(address))
        sacha.post(at(address, "claim"), page=at(address))
        notes.add(people["sacha"], address, "a note of my own")
        page = text(sacha.get(at(address)))
        assert "I think that it is" not in page
        assert "a note of my own" in page


class TestAlike:
    def test_preview_decide_and_undo(self, enter, submit, work, settings):
        settings.UNDO_SECONDS = 60
        submit(("url", "https://host.example/one"))
        work()
        enter_stream("https://host.example/one")
        first, second = Content.objects.order_by("pk").values_list("pk", flat=True)
        ana = enter("ana")
        assert "1 identical content" in text(ana.get(at(first)))
        assert "Decide the case first" in text(ana.get(at(first, "alike")))
        ana.post(at(first, "claim"))
        ana.post(at(first, "assess"), NATIONAL | REST, page=at(first))
        assert "Decide these alike" in text(ana.get(at(first)))
        preview = ana.get(at(first, "alike"))
        assert f"Decide these like C-{first}: Illegal here" in text(preview)
        assert Assessment.objects.count() == 1, "a preview decides nothing"
        answer = ana.post(at(first, "alike/decide"), {"cases": [second]}, page=at(first, "alike"), follow=True)
        assert f"C-{second}: decided." in text(answer)
        assert Content.objects.get(pk=second).legality == "national"
        answer = ana.post(at(first, "alike/undo"), page=at(first, "alike"), follow=True)
        assert "1 decision undone." in text(answer)
        assert Content.objects.get(pk=second).legality == ""

    def test_what_is_not_identical_is_refused(self, enter, address, submit, work):
        submit(("url", "https://other.example/"))
        work()
        other = Content.objects.get(host="other.example").pk
        ana = enter("ana")
        ana.post(at(address, "claim"))
        ana.post(at(address, "assess"), NATIONAL | REST, page=at(address))
        answer = ana.post(at(address, "alike/decide"), {"cases": [other, "x"]}, page=at(address))
        assert answer.status_code == 422
        assert Content.objects.get(pk=other).legality == ""


class TestTimeLine:
    def test_all_that_happened_in_plain_words(self, enter, address, drain):
        ana = enter("ana")
        ana.post(at(address, "claim"))
        ana.post(at(address, "hand-back"), {"why": "specialist"}, page=at(address))
        ana.post(at(address, "claim"))
        ana.post(at(address, "assess"), NATIONAL | REST, page=at(address))
        page = text(ana.get(at(address))).partition("History")[2]
        wanted = [
            "Decided: Illegal here, assessed by a person · Ana Analyst",
            "Assessed: Illegal here · Ana Analyst",
            "Case taken · Ana Analyst",
            "Case handed back: Needs a specialist · Ana Analyst",
            "Report triaged",
            "First reported",
            "Report came in",
        ]
        places = [page.find(line) for line in wanted]
        assert -1 not in places, wanted[places.index(-1)]
        assert places == sorted(places)

    def test_every_event_of_casework_has_words(self, repository):
        from rempart.node.casework.timeline import EVENTS

        listed = (repository / "docs" / "events.md").read_text("utf-8")
        subjects = "content|case|hold|hosting|report|preservation"
        about = re.findall(rf"^\| \**`((?:{subjects}):[a-z_]+)`", listed, re.MULTILINE)
        assert len(about) > 30
        assert set(about) <= set(EVENTS)
        assert not [name for name in EVENTS if name.startswith("exposure:")], (
            "whom it was shown to is told by name alone"
        )


def test_every_view_of_the_queue_names_its_permission():
    from rempart.node.casework import alike_views, queue_views

    for view, needed in (
        (queue_views.search, Permission.QUEUE_VIEW),
        (queue_views.save_view, Permission.QUEUE_VIEW),
        (alike_views.decide, Permission.CASE_ASSESS),
        (alike_views.undo, Permission.CASE_ASSESS),
    ):
        assert view.required_permission is needed
