"""What platforms say of entries: the last word of each counts, waits for those who signed, and names nothing."""

import base64
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from node.lists.conftest import MadeUpList, md5

from rempart.core.errors import NotFound
from rempart.core.feedback import FeedbackReason, Verdict
from rempart.node.audit import services as audit
from rempart.node.intake import platforms
from rempart.node.intake.models import Platform
from rempart.node.jobs.models import Job
from rempart.node.lists import feedback, services, sharing
from rempart.node.lists.models import ListEntry, SignalFeedback

USEFUL, WRONG = Verdict.USEFUL, Verdict.WRONG


@pytest.fixture
def said(example) -> SimpleNamespace:
    """Two platforms that may have the list, and a way for each to speak."""
    example.share()
    numbers = {}
    for name in ("Example Chat", "Other Chat"):
        username, _ = platforms.add_platform(name)
        numbers[name] = Platform.objects.get(username=username).pk
        sharing.grant("Example", numbers[name])

    def say(verdict: Verdict, reason: FeedbackReason | None = None, *, name="Example Chat", number=1, **more) -> bool:
        entry = ListEntry.objects.get(hash_list__name=more.pop("on", "Example"), value=bytes.fromhex(md5(number)))
        return services.give_feedback(numbers[name], entry.pk, verdict, reason, actor=f"platform:{name}", **more)

    return SimpleNamespace(say=say, numbers=numbers, made=example)


def entry(number: int) -> int:
    return ListEntry.objects.get(hash_list__name="Example", value=bytes.fromhex(md5(number))).pk


def test_the_last_word_counts_and_the_same_again_is_none(said):
    assert said.say(USEFUL)
    assert not said.say(USEFUL)
    assert said.say(WRONG, FeedbackReason.LAWFUL)
    assert said.say(USEFUL, name="Other Chat")
    assert services.feedback_for([entry(1), entry(2)]) == {entry(1): (1, 1)}
    events = audit.events(actions=["list:feedback"])
    assert [(fact.data["is_useful"], fact.data["reason"]) for fact in events] == [
        (True, ""),
        (False, "lawful"),
        (True, ""),
    ]


def test_what_a_platform_may_not_have_it_cannot_speak_of(said):
    other = MadeUpList("Other")
    other.add(9)
    with pytest.raises(NotFound):
        said.say(USEFUL, number=9, on="Other")
    other.share()
    with pytest.raises(NotFound):
        said.say(USEFUL, number=9, on="Other")
    with pytest.raises(NotFound):
        said.say(USEFUL, list_id=other.row.pk)
    sharing.set_terms("Example", may_share=False)
    with pytest.raises(NotFound):
        said.say(USEFUL)
    assert not SignalFeedback.objects.exists()


def test_a_withdrawn_entry_may_still_be_spoken_of(said):
    said.made.withdraw(1)
    assert said.say(WRONG)


def test_it_waits_until_it_is_put_down_for_those_who_signed(said, clock):
    said.say(USEFUL)
    said.say(WRONG, name="Other Chat")
    said.say(USEFUL, number=2)
    assert Job.objects.get(kind=feedback.RETURN_STEP).subject == feedback.RETURN_SUBJECT
    first, second = services.waiting_feedback()
    assert (first.value.hex(), first.useful, first.wrong) == (md5(1), 1, 1)
    assert (second.value.hex(), second.useful, second.wrong) == (md5(2), 1, 0)
    clock.advance(seconds=1)
    said.say(USEFUL, name="Other Chat")  # changed its mind after it was counted
    services.mark_returned(first)
    services.mark_returned(second)
    [again] = services.waiting_feedback()
    assert (again.value.hex(), again.useful, again.wrong) == (md5(1), 2, 0)
    services.mark_returned(again)
    assert services.waiting_feedback() == []


def test_a_platform_with_the_fingerprint_on_two_lists_is_one(said):
    twice = MadeUpList("Twice")
    twice.add(1)
    twice.share()
    sharing.grant("Twice", said.numbers["Example Chat"])
    said.say(USEFUL)
    said.say(WRONG, on="Twice")
    [tally] = services.waiting_feedback()
    assert (tally.useful, tally.wrong, len(tally.rows)) == (0, 1, 2)


def test_no_repr_shows_a_fingerprint(said):
    said.say(WRONG)
    assert md5(1) not in repr(services.waiting_feedback())
    assert "b'" not in repr(services.waiting_feedback())


class TestPage:
    @pytest.fixture
    def page(self, people) -> str:
        def read(name: str = "lin"):
            client = Client()
            client.force_login(people[name])
            response = client.get("/staff/lists/feedback")
            return response, " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())

        return read

    def test_nobody_has_said_anything(self, page):
        assert "No feedback yet" in page()[1]

    def test_the_most_disputed_come_first_and_no_fingerprint_is_shown(self, said, page):
        said.say(USEFUL, number=2)
        said.say(WRONG, FeedbackReason.UNRELATED, number=3)
        said.say(WRONG, FeedbackReason.LAWFUL, number=3, name="Other Chat")
        said.made.withdraw(3)
        response, text = page()
        assert text.index(f"{entry(3)} Example md5") < text.index(f"{entry(2)} Example md5")
        assert "2 0 It matches unrelated content, The content is lawful Withdrawn" in text
        assert not any(md5(number) in response.content.decode() for number in (2, 3))
        assert "Chat" not in text.partition("Feedback on entries")[2]

    def test_it_is_for_list_managers(self, said, page):
        assert page("ana")[0].status_code == 403


def test_over_the_api(said, client):
    username = Platform.objects.get(pk=said.numbers["Example Chat"]).username
    secret, _ = platforms.rotate_secret(username, overlap=timedelta(0))
    token = base64.b64encode(f"{username}:{secret}".encode()).decode()

    def post(list_id: int, **body):
        return client.post(
            f"/api/v1/lists/{list_id}/feedback",
            body,
            content_type="application/json",
            headers={"authorization": f"Basic {token}"},
        )

    list_id = said.made.row.pk
    told = [post(list_id, entry=entry(1), verdict="wrong", reason="category").json() for _ in range(2)]
    assert told == [{"entry": entry(1), "changed": True}, {"entry": entry(1), "changed": False}]
    assert post(list_id, entry=entry(1), verdict="perhaps").status_code == 422
    assert post(list_id, entry=entry(1), verdict="wrong", content="x").status_code == 422
    assert post(list_id + 1, entry=entry(1), verdict="useful").status_code == 404
    assert SignalFeedback.objects.get().reason == "category"
