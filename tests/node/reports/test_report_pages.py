"""The pages of reports as those who make and read them see them."""

import pytest

from rempart.node.reports import stating
from rempart.node.reports.models import Edition

pytestmark = pytest.mark.django_db
ASK = {"kind": "yearly", "edition": "member", "year": "2026", "language": "fr"}


def text_of(answer) -> str:
    return answer.content.decode()


def test_a_report_is_asked_for_made_published_and_withdrawn(as_, counted, drain) -> None:
    stan = as_("stan")
    assert "No report was made yet" in text_of(stan.get("/staff/reports/"))
    assert stan.post("/staff/reports/ask", ASK).status_code == 302
    waiting = text_of(stan.get("/staff/reports/"))
    assert "being made" in waiting
    assert 'data-poll="/staff/reports/list"' in waiting
    drain()
    assert "made, not published" in text_of(stan.get("/staff/reports/list"))
    made = text_of(stan.get("/staff/reports/"))
    assert "data-poll" not in made
    pk = Edition.objects.get().pk
    assert stan.post(f"/staff/reports/{pk}/publish", {"what": "publish"}).status_code == 302
    assert "published" in text_of(stan.get("/staff/reports/"))
    assert stan.post(f"/staff/reports/{pk}/publish", {"what": "publish"}).status_code == 409
    assert stan.post(f"/staff/reports/{pk}/publish", {"what": "withdraw"}).status_code == 302
    assert stan.post("/staff/reports/4711/publish", {"what": "publish"}).status_code == 404


def test_who_reads_figures_reads_reports_and_is_offered_nothing_to_change(as_, counted, people, drain) -> None:
    as_("stan").post("/staff/reports/ask", ASK)
    drain()
    aude, pk = as_("aude"), Edition.objects.get().pk
    page = text_of(aude.get("/staff/reports/"))
    assert "Make it" not in page
    assert "Publish" not in page
    assert aude.get(f"/staff/reports/{pk}/pdf").content.startswith(b"%PDF")
    assert aude.get(f"/staff/reports/{pk}/json").status_code == 404
    assert "Keep this" not in text_of(aude.get("/staff/reports/declared/dsa/2026"))
    assert as_("lin").get("/staff/reports/").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [{"year": "1999"}, {"kind": "novel"}, {"language": "de"}, {"edition": ""}, {"kind": "dsa", "edition": "alliance"}],
)
def test_a_wrong_order_keeps_what_was_typed(as_, counted, wrong: dict[str, str]) -> None:
    answer = as_("stan").post("/staff/reports/ask", {**ASK, **wrong})
    assert answer.status_code == 422
    assert not Edition.objects.exists()


class TestDeclared:
    GIVEN = {
        "by": "Example hotline",
        "by_provider": "Host A; 12\n\nHost; B; 7",
        "by_type.baseline": "9",
        "independence": "We decide.",
    }

    def test_it_is_kept_shown_again_and_named(self, as_, db) -> None:
        stan = as_("stan")
        assert stan.post("/staff/reports/declared/dsa/2026/state", self.GIVEN).status_code == 302
        kept = stating.declared("dsa", 2026)
        assert kept["by_provider"].content == {"rows": {"Host A": 12, "Host; B": 7}}
        assert kept["by_type"].content == {"rows": {"baseline": 9}}
        page = text_of(stan.get("/staff/reports/declared/dsa/2026"))
        assert "Host; B; 7" in page
        assert "Stan Statistician" in page
        assert "Nothing changed." in text_of(
            stan.post("/staff/reports/declared/dsa/2026/state", self.GIVEN, follow=True)
        )

    @pytest.mark.parametrize("lines", ["Host A", "Host A; many", "; 5", "Host A; 1\nHost A; 2", "Host A; -3"])
    def test_lines_that_are_none_are_refused_with_their_number(self, as_, db, lines: str) -> None:
        answer = as_("stan").post("/staff/reports/declared/dsa/2026/state", {**self.GIVEN, "by_provider": lines})
        assert answer.status_code == 422
        assert "is not a new name" in text_of(answer)
        assert stating.declared("dsa", 2026) == {}

    def test_nobody_named_is_told(self, as_, db) -> None:
        answer = as_("stan").post("/staff/reports/declared/dsa/2026/state", {**self.GIVEN, "by": ""})
        assert answer.status_code == 422
        assert "Name the authority" in text_of(answer)

    def test_a_year_without_a_template_says_where_to_put_one(self, as_, db) -> None:
        answer = as_("stan").get("/staff/reports/declared/eprivacy/2030")
        assert answer.status_code == 422
        assert "REMPART_REPORT_TEMPLATES" in text_of(answer)
        assert as_("stan").get("/staff/reports/declared/novel/2026").status_code == 404

    def test_what_is_counted_is_not_asked_for(self, as_, counted) -> None:
        page = text_of(as_("stan").get("/staff/reports/declared/dsa/2026"))
        assert "Taken from the published figures of this year:" in page
        assert "<li>Notices submitted</li>" in page
        assert 'name="notices"' not in page
        assert 'name="by_type.baseline"' in page
        assert 'name="notices"' in text_of(as_("stan").get("/staff/reports/declared/dsa/2025"))
