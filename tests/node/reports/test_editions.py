"""Editions: asked for, made once, published and taken back, each told in an event."""

import hashlib

import pytest
from django.test import Client

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.node.audit import services as audit
from rempart.node.jobs import services as jobs
from rempart.node.reports import editions, stating, steps
from rempart.node.reports.making import Kind, Order
from rempart.node.reports.models import Edition, EditionFile, Statement

pytestmark = pytest.mark.django_db
ORDER = Order(Kind.YEARLY, "FR", 2026, "en")


def told(action: str) -> list[audit.Fact]:
    return list(audit.events(actions=[action]))


@pytest.fixture
def edition(counted, people, drain) -> int:
    """One that is made."""
    pk = editions.ask(people["stan"], ORDER)
    drain()
    return pk


def test_it_is_made_by_a_worker_with_the_digest_of_every_file(edition: int, people) -> None:
    [seen] = editions.latest(9)
    assert (seen.state, seen.name, seen.asked_by) == ("made", "yearly-2026-fr-en-1", str(people["stan"]))
    assert [file.form for file in seen.files] == ["pdf", "html"]
    for file in seen.files:
        name, data = editions.file(edition, file.form)
        assert name == f"yearly-2026-fr-en-1.{file.form}"
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (file.sha256, file.size)
    [made] = told("edition:made")
    assert made.data["sha256_pdf"] == seen.files[0].sha256
    assert made.data["pages"] == seen.pages > 4
    assert told("edition:asked")[0].actor == people["stan"].actor


def test_a_step_done_again_changes_nothing(edition: int) -> None:
    before = list(EditionFile.objects.values())
    assert steps.make(str(edition)) is jobs.nothing
    editions.keep(edition, {"pdf": b"other"}, 1)
    assert list(EditionFile.objects.values()) == before
    assert len(told("edition:made")) == 1


def test_what_cannot_be_made_says_why_and_fails_no_step(counted, people, drain) -> None:
    editions.ask(people["stan"], Order(Kind.YEARLY, "NL", 2026, "en"))
    drain()
    [seen] = editions.latest(9)
    assert seen.state == "failed"
    assert "no figures of this member" in seen.problem
    assert jobs.failed() == []
    assert len(told("edition:failed")) == 1


def test_each_edition_of_the_same_has_its_own_number(edition: int, people, drain) -> None:
    again, other = (
        editions.ask(people["stan"], ORDER),
        editions.ask(people["stan"], Order(Kind.YEARLY, "FR", 2026, "fr")),
    )
    drain()
    names = {one.pk: one.name for one in editions.latest(9)}
    assert (names[edition], names[again], names[other]) == (
        "yearly-2026-fr-en-1",
        "yearly-2026-fr-en-2",
        "yearly-2026-fr-fr-1",
    )
    digests = {row.sha256 for row in EditionFile.objects.filter(edition__language="en", form="pdf")}
    assert len(digests) == 1, "the same figures are the same bytes"


def test_a_published_one_is_read_by_everybody_until_it_is_taken_back(edition: int, people) -> None:
    address = "/open-data/reports/yearly-2026-fr-en-1.pdf"
    assert Client().get(address).status_code == 404
    editions.publish(people["stan"], edition)
    answer = Client().get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content == editions.file(edition, "pdf")[1]
    assert not answer.cookies
    assert b"yearly-2026-fr-en-1.pdf" in Client().get("/en/reports/").content
    editions.withdraw(people["stan"], edition)
    assert Client().get(address).status_code == 404
    assert b"No report is published yet" in Client().get("/en/reports/").content
    editions.publish(people["stan"], edition)
    assert Client().get(address).status_code == 200
    assert len(told("edition:published")) == 2
    assert told("edition:withdrawn")[0].actor == people["stan"].actor


def test_the_html_file_may_use_its_own_styles_and_nothing_else(edition: int, people) -> None:
    editions.publish(people["stan"], edition)
    policy = Client().get("/open-data/reports/yearly-2026-fr-en-1.html")["Content-Security-Policy"]
    assert "style-src 'sha256-" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "name",
    [
        "yearly-2026-fr-en-01",
        "yearly-2026-fr-en-9",
        "yearly-2026-fr-en",
        "x",
        "a-b-c-d-e",
        "dsa-2026-fr-en-1",
        "yearly-02026-fr-en-1",
    ],
)
def test_no_other_name_leads_to_it(edition: int, people, name: str) -> None:
    editions.publish(people["stan"], edition)
    assert Client().get(f"/open-data/reports/{name}.pdf").status_code == 404


def test_who_may_not_make_reports_may_do_none_of_it(edition: int, people) -> None:
    for name in ("ana", "aude", "adam", "sacha"):
        for act in (editions.publish, editions.withdraw):
            with pytest.raises(NotPermitted):
                act(people[name], edition)
        with pytest.raises(NotPermitted):
            editions.ask(people[name], ORDER)
        with pytest.raises(NotPermitted):
            stating.state(people[name], "dsa", 2026, {"independence": {"text": "x"}}, "Us")
    assert Edition.objects.get().published_at is None
    assert not Statement.objects.exists()


def test_what_was_done_already_is_a_conflict(edition: int, people) -> None:
    with pytest.raises(Conflict):
        editions.withdraw(people["stan"], edition)
    editions.publish(people["stan"], edition)
    with pytest.raises(Conflict):
        editions.publish(people["stan"], edition)
    with pytest.raises(NotFound):
        editions.publish(people["stan"], edition + 1)


class TestStatements:
    def test_only_what_changed_is_kept_with_who_and_when(self, db, people, clock) -> None:
        given = {"convicted": {"number": 12}, "children": {"rows": {"female": 7, "male": 5}}, "reports": {}}
        assert stating.state(people["stan"], "eprivacy", 2025, given, "Ministry (made up)") == 2
        clock.advance(days=1)
        assert stating.state(people["stan"], "eprivacy", 2025, given, "Ministry (made up)") == 0
        assert stating.state(people["stan"], "eprivacy", 2025, {**given, "convicted": {}}, "") == 1
        assert set(stating.declared("eprivacy", 2025)) == {"children"}
        assert stating.history("eprivacy", 2025)[0][0] == "convicted"
        assert stating.declared("eprivacy", 2024) == stating.declared("dsa", 2025) == {}
        facts = told("transparency:stated")
        assert [fact.data["fields"] for fact in facts] == [["children", "convicted"], ["convicted"]]
        assert "12" not in str([fact.data for fact in facts])

    @pytest.mark.parametrize(
        "content",
        [
            {"number": -1},
            {"number": True},
            {"number": 1.5},
            {"number": 10**13},
            {"text": "12"},
            {"rows": {"female": 1}},
            {"number": 1, "more": 2},
        ],
    )
    def test_what_does_not_fit_is_refused(self, db, people, content) -> None:
        with pytest.raises(InputError):
            stating.state(people["stan"], "eprivacy", 2025, {"convicted": content}, "Us")

    @pytest.mark.parametrize("rows", [{}, {"other": 1}, {"*": 3}, {"female": "1"}, {"female": -1}])
    def test_rows_are_those_of_the_template(self, db, people, rows) -> None:
        with pytest.raises(InputError):
            stating.state(people["stan"], "eprivacy", 2025, {"children": {"rows": rows}}, "Us")

    def test_somebody_is_named(self, db, people) -> None:
        with pytest.raises(InputError, match="Name the authority"):
            stating.state(people["stan"], "eprivacy", 2025, {"convicted": {"number": 9}}, " ")

    def test_a_field_that_is_none_is_refused(self, db, people) -> None:
        with pytest.raises(InputError, match="no such field"):
            stating.state(people["stan"], "eprivacy", 2025, {"nothing": {"number": 9}}, "Us")
