"""Videos in the workplace: fingerprinted in the sandbox, recognised by their frames, shown as a few stills."""

import hashlib
import io
import os
import re
from pathlib import Path

import pytest
from django.conf import settings
from node.casework.pages import at
from node.stored import files_in
from PIL import Image
from signals.fingerprint.videos import sound, video
from signals.pictures import encoded, scene

from rempart.core.assessment import Decision
from rempart.core.errors import Conflict, InputError, NotPermitted
from rempart.core.exposure import Preferences
from rempart.core.vocabulary import AgeBand, Legality, Offence
from rempart.node.audit import services as audit
from rempart.node.casework import (
    assessing,
    case_page,
    decoding,
    evidence,
    exposure,
    fingerprinting,
    material,
    preferences,
    queue,
    services,
    videos,
    wording,
)
from rempart.node.casework.models import Case, Content, Exposure, FileFacts, Fingerprint, Match, VideoFrames
from rempart.node.casework.recognition import Found, settlement
from rempart.node.intake.models import StoredFile
from rempart.signals.fingerprint.video import VideoFailure, vpdq
from rempart.signals.fingerprint.video_sandbox import VideoLimits

FILM = video(options={"crf": "8"}, frames=100, size=(160, 120))
FRAMES = vpdq(FILM, every=1.0)
OTHER = vpdq(video(frames=100, size=(160, 120), seed=7), every=1.0)


def entries(frames) -> list[dict]:
    return [{"pdq": frame.code.hex()} for frame in frames]


@pytest.fixture
def case(submit, work) -> int:
    submit(files=[FILM])
    work()
    return Content.objects.get().pk


def file_id() -> int:
    return StoredFile.objects.get().pk


def sheet(person, case: int, level: int = 1) -> Image.Image:
    token = evidence.show(person, case, file_id(), level)
    return Image.open(io.BytesIO(evidence.preview(token, person, case)))


class TestFingerprinted:
    def test_as_the_library_does(self, case):
        assert videos.frames_of(case) == FRAMES
        facts = FileFacts.objects.get(pk=case)
        assert (facts.mime, facts.width, facts.height, facts.frames) == ("video/mp4", 160, 120, 4)
        assert facts.seconds == pytest.approx(4.0)
        assert facts.failure == ""
        kinds = set(Fingerprint.objects.values_list("kind", flat=True))
        assert kinds == {"md5", "sha1", "sha256"}

    def test_once_for_the_same_bytes(self, case, submit, work, monkeypatch):
        monkeypatch.setattr(fingerprinting, "video_decoder", lambda: pytest.fail("decoded again"))
        submit(files=[FILM])
        work()
        assert Content.objects.get().times_reported == 2

    def test_no_file_of_it_lies_on_the_disk_while_it_is_decoded(self, submit, work, monkeypatch):
        seen = []
        real = decoding.video_decoder()

        class Watching:
            def examine(self, file: Path, every: float) -> object:
                target = os.readlink(file)
                seen.append(target)
                assert "memfd" in target
                with pytest.raises(OSError, match="not permitted"), file.open("r+b") as writing:
                    writing.write(b"x")
                assert file.read_bytes() == FILM
                for path in files_in(settings.HOME.path):
                    assert FILM[1000:1064] not in path.read_bytes()
                return real.examine(file, every=every)

        monkeypatch.setattr(fingerprinting, "video_decoder", Watching)
        before = set(os.listdir("/tmp"))
        submit(files=[FILM])
        work()
        assert seen
        assert not {name for name in set(os.listdir("/tmp")) - before if name.startswith("tmp")}
        held = {os.readlink(f"/proc/self/fd/{one}") for one in os.listdir("/proc/self/fd") if _is_open(one)}
        assert not any("memfd:video" in name for name in held)

    @pytest.mark.parametrize(
        ("data", "failure"), [(b"a text", "not_an_image"), (sound(), "not_an_image"), (FILM[:200], "not_an_image")]
    )
    def test_what_is_neither(self, submit, work, data, failure):
        submit(files=[data])
        work()
        assert FileFacts.objects.get().failure == failure
        assert Case.objects.exists()

    @pytest.mark.parametrize("failure", [VideoFailure.TIME, VideoFailure.MEMORY, VideoFailure.FRAMES])
    def test_what_costs_too_much(self, submit, work, monkeypatch, failure):
        def refuse(*_: object, **__: object) -> None:
            raise failure.as_error()

        monkeypatch.setattr(decoding.video_decoder(), "examine", refuse)
        submit(files=[FILM])
        work()
        assert FileFacts.objects.get().failure == "over_limit"
        assert not VideoFrames.objects.exists()

    def test_what_is_too_large_is_not_even_opened(self, submit, work, monkeypatch):
        monkeypatch.setattr(fingerprinting, "VIDEO_LIMITS", VideoLimits(input_bytes=100))
        monkeypatch.setattr(fingerprinting, "in_memory", lambda chunks: pytest.fail("it was opened"))
        submit(files=[FILM])
        work()
        assert FileFacts.objects.get().failure == "over_limit"

    def test_memory_is_never_filled_beyond_the_limit(self, monkeypatch):
        monkeypatch.setattr(decoding, "VIDEO_LIMITS", VideoLimits(input_bytes=100))
        with pytest.raises(InputError, match="larger"), decoding.in_memory([b"x" * 60, b"y" * 60]):
            pass
        with decoding.in_memory([b"x" * 60]) as file:
            assert file.read_bytes() == b"x" * 60

    def test_a_node_without_the_decoder_tries_again_once_it_has_one(self, submit, work, monkeypatch):
        monkeypatch.setattr(fingerprinting, "reads_videos", lambda: False)
        submit(files=[FILM])
        work()
        assert FileFacts.objects.get().failure == "no_video_decoder"
        monkeypatch.undo()
        submit(files=[FILM])
        work()
        assert FileFacts.objects.get().failure == ""
        assert VideoFrames.objects.exists()

    def test_an_image_stays_an_image(self, submit, work):
        submit(files=[encoded(scene())])
        work()
        assert FileFacts.objects.get().seconds is None
        assert not VideoFrames.objects.exists()


def _is_open(number: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{number}")


class TestRecognised:
    def test_the_very_file_by_its_hash(self, listed, submit, work):
        listed("Example list", "baseline", {"sha256": hashlib.sha256(FILM).hexdigest()})
        submit(files=[FILM])
        work()
        assert Content.objects.get().legality == Legality.BASELINE
        assert Match.objects.get().percent is None

    def test_another_encoding_by_its_frames(self, listed, submit, work, told):
        listed("Example film", "national", *entries(FRAMES))
        submit(files=[video("ffv1", "nut", "gray", frames=100, size=(160, 120))])
        work()
        assert Content.objects.get().legality == Legality.NATIONAL
        assert not Case.objects.exists()
        match = Match.objects.get()
        assert (match.how, match.frames, match.percent) == ("near", 4, 100.0)
        [(_, _, data)] = told("content:matched")
        assert data == {"list": "Example film", "category": "national", "how": "near", "percent": 100.0}

    def test_a_list_that_came_later(self, case, listed, work):
        assert Case.objects.filter(pk=case, decided_at__isnull=True).exists()
        listed("Example film", "baseline", *entries(FRAMES))
        work()
        assert Content.objects.get().legality == Legality.BASELINE

    def test_a_list_that_does_not_settle_leaves_it_to_a_person(self, listed, submit, work):
        listed("Example film", "national", *entries(FRAMES), settles=False)
        submit(files=[FILM])
        work()
        assert Content.objects.get().legality == ""
        assert services.case_facts(Content.objects.get().pk).matches[0].is_whole

    def test_a_part_of_it_is_told_and_settles_nothing(self, listed, submit, work, people):
        listed("Example film", "baseline", *entries(FRAMES[:2]))
        submit(files=[FILM])
        work()
        content = Content.objects.get()
        assert content.legality == ""
        facts = services.case_facts(content.pk)
        [match] = facts.matches
        assert (match.frames, match.percent, match.is_whole) == (2, 50.0, False)
        assert material.of(facts, None, people["ana"]).known == ["1 list knows a part of it"]
        assert services.content(content.pk).categories == ()

    def test_a_part_known_to_a_list_spares_nobody_the_second_look(self, listed, submit, work, people):
        listed("Example film", "baseline", *entries(FRAMES[:2]))
        submit(files=[FILM])
        work()
        case = Content.objects.get().pk
        queue.claim(people["ana"], case)
        baseline = Decision(Legality.BASELINE, age_band=AgeBand.INFANT, offences=frozenset({Offence.DISTRIBUTION}))
        assert assessing.assess(people["ana"], case, baseline) is assessing.Outcome.SECOND_LOOK

    def test_more_of_it_becomes_known(self, listed, submit, work, told):
        listed("Example film", "national", *entries(FRAMES[:1]))
        submit(files=[FILM])
        work()
        listed("Example film", "national", *entries(FRAMES))
        work()
        assert Content.objects.get().legality == Legality.NATIONAL
        assert [data["percent"] for _, _, data in told("content:matched")][-1] == 100.0

    def test_a_lawful_frame_in_it_calls_a_person(self, listed, submit, work):
        listed("Example film", "national", *entries(FRAMES))
        listed("Logos", "not_illegal", *entries(FRAMES[:1]))
        submit(files=[FILM])
        work()
        assert Content.objects.get().legality == ""

    def test_frames_never_settle_a_video_as_lawful(self, listed, submit, work):
        listed("Logos", "not_illegal", *entries(FRAMES))
        submit(files=[FILM])
        work()
        assert Content.objects.get().legality == ""

    def test_another_film_matches_nothing(self, listed, submit, work):
        listed("Example film", "national", *entries(OTHER))
        submit(files=[FILM])
        work()
        assert not Match.objects.exists()

    def test_one_row_for_a_list_however_many_frames_it_has(self, listed, submit, work):
        listed("Example film", "national", *entries(vpdq(FILM)))
        submit(files=[FILM])
        work()
        assert Match.objects.count() == 1


class TestSettlement:
    """The rule alone."""

    def frames(self, name: str, category: str, *numbers: int, of: int = 10) -> Found:
        return Found(1, name, category, "near", 3, frozenset(numbers), of)

    def file(self, name: str, category: str) -> Found:
        return Found(2, name, category, "exact", None)

    ALL = frozenset({"one", "two"})

    @pytest.mark.parametrize(
        ("numbers", "result"), [(range(10), "baseline"), (range(8), "baseline"), (range(7), None), ((), None)]
    )
    def test_from_four_fifths_on(self, numbers, result):
        assert settlement([self.frames("one", "baseline", *numbers)], self.ALL) == result

    def test_lists_of_one_result_add_up(self):
        said = [self.frames("one", "national", *range(5)), self.frames("two", "B1", *range(4, 9))]
        assert settlement(said, self.ALL) == settlement([self.frames("one", "national", *range(9))], self.ALL)

    def test_only_lists_that_settle_add_up(self):
        said = [self.frames("one", "national", *range(5)), self.frames("three", "national", *range(4, 10))]
        assert settlement(said, self.ALL) is None

    def test_results_do_not_add_up_to_the_lesser(self):
        said = [self.frames("one", "baseline", *range(5)), self.frames("two", "national", *range(5, 10))]
        assert settlement(said, self.ALL) is None

    def test_the_worse_of_two_that_both_cover_it(self):
        said = [self.frames("one", "national", *range(10)), self.frames("two", "baseline", *range(8))]
        assert settlement(said, self.ALL) is Legality.BASELINE

    def test_the_file_itself_goes_before_a_lawful_frame(self):
        said = [self.file("one", "baseline"), self.frames("two", "not_illegal", 1)]
        assert settlement(said, self.ALL) is Legality.BASELINE

    def test_the_file_known_as_lawful_goes_before_illegal_frames(self):
        said = [self.file("one", "not_illegal"), self.frames("two", "baseline", *range(10))]
        assert settlement(said, self.ALL) is Legality.NOT_ILLEGAL

    def test_files_that_contradict_leave_it_to_a_person(self):
        said = [
            self.file("one", "not_illegal"),
            self.file("two", "baseline"),
            self.frames("two", "baseline", *range(10)),
        ]
        assert settlement(said, self.ALL) is None

    def test_a_file_on_a_list_that_does_not_settle_and_frames_on_one_that_does(self):
        said = [self.file("three", "national"), self.frames("one", "national", *range(9))]
        assert settlement(said, self.ALL) is Legality.NATIONAL
        said = [self.file("three", "not_illegal"), self.frames("one", "national", *range(9))]
        assert settlement(said, self.ALL) is None


class TestShown:
    @pytest.mark.parametrize(("level", "side"), [(1, 96), (2, 240), (3, 480)])
    def test_six_stills_no_larger_than_an_image_would_be(self, case, people, level, side):
        queue.claim(people["ana"], case)
        image = sheet(people["ana"], case, level)
        each = min(side, 160)
        assert (image.format, image.mode, image.size) == ("JPEG", "L", (3 * each, 2 * each * 3 // 4))
        assert not image.getexif()

    def test_as_the_person_chose(self, case, people):
        queue.claim(people["ana"], case)
        preferences.choose(people["ana"], Preferences(grey=False, last_step=2))
        assert sheet(people["ana"], case, 2).mode == "RGB"
        with pytest.raises(InputError, match="not to be shown more"):
            sheet(people["ana"], case, 3)

    def test_one_viewing_of_one_content_in_record_and_budget(self, case, people, told):
        queue.claim(people["ana"], case)
        sheet(people["ana"], case)
        assert told("exposure:") == [("exposure:shown", f"content:{case}", {"how": "grey-blurred-small"})]
        assert exposure.own(people["ana"]).images == 1
        assessing.decide(case, Legality.NOT_ILLEGAL, "analyst")
        assert told("content:decided")[0][2]["viewed"] is True

    def test_the_budget_stops_videos_too(self, case, people):
        queue.claim(people["ana"], case)
        preferences.choose(people["ana"], Preferences(images_per_day=1))
        sheet(people["ana"], case)
        with pytest.raises(exposure.BudgetReached):
            sheet(people["ana"], case, 2)

    def test_a_token_gives_them_once(self, case, people):
        queue.claim(people["ana"], case)
        token = evidence.show(people["ana"], case, file_id())
        evidence.preview(token, people["ana"], case)
        with pytest.raises(NotPermitted, match="ended"):
            evidence.preview(token, people["ana"], case)

    def test_a_sealed_one_opens_with_a_recorded_reason_alone(self, submit, work, upload, people):
        submit(files=[upload(FILM, viewed=None)])
        work()
        case = Content.objects.get().pk
        queue.claim(people["ana"], case)
        for name, reason in (("ana", "curious"), ("sacha", "")):
            with pytest.raises((NotPermitted, InputError)):
                evidence.show(people[name], case, file_id(), 1, reason)
        assert not Exposure.objects.exists()
        assert evidence.show(people["sacha"], case, file_id(), 1, "order 7 of a made-up court")
        assert [fact.reason for fact in audit.events(actions=["file:unsealed"])] == ["order 7 of a made-up court"]

    def test_a_file_that_says_it_is_longer_is_not_believed(self, case):
        FileFacts.objects.update(seconds=1e9)
        assert max(videos.moments(case)) < 4.0

    def test_the_children_are_ended_where_they_lie(self, case, people, monkeypatch):
        """A sharp and coloured picture in place of a blurred and grey one does not reach the person."""
        queue.claim(people["ana"], case)
        decoder = decoding.stills_decoder()
        lie = encoded(scene(160, 120))
        token = evidence.show(people["ana"], case, file_id())
        monkeypatch.setattr(decoder._keeper, "ask", lambda order, file: ({}, lie))
        with pytest.raises(InputError):
            evidence.preview(token, people["ana"], case)
        assert Exposure.objects.count() == 1


class TestPages:
    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (0.04, "1 s"),
            (12.9, "12 s"),
            (60.0, "1 min 0 s"),
            (72.4, "1 min 12 s"),
            (3600.0, "1 h 0 min"),
            (9000.0, "2 h 30 min"),
        ],
    )
    def test_a_length_is_told_as_people_say_it(self, seconds, text):
        assert wording.length(seconds) == text

    def test_the_case_page_tells_and_does_not_show(self, case, people, enter):
        queue.claim(people["ana"], case)
        html = enter("ana").get(at(case)).content.decode()
        assert "<h3>Video</h3>" in html
        assert "4 s" in html
        assert "160 × 120" in html
        assert "never played" in html
        assert not re.search(r"<(video|audio|source)|<img(?![^>]*icons/)", html)
        assert case_page.page(case, people["ana"]).material.refusal == ""

    def test_asked_for_it_is_one_still_picture(self, case, people, enter):
        queue.claim(people["ana"], case)
        browser = enter("ana")
        html = browser.post(at(case, "show"), {"level": "1", "file": file_id()}).content.decode()
        [source] = re.findall(r'<img class="shown" src="([^"]+)"', html)
        answer = browser.get(source)
        assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (200, "image/jpeg", "no-store")
        assert Image.open(io.BytesIO(answer.content)).size == (288, 144)
        assert browser.get(source).status_code == 403
        assert not re.search(r"<(video|audio|source)", html)

    @pytest.mark.parametrize("name", ["ben", "luis", "vera", "lin", "stan", "aude", "adam"])
    def test_nobody_else_is_shown_it(self, case, people, enter, name):
        answer = enter(name).post(at(case, "show"), {"level": "1", "file": file_id()})
        assert answer.status_code in (403, 404, 409)
        assert "/preview/" not in answer.content.decode()
        assert not Exposure.objects.exists()

    def test_a_list_that_knows_a_part_says_how_much(self, listed, submit, work, people, enter):
        listed("Example film", "national", *entries(FRAMES[:2]))
        submit(files=[FILM])
        work()
        html = enter("ana").get(at(Content.objects.get().pk)).content.decode()
        assert "near 50 % of the frames (2), a part of it" in html

    def test_without_the_decoder_the_page_says_so(self, submit, work, monkeypatch, enter):
        monkeypatch.setattr(fingerprinting, "reads_videos", lambda: False)
        submit(files=[FILM])
        work()
        assert "no decoder for videos" in enter("ana").get(at(Content.objects.get().pk)).content.decode()


def test_known_videos_are_refused_to_everyone(case, people):
    queue.claim(people["ana"], case)
    token = evidence.show(people["ana"], case, file_id())
    assessing.decide(case, Legality.NATIONAL, "list_match")
    with pytest.raises(Conflict):
        evidence.preview(token, people["ana"], case)
    for name in people:
        with pytest.raises((Conflict, NotPermitted)):
            evidence.show(people[name], case, file_id(), 1, "a reason")
