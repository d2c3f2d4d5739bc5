"""Near-duplicates on the screens of casework."""

import re

import pytest
from node.casework.pages import BASELINE, NATIONAL, PICTURE, REST, at, text
from signals.pictures import encoded, scene

from rempart.core.vocabulary import FingerprintType
from rempart.node.casework import queue
from rempart.node.casework.content import keep_fingerprints
from rempart.node.casework.models import Case, Content, Fingerprint
from rempart.node.casework.similar import number_image


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
