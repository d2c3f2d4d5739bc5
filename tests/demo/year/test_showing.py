"""What the demonstration says of its year, and when it says that something is missing."""

import json
from pathlib import Path

import pytest

from rempart.core.figures.releases import Value
from rempart.demo.year import showing
from rempart.demo.year.making import FIGURES, founders, make_member, orders_of
from rempart.demo.year.proportions import DEFAULT_SEED
from rempart.demo.year.showing import MadeUpYear

YEAR = 2025


@pytest.fixture(scope="module")
def made_up(tmp_path_factory) -> MadeUpYear:
    folder = tmp_path_factory.mktemp("year")
    for order in orders_of(folder, YEAR, reports=3000, seed=DEFAULT_SEED):
        make_member(order)
    return MadeUpYear(folder, YEAR, 3000, {"made and counted": 1.25})


@pytest.fixture
def shown(made_up: MadeUpYear) -> dict[str, Value]:
    return {
        founder.country: made_up.document(founder.country).value(str(YEAR), showing.REPORTS) for founder in founders()
    }


def test_48_members_with_their_figures_are_as_it_should_be(made_up: MadeUpYear, shown) -> None:
    assert len(shown) == 48
    assert showing.wrong_with(made_up, shown) == []


def test_a_member_that_is_not_there_is_named(made_up: MadeUpYear, shown) -> None:
    del shown["GH"]
    assert showing.wrong_with(made_up, shown) == ["the observatory has no figures of Ghana"]


def test_figures_of_something_else_are_named(made_up: MadeUpYear, shown) -> None:
    shown["GH"] = shown["EE"]
    assert showing.wrong_with(made_up, shown) == ["the observatory's figures of Ghana are not those of its year"]


def test_the_total_is_at_least_where_months_are_suppressed(made_up: MadeUpYear, shown) -> None:
    first, _see, again = showing.told(made_up, "http://127.0.0.1:8123", shown)
    assert "48 members published at least 2," in first
    assert "made and counted in 1.2 s" in first
    assert str(made_up.folder / FIGURES) in again


def test_every_document_says_that_it_is_made_up(made_up: MadeUpYear) -> None:
    for path in Path(made_up.folder / FIGURES).glob("*.json"):
        assert json.loads(path.read_text())["organisation"].endswith(": demonstration, a made-up year")
