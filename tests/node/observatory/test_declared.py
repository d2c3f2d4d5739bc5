"""What a member declares: revisions stay, small counts are held back, "not available" is not 0."""

import pytest

from rempart.core.errors import InputError
from rempart.core.figures.releases import Status, Value
from rempart.node.audit import services as audit
from rempart.node.observatory import declaring, services
from rempart.node.observatory.indicators import DECLARED
from rempart.node.observatory.models import DeclaredValue

pytestmark = pytest.mark.django_db
NOTE = "Annual report, p. 12"


def value(clock, key: str, period: str) -> Value:
    return services.figures(clock.now(), period).figure(key).value


def test_a_value_is_published_with_the_figures_of_its_year(clock) -> None:
    declaring.declare("victims_identified", 2025, 128, NOTE)
    assert value(clock, "victims_identified", "2025") == Value(128, Status.SHOWN)
    assert value(clock, "victims_identified", "all") == Value(128, Status.SHOWN, 128)
    assert value(clock, "convictions", "2025").status is Status.NOT_AVAILABLE
    document = services.documents(clock.now())["FR"]
    assert document.value("2025", "victims_identified") == Value(128, Status.SHOWN)
    assert not document.is_final("2025")


def test_years_before_the_node_have_declared_figures_only(clock) -> None:
    declaring.declare("victims_identified", 2014, 9, NOTE)
    figures = services.figures(clock.now(), "2014")
    assert figures.figure("reports_received").value.status is Status.NOT_AVAILABLE
    assert figures.figure("share_removed_24h").value.status is Status.NOT_AVAILABLE


def test_the_newest_entry_counts_and_the_older_stays(clock) -> None:
    declaring.declare("convictions", 2024, 40, NOTE)
    clock.advance(days=1)
    declaring.declare("convictions", 2024, 44, "Corrected")
    assert value(clock, "convictions", "2024").number == 44
    assert [entry.value.number for entry in declaring.revisions()] == [44, 40]
    assert DeclaredValue.objects.count() == 2


def test_not_available_is_not_nothing(clock) -> None:
    declaring.declare("convictions", 2024, None, NOTE)
    declaring.declare("prosecutions", 2024, 0, NOTE)
    assert value(clock, "convictions", "2024") == Value(None, Status.NOT_AVAILABLE)
    assert value(clock, "prosecutions", "2024") == Value(0, Status.SHOWN)


@pytest.mark.parametrize(("key", "status"), [("victims_identified", "suppressed"), ("campaigns", "shown")])
def test_few_people_are_held_back_and_few_campaigns_are_not(clock, key: str, status: str) -> None:
    declaring.declare(key, 2024, 3, NOTE)
    assert value(clock, key, "2024").status == status
    assert declaring.revisions()[0].value.status == status


def test_all_time_adds_counts_and_takes_the_last_of_the_rest(clock) -> None:
    for year, number in ((2023, 10), (2024, 3), (2025, 30)):
        declaring.declare("victims_identified", year, number, NOTE)
        declaring.declare("form_languages", year, number, NOTE)
    assert value(clock, "victims_identified", "all") == Value(40, Status.PARTIAL, 40)
    assert value(clock, "form_languages", "all") == Value(30, Status.SHOWN)


@pytest.mark.parametrize(
    ("key", "year", "number", "note"),
    [
        ("reports_received", 2024, 5, NOTE),
        ("nothing", 2024, 5, NOTE),
        ("convictions", 2011, 5, NOTE),
        ("convictions", 2099, 5, NOTE),
        ("convictions", 2024, -1, NOTE),
        ("convictions", 2024, 1.5, NOTE),
        ("convictions", 2024, float("nan"), NOTE),
        ("legal_framework", 2024, 1.2, NOTE),
        ("convictions", 2024, 5, " "),
        ("convictions", 2024, 5, "x" * 301),
    ],
)
def test_what_cannot_be_is_refused(clock, key: str, year: int, number: float, note: str) -> None:
    with pytest.raises(InputError):
        declaring.declare(key, year, number, note)
    assert not DeclaredValue.objects.exists()


def test_every_entry_is_an_event(clock) -> None:
    declaring.declare("convictions", 2024, 40, NOTE, actor="staff:7", operator="anna")
    (fact,) = audit.events(actions=["figures:declared"])
    assert (fact.subject, fact.actor) == ("indicator:convictions", "staff:7")
    assert fact.data == {"year": 2024, "value": 40, "operator": "anna"}


class TestThePage:
    @pytest.fixture
    def stan(self, client, people):
        client.force_login(people["stan"])
        return client

    def test_entering_a_value(self, clock, stan) -> None:
        page = stan.get("/staff/figures/declare/").content.decode()
        assert all(str(each.name).replace("’", "’") in page for each in DECLARED)
        given = {"indicator": "victims_identified", "year": "2025", "value": "128", "note": NOTE}
        assert stan.post("/staff/figures/declare/enter", given, follow=True).status_code == 200
        page = stan.get("/staff/figures/declare/").content.decode()
        assert NOTE in page
        (entry,) = declaring.revisions()
        assert (entry.value.number, entry.actor.startswith("staff:")) == (128, True)

    def test_not_available_is_said_and_not_left_out(self, clock, stan) -> None:
        given = {"indicator": "convictions", "year": "2025", "value": "", "note": NOTE}
        assert stan.post("/staff/figures/declare/enter", given).status_code == 422
        assert stan.post("/staff/figures/declare/enter", given | {"is_unavailable": "on"}).status_code == 302
        assert declaring.revisions()[0].value.status is Status.NOT_AVAILABLE

    def test_what_is_refused_changes_nothing(self, clock, stan) -> None:
        given = {"indicator": "convictions", "year": "2025", "value": "1.5", "note": NOTE}
        assert stan.post("/staff/figures/declare/enter", given).status_code == 422
        assert not declaring.revisions()

    def test_an_auditor_reads_and_enters_nothing(self, clock, client, people) -> None:
        client.force_login(people["aude"])
        page = client.get("/staff/figures/declare/").content.decode()
        assert '<form class="form"' not in page
        assert client.post("/staff/figures/declare/enter", {}).status_code == 403
