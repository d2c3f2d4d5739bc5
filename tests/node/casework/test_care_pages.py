"""The care page, the gentle stop and the team's page, as a browser without script sees them."""

import re

import pytest
from node.casework.pages import at, text
from signals.pictures import encoded, scene

from rempart.core.exposure import Preferences, Rules, Size
from rempart.node.casework import exposure, preferences, queue
from rempart.node.casework.models import BudgetDecision, Content, Exposure
from rempart.node.intake.models import StoredFile

CARE = "/staff/care/"
CHOICES = {
    "size": "medium",
    "blur": "strongest",
    "grey": "1",
    "seconds": "10",
    "last_step": "2",
    "images_per_day": "25",
}


@pytest.fixture
def images(submit, work, people) -> list[int]:
    """Two different images, held by Ana."""
    submit(files=[encoded(scene(320, 240, seed=seed)) for seed in (1, 2)])
    work()
    found = list(Content.objects.filter(kind="file").order_by("pk").values_list("pk", flat=True))
    for content_id in found:
        queue.claim(people["ana"], content_id)
    return found


def ask(browser, content_id: int, level: int = 1, **more):
    file = StoredFile.objects.get(item__content=content_id).pk
    return browser.post(at(content_id, "show"), {"file": file, "level": level, **more})


class TestOwnPage:
    def test_choices_are_kept_and_shown_again(self, enter, people, clock):
        ana = enter("ana")
        answer = ana.post(CARE, CHOICES, page=CARE, follow=True)
        assert "Only you can see or change this" in text(answer)
        assert preferences.mine(people["ana"]) == Preferences(
            Size.MEDIUM, "strongest", grey=True, seconds=10, last_step=2, images_per_day=25
        )
        html = ana.get(CARE).content.decode()
        assert re.search(r'value="medium" selected', html)
        assert re.search(r'name="images_per_day" value="25"', html)

    @pytest.mark.parametrize(
        "wrong", [{"size": "huge"}, {"seconds": "1"}, {"last_step": "9"}, {"images_per_day": "0"}, {"grey": "maybe"}]
    )
    def test_nonsense_changes_nothing(self, enter, people, clock, wrong):
        assert enter("ana").post(CARE, CHOICES | wrong, page=CARE).status_code == 422
        assert preferences.mine(people["ana"]) == Preferences()

    def test_no_address_and_no_field_names_somebody_else(self, enter, people, clock):
        """Whatever is sent along, the page reads and writes the choices of who is logged in."""
        preferences.choose(people["ben"], Preferences(Size.LARGE))
        ana = enter("ana")
        for sent in ({"person": people["ben"].pk}, {"person_id": people["ben"].pk}, {"pk": people["ben"].pk}):
            ana.post(CARE, CHOICES | sent, page=CARE)
            assert 'value="large" selected' not in ana.get(CARE, data=sent).content.decode()
        assert preferences.mine(people["ben"]) == Preferences(Size.LARGE)
        for path in (f"{CARE}{people['ben'].pk}", f"{CARE}{people['ben'].pk}/", f"{CARE}ben"):
            assert enter("sacha").get(path).status_code == 404

    def test_ones_own_day_and_record(self, enter, images, people):
        ana = enter("ana")
        ask(ana, images[0])
        page = text(ana.get(CARE))
        assert "1 of 100" in page
        assert f"C-{images[0]}" in page
        assert "Small, grey and blurred" in page
        assert f"C-{images[0]}" not in text(enter("sacha").get(CARE))

    def test_nothing_counts_up_or_compares(self, enter, images):
        """No streaks, no ranks, no goals: a count of work would push where it must not."""
        ana = enter("ana")
        ask(ana, images[0])
        for page in (CARE, "/staff/queue/", at(images[0])):
            words = text(ana.get(page)).lower()
            for pushing in ("streak", "in a row", "rank", "goal", "best", "well done", "faster", "score of"):
                assert not re.search(rf"\b{pushing}\b", words), (page, pushing)


class TestShowing:
    def test_the_page_follows_the_persons_choices(self, enter, images, people):
        preferences.choose(people["ana"], Preferences(seconds=10, last_step=2))
        ana = enter("ana")
        first = ask(ana, images[0]).content.decode()
        assert 'class="shown-frame rehide-10"' in first
        assert "Show more" in first
        assert "Show more" not in ask(ana, images[0], 2).content.decode()
        assert ask(ana, images[0], 3).status_code == 422

    def test_every_time_has_its_rule_in_the_stylesheet(self, repository):
        from rempart.core.exposure import SECONDS

        style = (repository / "src/rempart/node/static/rempart.css").read_text("utf-8")
        for seconds in SECONDS:
            assert f".rehide-{seconds} {{ --rehide: {seconds}s; }}" in style

    def test_hiding_ends_the_record(self, enter, images, clock):
        ana = enter("ana")
        ask(ana, images[0])
        clock.advance(seconds=3)
        ask(ana, images[0], 0)
        [row] = Exposure.objects.all()
        assert (row.ended_at - row.at).total_seconds() == 3

    def test_who_saw_it_is_a_name_without_time_or_count(self, enter, images, people):
        ana = enter("ana")
        for _ in range(3):
            ask(ana, images[0])
        page = text(enter("sacha").get(at(images[0])))
        assert "Seen by Ana Analyst" in page
        assert page.count("Ana Analyst") - page.count("Held by Ana Analyst") <= 6
        assert "Image shown" not in page
        assert "viewings" not in page

    def test_a_break_is_offered_not_forced(self, enter, images, settings):
        settings.EXPOSURE_RULES = Rules(break_after_images=2)
        ana = enter("ana")
        assert "Take a break" not in text(ask(ana, images[0]))
        second = ask(ana, images[1])
        assert "Take a break" in text(second)
        assert "/preview/" in second.content.decode()


class TestTheStop:
    @pytest.fixture
    def at_the_limit(self, enter, images, settings):
        settings.EXPOSURE_RULES = Rules(images_per_day=1, go_on_percent=100)
        ana = enter("ana")
        ask(ana, images[0])
        return ana

    def test_it_is_gentle_and_loses_nothing(self, at_the_limit, images):
        answer = ask(at_the_limit, images[1], note="half way", legality="national")
        assert answer.status_code == 409
        page = text(answer)
        assert "You have reached your limit for today" in page
        assert "Why do you go on?" in page
        assert "half way" in answer.content.decode()
        assert re.search(r'name="legality" value="national" id="\w+" checked', answer.content.decode())
        assert "Record decision" in page
        assert "/preview/" not in answer.content.decode()

    def test_going_on_takes_a_reason_and_another_request(self, at_the_limit, images, people):
        without = at_the_limit.post(at(images[1], "go-on"), {"go_on_reason": " ", "note": "half way"})
        assert without.status_code == 422
        assert "half way" in without.content.decode()
        assert not BudgetDecision.objects.exists()
        answer = at_the_limit.post(at(images[1], "go-on"), {"go_on_reason": "urgent", "note": "half way"})
        assert "Recorded, for you alone" in text(answer)
        assert "half way" in answer.content.decode()
        assert "/preview/" not in answer.content.decode()
        assert BudgetDecision.objects.get().reason == "urgent"
        assert "/preview/" in ask(at_the_limit, images[1]).content.decode()

    def test_where_the_rules_forbid_it_there_is_no_way_on(self, at_the_limit, images, settings):
        settings.EXPOSURE_RULES = Rules(images_per_day=1, may_go_on=False)
        assert "Why do you go on?" not in text(ask(at_the_limit, images[1]))
        answer = at_the_limit.post(at(images[1], "go-on"), {"go_on_reason": "urgent"}, follow=True)
        assert not BudgetDecision.objects.exists()
        assert "/preview/" not in answer.content.decode()


class TestTheTeamsPage:
    def test_one_word_for_each_and_no_figure(self, enter, images, people, settings):
        settings.EXPOSURE_RULES = Rules(images_per_day=1)
        ask(enter("ana"), images[0])
        html = enter("sacha").get("/staff/care/team").content.decode()
        table = re.search(r"<tbody>(.*?)</tbody>", html, re.S)[1]
        words = re.sub(r"<[^>]+>", " ", table)
        assert "Over the day&#x27;s budget" in words
        assert "Within the day&#x27;s budget" in words
        assert not re.search(r"\d", words.replace("&#x27;", ""))

    def test_its_rows_are_the_states_and_nothing_more(self, enter, people, images):
        preferences.choose(people["ana"], Preferences(Size.LARGE, images_per_day=3))
        ask(enter("ana"), images[0])
        page = text(enter("sacha").get("/staff/care/team"))
        for name, _ in exposure.states(people["sacha"]):
            assert name in page
        for told in ("Large", "C-", "images a day", "seconds"):
            assert told not in page
