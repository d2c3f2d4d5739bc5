"""One decision for identical content: what is identical, and that every rule holds for each."""

import hashlib

import pytest
from django.db import transaction
from signals.pictures import encoded, scene

from rempart.core import priority
from rempart.core.assessment import Decision
from rempart.core.errors import Conflict, InputError
from rempart.core.vocabulary import AgeBand, FingerprintType, ItemKind, Legality, Offence
from rempart.node.casework import alike, assessing, queue, related
from rempart.node.casework.content import Target, content_for, keep_fingerprints
from rempart.node.casework.models import Assessment, Case, Content

PICTURE = encoded(scene(seed=21))
DIGEST = hashlib.sha256(PICTURE).digest()
BASELINE = Decision(Legality.BASELINE, age_band=AgeBand.INFANT, offences=frozenset({Offence.DISTRIBUTION}))
NATIONAL = Decision(Legality.NATIONAL, age_band=AgeBand.PUBESCENT, offences=frozenset({Offence.TRADE}))
ADDRESS = "https://host.example/one"


def enter_stream(address: str) -> int:
    """An address that waits as a live stream's."""
    with transaction.atomic():
        content_id = content_for(Target(ItemKind.LIVE_STREAM, address, address))
        queue.enter(content_id, priority.Score(10, (priority.Reason("made_up", 10, "made up"),)))
    return content_id


@pytest.fixture
def same(submit, work, clock, settings) -> list[int]:
    """An address reported as a page and as a live stream, and one on another host."""
    settings.UNDO_SECONDS = 60
    submit(("url", ADDRESS))
    submit(("url", "https://other.example/one"))
    work()
    enter_stream(ADDRESS)
    return list(Content.objects.filter(locator=ADDRESS).order_by("pk").values_list("pk", flat=True))


@pytest.fixture
def decided(same, people) -> list[int]:
    queue.claim(people["ana"], same[0])
    assessing.assess(people["ana"], same[0], NATIONAL, "in ana's words")
    return same


class TestIdentical:
    def test_one_address_under_two_kinds(self, same, people):
        assert len(same) == 2
        assert related.identical_ids(same[0], ADDRESS, people["ana"]) == {same[1]}
        assert related.identical_ids(same[1], ADDRESS, people["ana"]) == {same[0]}

    def test_one_sha256(self, submit, work, upload, people):
        submit(files=[upload(PICTURE)])
        submit(("hash", "md5:" + "0" * 31 + "1"))
        submit(("hash", "md5:" + "0" * 31 + "2"))
        work()
        file = Content.objects.get(kind="file").pk
        bare = list(Content.objects.filter(kind="hash").order_by("pk").values_list("pk", flat=True))
        with transaction.atomic():
            keep_fingerprints(bare[0], [(FingerprintType.SHA256, DIGEST)])
        assert related.identical_ids(file, "", people["ana"]) == {bare[0]}
        assert related.identical_ids(bare[1], "", people["ana"]) == set()

    def test_what_only_looks_alike_is_not(self, submit, work, upload, people):
        submit(files=[upload(PICTURE), upload(encoded(scene(seed=21).resize((80, 60))))])
        work()
        for content_id in Content.objects.values_list("pk", flat=True):
            assert related.identical_ids(content_id, "", people["ana"]) == set()


class TestDecide:
    def test_the_own_decision_is_repeated_with_all_it_says(self, decided, people, told):
        first, second = decided
        assert alike.preview(people["ana"], first) == alike.Preview(Legality.NATIONAL, [second])
        assert alike.decide(people["ana"], first, [second]) == {second: alike.Result.DECIDED}
        one = Assessment.objects.get(content=second)
        assert (one.assessor, one.legality, one.age_band, one.offences, one.note) == (
            people["ana"],
            "national",
            "pubescent",
            ["trade"],
            "in ana's words",
        )
        assert told("case:decided_alike") == [("case:decided_alike", f"case:{second}", {"as": first})]
        assert alike.preview(people["ana"], first) == alike.Preview(Legality.NATIONAL, [])

    def test_nobody_elses_decision_and_none_that_is_missing(self, decided, people):
        first, second = decided
        assert alike.preview(people["ben"], first) is None
        assert alike.preview(people["ana"], second) is None
        for who, content_id, chosen in (("ben", first, second), ("ana", second, first)):
            with pytest.raises(Conflict):
                alike.decide(people[who], content_id, [chosen])
        assert Assessment.objects.count() == 1

    def test_nothing_that_is_not_identical(self, decided, people):
        other = Content.objects.get(host="other.example").pk
        with pytest.raises(InputError):
            alike.decide(people["ana"], decided[0], [decided[1], other])
        assert Assessment.objects.count() == 1, "none of them, not even the identical one"

    def test_a_case_that_a_colleague_holds_is_passed_over(self, decided, people):
        first, second = decided
        queue.claim(people["ben"], second)
        assert alike.decide(people["ana"], first, [second]) == {second: alike.Result.PASSED_OVER}
        assert queue.is_holder(people["ben"], second)
        assert Case.objects.get(pk=second).decided_with is None

    def test_unknown_baseline_still_needs_a_second_person(self, same, people):
        first, second = same
        queue.claim(people["ana"], first)
        assessing.assess(people["ana"], first, BASELINE)
        queue.claim(people["sacha"], first)
        assessing.assess(people["sacha"], first, BASELINE)
        assert alike.decide(people["sacha"], first, [second]) == {second: alike.Result.SECOND_LOOK}
        assert Content.objects.get(pk=second).legality == ""


class TestUndo:
    def test_all_that_was_decided_with_it(self, decided, people, clock, work, told):
        first, second = decided
        alike.decide(people["ana"], first, [second])
        assert alike.may_undo(people["ana"], first)
        assert not alike.may_undo(people["ben"], first)
        assert alike.undo(people["ben"], first) == 0
        assert alike.undo(people["ana"], first) == 1
        assert queue.is_holder(people["ana"], second)
        assert Content.objects.get(pk=first).legality == "national", "the decision it repeats stands"
        assert alike.undo(people["ana"], first) == 0
        clock.advance(seconds=60)
        work()
        assert [subject for _, subject, _ in told("content:decided")] == [f"content:{first}"]

    def test_a_second_look_that_waits_is_taken_back(self, same, people):
        first, second = same
        queue.claim(people["ana"], first)
        assessing.assess(people["ana"], first, BASELINE)
        queue.claim(people["sacha"], first)
        assessing.assess(people["sacha"], first, BASELINE)
        alike.decide(people["sacha"], first, [second])
        assert alike.undo(people["sacha"], first) == 1
        assert Case.objects.get(pk=second).state == "waiting"
        assert Case.objects.get(pk=second).decided_with is None

    def test_not_once_it_is_acted_on(self, decided, people, clock, work):
        first, second = decided
        alike.decide(people["ana"], first, [second])
        clock.advance(seconds=60)
        work()
        assert alike.undo(people["ana"], first) == 0
        assert not alike.may_undo(people["ana"], first)
