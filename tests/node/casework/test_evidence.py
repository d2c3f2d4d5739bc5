"""The only way to an image, and every reason to refuse it."""

import io
import time
from itertools import pairwise

import pytest
from PIL import Image
from signals.pictures import encoded, scene

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.core.vocabulary import Legality
from rempart.node.casework import assessing, evidence, queue, services
from rempart.node.casework.models import Case, Content, Exposure
from rempart.node.intake.models import StoredFile

PICTURE = encoded(scene(1200, 900, seed=5))


@pytest.fixture
def case(submit, work) -> int:
    submit(files=[PICTURE])
    work()
    return Content.objects.get().pk


@pytest.fixture
def sealed(submit, work, upload) -> int:
    """A content whose platform did not say that it viewed the file."""
    submit(files=[upload(PICTURE, viewed=None)])
    work()
    return Content.objects.get().pk


def file_id() -> int:
    return StoredFile.objects.get().pk


class TestShown:
    @pytest.mark.parametrize(("level", "side"), [(1, 96), (2, 240), (3, 480)])
    def test_grey_small_and_without_metadata(self, case, people, level, side):
        queue.claim(people["ana"], case)
        token = evidence.show(people["ana"], case, file_id(), level)
        image = Image.open(io.BytesIO(evidence.preview(token, people["ana"], case)))
        assert (image.format, image.mode, max(image.size)) == ("JPEG", "L", side)
        assert not image.getexif()

    def test_the_first_levels_are_blurred(self, case, people):
        def sharpness(level: int) -> float:
            token = evidence.show(people["ana"], case, file_id(), level)
            image = Image.open(io.BytesIO(evidence.preview(token, people["ana"], case))).resize((96, 72))
            rows = list(image.tobytes())
            return sum(abs(one - other) for one, other in pairwise(rows)) / len(rows)

        queue.claim(people["ana"], case)
        assert sharpness(1) < sharpness(2) < sharpness(3)

    def test_it_is_recorded_before_a_byte_is_given(self, case, people, told):
        queue.claim(people["ana"], case)
        evidence.show(people["ana"], case, file_id(), 1, "one more look")
        [exposure] = Exposure.objects.all()
        assert (exposure.person, exposure.how, exposure.reason) == (
            people["ana"],
            "grey-blurred-small",
            "one more look",
        )
        assert told("exposure:") == [("exposure:shown", f"content:{case}", {"how": "grey-blurred-small"})]
        assert services.case_facts(case).exposures == 1

    def test_a_decision_after_it_says_that_it_was_viewed(self, case, people, told):
        queue.claim(people["ana"], case)
        evidence.show(people["ana"], case, file_id())
        assessing.decide(case, Legality.NOT_ILLEGAL, "analyst")
        assert told("content:decided")[0][2]["viewed"] is True

    def test_looking_renews_the_claim(self, case, people, clock):
        until = queue.claim(people["ana"], case).until
        clock.advance(minutes=10)
        evidence.show(people["ana"], case, file_id())
        assert Case.objects.get(pk=case).claimed_until > until

    def test_a_senior_needs_no_claim(self, case, people):
        assert evidence.preview(evidence.show(people["sacha"], case, file_id()), people["sacha"], case)


class TestRefused:
    def nothing_recorded(self, told) -> bool:
        return not Exposure.objects.exists() and not told("exposure:") and not told("file:")

    @pytest.mark.parametrize(
        ("name", "error"),
        [
            ("ana", NotPermitted),
            ("vera", NotPermitted),
            ("luis", NotPermitted),
            ("lin", NotPermitted),
            ("stan", NotPermitted),
            ("aude", NotPermitted),
            ("adam", NotPermitted),
        ],
    )
    def test_without_the_claim_or_the_role(self, case, people, told, name, error):
        with pytest.raises(error):
            evidence.show(people[name], case, file_id())
        assert self.nothing_recorded(told)

    def test_known_content_even_to_a_senior(self, case, people, told):
        assessing.decide(case, Legality.NATIONAL, "list_match")
        with pytest.raises(Conflict, match="nobody needs to look"):
            evidence.show(people["sacha"], case, file_id())
        assert self.nothing_recorded(told)

    def test_a_sealed_file_to_an_analyst(self, sealed, people, told):
        queue.claim(people["ana"], sealed)
        with pytest.raises(NotPermitted):
            evidence.show(people["ana"], sealed, file_id(), 1, "curious")
        assert self.nothing_recorded(told)

    def test_a_sealed_file_without_a_reason(self, sealed, people, told):
        with pytest.raises(InputError):
            evidence.show(people["sacha"], sealed, file_id(), 1, "  ")
        assert self.nothing_recorded(told)

    def test_a_sealed_file_opens_with_a_recorded_reason(self, sealed, people, told):
        from rempart.node.audit import services as audit

        assert evidence.show(people["sacha"], sealed, file_id(), 1, "order 7 of a made-up court")
        [fact] = audit.events(actions=["file:unsealed"])
        assert (fact.actor, fact.reason) == (people["sacha"].actor, "order 7 of a made-up court")
        assert len(told("exposure:")) == 1

    def test_what_does_not_exist(self, case, people):
        queue.claim(people["ana"], case)
        with pytest.raises(NotFound):
            evidence.show(people["ana"], case, 4711)
        with pytest.raises(NotFound):
            evidence.show(people["ana"], 4711, file_id())
        with pytest.raises(InputError):
            evidence.show(people["ana"], case, file_id(), 4)

    def test_what_is_no_image(self, submit, work, people):
        submit(files=[b"a text"])
        work()
        taken = queue.next_case(people["ana"])
        token = evidence.show(people["ana"], taken.content_id, file_id())
        with pytest.raises(InputError):
            evidence.preview(token, people["ana"], taken.content_id)


class TestToken:
    @pytest.fixture
    def token(self, case, people) -> str:
        queue.claim(people["ana"], case)
        return evidence.show(people["ana"], case, file_id())

    def test_it_is_for_one_person(self, token, case, people):
        with pytest.raises(NotPermitted):
            evidence.preview(token, people["sacha"], case)

    def test_it_is_for_one_content(self, token, case, people):
        with pytest.raises(NotPermitted, match="another content"):
            evidence.preview(token, people["ana"], case + 1)

    def test_it_runs_out(self, token, case, people, monkeypatch):
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + evidence.TOKEN_SECONDS + 1)
        with pytest.raises(NotPermitted):
            evidence.preview(token, people["ana"], case)

    @pytest.mark.parametrize("part", range(5))
    def test_it_cannot_be_altered(self, token, case, people, part):
        fields, _, signature = token.partition(":")
        numbers = fields.split(".")
        numbers[part] = str(int(numbers[part]) + 1)
        with pytest.raises(NotPermitted):
            evidence.preview(".".join(numbers) + ":" + signature, people["ana"], case)

    def test_it_ends_with_the_decision(self, token, case, people):
        assessing.decide(case, Legality.NATIONAL, "analyst")
        with pytest.raises(Conflict):
            evidence.preview(token, people["ana"], case)

    def test_it_names_no_fingerprint(self, token):
        assert token.split(":")[0].replace(".", "").isdigit()
