"""The observatory's pages and files, as anybody gets them: public, small, without a cookie, safe from names."""

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from django.test import Client
from node.observatory.alliances import alliance, memberships

from rempart.node.observatory import services, views
from rempart.node.observatory.alliance.catalogue import FIGURES, figure
from rempart.node.register import services as register

pytestmark = pytest.mark.django_db
PAGES = ["/en/observatory/", *(f"/en/observatory/{key}/" for key in FIGURES)]
FOUND = alliance(48)
LARGEST_PAGE = 200_000


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch, clock) -> None:
    """Forty-eight members publish, one with a name that is code."""
    evil = replace(FOUND.documents["FR"], organisation='<script>alert("x")</script>')
    found = {**FOUND.documents, "FR": evil}
    monkeypatch.setattr(services, "documents", lambda _now: found)
    table = register.routing_table()
    monkeypatch.setattr(register, "routing_table", lambda: replace(table, memberships=memberships()))


@pytest.mark.parametrize("address", [*PAGES, "/en/observatory/hosting/2025/", "/en/observatory/hosting/2025.csv"])
def test_pages_are_public_and_set_no_cookie(many: None, client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    assert set(answer["Cache-Control"].split(", ")) == {"public", "max-age=60"}
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert client.post(address).status_code == 405


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_small_and_has_nothing_inline(many: None, client: Client, address: str) -> None:
    page = client.get(address).content.decode()
    assert len(page.encode()) < LARGEST_PAGE
    assert not re.search(r"<script(?![^>]*\bsrc=\"/static/)", page)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page)
    assert "alert(" not in page.replace("&lt;script&gt;alert(&quot;x&quot;)", "")


@pytest.mark.parametrize("address", PAGES)
def test_48_members_cost_as_many_queries_as_none(
    many: None, monkeypatch, client: Client, django_assert_max_num_queries, address: str
) -> None:
    with django_assert_max_num_queries(3):
        client.get(address)


@pytest.mark.parametrize("address", PAGES)
def test_a_new_alliance_says_what_is_not_known(clock, client: Client, address: str) -> None:
    """One node without a single report; the register has its members."""
    answer = client.get(address)
    assert answer.status_code == 200
    assert "<h1" in answer.content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/en/observatory/nothing/",
        "/en/observatory/nothing.csv",
        "/en/observatory/hosting/1999/",
        "/en/observatory/hosting/1999.csv",
        "/en/observatory/decade/2025/",
        "/en/observatory/hosting.xml",
        "/en/observatory/hosting.csv%0A",
    ],
)
def test_what_is_not_there_is_not_found(many: None, client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("key", FIGURES)
def test_the_files_of_a_figure_hold_its_rows(many: None, client: Client, key: str) -> None:
    rows = json.loads(client.get(f"/en/observatory/{key}.json").content)
    text = client.get(f"/en/observatory/{key}.csv")
    assert text["Content-Disposition"] == f'attachment; filename="{key}.csv"'
    found = list(csv.DictReader(io.StringIO(text.content.decode())))
    assert len(found) == len(rows)
    assert client.get(f"/en/observatory/{key}.parquet").content[:4] == b"PAR1"
    for one, other in zip(found, rows, strict=True):
        assert set(one) == set(other)


def test_the_table_the_chart_and_the_file_tell_the_same(many: None, client: Client) -> None:
    """Of the share removed: what is drawn is what stands in the table, and what is in the file."""
    page = client.get("/en/observatory/removal-share/2025/").content.decode()
    rows = json.loads(client.get("/en/observatory/removal-share/2025.json").content)
    shares = {row["indicator"]: row["value"] for row in rows if row["member"] == "JP"}
    first = f"{shares['share_removed_24h']:.0%}"
    assert f"<title>within 24 hours: {first}</title>" in page
    line = re.search(r'<th scope="row">Japan</th>(.*?)</tr>', page, re.DOTALL).group(1)
    cells = re.findall(r"<td[^>]*>\s*([^<]*)</td>", line)
    assert cells[:3] == [f"{shares[f'share_removed_{key}']:.0%}" for key in ("24h", "72h", "7d")]


def test_a_figure_has_one_claim_its_meaning_its_sources_and_the_way_on(many: None, client: Client) -> None:
    page = client.get("/en/observatory/removal-time/").content.decode()
    assert page.count("<h1") == 1
    for words in ("What it means", "The table", "Where the numbers come from", "Counted once:"):
        assert words in page
    assert 'href="/en/observatory/hosting/"' in page
    assert 'href="/en/observatory/removal-share/"' in page
    assert "Hotline JP" in page


def test_the_overview_leads_to_every_figure(many: None, client: Client) -> None:
    page = client.get("/en/observatory/").content.decode()
    for key in FIGURES:
        assert f'href="/en/observatory/{key}/"' in page
    assert page.index('id="decade"') < page.index('id="targets"')


def test_the_page_without_a_language_leads_to_ones_own(client: Client) -> None:
    answer = client.get("/observatory/", headers={"Accept-Language": "fr"})
    assert (answer.status_code, answer["Location"]) == (302, "/fr/observatory/")


def test_the_alliance_of_a_page_is_what_is_published_now(clock) -> None:
    found = views._alliance()
    assert list(found.documents) == ["FR"]
    assert found.today == clock.now().date()
    assert found.external == services.external_series()
    assert figure(found, "membership").claim
