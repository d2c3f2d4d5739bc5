"""What a page asks the database does not grow with its rows."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from node.casework.conftest import submit, upload, work  # noqa: F401
from node.casework.test_alike import enter_stream
from outside_world import decided  # noqa: F401
from signals.pictures import encoded, scene

from rempart.core.routing import Route
from rempart.core.vocabulary import ReferralState, RouteKind
from rempart.node.audit import services as audit
from rempart.node.casework import holds, notes, queue, similar
from rempart.node.casework.models import Case, Content
from rempart.node.intake.models import Message, Report
from rempart.node.notices import services as notices
from rempart.node.referrals import services as referrals
from rempart.node.referrals.models import Referral

MOST = 42
RECORDING = 8
"""To record an event in a transaction of its own: begin, lock, look again, insert, move the head, commit."""
POLICE = Route(RouteKind.POLICE, "FR", "police", "it concerns this country", notify_host=False)


@pytest.fixture
def asked(people, clock) -> Callable[[str, str], int]:
    """How many queries a page costs a person."""

    def count(name: str, path: str) -> int:
        client = Client()
        client.force_login(people[name])
        # The first look at a case within the hour is recorded; that costs the same whatever the page holds.
        with CaptureQueriesContext(connection) as first:
            assert client.get(path).status_code == 200
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        assert len(first) <= len(seen) + RECORDING
        assert len(seen) <= MOST, f"{path} asks {len(seen)} times"
        return len(seen)

    return count


def test_the_queue(asked, submit, work, people, clock):  # noqa: F811
    submit(("url", "https://host.example/0"))
    work()
    few = asked("ana", "/staff/queue/")
    submit(*[("url", f"https://host.example/{number}") for number in range(1, 50)])
    work()
    for number, content in enumerate(Content.objects.all()[:20]):
        who = "ben" if number % 2 else "sacha"
        queue.claim(people[who], content.pk)
        holds.place(people["luis"], content.pk, clock.advance(minutes=1).replace(year=2027), "Request")
    assert Case.objects.count() == 50
    assert asked("ana", "/staff/queue/") == few


def test_images_that_look_alike(asked, submit, work, upload):  # noqa: F811
    def come(*sizes: int) -> None:
        for size in sizes:
            submit(files=[upload(encoded(scene().resize((4 * size, 3 * size))))])
        work()

    come(60, 61)
    first = Content.objects.order_by("pk").first().pk
    pages = ("/staff/queue/", f"/staff/cases/{first}/")
    assert similar.counts([first]) == {first: 1}
    few = [asked("ana", page) for page in pages]
    come(*range(62, 90))
    assert similar.counts([first]) == {first: 29}
    assert [asked("ana", page) for page in pages] == few


def test_a_case_with_much_beside_it(asked, submit, work, people):  # noqa: F811
    """Identical contents, others of its reports and of its host, notes: each part is one question, however long."""
    submit(("url", "https://host.example/0"), ("account", "made-up-person"))
    work()
    content = Content.objects.get(kind="url").pk
    enter_stream("https://host.example/0")
    notes.add(people["ana"], content, "one note")
    few = asked("ana", f"/staff/cases/{content}/")
    pages = [("url", f"https://host.example/{number}") for number in range(1, 30)]
    submit(("url", "https://host.example/0"), *pages, *[("account", f"made-up-{number}") for number in range(20)])
    work()
    for number in range(15):
        notes.add(people["ben"], content, f"note {number}")
    assert asked("ana", f"/staff/cases/{content}/") == few


def test_a_search(people, submit, work):  # noqa: F811
    """What is found does not cost a query each."""

    def count() -> int:
        client = Client()
        client.force_login(people["ana"])
        with CaptureQueriesContext(connection) as seen:
            assert client.post("/staff/search/", {"q": "host.example"}).status_code == 200
        assert len(seen) <= MOST
        return len(seen)

    submit(("url", "https://host.example/0"))
    work()
    few = count()
    submit(*[("url", f"https://host.example/{number}") for number in range(1, 60)])
    work()
    assert count() == few


def test_a_case_with_many_reports(asked, submit, work, clock):  # noqa: F811
    submit(("url", "https://host.example/0"))
    work()
    content = Content.objects.get().pk
    few = asked("ana", f"/staff/cases/{content}/")
    for _ in range(15):
        submit(("url", "https://host.example/0"))
    work()
    for report in Report.objects.all():
        Message.objects.create(
            report=report, sealed=b"x", repeat_key=bytes([report.pk % 256]) * 32, sent_at=clock.now()
        )
    assert asked("ana", f"/staff/cases/{content}/") == few


def test_a_restricted_case_and_its_openings(asked, submit, work, people, clock):  # noqa: F811
    from rempart.core.vocabulary import Role
    from rempart.node.casework import access
    from rempart.node.staff.models import StaffMember

    def open_it(number: int) -> None:
        senior = StaffMember.objects.create_user(f"senior{number}", "x" * 12, [Role.SENIOR_ANALYST])
        access.break_glass(senior, content, "danger to a child")

    submit(("url", "https://host.example/0"))
    work()
    content = Content.objects.get().pk
    access.restrict(people["sacha"], content, "a reason", [people["ana"].pk, people["ben"].pk])
    open_it(0)
    few = [asked("sacha", page) for page in ("/staff/queue/", f"/staff/cases/{content}/")]
    for number in range(1, 12):
        open_it(number)
    assert [asked("sacha", page) for page in ("/staff/queue/", f"/staff/cases/{content}/")] == few


def test_notices(asked, decided, people, clock):  # noqa: F811
    def notify(number: int) -> None:
        content = decided(f"http://n{number}.host.example/")
        with transaction.atomic():
            notices.queue(content, "FR")
        if number % 2:
            holds.place(people["luis"], content, clock.now().replace(year=2027), "Request")

    notify(1)
    few = asked("ana", "/staff/notices/")
    for number in range(2, 30):
        notify(number)
    assert asked("ana", "/staff/notices/") == few


def test_referrals(asked, decided, people):  # noqa: F811
    def refer() -> None:
        content = decided()
        report = Report.objects.get(items__content=content).pk
        with transaction.atomic():
            referrals.propose_content(content, POLICE)
            proposed = referrals.propose_person(report, POLICE)
        if report % 2:
            referrals.decide(people["luis"], proposed, True, "Identified account", "Code, article 1")

    for _ in range(2):
        refer()
    few = asked("luis", "/staff/referrals/")
    for _ in range(20):
        refer()
    assert Referral.objects.filter(state=ReferralState.PROPOSED).count() > 5
    assert asked("luis", "/staff/referrals/") == few


def test_events(asked, people):
    def tell(times: int) -> None:
        for number in range(times):
            for person in people.values():
                with transaction.atomic():
                    audit.record("case:claimed", f"case:{number}", actor=person.actor)

    tell(1)
    few = asked("aude", "/staff/audit/")
    tell(15)
    assert asked("aude", "/staff/audit/") == few
