import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.core.priority import (
    REASON_CODES,
    Facts,
    Reason,
    Rules,
    Score,
    assess_by,
    level,
    reason_mask,
    score,
)
from rempart.core.vocabulary import Source

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
FLAGS = ["child_in_danger", "live_stream", "sextortion", "solicitation", "escalated_by_platform", "material_present"]
COUNTS = ["times_site_reported", "second_report_of_same"]

facts = st.builds(
    Facts,
    source=st.sampled_from(Source),
    **{flag: st.booleans() for flag in [*FLAGS, "known_match"]},
    occurred_at=st.none() | st.integers(-100, 20_000).map(lambda hours: NOW - timedelta(hours=hours)),
    times_site_reported=st.integers(0, 1000),
    quality=st.integers(0, 100),
    second_report_of_same=st.integers(0, 1000),
)
weights = [f.name for f in fields(Rules) if not f.name.endswith("_hours") and not f.name.endswith("recent")]
recency = st.tuples(*[st.integers(0, 100)] * 3).map(sorted)
hours = st.sets(st.integers(1, 5000), min_size=3, max_size=3).map(sorted)
rules = st.builds(
    lambda chosen, points, limits: Rules(
        **chosen,
        very_recent=points[2],
        recent=points[1],
        fairly_recent=points[0],
        very_recent_hours=limits[0],
        recent_hours=limits[1],
        fairly_recent_hours=limits[2],
    ),
    st.fixed_dictionaries({name: st.integers(0, 100) for name in weights}),
    recency,
    hours,
)


@given(facts, rules)
def test_points_are_the_capped_sum_of_the_reasons(known: Facts, chosen: Rules) -> None:
    result = score(known, chosen, NOW)
    assert result.points == min(100, sum(reason.points for reason in result.reasons))
    assert 0 <= result.points <= 100
    assert len({reason.code for reason in result.reasons}) == len(result.reasons)
    assert score(known, chosen, NOW) == result


@given(facts, rules, st.sampled_from(FLAGS))
def test_an_alarming_fact_never_lowers_the_score(known: Facts, chosen: Rules, flag: str) -> None:
    off, on = ({flag: value} for value in (False, True))
    without = score(replace(known, **off), chosen, NOW)  # type: ignore[arg-type]
    assert score(replace(known, **on), chosen, NOW).uncapped >= without.uncapped  # type: ignore[arg-type]


@given(facts, rules, st.sampled_from([*COUNTS, "quality"]), st.integers(0, 100), st.integers(0, 100))
def test_more_never_lowers_the_score(known: Facts, chosen: Rules, name: str, one: Any, other: Any) -> None:
    fewer = score(replace(known, **{name: min(one, other)}), chosen, NOW)
    assert score(replace(known, **{name: max(one, other)}), chosen, NOW).uncapped >= fewer.uncapped


@given(facts, rules, st.integers(0, 9000), st.integers(0, 9000))
def test_more_recent_never_lowers_the_score(known: Facts, chosen: Rules, one: int, other: int) -> None:
    old, new = (replace(known, occurred_at=NOW - timedelta(hours=h)) for h in (max(one, other), min(one, other)))
    unknown = score(replace(known, occurred_at=None), chosen, NOW)
    assert score(new, chosen, NOW).uncapped >= score(old, chosen, NOW).uncapped >= unknown.uncapped


@given(facts, rules)
def test_recognised_material_never_comes_before_unknown_material(known: Facts, chosen: Rules) -> None:
    recognised = score(replace(known, known_match=True), chosen, NOW)
    assert recognised.uncapped <= score(replace(known, known_match=False), chosen, NOW).uncapped


@given(facts, rules)
def test_scores_survive_storage(known: Facts, chosen: Rules) -> None:
    result = score(known, chosen, NOW)
    assert Score.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_a_child_in_danger_is_urgent_by_default() -> None:
    assert level(score(Facts(Source.PROACTIVE, child_in_danger=True), Rules(), NOW).points) == "urgent"


def test_an_old_public_report_is_low_by_default() -> None:
    result = score(Facts(Source.PUBLIC, occurred_at=NOW - timedelta(days=900)), Rules(), NOW)
    assert result == Score(5, (Reason("source_public", 5, "reported by the public"),))
    assert level(result.points) == "low"


def test_a_time_in_the_future_counts_as_now() -> None:
    ahead = score(Facts(Source.PLATFORM, occurred_at=NOW + timedelta(hours=3)), Rules(), NOW)
    assert "very_recent" in {reason.code for reason in ahead.reasons}


def test_known_material_says_so() -> None:
    result = score(Facts(Source.PLATFORM, material_present=True, known_match=True), Rules(), NOW)
    codes = {reason.code for reason in result.reasons}
    assert "known_match" in codes
    assert "unknown_material" not in codes


@pytest.mark.parametrize(
    ("points", "name"),
    [
        (100, "urgent"),
        (80, "urgent"),
        (79, "high"),
        (50, "high"),
        (49, "normal"),
        (25, "normal"),
        (24, "low"),
        (0, "low"),
    ],
)
def test_level(points: int, name: str) -> None:
    assert level(points) == name


def test_rules_from_a_mapping_replace_defaults() -> None:
    assert Rules.from_mapping({}) == Rules()
    assert Rules.from_mapping({"live_stream": 55}) == replace(Rules(), live_stream=55)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"livestream": 1}, "unknown names: livestream"),
        ({"live_stream": -1}, "live_stream"),
        ({"live_stream": 101}, "live_stream"),
        ({"live_stream": "40"}, "live_stream"),
        ({"live_stream": True}, "live_stream"),
        ({"live_stream": 1.5}, "live_stream"),
        ({"recent_hours": 0}, "recent_hours"),
        ({"recent_hours": 24}, "must grow"),
        ({"fairly_recent": 11}, "weigh less"),
    ],
)
def test_wrong_rules_are_named(values: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        Rules.from_mapping(values)
    assert caught.value.advice


@pytest.mark.parametrize(
    "wrong",
    [
        Facts(Source.PUBLIC, quality=101),
        Facts(Source.PUBLIC, times_site_reported=-1),
        Facts(Source.PUBLIC, second_report_of_same=-1),
        Facts(Source.PUBLIC, occurred_at=datetime(2024, 1, 1)),
    ],
)
def test_wrong_facts_are_refused(wrong: Facts) -> None:
    with pytest.raises(InputError):
        score(wrong, Rules(), NOW)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"points": 1},
        {"points": 1, "reasons": [{}]},
        {"points": 1, "reasons": 3},
        {"points": 7, "reasons": [{"code": "x", "points": 8, "text": ""}]},
    ],
)
def test_a_stored_score_that_does_not_add_up_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Score.from_json(data)


@given(facts, rules)
def test_whatever_weighs_has_a_bit_of_its_own(known: Facts, weights: Rules) -> None:
    """Stored masks answer the queue's filter by reason: a reason that is left out could not be filtered by."""
    codes = [reason.code for reason in score(known, weights, NOW).reasons if reason.points]
    assert set(codes) <= set(REASON_CODES)
    mask = reason_mask(codes)
    assert {code for place, code in enumerate(REASON_CODES) if mask >> place & 1} == set(codes)


def test_bits_keep_their_places() -> None:
    """Masks are stored: a code that moves would change what older cases say."""
    assert reason_mask(["child_in_danger"]) == 1
    assert reason_mask(["quality", "quality", "no such code"]) == 1 << 17
    assert len(REASON_CODES) == len(set(REASON_CODES)) < 31


@pytest.mark.parametrize(
    ("points", "hours"), [(100, 4), (80, 4), (79, 24), (50, 24), (49, 72), (25, 72), (24, 168), (0, 168)]
)
def test_the_more_urgent_the_sooner_it_is_due(points: int, hours: int) -> None:
    assert assess_by(NOW, points) == NOW + timedelta(hours=hours)
