"""Figures of the alliance: what they claim, when they must not, and that all of a figure tells the same numbers."""

import random
from dataclasses import replace
from datetime import date

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from node.observatory.alliances import FOUNDERS, TODAY, alliance, document, memberships, shown

from rempart.core.errors import NotFound
from rempart.core.figures.document import FiguresDocument, PublishedFigure, PublishedPeriod
from rempart.core.figures.releases import Status, Value
from rempart.core.routing import Membership
from rempart.formats import tables
from rempart.node.observatory.alliance import (
    commitments,
    comparison,
    decade,
    declared,
    hosting,
    membership,
    overview,
    pooling,
    removal,
    returning,
    volume,
)
from rempart.node.observatory.alliance.catalogue import FIGURES, figure
from rempart.node.observatory.alliance.overview import Verdict
from rempart.node.observatory.alliance.shown import Alliance, Cell
from rempart.node.observatory.external import ExternalPoint, ExternalSeries

NOTHING = Alliance(TODAY, {}, memberships(), ())
HIDDEN, NOT_THERE = Value(None, Status.SUPPRESSED), Value(None, Status.NOT_AVAILABLE)


@pytest.fixture(autouse=True)
def _english():
    with override("en"):
        yield


def one_year(code: str = "FR", **figures: Value) -> FiguresDocument:
    """A member whose year 2025 is as given, and final."""
    found = {key: PublishedFigure(value) for key, value in figures.items()}
    return replace(document(code, (2025,), random.Random(1)), published={"2025": PublishedPeriod(True, found)})


@pytest.mark.parametrize("key", FIGURES)
@pytest.mark.parametrize("found", [alliance(12), alliance(1), NOTHING], ids=["twelve", "one", "none"])
def test_every_figure_has_a_claim_a_table_and_files_of_it(key: str, found: Alliance) -> None:
    made = figure(found, key)
    assert made.claim.endswith(".")
    assert made.definitions or not found.external
    assert len({len(cells) for _label, cells in made.grid.rows}) <= 1
    assert all(len(cells) == len(made.grid.head) - 1 for _label, cells in made.grid.rows)
    assert tables.as_csv(made.table).count(b"\r\n") == len(tables.as_objects(made.table)) + 1
    assert tables.as_parquet(made.table)[:4] == b"PAR1"
    assert made.title == str(FIGURES[key].title)
    assert made.claim == FIGURES[key].summary(found) or key == comparison.KEY


@pytest.mark.parametrize("key", FIGURES)
def test_a_period_that_is_not_there_is_not_found(key: str) -> None:
    with pytest.raises(NotFound):
        figure(alliance(1), key, "1999")
    with pytest.raises(NotFound):
        figure(alliance(1), "nothing")


@pytest.mark.parametrize("key", FIGURES)
def test_every_period_that_a_figure_names_is_there(key: str) -> None:
    found = alliance(3)
    for period, _name in figure(found, key).periods:
        assert figure(found, key, period).period == period


def test_counts_add_up_and_say_what_is_missing() -> None:
    known, none = one_year(reports_received=shown(10, 10)), one_year("DE")
    other = replace(known, country="JP")
    assert pooling.total([known, other], "2025", "reports_received") == pooling.Pooled(Value(20, Status.SHOWN, 20), 2)
    assert pooling.total([known, none], "2025", "reports_received") == pooling.Pooled(Value(10, Status.PARTIAL, 10), 1)
    assert pooling.total([none], "2025", "reports_received").value == NOT_THERE
    assert pooling.total([one_year(reports_received=HIDDEN), none], "2025", "reports_received").value == HIDDEN
    assert pooling.total([], "2025", "reports_received") == pooling.Pooled(NOT_THERE, 0)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=8))
def test_shares_are_pooled_by_their_denominators(cases: list[tuple[int, int]]) -> None:
    documents = [
        one_year(code, share_removed_72h=shown(a / (a + b), a + b) if a + b else NOT_THERE)
        for code, (a, b) in zip(FOUNDERS, cases, strict=False)
    ]
    found = pooling.share(documents, "2025", "share_removed_72h").value
    over = sum(a + b for a, b in cases)
    if not over:
        assert found.number is None
        return
    assert found.number == pytest.approx(sum(a for a, _b in cases) / over)
    assert found.behind == over


def test_parts_of_members_add_up_largest_first() -> None:
    found = alliance(5)
    parts = pooling.parts(found.publishing(), "2025", "illegal_content")
    whole = pooling.total(found.publishing(), "2025", "illegal_content").value.number
    assert sum(value.number for value in parts.values()) == whole
    assert [value.number for value in parts.values()] == sorted((v.number for v in parts.values()), reverse=True)


def test_growth_is_read_from_members_that_tell_every_month() -> None:
    """Who joins late, or holds a month back, makes no growth."""
    found = alliance(6)
    steady = volume.growth(found)
    late = document("JP", (2026,), random.Random(2))
    grown = volume.growth(replace(found, documents={**found.documents, "JP": late}))
    assert [each.country for each in grown.members] == [each.country for each in steady.members]
    assert grown.reports == steady.reports
    assert steady.growth is not None
    assert steady.growth.doubling == pytest.approx(27.7, abs=2)
    assert len(steady.ahead) == 12
    assert steady.ahead[0][0] == "2026-11"
    assert steady.ahead[2][0] == "2027-01"


def test_months_that_few_have_told_yet_do_not_leave_the_others_out() -> None:
    found = alliance(6, years=(2024, 2025))
    newer = {code: document(code, (2024, 2025, 2026), random.Random(5)) for code in list(found.documents)[:2]}
    grown = volume.growth(replace(found, documents={**found.documents, **newer}))
    assert len(grown.members) == 6
    assert grown.months[-1] == "2025-12"


def test_too_few_months_are_not_told_ahead() -> None:
    short = replace(document("FR", (2026,), random.Random(3)))
    months = {name: each for name, each in short.published.items() if name <= "2026-04" or name == "all"}
    found = volume.growth(replace(NOTHING, documents={"FR": replace(short, published=months)}))
    assert found.growth is None
    assert found.ahead == ()
    assert "not enough months" in volume.claim(found)


def test_the_projection_in_the_table_is_the_one_in_the_chart() -> None:
    made = figure(alliance(6), volume.KEY)
    series = made.panels[0].live["series"][2]
    drawn = [text for text in series["texts"] if text][1:]
    assert drawn == [cells[2].text for _label, cells in made.grid.rows if not cells[2].is_missing]
    band = made.panels[0].live["band"]
    rows = [row for row in tables.as_objects(made.table) if row["status"] == "projected"]
    assert [row["value"] for row in rows if row["part"] == "low"] == list(band["low"][-12:])
    assert [row["value"] for row in rows if row["part"] == "high"] == list(band["high"][-12:])


@pytest.mark.parametrize("key", ["volume", "reappearance"])
def test_lines_and_their_tables_tell_the_same_numbers(key: str) -> None:
    made = figure(alliance(4), key)
    for panel in made.panels:
        for series in panel.live["series"]:
            for text in filter(None, series["texts"]):
                assert f": {text}</title>" in panel.drawing


def test_shares_that_are_not_of_one_whole_are_not_drawn_as_parts_of_it() -> None:
    values = dict.fromkeys(("share_removed_24h", "share_removed_72h"), shown(0.5, 10))
    same = one_year(**values, share_removed_7d=shown(0.6, 10))
    other = one_year(**values, share_removed_7d=shown(0.6, 9))
    for each, is_drawn in ((same, True), (other, False), (one_year(**values), False)):
        made = removal.share(replace(NOTHING, documents={"FR": each}), "2025")
        assert any(label == "France" for panel in made.panels for label, _drawing, _words in panel.rows) is is_drawn


def test_the_map_follows_dated_facts() -> None:
    one = Membership("XX", invited=date(2012, 1, 1), acceded=date(2013, 6, 1), left=date(2020, 2, 1))
    told = [membership.status(one, date(year, 12, 31)) for year in (2011, 2012, 2013, 2019, 2020)]
    assert told == ["", "invited", "acceded", "acceded", "left"]
    assert membership.status(memberships()["FR"], TODAY) == "founding"
    assert figure(alliance(1), membership.KEY, "2012").claim == "48 states are members on December 31, 2012."
    assert "7 that joined later" in figure(alliance(1), membership.KEY).claim


def test_the_country_with_the_most_is_named_with_its_share() -> None:
    found = alliance(5)
    made = figure(found, hosting.KEY, "2025")
    parts = pooling.parts(found.publishing(), "2025", hosting.ILLEGAL)
    first = next(iter(parts))
    share = parts[first].number / sum(value.number for value in parts.values())
    assert made.claim.endswith(f", {share:.0%}.")


def declaring(code: str, key: str, **years: int) -> FiguresDocument:
    periods = {year[1:]: PublishedPeriod(True, {key: PublishedFigure(shown(number))}) for year, number in years.items()}
    return replace(document(code, (2025,), random.Random(1)), published=periods)


def test_victims_are_compared_for_the_same_members_only() -> None:
    both, new = declaring("FR", declared.KNOWN, y2024=100, y2025=112), declaring("DE", declared.KNOWN, y2025=500)
    found = replace(NOTHING, documents={"FR": both, "DE": new})
    assert declared.growth(found) == ("2025", pytest.approx(0.12), 1)
    assert declared.summary(found).startswith("12% more")
    assert "the goal is met" in declared.summary(found)
    assert overview.answers(found)[0].verdict is Verdict.BETTER
    fewer = replace(NOTHING, documents={"FR": declaring("FR", declared.KNOWN, y2024=100, y2025=90)})
    assert declared.summary(fewer).startswith("10% fewer")
    assert overview.answers(fewer)[0].verdict is Verdict.WORSE
    slower = replace(NOTHING, documents={"FR": declaring("FR", declared.KNOWN, y2024=100, y2025=105)})
    assert overview.answers(slower)[0].verdict is Verdict.SAME
    alone = replace(NOTHING, documents={"DE": declaring("DE", declared.VICTIMS, y2025=7)})
    assert declared.summary(alone).startswith("7 victims were identified in 2025.")
    assert "No member has declared" in declared.summary(alliance(2))


def test_providers_are_the_middle_of_what_members_tell_of_them() -> None:
    def telling(code: str, **hours: float) -> FiguresDocument:
        parts = {name: shown(number, 20) for name, number in hours.items()}
        figures = {removal.MEDIAN: PublishedFigure(shown(30, 60), parts)}
        one = document(code, (2025,), random.Random(1))
        return replace(one, published={"2025": PublishedPeriod(True, figures)})

    documents = {"FR": telling("FR", beta=10, alpha=4, other=9), "DE": telling("DE", beta=30, unknown=3)}
    made = removal.time(replace(NOTHING, documents=documents), "2025")
    assert [(row.label, row.text) for row in made.panels[1].bars] == [("alpha", "4 hr"), ("beta", "20 hr")]
    told = {(row["member"], row["part"]): row["value"] for row in tables.as_objects(made.table) if row["part"]}
    assert told[("DE", "beta")] == 30
    assert len(told) == 5


def test_members_stand_by_name_and_who_is_incomplete_is_not_compared() -> None:
    short = document("DE", (2025,), random.Random(1))
    months = {name: each for name, each in short.published.items() if name in ("2025", "2025-01", "2025-02")}
    documents = {
        "SE": document("SE", (2025,), random.Random(1)),
        "DE": replace(short, published=months),
        "AT": document("AT", (2025,), random.Random(2), threshold=10),
    }
    made = figure(replace(NOTHING, documents=documents), comparison.KEY, "2025")
    names = [label for label, _cells in made.grid.rows]
    assert names == sorted(names, key=lambda name: name.replace("Ü", "U"))
    rows = dict(made.grid.rows)
    assert [rows[name][1].text for name in ("Sweden", "Germany", "Austria", "Malta")] == [
        "yes",
        "no: months are missing",
        "no: counted otherwise",
        "publishes nothing",
    ]
    assert rows["Germany"][0].text == "2 of 12"
    assert all(cell.is_missing for cell in rows["Germany"][1:])
    assert {row["member"]: row["is_compared"] for row in tables.as_objects(made.table)} == {
        "AT": False,
        "DE": False,
        "SE": True,
    }
    assert "1 of 55 members can be compared" in made.claim


def test_the_decade_counts_what_is_there() -> None:
    points = (ExternalPoint(2012, 5.0), ExternalPoint(2013, None), ExternalPoint(2014, 7.0, is_at_least=True))
    series = (ExternalSeries("a", "A", "state", points), ExternalSeries("b", "B", "share", (ExternalPoint(2013, 0.5),)))
    assert decade.claim(series).startswith("Of 2 measures, 3 yearly numbers were published from 2012 to 2014; only 1")
    assert [[cell.text for cell in cells] for _label, cells in decade.grid(series).rows] == [
        ["5", "", "7+"],
        ["", "50%", ""],
    ]


def test_nothing_that_comes_back_is_said_only_where_it_is_counted() -> None:
    none = replace(NOTHING, documents={"FR": one_year(content_reappeared=shown(0))})
    assert returning.shown(none, "2025").claim == "Nothing that was removed is known to have come back."
    assert returning.shown(alliance(0)).claim == "No member has published how much comes back."


def test_the_answer_needs_two_whole_years_of_the_same_members() -> None:
    found = overview.answers(alliance(5))
    assert [each.verdict for each in found] == [Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.BETTER]
    assert "2024" in found[3].why
    assert "2025" in found[3].why
    assert {each.verdict for each in overview.answers(alliance(5, years=(2025, 2026)))} == {Verdict.UNKNOWN}
    assert overview.claim(overview.answers(NOTHING)).startswith("Nobody can tell yet")


def test_a_share_that_hardly_moves_is_no_change() -> None:
    def member(before: float, after: float) -> Alliance:
        periods = {
            year: PublishedPeriod(True, {"share_removed_72h": PublishedFigure(shown(share, 100))})
            for year, share in (("2024", before), ("2025", after))
        }
        one = replace(document("FR", (2025,), random.Random(1)), published=periods)
        return replace(NOTHING, documents={"FR": one})

    told = [overview.answers(member(*shares))[3].verdict for shares in ((0.5, 0.51), (0.5, 0.6), (0.5, 0.4))]
    assert told == [Verdict.SAME, Verdict.BETTER, Verdict.WORSE]


def test_a_commitment_whose_time_is_over_without_an_answer_was_not_kept() -> None:
    made = figure(alliance(1), commitments.KEY)
    assert made.claim == "Of 4 commitments that have come to their end, 2 were kept and 0 in part."
    rows = tables.as_objects(made.table)
    told = [(row["number"], row["outcome"], row["evidence"]) for row in rows if row["member"] == "JP"]
    assert told == [(1, "kept", 1), (2, "unkept", 0), (3, "running", 0), (4, "withdrawn", 0)]
    assert dict(made.grid.rows)["Japan"] == tuple(Cell(text) for text in ("1", "0", "1", "1", "1"))
    assert [words for _label, _drawing, words in made.panels[0].rows] == ["6", "2", "2", "2", "0"]
    assert commitments.summary(NOTHING) == "No member has published a commitment here."
