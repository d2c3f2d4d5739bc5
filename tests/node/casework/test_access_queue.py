"""A restricted case at the entrances of the queue: list, counts, views, search, links, notes, time line, undo."""

import hashlib
from datetime import timedelta

import pytest
from django.conf import settings as node
from django.db import transaction
from node.casework.pages import at, text
from node.casework.test_alike import BASELINE, NATIONAL, enter_stream
from signals.pictures import encoded, scene

from rempart.core.errors import Conflict, InputError
from rempart.core.vocabulary import FingerprintType
from rempart.node.audit import services as audit
from rempart.node.casework import (
    access,
    alike,
    assessing,
    case_page,
    listing,
    notes,
    queue,
    related,
    saved_views,
    searching,
    timeline,
    undoing,
)
from rempart.node.casework.access import Restricted
from rempart.node.casework.content import keep_fingerprints
from rempart.node.casework.listing import Filters
from rempart.node.casework.models import Assessment, Case, Content, Note
from rempart.node.intake import receipts
from rempart.node.intake.models import Report

SEE_CASES = ("ana", "ben", "sacha", "luis", "vera")
QUEUE = "/staff/queue/"
HOST = "very-special-host"
SECRET = f"https://{HOST}.example/secret-path"
CODE = "0123456789ABCDEF"
DIGEST = hashlib.sha256(b"made up").digest()


@pytest.fixture
def secret(submit, work, people, clock, settings) -> int:
    """An address with a note, a receipt, a fingerprint, an account named beside it, an identical live stream and
    another page of its host. Nobody's yet."""
    settings.UNDO_SECONDS = 60
    report = submit(("url", SECRET), ("account", "made-up-neighbour"), facts={"child_in_danger": True})
    submit(("url", f"https://{HOST}.example/other"))
    work()
    Report.objects.filter(pk=report).update(receipt_digest=receipts.digest(node.HOME.keys.lookup, CODE))
    content = Content.objects.get(kind="url", locator=SECRET).pk
    with transaction.atomic():
        keep_fingerprints(content, [(FingerprintType.SHA256, DIGEST)])
    enter_stream(SECRET)
    notes.add(people["ana"], content, "a secret note")
    return content


@pytest.fixture
def close(second_senior):
    """Close a case to all but a senior who is none of the cast."""
    return lambda content: access.restrict(second_senior, content, "a secret reason")


def neighbour() -> int:
    return Content.objects.get(kind="account").pk


def stream() -> int:
    return Content.objects.get(kind="live_stream").pk


def other_page() -> int:
    return Content.objects.get(locator__endswith="/other").pk


class TestTheList:
    FILTERS = ("", "?kind=url", "?state=waiting", "?reason=child_in_danger", "?level=urgent", "?due=over", "?age=hour")

    @pytest.mark.parametrize("name", SEE_CASES)
    def test_under_no_filter(self, secret, close, enter, name, clock):
        clock.advance(days=9)
        browser = enter(name)
        shown = [f'href="{at(secret)}"' in browser.get(QUEUE + chosen).content.decode() for chosen in self.FILTERS]
        assert all(shown)
        close(secret)
        for chosen in self.FILTERS:
            html = browser.get(QUEUE + chosen).content.decode()
            assert f'href="{at(secret)}"' not in html, chosen
            assert "secret-path" not in html, chosen

    def test_nor_beyond_a_place_or_before_it(self, secret, close, people):
        close(secret)
        first = listing.page(Filters(), people["ana"], 1)
        rest = listing.page(Filters(), people["ana"], 50, after=first.after)
        place = listing.Place(0, rest.rows[-1].entered_at + timedelta(days=1), 10**9)
        back = listing.page(Filters(), people["ana"], 50, before=place)
        assert secret not in {row.content_id for row in [*first.rows, *rest.rows, *back.rows]}

    def test_what_filters_leave_is_counted_without_it(self, secret, close, people, second_senior):
        danger = Filters(reason="child_in_danger", kind="url")
        assert listing.total(danger, people["ana"]) == 1
        close(secret)
        assert listing.total(danger, people["ana"]) == 0
        assert listing.total(danger, second_senior) == 1

    def test_what_waits_for_a_second_look(self, secret, close, people):
        queue.claim(people["ana"], secret)
        assessing.assess(people["ana"], secret, BASELINE)
        assert [line.content_id for line in case_page.waiting_for(people["sacha"])] == [secret]
        close(secret)
        assert case_page.waiting_for(people["sacha"]) == []

    def test_how_many_images_are_like_one(self, submit, work, upload, close, people, second_senior):
        for size in ((320, 240), (200, 150)):
            submit(files=[upload(encoded(scene(seed=4).resize(size)))])
            work()
        first, second = Content.objects.order_by("pk").values_list("pk", flat=True)
        close(second)

        def beside(person) -> dict[int, int]:
            rows = listing.page(Filters(), person).rows
            return {line.content_id: line.similar for line in case_page.lines(rows, person)}

        assert beside(people["ana"]) == {first: 0}
        assert beside(second_senior) == {first: 1, second: 1}


class TestHowTheQueueStands:
    def test_the_live_fragment_counts_no_deadline_of_it(self, secret, close, enter, people, clock):
        clock.advance(days=9)
        before = listing.progress(people["ben"])
        close(secret)
        after = listing.progress(people["ben"])
        assert after.overdue == before.overdue - 1
        assert after.by_state == before.by_state, "how many there are is no secret"
        assert f'over">{after.overdue}<' in enter("ben").get(f"{QUEUE}progress").content.decode()

    def test_nor_that_it_is_due_soon(self, secret, close, people, clock):
        clock.moment = Case.objects.get(pk=secret).due_at - timedelta(minutes=5)
        soon = listing.progress(people["ben"]).soon
        close(secret)
        assert listing.progress(people["ben"]).soon == soon - 1

    def test_whoever_held_it_before_neither_counts_nor_keeps_it(self, secret, close, people, enter, clock):
        close(secret)
        Case.objects.filter(pk=secret).update(
            claimed_by=people["ana"], claimed_until=clock.now() + timedelta(minutes=9)
        )
        assert listing.progress(people["ana"]).mine == 0
        assert listing.page(Filters(mine=people["ana"]), people["ana"]).rows == []
        answer = enter("ana").post(at(secret, "renew"))
        assert answer.status_code == 409
        with pytest.raises(Conflict):
            queue.act(people["ana"], secret)


def test_a_saved_view_shows_each_reader_what_they_may_know(secret, close, enter, second_senior):
    saved_views.save(second_senior, "dangers", {"reason": "child_in_danger", "kind": "url"})
    [view] = saved_views.of(second_senior)
    saved_views.share(second_senior, view.id, True)
    ana = enter("ana")
    assert "1 case fits" in text(ana.get(f"{QUEUE}?{view.query}"))
    close(secret)
    page = ana.get(f"{QUEUE}?{view.query}")
    assert "dangers" in text(page)
    assert "No case fits" in text(page)
    assert HOST not in text(page)


class TestSearch:
    @pytest.fixture
    def keys(self, secret) -> dict[str, str]:
        reference = Report.objects.get(items__content=secret).reference
        return {
            "case": f"C-{secret}",
            "reference": reference,
            "address": SECRET,
            "fingerprint": DIGEST.hex(),
            "receipt": CODE,
            "host": f"{HOST}.example",
        }

    @pytest.mark.parametrize("by", list(searching.By))
    def test_by_each_key(self, secret, close, keys, people, second_senior, by):
        assert secret in {one.content_id for one in searching.search(people["ana"], keys[by], by).contents}
        close(secret)
        found = searching.search(people["ana"], keys[by], by)
        assert secret not in {one.content_id for one in found.contents}
        assert found.total == len(found.contents)
        assert found.report is None
        told = list(audit.events(actions=["search:made"]))[-1]
        assert told.data["found"] == found.total
        again = searching.search(second_senior, keys[by], by)
        assert secret in {one.content_id for one in again.contents}
        assert bool(again.report) == (by in (searching.By.REFERENCE, searching.By.RECEIPT))

    @pytest.mark.parametrize("name", SEE_CASES)
    def test_its_page(self, secret, close, keys, enter, name):
        close(secret)
        browser = enter(name)
        for by, key in keys.items():
            html = browser.post("/staff/search/", {"q": key, "by": by}, page="/staff/search/").content.decode()
            assert f'href="{at(secret)}"' not in html, by
            assert f"C-{secret}<" not in html, by


class TestLinks:
    def test_from_none_of_its_neighbours(self, secret, close, enter, people, second_senior):
        ana = enter("ana")
        queue.claim(people["ana"], stream())
        for page in (neighbour(), stream(), other_page()):
            assert f'href="{at(secret)}"' in ana.get(at(page)).content.decode()
        close(secret)
        for page in (neighbour(), stream(), other_page()):
            html = ana.get(at(page)).content.decode()
            assert f'href="{at(secret)}"' not in html
            assert "secret note" not in html

    def test_nor_counted_there(self, secret, close, people, second_senior):
        close(secret)
        for person, number in ((people["ana"], 0), (second_senior, 1)):
            assert related.reported_with(neighbour(), person).total == number
            assert related.same_host(other_page(), f"{HOST}.example", person).total == 1 + number
            assert len(related.identical(stream(), SECRET, person)) == number


class TestIdenticalContent:
    @pytest.fixture
    def decided(self, secret, people, close) -> int:
        """The live stream, decided by Ana; its identical address is closed to her."""
        queue.claim(people["ana"], stream())
        assessing.assess(people["ana"], stream(), NATIONAL, "in ana's words")
        close(secret)
        return stream()

    def test_its_preview_does_not_offer_it(self, secret, decided, people, enter):
        assert alike.preview(people["ana"], decided).open_ids == []
        html = enter("ana").get(at(decided, "alike")).content.decode()
        assert f"C-{secret}<" not in html
        assert f'value="{secret}"' not in html
        assert "Nothing else here is identical" in html

    def test_choosing_it_all_the_same_is_answered_like_what_does_not_exist(self, secret, decided, enter, people):
        ana = enter("ana")
        answers = []
        for number in (secret, 987654):
            with pytest.raises(InputError):
                alike.decide(people["ana"], decided, [number])
            answer = ana.post(at(decided, "alike/decide"), {"cases": [number]}, page=at(decided))
            answers.append((answer.status_code, text(answer)))
        assert answers[0] == answers[1]
        assert answers[0][0] == 422
        assert not Assessment.objects.filter(content=secret).exists()

    def test_nor_is_what_was_decided_alike_before(self, secret, people, close, enter):
        queue.claim(people["ana"], stream())
        assessing.assess(people["ana"], stream(), NATIONAL, "in ana's words")
        alike.decide(people["ana"], stream(), [secret])
        close(secret)
        assert not alike.may_undo(people["ana"], stream())
        assert alike.undo(people["ana"], stream()) == 0
        assert Case.objects.get(pk=secret).state == Case.State.DECIDED

    @pytest.mark.parametrize("act", [alike.preview, lambda person, one: alike.decide(person, one, []), alike.undo])
    def test_from_the_closed_case_nothing(self, secret, close, people, act):
        close(secret)
        with pytest.raises(Restricted):
            act(people["ana"], secret)

    @pytest.mark.parametrize("act", ["alike", "alike/decide", "alike/undo", "undo", "note"])
    @pytest.mark.parametrize("name", ["ana", "ben", "sacha"])
    def test_its_addresses_say_that_it_exists(self, secret, close, enter, act, name):
        close(secret)
        browser = enter(name)
        path = at(secret, act)
        answer = browser.get(path) if act == "alike" else browser.post(path, {"case_note": "curious"})
        assert answer.status_code == 403
        assert "restricted: it exists" in text(answer)
        assert HOST not in text(answer)
        assert Note.objects.count() == 1


class TestNotesAndUndo:
    @pytest.mark.parametrize("name", ["ana", "ben", "sacha"])
    def test_notes_are_neither_read_nor_written(self, secret, close, people, name):
        assert len(notes.of(people[name], secret)) == 1
        close(secret)
        with pytest.raises(Restricted):
            notes.of(people[name], secret)
        with pytest.raises(Restricted):
            notes.add(people[name], secret, "curious")

    def test_a_decision_is_not_undone_by_whom_it_is_closed_to(self, secret, close, people):
        queue.claim(people["ana"], secret)
        assessing.assess(people["ana"], secret, NATIONAL, "")
        close(secret)
        with pytest.raises(Restricted):
            undoing.undo(people["ana"], secret)
        assert Case.objects.get(pk=secret).state == Case.State.DECIDED
        assert Case.objects.get(pk=secret).undo_until is not None


class TestTimeLine:
    def test_is_closed_with_its_case(self, secret, close, people):
        close(secret)
        with pytest.raises(Restricted):
            timeline.of(people["ana"], secret, [], unbiased=False)

    def test_a_neighbours_tells_nothing_of_the_report_they_share(self, secret, close, enter, people, second_senior):
        report = Report.objects.get(items__content=secret).pk
        with transaction.atomic():
            audit.record("referral:proposed", f"report:{report}", actor="system")

        def told(person) -> set[str]:
            return {str(moment.what) for moment in timeline.of(person, neighbour(), [report], unbiased=False)}

        assert {"Report came in", "Referral proposed"} <= told(people["ana"])
        close(secret)
        assert told(people["ana"]) == {"First reported"}
        assert {"Report came in", "Referral proposed"} <= told(second_senior)

    def test_never_tells_when_anybody_looked(self, secret, people):
        report = Report.objects.get(items__content=secret).pk
        with transaction.atomic():
            audit.record("file:unsealed", f"report:{report}", actor=people["ben"].actor, reason="a reason")
            audit.record("exposure:shown", f"content:{secret}", actor=people["ben"].actor, data={"how": "grey-sharp"})
            audit.record("case:claimed", f"case:{secret}", actor=people["ana"].actor)
        moments = timeline.of(people["sacha"], secret, [report], unbiased=False)
        assert "Case taken" in {str(moment.what) for moment in moments}
        assert "Ben Analyst" not in {moment.who for moment in moments}
        words = " ".join(str(moment.what).lower() for moment in moments)
        assert "shown" not in words
        assert "opened" not in words
