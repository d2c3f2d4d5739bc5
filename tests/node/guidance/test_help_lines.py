"""Help lines: what is shown, of whom, with which source; who changes it and how that is recorded."""

import json
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from rempart.core.errors import InputError, NotFound, NotPermitted
from rempart.node.audit.models import Event
from rempart.node.guidance import lines
from rempart.node.guidance.models import HelpLine
from rempart.node.guidance.wording import KINDS, NOTES
from rempart.node.register import services as register

pytestmark = pytest.mark.django_db
_CODES = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU = _CODES.split()


@pytest.fixture
def stan(people) -> Client:
    client = Client()
    client.force_login(people["stan"])
    return client


def page(code: str, language: str = "en") -> str:
    return Client().get(f"/{language}/help/{code.lower()}/").content.decode()


def test_whatever_ships_has_a_source_a_day_and_a_known_kind():
    for line in HelpLine.objects.all():
        assert line.source
        assert urlsplit(line.source_address).scheme == "https"
        assert line.kind in KINDS
        assert line.note in NOTES
        assert line.checked_by == ""


@pytest.mark.parametrize("code", EU)
def test_the_states_of_the_union_share_three_numbers(code):
    country = lines.country(code)
    assert [line.number for line in country.lines] == ["112", "116 111", "116 000"]
    text = page(code)
    assert 'href="tel:112"' in text
    assert "works in most of its countries, but not in all" in text
    assert "Article 109" in text


@pytest.mark.parametrize("code", ["CH", "KH", "AU", "XK"])
def test_a_member_without_a_confirmed_number_says_so(code):
    text = page(code)
    assert "No number of this country is confirmed yet" in text
    assert "tel:" not in text[text.index("<main") :]


def test_every_member_has_a_page_and_nobody_else():
    found = lines.countries()
    members = [one for one in register.routing_table().memberships.values() if one.acceded and not one.left]
    assert len(found) == len(members)
    assert {"FR", "US", "IL", "XK"} <= {country.code for country in found}
    assert Client().get("/en/help/ru/").status_code == 404
    assert Client().get("/en/help/zz/").status_code == 404


def test_countries_are_sorted_as_the_visitor_reads_them():
    text = Client().get("/fr/help/").content.decode()
    names = [country.name for country in lines.countries()]
    assert names == sorted(names, key=str.casefold)
    assert "Allemagne" in text
    assert "pas encore confirmé" in text


def test_a_check_of_more_than_a_year_ago_is_marked(clock):
    clock.moment = clock.moment.replace(year=2027, month=11, day=28)
    assert "more than a year ago" not in page("FR")
    clock.advance(days=3)
    assert "more than a year ago" in page("FR")


def add(person, **changed: object) -> int:
    given = {
        "code": "CH",
        "kind": "child",
        "number": "147",
        "source": "Example ordinance, Article 1",
        "address": "https://law.example/1",
        "checked_on": date(2026, 3, 1),
    } | changed
    return lines.add(person, *given.values())


def test_a_line_is_added_confirmed_and_withdrawn_on_record(people, clock):
    number = add(people["stan"])
    assert "147" in page("CH")
    clock.advance(days=400)
    assert lines.country("CH").lines[0].is_old
    lines.confirm(people["stan"], number)
    assert not lines.country("CH").lines[0].is_old
    lines.withdraw(people["stan"], number)
    assert lines.country("CH").lines == ()
    with pytest.raises(NotFound):
        lines.confirm(people["stan"], number)
    events = Event.objects.filter(action__startswith="help_line:").order_by("seq")
    assert [event.action for event in events] == ["help_line:added", "help_line:confirmed", "help_line:withdrawn"]
    assert json.loads(events[0].data) == {"country": "CH", "kind": "child", "number": "147"}
    assert {event.actor for event in events} == {people["stan"].actor}


def test_a_line_that_was_withdrawn_can_come_back(people):
    number = add(people["stan"])
    lines.withdraw(people["stan"], number)
    assert add(people["stan"], source="Another source") == number
    assert lines.country("CH").lines[0].source == "Another source"


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"number": "call us"}, "number"),
        ({"number": "1"}, "number"),
        ({"number": "<b>112</b>"}, "number"),
        ({"kind": "pizza"}, "number"),
        ({"source": "  "}, "source"),
        ({"checked_on": date(2026, 3, 2) + timedelta(days=1)}, "checked_on"),
    ],
)
def test_what_is_no_number_or_has_no_source_is_refused(people, clock, changed, where):
    with pytest.raises(InputError) as caught:
        add(people["stan"], **changed)
    assert caught.value.where == where
    assert lines.country("CH").lines == ()


def test_only_some_roles_may(people):
    with pytest.raises(NotPermitted):
        add(people["ana"])


def test_the_staff_pages(stan, clock):
    text = stan.get("/staff/help-lines/").content.decode()
    assert "116 111" in text
    assert "Switzerland" in text
    given = {
        "kind": "child",
        "number": "147",
        "source": "Example ordinance",
        "source_address": "",
        "checked_on": "2026-03-01",
    }
    where = "/staff/help-lines/ch/"
    assert "No number is confirmed yet" in stan.get(where).content.decode()
    wrong = stan.post(where, given | {"number": "none"})
    assert wrong.status_code == 422
    assert "no telephone number" in wrong.content.decode()
    assert stan.post(where, given | {"source": ""}).status_code == 422
    assert stan.post(where, given)["Location"] == where
    assert "Example ordinance" in stan.get(where).content.decode()
    number = HelpLine.objects.get(country="CH").pk
    assert stan.post(f"/staff/help-lines/{number}/confirm")["Location"] == where
    assert stan.post(f"/staff/help-lines/{number}/withdraw")["Location"] == where
    gone = stan.post(f"/staff/help-lines/{number}/confirm", follow=True)
    assert "withdrawn this number meanwhile" in gone.content.decode()
    assert stan.get("/staff/help-lines/ru/").status_code == 404
