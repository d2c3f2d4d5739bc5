"""Yearly reports: every number is the published one, in both layouts, in both languages, with little and with much."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
import typst
from babel.numbers import parse_decimal
from core.register.made_up import commitment
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as reader
from node.reports.made_up import FOUNDERS, bare, document, everybody, published

from rempart.core.errors import InputError
from rempart.core.register.part import Status as Commitments
from rempart.node.observatory.services import INDICATORS, FiguresDocument, Measure, Status
from rempart.node.reports import printing, typesetting, yearly
from rempart.node.reports.figures import ALLIANCE, Figures
from rempart.node.reports.paper import Paper
from rempart.node.reports.texts import LANGUAGES, texts

BY_KEY = {each.key: each for each in INDICATORS}
HOSTILE = '#panic("no") $x$ *bold* <b>&amp;</b> {{ paper }} \\ "é"'
SMALL = {
    "one member": (lambda: (document("FR", {2025: 12, 2026: 11}),), "FR"),
    "nothing available": (lambda: (bare(),), "FR"),
    "a first month": (lambda: (document("FR", {2026: 1}),), "FR"),
    "alliance of one": (lambda: (document("FR", {2026: 12}),), ""),
    "alliance, nothing available": (lambda: (bare(), bare("NL")), ""),
    "alliance of 48": (everybody, ""),
}


def report(documents: tuple[FiguresDocument, ...], country: str, language: str = "en", year: int = 2026) -> Paper:
    with override(language):
        say, given_figures = texts(language), published(*documents)
        if country:
            return yearly.member(given_figures, country, year, say)
        return yearly.alliance(given_figures, year, say)


def shown(page: bytes) -> list[tuple[str, str, str, str]]:
    """Every figure of an HTML edition: its name, its raw number, its status, its text."""
    found = reader.fromstring(page).iter("data")
    return [
        (each.get("data-figure"), each.get("value"), each.get("data-status"), each.text_content()) for each in found
    ]


def read_back(text: str, language: str) -> float:
    digits = "".join(each for each in text if each.isdigit() or each in ".,\u202f\u00a0 ").strip(" \u00a0\u202f")
    locale = texts(language).locale
    return float(parse_decimal(digits.replace("\u00a0", "\u202f"), locale=locale))


@settings(max_examples=25)
@given(st.integers(1, 10**6), st.integers(1, 12), st.sampled_from(LANGUAGES))
def test_every_number_of_the_html_is_the_published_one(seed: int, months: int, language: str) -> None:
    own = document("FR", {2025: 12, 2026: months}, seed=seed)
    figures = shown(printing.html(report((own,), "FR", language)))
    assert len(figures) > 60
    for name, raw, status, text in figures:
        country, period, key, *part = name.split("/")
        value = own.value(period, key, *part)
        assert (country, status) == ("FR", str(value.status))
        assert (float(raw) if raw else None) == value.number
        if value.number is None:
            wanted = "words.not_shown" if value.status is Status.SUPPRESSED else "words.not_available"
            assert text == texts(language)(wanted)
            continue
        number = read_back(text, language)
        measure = BY_KEY[key].measure
        if measure is Measure.SHARE:
            assert number == pytest.approx(100 * value.number, abs=0.051)
        elif measure is Measure.DAYS:
            assert number == pytest.approx(value.number, abs=0.051)
        elif measure in (Measure.MEDIAN, Measure.P90):
            assert number == pytest.approx(value.number if value.number < 72 else value.number / 24, abs=0.051)
        else:
            assert number == value.number
            assert text.startswith(texts(language)("words.at_least", number="")) is (value.status is Status.PARTIAL)


def test_the_alliances_numbers_are_the_sums_of_its_members() -> None:
    documents = everybody()
    for name, raw, _status, _text in shown(printing.html(report(documents, ""))):
        country, period, key, *part = name.split("/")
        if country != ALLIANCE:
            continue
        values = [each.value(period, key, *part) for each in documents if period in each.periods()]
        known = [value for value in values if value.number is not None]
        if BY_KEY[key].measure in (Measure.COUNT, Measure.STOCK):
            assert (float(raw) if raw else None) == (sum(value.number for value in known) if known else None)
        elif BY_KEY[key].measure is Measure.SHARE and known:
            cases = sum(value.behind for value in known)
            assert float(raw) == pytest.approx(sum(value.number * value.behind for value in known) / cases)
        else:
            assert not raw


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", SMALL)
def test_the_pdf_says_what_the_html_says(case: str, language: str) -> None:
    documents, country = SMALL[case]
    paper = report(documents(), country, language)
    made = typesetting.pdf(paper)
    assert made.startswith(b"%PDF-1.7")
    assert b"pdfuaid:part" in made or b"/StructTreeRoot" in made
    assert typesetting.pages(paper) >= 5
    found = json.loads(typst.query(typesetting.source(paper), "<figure>", field="value", ignore_system_fonts=True))
    on_paper = [(each["figure"], each["text"]) for each in found]
    on_screen = [(name, text) for name, _raw, _status, text in shown(printing.html(paper))]
    assert on_paper == on_screen == [(cell.figure, cell.text) for cell in paper.cells()]


def test_the_same_figures_are_the_same_bytes() -> None:
    first, second = (report((document("FR", {2026: 12}),), "FR") for _ in range(2))
    assert typesetting.pdf(first) == typesetting.pdf(second)
    assert printing.html(first) == printing.html(second)
    other = report((document("FR", {2026: 12}, seed=9),), "FR")
    assert typesetting.pdf(first) != typesetting.pdf(other)


def test_words_of_others_are_never_markup() -> None:
    own = replace(document("FR", {2026: 12}), organisation=HOSTILE)
    given_figures = published(own, commitments={"FR": (replace(commitment(), title=HOSTILE),)})
    paper = yearly.member(given_figures, "FR", 2026, texts("en"))
    page = reader.fromstring(printing.html(paper))
    assert [each.text_content() for each in page.iter("p") if each.get("class") == "author"] == [HOSTILE]
    assert HOSTILE in [each.text_content() for each in page.iter("td")]
    assert not list(page.iter("script", "b", "img", "link"))
    assert typesetting.pdf(paper).startswith(b"%PDF")


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = printing.html(report((document("FR", {2026: 12}),), "FR")).decode()
    assert "<script" not in page
    assert " style=" not in page
    assert "url(" not in page
    assert "@import" not in page
    assert "--petrol:" in page


def test_members_stand_in_the_order_of_their_names_with_their_completeness() -> None:
    paper = report(everybody(), "", "fr")
    table = next(
        block for each in paper.sections if each.key == "beside" for block in each.blocks if block.kind == "table"
    )
    names = [row[0].text for row in table.rows]
    assert len(names) == len(FOUNDERS) == 48
    assert names.index("États-Unis") < names.index("Finlande") < names.index("Viêt Nam")
    assert {row[1].text for row in table.rows} == {"83,3\u00a0%"}


def test_a_member_that_published_nothing_is_named_as_such() -> None:
    paper = report((document("FR", {2026: 12}),), "")
    table = next(
        block for each in paper.sections if each.key == "beside" for block in each.blocks if block.kind == "table"
    )
    assert [row[1].text for row in table.rows].count("nothing published") == 47
    cover = dict(paper.cover)
    assert (cover["Members at the end of the year"], cover["Members that published figures"]) == ("48", "1")


def test_commitments_are_told_one_by_one_or_counted() -> None:
    ours = (commitment(1, status=Commitments.KEPT), commitment(2), commitment(3))
    given_figures = published(document("FR", {2026: 12}), commitments={"FR": ours, "NL": (commitment(),)})

    def table(paper: Paper):
        [section] = [each for each in paper.sections if each.key == "commitments"]
        return section.blocks[-1]

    own = table(yearly.member(given_figures, "FR", 2026, texts("en")))
    assert [row[1].text for row in own.rows] == [each.title for each in ours]
    assert own.rows[0][3].text == "Kept"
    all_of_us = table(yearly.alliance(given_figures, 2026, texts("en")))
    assert [row[0].text for row in all_of_us.rows] == ["France", "Netherlands", "All members"]
    assert sum(cell.number for cell in all_of_us.rows[-1][1:]) == 4


def test_the_alliance_of_one_is_at_least() -> None:
    own = document("FR", {2026: 12}, seed=3)
    figures = Figures((own,), BY_KEY, texts("en"), 48)
    value = figures.value("2026", "reports_received")
    assert (value.number, value.status) == (own.value("2026", "reports_received").number, Status.PARTIAL)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: report((document("FR", {2026: 12}),), "FR", year=2024), "Choose 2026."),
        (lambda: report((document("FR", {2026: 12}),), "XX"), "Known: FR."),
        (lambda: report((document("FR"),), "FR"), "Publish figures first."),
        (lambda: report((document("FR", {2026: 12}),), "", year=2024), "no member has published"),
    ],
)
def test_what_cannot_be_reported_on_is_told(make: Callable[[], Paper], said: str) -> None:
    with pytest.raises(InputError, match=said):
        make()
