"""Charts carry the numbers of the table beside them: every number, no other, each where its axis says."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.node.observatory import numbers
from rempart.node.observatory.charts import lines, multiples, ranges, stack, world
from rempart.node.observatory.charts.lines import Lines, Range, Series
from rempart.node.observatory.charts.ranges import Span
from rempart.node.observatory.charts.scales import Scale, linear, logarithmic
from rempart.node.observatory.charts.stack import Bar, Part
from rempart.node.observatory.charts.svg import element
from rempart.node.observatory.charts.world import Country, World

COUNTS = st.none() | st.integers(0, 10**8)


def parsed(svg: str) -> ET.Element:
    """The picture as XML: what is not well formed fails here."""
    return ET.fromstring(svg)


def titles(svg: str) -> list[str]:
    return [each.text or "" for each in parsed(svg).iter("title")]


def chart(*columns: list[int | None], is_log: bool = False, band: Range | None = None) -> Lines:
    labels = tuple(str(2000 + at) for at in range(len(columns[0])))
    series = tuple(
        Series(
            f"S{place}",
            tuple(column),
            tuple("" if value is None else numbers.number(value) for value in column),
            lines.MARKS[place],
        )
        for place, column in enumerate(columns)
    )
    return Lines("k", "Title", "What it shows", labels, series, numbers.compact, band=band, is_log=is_log)


@given(st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=30), st.booleans())
def test_a_line_tells_every_number_of_its_table_and_no_other(rows: list[tuple], is_log: bool) -> None:
    drawn = chart([a for a, _b in rows], [b for _a, b in rows], is_log=is_log)
    told = [
        f"{each.name}, {label}: {text}"
        for each in drawn.series
        for label, text in zip(drawn.labels, each.texts, strict=True)
        if text
    ]
    assert titles(lines.draw(drawn)) == ["Title", *told]


@given(st.lists(COUNTS, min_size=1, max_size=30))
def test_higher_numbers_stand_higher(column: list[int | None]) -> None:
    svg = parsed(lines.draw(chart(column)))
    points = [float(each.get("y", "")) for each in svg.iter("svg") if each.get("x", "").endswith("%")]
    known = [value for value in column if value is not None]
    assert len(points) == len(known)
    for (low, at_low), (high, at_high) in zip(
        sorted(zip(known, points, strict=True)), sorted(zip(known, points, strict=True))[1:], strict=False
    ):
        assert at_low >= at_high or low == high


@given(st.lists(COUNTS, min_size=1, max_size=30))
def test_a_gap_is_a_gap(column: list[int | None]) -> None:
    """One stroke for each run of known numbers."""
    path = next(each for each in parsed(lines.draw(chart(column))).iter("path") if each.get("class") == "line a")
    runs = re.findall(r"1+", "".join("0" if value is None else "1" for value in column))
    assert path.get("d", "").count("M") == len(runs)


def test_the_script_gets_the_same_numbers() -> None:
    drawn = chart([1, None, 3], [4, 5, None], band=Range("band", (None, 1, 2), (None, 3, 4)))
    told = lines.live(drawn)
    assert [(one["values"], one["texts"]) for one in told["series"]] == [
        (each.values, each.texts) for each in drawn.series
    ]
    assert told["band"] == {"name": "band", "low": (None, 1, 2), "high": (None, 3, 4)}


@given(st.lists(st.floats(0, 1e9), max_size=20))
def test_an_axis_holds_its_numbers_and_starts_at_nothing(values: list[float]) -> None:
    scale = linear(values)
    assert scale.low == scale.ticks[0] == 0
    assert scale.high >= max([*values, 0]) * (1 - 1e-9)
    assert 2 <= len(scale.ticks) <= 7
    assert scale.share(scale.high) == 1


@given(st.lists(st.floats(0.001, 1e9), min_size=1, max_size=20))
def test_an_axis_of_factors_has_powers_of_ten_at_its_ends(values: list[float]) -> None:
    scale = logarithmic(values)
    assert scale.low <= min(values) * (1 + 1e-9)
    assert scale.high >= max(values) * (1 - 1e-9)
    assert all(0 <= scale.share(value) <= 1 for value in values)


def test_a_share_never_has_an_axis_beyond_the_whole() -> None:
    assert linear([0.97], ceiling=1).high == 1


@given(st.lists(st.integers(1, 50), min_size=1, max_size=4))
def test_parts_fill_the_bar_in_their_order(sizes: list[int]) -> None:
    shares = [size / sum(sizes) for size in sizes]
    parts = tuple(Part(f"P{place}", share, numbers.percent(share)) for place, share in enumerate(shares))
    svg = stack.draw(Bar("k", "Row", parts))
    boxes = [each for each in parsed(svg).iter("rect") if (each.get("class") or "").startswith("part")]
    ends = [
        (float((each.get("x") or "0").rstrip("%")), float((each.get("width") or "0").rstrip("%"))) for each in boxes
    ]
    assert sum(width for _start, width in ends) == pytest.approx(100, abs=0.05)
    assert [start for start, _width in ends] == sorted(start for start, _width in ends)
    assert titles(svg)[1:] == [f"{part.name}: {part.text}" for part in parts]
    assert ", ".join(f"{part.name}: {part.text}" for part in parts) in svg


def test_a_row_of_which_nothing_is_known_says_so() -> None:
    assert "not available" in stack.draw(Bar("k", "Row", (), "not available"))


def test_the_world_tells_each_country_once_and_small_ones_as_dots_too() -> None:
    countries = {
        "FR": Country("full", "France", "a member"),
        "MT": Country("hatched", "Malta", "invited"),
        "ZZ": Country("full", "Nowhere", "no outline"),
    }
    drawn = World("k", "World", "All", countries)
    svg = parsed(world.draw(drawn))
    assert titles(world.draw(drawn)).count("France: a member") == 1
    dots = [each for each in svg.iter("circle") if "dot" in (each.get("class") or "")]
    assert [dot.find("title").text for dot in dots] == ["Malta: invited"]
    assert dots[0].get("fill") == "url(#k-hatched)"
    assert "Nowhere" not in world.draw(drawn)
    assert not world.has_outline("ZZ")


def test_europe_repeats_no_outline() -> None:
    drawn = World("k", "World", "All", {"FR": Country("full", "France", "a member")})
    assert len(world.draw_europe(drawn)) < 1000
    assert parsed(world.draw_europe(drawn)).find("use").get("href") == "#k-land"


def test_times_stand_in_order_on_one_scale() -> None:
    spans = (Span("a", "A", 10, 100, "10 to 100"), Span("b", "B", 200, None, "200"))
    on = ranges.scale(spans)
    assert on.share(10) < on.share(24) < on.share(72) < on.share(168) < on.share(200) < 1
    assert titles(ranges.draw(spans[0], on)) == ["A"]
    assert "10 to 100" in ranges.draw(spans[0], on)
    assert len(list(parsed(ranges.draw(spans[1], on)).iter("line"))) == len(on.ticks)


def test_small_lines_share_a_scale() -> None:
    on = Scale(0, 10, (0, 10))
    svg = multiples.draw("k", "France", ("1", "2", "3"), (5, None, 10), ("5 h", "", "10 h"), on)
    assert titles(svg) == ["France", "1: 5 h", "3: 10 h"]
    heights = [float(each.get("cy", "")) for each in parsed(svg).iter("circle")]
    assert heights[0] > heights[1]


def test_what_comes_in_is_text() -> None:
    svg = element("text", {"x": '"><script>'}, "<b>&")
    assert svg == '<text x="&quot;&gt;&lt;script&gt;">&lt;b&gt;&amp;</text>'


def test_a_name_of_a_member_cannot_break_out_of_a_chart() -> None:
    drawn = Series("<script>alert(1)</script>", (1,), ("1",))
    svg = lines.draw(Lines("k", "<b>", "<i>", ("<u>",), (drawn,), numbers.compact))
    assert "<script" not in svg
    assert titles(svg)[0] == "<b>"
