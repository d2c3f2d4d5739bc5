"""Several members' figures together, and two years beside each other: never more than was published."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from node.reports.made_up import bare, document, published

from rempart.core.figures.document import FiguresDocument, PublishedFigure, PublishedPeriod
from rempart.node.observatory.services import INDICATORS, Measure, Status, Value
from rempart.node.reports.answers import mood_of, verdicts
from rempart.node.reports.figures import Figures, pair, pooled, value_text
from rempart.node.reports.texts import texts

EN = texts("en")
DURATIONS = (Measure.MEDIAN, Measure.P90, Measure.DAYS)
BY_KEY = {each.key: each for each in INDICATORS}
_numbers = st.integers(0, 10**6)
_counts = st.one_of(
    st.builds(lambda n, status: Value(n, status, n), _numbers, st.sampled_from((Status.SHOWN, Status.PARTIAL))),
    st.just(Value(None, Status.SUPPRESSED)),
    st.just(Value(None, Status.NOT_AVAILABLE)),
)


def saying(values: list[Value], key: str) -> list[FiguresDocument]:
    """Members that each published one value for 2026."""
    return [
        replace(bare(f"A{chr(65 + place)}"), published={"2026": PublishedPeriod(True, {key: PublishedFigure(value)})})
        for place, value in enumerate(values)
    ]


@given(st.lists(_counts, min_size=1, max_size=8), st.integers(0, 3), st.randoms())
def test_a_sum_is_of_what_is_shown_and_whole_only_where_everybody_is(values, missing: int, lots) -> None:
    indicator, members = BY_KEY["content_removed"], len(values) + missing
    documents = saying(values, indicator.key)
    found = pooled(documents, "2026", indicator, "", members)
    known = [value.number for value in values if value.number is not None]
    assert found.number == (sum(known) if known else None)
    if known:
        is_whole = not missing and all(value.status is Status.SHOWN for value in values)
        assert found.status is (Status.SHOWN if is_whole else Status.PARTIAL)
    lots.shuffle(documents)
    assert pooled(documents, "2026", indicator, "", members) == found


@pytest.mark.parametrize("key", [each.key for each in INDICATORS if each.measure in DURATIONS])
def test_durations_are_never_pooled(key: str) -> None:
    documents = saying([Value(5.0, Status.SHOWN, 20), Value(7.0, Status.SHOWN, 20)], key)
    assert pooled(documents, "2026", BY_KEY[key], "", 2).number is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Value(1200, Status.SHOWN, 1200), "1,200"),
        (Value(1200, Status.PARTIAL, 1200), "at least 1,200"),
        (Value(0, Status.SHOWN, 0), "0"),
        (Value(None, Status.SUPPRESSED), "not shown"),
        (Value(None, Status.NOT_AVAILABLE), "not available"),
    ],
)
def test_a_value_is_read_with_its_status(value: Value, text: str) -> None:
    assert value_text(Measure.COUNT, value, EN) == text


def test_years_compare_only_where_both_are_whole() -> None:
    both, one = document("FR", {2025: 12, 2026: 11}), document("NL", {2026: 11}, seed=2)
    for key, indicator in BY_KEY.items():
        found = pair(Figures((both, one), BY_KEY, EN, 2), 2026, key)
        now, before = both.value("2026", key), both.value("2025", key)
        is_count = indicator.measure in (Measure.COUNT, Measure.STOCK)
        fits = all(each.status is Status.SHOWN or (not is_count and each.number is not None) for each in (now, before))
        if not fits or indicator.measure in DURATIONS:
            assert found is None
        else:
            assert found == (pytest.approx(now.number), pytest.approx(before.number), 1)


def test_a_members_own_durations_compare() -> None:
    own = document("FR", {2025: 12, 2026: 11}, seed=6)
    found = pair(Figures((own,), BY_KEY, EN), 2026, "hours_notice_to_removal_median")
    assert found == (*(own.value(year, "hours_notice_to_removal_median").number for year in ("2026", "2025")), 1)


@pytest.mark.parametrize(
    ("now", "before", "ratio", "mood"),
    [
        (110, 100, 1.1, "yes"),
        (109, 100, 1.1, "no"),
        (0, 0, 1.1, "no"),
        (5, 0, 1.1, "yes"),
        (0.5, 0.5, 1.0, "no"),
        (11, 10, 1.1, "yes"),
    ],
)
def test_a_target_is_approached_by_its_rule(now: float, before: float, ratio: float, mood: str) -> None:
    assert mood_of(now, before, ratio) == mood


def test_nothing_published_cannot_be_told() -> None:
    given = published(bare())
    found = verdicts(Figures((given.documents["FR"],), given.indicators, EN), 2026)
    assert [each.number for each in found] == ["T1", "T2", "T3", "T4"]
    assert {each.mood for each in found} == {"unknown"}
