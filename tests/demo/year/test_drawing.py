"""What is drawn: the same for the same seed, plausible, and of nothing but what a node counts."""

import itertools
from datetime import timedelta

import numpy as np
import pytest

from rempart.core.figures import folding
from rempart.demo.year import counting
from rempart.demo.year.drawing import beginning, counted_to, draw
from rempart.demo.year.making import founders
from rempart.demo.year.proportions import PROVIDERS, Profile, profiles
from rempart.formats.figure_events import FACTS, FIELDS

COUNTRIES = tuple(founder.country for founder in founders())
YEAR, SEED = 2025, 7


@pytest.fixture(scope="module")
def profile() -> Profile:
    return max(profiles(COUNTRIES, 100_000, SEED), key=lambda each: each.reports)


def test_48_members_share_the_reports_unevenly() -> None:
    found = profiles(COUNTRIES, 100_000, SEED)
    assert len({each.country for each in found}) == 48
    assert sum(each.reports for each in found) == 100_000
    assert max(each.reports for each in found) > 20 * min(each.reports for each in found)


def test_the_seed_decides_everything(profile: Profile) -> None:
    first, again, other = draw(profile, YEAR, SEED), draw(profile, YEAR, SEED), draw(profile, YEAR, SEED + 1)
    assert np.array_equal(first.seconds, again.seconds)
    assert all(np.array_equal(first.facts[name], again.facts[name]) for name in FIELDS)
    assert not np.array_equal(first.seconds[:100], other.seconds[:100])


def test_events_come_in_order_from_the_year_and_until_it_is_counted(profile: Profile) -> None:
    events = list(counting.events(draw(profile, YEAR, SEED), YEAR))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert all(one.at <= next_.at for one, next_ in itertools.pairwise(events))
    assert events[0].at >= beginning(YEAR)
    assert events[-1].at < counted_to(YEAR) == beginning(YEAR + 1) + timedelta(days=7)
    received = [event for event in events if event.action == "report:received"]
    assert len(received) == profile.reports
    assert all(event.at.year == YEAR for event in received)


def test_reports_double_over_the_year(profile: Profile) -> None:
    drawn = draw(profile, YEAR, SEED)
    at = drawn.seconds[drawn.actions == "report:received"]
    month = 30 * 86_400
    first, last = np.sum(at < month), np.sum(at >= 335 * 86_400)
    assert 1.6 < last / first < 2.2


def test_everything_that_is_counted_happens_and_nothing_else(profile: Profile) -> None:
    assert set(draw(profile, YEAR, SEED).actions) == set(folding.ACTIONS) == set(FACTS)


def test_networks_are_those_of_documents(profile: Profile) -> None:
    networks = set(draw(profile, YEAR, SEED).facts["asn"]) - {None}
    assert networks <= set(PROVIDERS) == set(range(64496, 64512))


def test_some_removals_take_weeks_and_some_come_back(profile: Profile) -> None:
    drawn = draw(profile, YEAR, SEED)
    hours = drawn.facts["hours_since_notice"][drawn.actions == "notice:removed"].astype(float)
    assert np.quantile(hours, 0.95) > 10 * np.median(hours)
    assert np.sum(drawn.actions == "notice:reappeared") > 0
