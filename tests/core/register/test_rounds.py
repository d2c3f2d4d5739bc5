"""When members report, whether they did, and when they are reminded."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.register.rounds import (
    MEETINGS,
    OVERDUE_EVERY,
    REMINDERS,
    Answer,
    Subject,
    answer,
    last_reminder,
    round_of,
    rounds,
)

days = st.dates(date(2012, 1, 1), date(2900, 1, 1))


def test_the_alliances_own_rounds_and_meetings() -> None:
    found = rounds(date(2015, 1, 1))
    assert [(each.key, each.due) for each in found] == [
        ("2013-commitments", date(2013, 12, 31)),
        ("2014-progress", date(2014, 9, 30)),
        ("2015-progress", date(2015, 9, 30)),
    ]
    assert found[0].subject is Subject.COMMITMENTS
    assert [(each.starts, each.ends, each.country) for each in MEETINGS] == [
        (date(2012, 12, 5), date(2012, 12, 5), "BE"),
        (date(2014, 9, 29), date(2014, 9, 30), "US"),
    ]


@given(days)
def test_there_is_always_one_round_to_come(today: date) -> None:
    found = rounds(today)
    assert [each.due for each in found] == sorted({each.due for each in found})
    assert [each.due > today for each in found] == [False] * (len(found) - 1) + [True]
    assert all(round_of(each.key) == each for each in found)


@pytest.mark.parametrize(
    "key", ["", "2013-progress", "2014-commitments", "0026-progress", "²026-progress", "2026-progress-progress", "2026"]
)
def test_other_keys_name_no_round(key: str) -> None:
    assert round_of(key) is None


@given(days, st.none() | days, days, st.booleans(), st.booleans())
def test_an_answer_is_what_was_published_first(
    due: date, published: date | None, today: date, is_submitted: bool, has_draft: bool
) -> None:
    found = answer(due, published, today, is_submitted=is_submitted, has_draft=has_draft)
    if published is not None:
        assert found is (Answer.PUBLISHED if published <= due else Answer.LATE)
    elif is_submitted or has_draft:
        assert found is (Answer.SUBMITTED if is_submitted else Answer.DRAFT)
    else:
        assert found is (Answer.MISSING if today > due else Answer.AWAITED)


@given(days, st.integers(-200, 2000))
def test_reminders_come_before_the_day_on_it_and_go_on_after_it(due: date, after: int) -> None:
    today = due + timedelta(days=after)
    found = last_reminder(due, today)
    if today < due - max(REMINDERS):
        assert found is None
        return
    assert found is not None
    assert found <= today
    assert found in {due - each for each in REMINDERS} or (found - due) % OVERDUE_EVERY == timedelta(0)
    assert (today - found) < max(OVERDUE_EVERY, *REMINDERS)
    assert last_reminder(due, found) == found
