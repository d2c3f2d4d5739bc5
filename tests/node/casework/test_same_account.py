"""Cases that concern the same account are linked, without saying which; and not to whom they are closed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from node.casework.pages import at

from rempart.core.vocabulary import ItemKind, Source
from rempart.formats.cybertipline.builder import build_report
from rempart.formats.cybertipline.model import Person as XmlPerson
from rempart.formats.cybertipline.vocabulary import IncidentType
from rempart.node.audit import services as audit
from rempart.node.casework import access, related
from rempart.node.casework.content import content_key
from rempart.node.casework.models import Content
from rempart.node.intake import erasure, platforms, reports
from rempart.node.intake import services as intake
from rempart.node.intake.models import Original, Platform, Report, ReportAccount
from rempart.node.intake.pointing import point_to
from rempart.node.intake.suspects import suspects

NAME = "somebody.made-up"
EMAIL = "A.Person@mail.example"
SUSPECT = {"service": "Example Chat", "screen_name": NAME, "user_id": "u-77", "emails": [EMAIL]}


@pytest.fixture
def about(db, clock, work) -> Callable[..., tuple[int, int]]:
    """Let a platform report an address and somebody; returns the report and the address's content."""
    username, _ = platforms.add_platform("Example Platform")
    platform = Platform.objects.get(username=username)

    def come_in(url: str, *people: dict, part: str = "report.json", original: bytes = b"") -> tuple[int, int]:
        body = original or json.dumps({"suspects": people, "items": [{"kind": "url", "value": url}]}).encode()
        with transaction.atomic():
            named = (point_to(ItemKind.URL, url, "", {}),)
            report = reports.create_report(reports.NewReport(Source.PLATFORM, named, part, body, platform=platform))
            reports.receive(report, "platform:1")
        work()
        return report.pk, Content.objects.get(locator=url).pk

    return come_in


def linked(content_id: int, person) -> list[int]:
    return sorted(one.content_id for one in related.same_account(content_id, person).nearest)


def one_and_other(about, first: dict, second: dict) -> tuple[int, int]:
    return about("https://one.example/a", first)[1], about("https://other.example/b", second)[1]


class TestLinked:
    def test_by_the_name_on_a_service(self, about, people):
        one, other = one_and_other(about, SUSPECT, {"service": "EXAMPLE chat", "screen_name": f"@{NAME}"})
        assert (linked(one, people["ana"]), linked(other, people["ana"])) == ([other], [one])

    def test_by_the_number_on_a_service(self, about, people):
        one, other = one_and_other(about, SUSPECT, {"service": "Example Chat", "user_id": "u-77"})
        assert linked(one, people["ana"]) == [other]

    def test_by_an_e_mail_address_in_any_case(self, about, people):
        one, other = one_and_other(about, SUSPECT, {"emails": [EMAIL.lower()]})
        assert linked(one, people["ana"]) == [other]

    def test_the_platform_is_the_service_where_none_is_named(self, about, people):
        one, other = one_and_other(about, {"screen_name": NAME}, {"screen_name": NAME, "service": "example platform"})
        assert linked(one, people["ana"]) == [other]

    def test_by_what_the_public_names(self, about, submit, work, people):
        _, one = about("https://one.example/a", SUSPECT)  # "Example Chat", as the form's service here
        submit(("account", NAME), ("url", "https://other.example/b"))
        work()
        other = Content.objects.get(locator="https://other.example/b").pk
        account = Content.objects.get(kind="account").pk
        assert linked(one, people["ana"]) == sorted([other, account])
        assert linked(account, people["ana"]) == [one]

    def test_by_a_channel(self, submit, work, people):
        for url in ("https://one.example/a", "https://other.example/b"):
            submit(("channel", "room 7"), ("url", url))
            work()
        one, other = Content.objects.filter(kind="url").order_by("pk").values_list("pk", flat=True)
        assert linked(one, people["ana"]) == [other]

    def test_by_what_a_platform_said_in_xml(self, about, people):
        _, one = about("https://one.example/a", SUSPECT)
        person = XmlPerson(esp_service="Example Chat", screen_name=NAME)
        body = build_report(
            incident_type=IncidentType.CHILD_PORNOGRAPHY,
            incident_at=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
            reporter=XmlPerson(first_name="Ana", last_name="Reporter"),
            platform="Another platform",
            urls=("https://other.example/b",),
            suspects=(person,),
        )
        _, other = about("https://other.example/b", part="report.xml", original=body)
        assert linked(one, people["ana"]) == [other]

    def test_once_however_often_it_is_triaged(self, about, work):
        report, _ = about("https://one.example/a", SUSPECT)
        before = ReportAccount.objects.count()
        with transaction.atomic():
            intake.keep_accounts(report, [bytes(one.digest) for one in ReportAccount.objects.all()])
        assert ReportAccount.objects.count() == before == 3


class TestNotLinked:
    @pytest.mark.parametrize(
        "another",
        [
            {"service": "Another Chat", "screen_name": NAME},
            {"service": "Example Chat", "screen_name": "u-77"},
            {"service": "Example Chat", "user_id": NAME},
            {"service": "Example Chat", "screen_name": NAME.upper()},
            {"service": EMAIL, "screen_name": "x"},
            {"ip_events": [{"ip": "192.0.2.7"}]},
            {},
        ],
    )
    def test_by_what_is_another(self, about, people, another):
        one, _ = one_and_other(about, SUSPECT, another)
        assert linked(one, people["ana"]) == []

    def test_by_what_came_in_the_same_report(self, submit, work, people):
        submit(("account", NAME), ("url", "https://one.example/a"))
        work()
        content_id = Content.objects.get(kind="url").pk
        assert linked(content_id, people["ana"]) == []
        assert related.reported_with(content_id, people["ana"]).total == 1

    def test_to_whom_the_case_is_closed(self, about, people):
        one, other = one_and_other(about, SUSPECT, SUSPECT)
        access.restrict(people["sacha"], other, "a reason")
        assert linked(one, people["ana"]) == []
        assert related.same_account(one, people["ana"]).total == 0
        assert linked(one, people["sacha"]) == [other]


class TestProtected:
    def test_neither_page_nor_database_nor_event_says_who_it_is(self, about, people, enter):
        one, other = one_and_other(about, SUSPECT, SUSPECT)
        html = enter("ana").get(at(one)).content.decode()
        assert "1 other concerns the same account" in html
        assert f'<a href="{at(other)}">C-{other}</a>' in html
        said = html + str([(fact.data, fact.subject, fact.reason) for fact in audit.events()])
        said += str(list(ReportAccount.objects.values_list("digest", flat=True)))
        for mark in (NAME, "u-77", EMAIL, EMAIL.lower()):
            assert mark not in said

    def test_the_digest_cannot_be_guessed_without_the_key(self, about):
        about("https://one.example/a", {"service": "Example Chat", "screen_name": NAME})
        [kept] = ReportAccount.objects.values_list("digest", flat=True)
        canonical = f"account:example chat/{NAME}"
        assert bytes(kept) == content_key(ItemKind.ACCOUNT, canonical)
        assert settings.HOME.keys.lookup

    def test_what_is_read_of_a_suspect_is_in_no_representation(self, about):
        report, _ = about("https://one.example/a", SUSPECT)
        assert NAME not in repr(suspects(report))

    @pytest.mark.parametrize("how", ["whole", "originals", "before it counted"])
    def test_it_goes_with_the_original(self, about, people, how):
        report, one = about("https://one.example/a", SUSPECT)
        _, other = about("https://other.example/b", SUSPECT)
        with transaction.atomic():
            if how == "whole":
                erasure.erase_whole(report)
            elif how == "originals":
                assert erasure.erase_part(report, erasure.Part.ORIGINALS).originals == 1
            else:
                erasure.erase(report, "retracted", "system")
        assert not ReportAccount.objects.filter(report=report).exists()
        assert not Original.objects.filter(report=report).exists()
        assert linked(other, people["ana"]) == []
        assert Report.objects.count() == 2
        assert one

    def test_messages_may_go_before_it(self, about):
        report, _ = about("https://one.example/a", SUSPECT)
        with transaction.atomic():
            erasure.erase_part(report, erasure.Part.MESSAGES)
        assert ReportAccount.objects.filter(report=report).count() == 3


def test_an_account_named_in_many_reports_costs_as_many_queries_as_one_in_few(about, people):
    _, one = about("https://one.example/0", SUSPECT)
    about("https://one.example/1", SUSPECT)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            related.same_account(one, people["ana"])
        return len(asked)

    few = cost()
    for number in range(2, 14):
        about(f"https://one.example/{number}", SUSPECT)
    assert cost() == few
    group = related.same_account(one, people["ana"])
    assert (group.total, len(group.nearest), group.more) == (13, related.SHOWN, 3)
