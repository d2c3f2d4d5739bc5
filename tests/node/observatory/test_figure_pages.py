"""The page, the files and the lines for the home page, as anybody gets them."""

import csv
import io
import re
from datetime import timedelta

import pytest
from core.figures.streams import Story, example
from django.db import transaction
from django.template import Context, Template
from django.test import Client
from django.utils.html import escape
from django.utils.translation import override

from rempart.node.audit import services as audit
from rempart.node.observatory import presenting, services
from rempart.node.observatory.data_sets import FIGURES
from rempart.node.observatory.indicators import INDICATORS, Measure

pytestmark = pytest.mark.django_db
ADDRESSES = (
    "/en/figures/",
    "/fr/figures/",
    "/en/figures/2026/",
    "/fr/figures/2026-01/",
    "/open-data/figures.json",
    "/open-data/figures.csv",
)


@pytest.fixture
def january(clock) -> None:
    story = example()
    with transaction.atomic():
        for fact in story.facts:
            clock.moment = fact.at
            audit.record(fact.action, fact.subject, data=fact.data)
    clock.moment = story.at + timedelta(hours=1)


@pytest.mark.parametrize("address", ADDRESSES)
def test_figures_are_public_and_set_no_cookie(january: None, client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    assert set(answer["Cache-Control"].split(", ")) == {"public", "max-age=60"}
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("address", ADDRESSES)
def test_figures_are_only_read(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405


@pytest.mark.parametrize("address", ["/en/figures/2019/", "/en/figures/2026-13/", "/en/figures/30d/"])
def test_other_periods_are_not_found(january: None, client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_the_page_without_a_language_leads_to_ones_own(client: Client) -> None:
    answer = client.get("/figures/", headers={"Accept-Language": "fr"})
    assert (answer.status_code, answer["Location"]) == (302, "/fr/figures/")


def test_each_figure_has_its_claim_and_its_definition(january: None, clock, client: Client) -> None:
    page = client.get("/en/figures/").content.decode()
    for claim in (
        "20 reports were received.",
        "20 pieces of content were assessed.",
        "75% of the assessed content was illegal.",
        "40% of it was settled without anybody having to look.",
        "15 pieces of illegal content were found.",
        "Half of the first notices went out within 2.8 hours of the first report.",
        "Half of what was removed was gone within 36 hours of the first notice.",
        "Removed within 72 hours: too few cases to be shown.",
        "9 pieces of content can still be reached.",
        "6 pieces of content came back after their removal.",
        "10 referrals went to other authorities.",
    ):
        assert f">{claim}</h3>" in page
    blocks = [block for section in presenting.sections(services.figures(clock.now())) for block in section.blocks]
    for block in blocks:
        assert all(escape(str(definition)) in page for _label, definition in block.definitions)
    assert escape("this project's proposal") in page


def test_no_page_needs_a_script_or_a_style_of_its_own(january: None, client: Client) -> None:
    page = client.get("/en/figures/").content.decode()
    assert "<script" not in page
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page)


def test_french_is_french(january: None, client: Client) -> None:
    page = client.get("/fr/figures/").content.decode()
    assert "20 signalements ont été reçus." in page
    assert "75 % du contenu évalué" in page.replace("\u202f", " ").replace("\xa0", " ")
    assert "Pays-Bas" in page
    with override("en"):
        english = {str(text) for each in INDICATORS for text in (each.name, each.definition, each.once, each.over)}
    assert not [text for text in english if text in page]


def test_an_empty_node_says_so(clock, client: Client) -> None:
    page = client.get("/en/figures/").content.decode()
    assert "There are no figures yet" in page
    assert "<h3" not in page


def test_the_json_document(january: None, client: Client) -> None:
    answer = client.get("/open-data/figures.json", headers={"Accept-Language": "fr"})
    document = answer.json()
    assert answer["Content-Type"] == "application/json"
    assert document["format"] == "rempart figures 1"
    assert (document["country"], document["threshold"]) == ("FR", 5)
    assert set(document["statuses"]) == {"shown", "partial", "suppressed", "not_available"}
    assert [each["id"] for each in document["indicators"]] == [each.key for each in INDICATORS]
    for each in document["indicators"]:
        assert set(each) == {
            "id", "name", "measure", "unit", "definition", "deduplication", "denominator", "period", "source",
            "target", "goal", "is_proposal", "revisions",
        }  # fmt: skip
        assert all(value for name, value in each.items() if name not in ("goal", "is_proposal"))
        assert each["is_proposal"] is (each["id"] != "icse_identified_victims")
    assert [each["period"] for each in document["periods"]] == ["all", "2026", "2026-01"]
    assert "proposal" in document["note"]


def test_every_value_of_the_json_document_reads_the_same_way(january: None, client: Client) -> None:
    measures = {each.key: each.measure for each in INDICATORS}
    for period in client.get("/open-data/figures.json").json()["periods"]:
        assert set(period["figures"]) == set(measures)
        for key, figure in period["figures"].items():
            for value in (figure, *figure.get("parts", {}).values()):
                assert (value["value"] is None) == (value["status"] in ("suppressed", "not_available"))
            if measures[key] is Measure.SHARE and figure["value"] is not None:
                assert 0 <= figure["value"] <= 1


def test_the_csv_table_says_what_the_document_says(january: None, client: Client) -> None:
    answer = client.get("/open-data/figures.csv")
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))
    assert tuple(rows[0]) == tuple(column.name for column in FIGURES)
    document = client.get("/open-data/figures.json").json()
    told = {}
    for period in document["periods"]:
        for key, figure in period["figures"].items():
            told[period["period"], key, ""] = figure
            told |= {(period["period"], key, part): value for part, value in figure.get("parts", {}).items()}
    assert {(row["period"], row["indicator"], row["part"]) for row in rows} == set(told)
    for row in rows:
        value = told[row["period"], row["indicator"], row["part"]]
        assert row["value"] == ("" if value["value"] is None else str(value["value"]))
        assert row["status"] == value["status"]


def test_three_figures_for_the_home_page(january: None) -> None:
    text = Template("{% load observatory %}{% headline_figures %}").render(Context())
    assert text.count("figure-value") == 3
    assert "36 hours" in text
    assert "/figures/" in text


def test_the_home_page_of_an_empty_node(clock) -> None:
    text = Template("{% load observatory %}{% headline_figures %}").render(Context())
    assert 'figure-value">0<' in text


def test_too_few_for_the_home_page(clock) -> None:
    with transaction.atomic():
        audit.record("report:received", "report:1", data=Story().report(1).facts[0].data)
    clock.advance(hours=1)
    text = Template("{% load observatory %}{% headline_figures %}").render(Context())
    assert "figure-value" not in text
    assert "held back" in text
