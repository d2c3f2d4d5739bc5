"""What is known is shown to nobody: every way it can become known, against every way to an image."""

import re
from collections.abc import Callable

import pytest
from node.casework.pages import at
from signals.fingerprint.videos import video
from signals.pictures import encoded, scene

from rempart.core.assessment import Decision
from rempart.core.errors import Conflict, NotPermitted
from rempart.core.vocabulary import AgeBand, Basis, Legality, Offence
from rempart.formats.hash_values import normalise
from rempart.node.casework import assessing, evidence, queue
from rempart.node.casework.models import Content, Exposure
from rempart.node.intake.models import StoredFile
from rempart.signals.fingerprint import pdq
from rempart.signals.fingerprint.video import vpdq

PICTURE = encoded(scene(seed=4))
FILM = video(frames=50, size=(160, 120))
CAST = ("ana", "ben", "sacha", "luis", "vera", "lin", "stan", "aude", "adam")
Known = Callable[[], int]


@pytest.fixture
def unknown(submit, work) -> int:
    submit(files=[PICTURE])
    work()
    return Content.objects.get().pk


def by_exact_list(submit, work, listed, people) -> int:
    import hashlib

    listed("Example list", "baseline", {"sha256": normalise("sha256", hashlib.sha256(PICTURE).hexdigest())})
    submit(files=[PICTURE])
    work()
    return Content.objects.get().pk


def by_near_list(submit, work, listed, people) -> int:
    code, _ = pdq(PICTURE)
    listed("Example list", "national", {"pdq": code.hex()})
    submit(files=[PICTURE])
    work()
    return Content.objects.get().pk


def by_a_list_that_came_later(submit, work, listed, people) -> int:
    submit(files=[PICTURE])
    work()
    code, _ = pdq(PICTURE)
    listed("Example list", "national", {"pdq": code.hex()})
    work()
    return Content.objects.get().pk


def by_one_analyst(submit, work, listed, people) -> int:
    submit(files=[PICTURE])
    work()
    content_id = Content.objects.get().pk
    queue.claim(people["ana"], content_id)
    assessing.assess(people["ana"], content_id, Decision(Legality.NOT_ILLEGAL))
    return content_id


def by_two_people(submit, work, listed, people) -> int:
    submit(files=[PICTURE])
    work()
    content_id = Content.objects.get().pk
    baseline = Decision(Legality.BASELINE, age_band=AgeBand.INFANT, offences=frozenset({Offence.DISTRIBUTION}))
    for name in ("ana", "sacha"):
        queue.claim(people[name], content_id)
        assessing.assess(people[name], content_id, baseline)
    return content_id


def a_video_by_its_frames(submit, work, listed, people) -> int:
    listed("Example list", "national", *({"pdq": frame.code.hex()} for frame in vpdq(FILM, every=1.0)))
    submit(files=[FILM])
    work()
    return Content.objects.get().pk


def a_video_by_a_list_that_came_later(submit, work, listed, people) -> int:
    submit(files=[FILM])
    work()
    return a_video_by_its_frames(lambda files: None, work, listed, people)


def a_video_by_one_analyst(submit, work, listed, people) -> int:
    submit(files=[FILM])
    work()
    content_id = Content.objects.get().pk
    queue.claim(people["ana"], content_id)
    assessing.assess(people["ana"], content_id, Decision(Legality.NOT_ILLEGAL))
    return content_id


WAYS = (
    by_exact_list,
    by_near_list,
    by_a_list_that_came_later,
    by_one_analyst,
    by_two_people,
    a_video_by_its_frames,
    a_video_by_a_list_that_came_later,
    a_video_by_one_analyst,
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
class TestHoweverItBecameKnown:
    @pytest.fixture
    def known(self, way, submit, work, listed, people) -> int:
        content_id = way(submit, work, listed, people)
        assert Content.objects.get().legality
        return content_id

    def test_nobody_is_shown_it_by_the_service(self, known, people):
        file = StoredFile.objects.get()
        for name in CAST:
            for level in (1, 2, 3):
                with pytest.raises((Conflict, NotPermitted)):
                    evidence.show(people[name], known, file.pk, level, "a reason")
        assert not Exposure.objects.exists()

    def test_nobody_is_shown_it_by_a_page(self, known, people, enter):
        file = StoredFile.objects.get()
        pages = (at(known), "/staff/queue/", "/staff/care/", "/staff/care/team", "/staff/evidence/")
        for name in CAST:
            browser = enter(name)
            answers = [browser.get(page) for page in pages]
            for level in ("1", "2", "3"):
                given = {"level": level, "file": file.pk, "unseal_reason": "a reason"}
                answers.append(browser.client.post(at(known, "show"), given, follow=True))
                answers.append(browser.post(at(known, "show"), given, follow=True))
            for answer in answers:
                html = answer.content.decode()
                assert "/preview/" not in html
                assert "data:image" not in html
                assert not re.search(r"<img(?![^>]*icons/)", html)
        assert not Exposure.objects.exists()


@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize("legality", Legality)
class TestATokenFromBefore:
    def test_is_worth_nothing_once_it_is_known(self, unknown, people, enter, legality, basis):
        queue.claim(people["ana"], unknown)
        token = evidence.show(people["ana"], unknown, StoredFile.objects.get().pk)
        assessing.decide(unknown, legality, basis)
        with pytest.raises(Conflict):
            evidence.preview(token, people["ana"], unknown)
        answer = enter("ana").get(at(unknown, f"preview/{token}"))
        assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (410, "text/plain")


def test_an_unknown_image_is_on_no_page_that_nobody_asked_for(unknown, people, enter):
    queue.claim(people["ana"], unknown)
    for name in CAST:
        for page in (at(unknown), "/staff/queue/", "/staff/care/", "/staff/care/team"):
            html = enter(name).get(page).content.decode()
            assert "/preview/" not in html
            assert not re.search(r"<img(?![^>]*icons/)", html)
    assert not Exposure.objects.exists()


def test_reopened_it_is_unknown_again_and_shown_to_who_needs_it(unknown, people):
    assessing.decide(unknown, Legality.NOT_ILLEGAL, Basis.ANALYST)
    assessing.reopen(unknown)
    queue.claim(people["ana"], unknown)
    assert evidence.show(people["ana"], unknown, StoredFile.objects.get().pk)
