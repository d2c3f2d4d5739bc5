"""Transparency reports: counted, declared or not available; the same in every form; nothing small told."""

import csv
import io
import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as reader
from node.reports.made_up import bare, document, published

from rempart.core.disclosure import DEFAULT_THRESHOLD
from rempart.core.errors import InputError
from rempart.node.observatory.services import Status
from rempart.node.reports import legal_templates, making
from rempart.node.reports.legal import Answer, Declared, answers
from rempart.node.reports.legal_templates import SHIPPED, find
from rempart.node.reports.making import Kind, Made, Order
from rempart.node.reports.texts import LANGUAGES

AT = datetime(2027, 1, 5, 9, tzinfo=UTC)
SAID = {
    "by_provider": Declared({"rows": {"Host A": 40, "=Host B": 7, "Host C": 3}}, "Example hotline", AT),
    "by_type": Declared({"rows": {"baseline": 30, "national": 20}}, "Example hotline", AT),
    "independence": Declared({"text": "The board decides.\n\nNo provider pays for it. <b>"}, "Example hotline", AT),
}


def made(kind: Kind = Kind.DSA, said: dict[str, Declared] | None = None, language: str = "en", **how) -> Made:
    given_figures = published(document("FR", {2025: 12, 2026: 12}, seed=5))
    return making.make(Order(kind, "FR", 2026, language), given_figures, SAID if said is None else said, **how)


def rows(found: Made) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(found.files["csv"].decode())))


def test_json_csv_and_the_page_say_the_same() -> None:
    found = made()
    told, table = json.loads(found.files["json"]), rows(found)
    assert (told["act"], told["article"], told["template"]) == (
        "Regulation (EU) 2022/2065",
        "Article 22(3)",
        "2024-02-17",
    )
    assert [each["field"] for each in told["values"]] == [each["field"] for each in table]
    text = reader.fromstring(found.files["html"]).text_content()
    for one, other in zip(told["values"], table, strict=True):
        assert ("" if one["value"] is None else str(one["value"])) == other["value"]
        assert one["title"] in text
        if one["value"] is not None:
            assert f"{one['value']:,}" in text


def test_a_counted_field_is_the_published_figure_even_where_it_was_declared() -> None:
    own = document("FR", {2025: 12, 2026: 12}, seed=5).value("2026", "notices_sent")
    said = {**SAID, "notices": Declared({"number": 99999}, "Somebody", AT)}
    [line] = [each for each in json.loads(made(said=said).files["json"])["values"] if each["field"] == "notices"]
    assert (line["value"], line["status"], line["source"]) == (own.number, str(own.status), "counted")


def test_what_nobody_knows_is_not_available_and_not_0() -> None:
    found = [each for each in json.loads(made().files["json"])["values"] if each["field"] == "by_action"]
    assert [(each["value"], each["status"], each["source"]) for each in found] == [(None, "not_available", "")]


def test_who_declared_it_and_when_stands_beside_it() -> None:
    found = made()
    page = reader.fromstring(found.files["html"]).text_content()
    assert "declared by Example hotline, 5 January 2027" in page
    [line] = [each for each in rows(found) if each["field"] == "independence"]
    assert (line["declared_by"], line["declared_on"], line["source"]) == ("Example hotline", "2027-01-05", "declared")


def test_a_cell_is_no_formula() -> None:
    found = making.make(Order(Kind.DSA, "FR", 2026, "en"), published(bare()), SAID)
    names = [each["row"] for each in rows(found) if each["field"] == "by_provider"]
    assert "'=Host B" in names


@given(st.dictionaries(st.sampled_from("ABCDEFGH"), st.integers(0, 40), min_size=1))
def test_no_small_number_that_was_declared_is_told_or_worked_out(numbers: dict[str, int]) -> None:
    template = find("dsa", 2026)
    found = answers(template, None, {"by_provider": Declared({"rows": numbers}, "Somebody", AT)}, 2026)
    [answer] = [each for each in found if each.wanted.key == "by_provider"]
    for value in [answer.value, *answer.rows.values()]:
        assert value.number is None or value.number == 0 or value.number >= DEFAULT_THRESHOLD
    hidden = [name for name, value in answer.rows.items() if value.number is None]
    if hidden and answer.value.number is not None:
        left = answer.value.number - sum(value.number or 0 for value in answer.rows.values())
        assert len(hidden) > 1
        assert left >= DEFAULT_THRESHOLD


@pytest.mark.parametrize(("number", "shown"), [(0, 0), (1, None), (4, None), (5, 5)])
def test_a_small_declared_number_is_not_shown(number: int, shown: int | None) -> None:
    found = answers(find("eprivacy", 2026), None, {"convicted": Declared({"number": number}, "Courts", AT)}, 2026)
    answer: Answer = found[-1]
    assert (answer.wanted.key, answer.value.number) == ("convicted", shown)
    assert answer.value.status is (Status.SUPPRESSED if shown is None else Status.SHOWN)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [Kind.DSA, Kind.EPRIVACY])
def test_every_form_is_made_in_both_languages(kind: Kind, language: str) -> None:
    found = made(kind, language=language)
    assert set(found.files) == {"pdf", "html", "json", "csv"}
    assert found.files["pdf"].startswith(b"%PDF-1.7")
    assert found.pages >= 2
    assert found.files == made(kind, language=language).files


def test_the_end_of_the_derogation_is_told() -> None:
    assert "was set to end on 3 April 2026" in reader.fromstring(made(Kind.EPRIVACY).files["html"]).text_content()


class TestTemplates:
    def test_the_one_that_covers_the_year_is_taken(self) -> None:
        assert find("dsa", 2024).since == date(2024, 2, 17)
        for kind, year in (("dsa", 2023), ("eprivacy", 2020), ("eprivacy", 2027)):
            with pytest.raises(InputError, match="REMPART_REPORT_TEMPLATES"):
                find(kind, year)

    def test_a_newer_one_is_dropped_in(self, tmp_path: Path, settings) -> None:
        newer = tmp_path / "dsa" / "2026-01-01"
        shutil.copytree(SHIPPED / "dsa" / "2024-02-17", newer)
        text = (newer / "template.toml").read_text().replace("since = 2024-02-17", "since = 2026-01-01")
        (newer / "template.toml").write_text(text.replace('"Article 22(3)"', '"Article 22(3), as amended"'))
        assert find("dsa", 2025, tmp_path).since == date(2024, 2, 17)
        assert find("dsa", 2026, tmp_path).article == "Article 22(3), as amended"
        assert b"as amended" in made(templates=tmp_path).files["html"]
        settings.REPORT_TEMPLATES = str(tmp_path)
        assert b"as amended" in made().files["json"]

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ('shape = "number"', 'shape = "picture"', "no known shape"),
            ("since = 2024-02-17", "since = 2024-02-18", "not named by kind and date"),
            ('key = "gone"', 'key = "notices"', "occurs twice"),
            ('key = "gone"', 'key = "absent"', "fields.absent.help is missing"),
            ('act = "Regulation', "act = Regulation", "this is no template"),
            ("act =", "deed =", "KeyError"),
        ],
    )
    def test_a_broken_one_is_refused_by_file(self, tmp_path: Path, old: str, new: str, said: str) -> None:
        folder = tmp_path / "dsa" / "2024-02-17"
        shutil.copytree(SHIPPED / "dsa" / "2024-02-17", folder)
        text = (folder / "template.toml").read_text()
        assert old in text
        (folder / "template.toml").write_text(text.replace(old, new))
        with pytest.raises(InputError, match=said) as caught:
            legal_templates.every("dsa", tmp_path)
        assert str(folder) in caught.value.where

    def test_the_shipped_ones_quote_their_law_by_article_only(self) -> None:
        for kind in legal_templates.KINDS:
            for each in legal_templates.every(kind):
                assert each.act.startswith("Regulation (EU) ")
                assert each.article.startswith("Article ")


def test_another_members_transparency_report_is_not_made_here() -> None:
    for member in ("NL", ""):
        with pytest.raises(InputError, match="its own transparency reports only"):
            making.checked(Order(Kind.DSA, member, 2026, "en"))


def test_a_year_of_which_nothing_is_known_is_refused() -> None:
    with pytest.raises(InputError, match="nothing was counted or declared"):
        making.make(Order(Kind.EPRIVACY, "FR", 2022, "en"), published(document("FR", {2026: 1})), {})
