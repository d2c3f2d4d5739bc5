"""Preservation holds: who, how long, longer, and who ends them."""

import pytest
from node.retention.conftest import days

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.core.permissions import Permission, may_release_preservation
from rempart.core.vocabulary import Role
from rempart.node.audit import services as audit
from rempart.node.casework.models import Content
from rempart.node.intake.models import Report
from rempart.node.retention import holds
from rempart.node.retention.models import HoldExtension, PreservationHold

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(closed) -> Report:
    return Report.objects.get(pk=closed())


@pytest.fixture
def hold(report, people, clock) -> int:
    return holds.place(people["luis"], clock.now() + days(10), "Letter 3", reference=report.reference)


def test_it_is_an_event_without_its_reason(hold, report, told, people, clock):
    assert told("preservation:") == [
        ("preservation:placed", f"report:{report.pk}", {"deadline": "2026-03-12T09:00:00+00:00"})
    ]
    assert all("Letter" not in fact.reason for fact in audit.events())
    content = Content.objects.first()
    holds.place(people["sacha"], clock.now() + days(1), "Letter 4", content_id=content.pk)
    assert told("preservation:")[1][1] == f"content:{content.pk}"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"reason": " "}, InputError),
        ({"deadline": -1}, InputError),
        ({"deadline": 0}, InputError),
        ({"reference": ""}, InputError),
        ({"content_id": 1}, InputError),
        ({"reference": "R26-ABCD2345"}, NotFound),
        ({"reference": "", "content_id": 987654}, NotFound),
    ],
)
def test_what_is_not_clear_is_refused(given, error, report, people, clock):
    named = {"reference": report.reference, "content_id": 0, "reason": "Letter 3", "deadline": 1, **given}
    deadline = clock.now() + days(named.pop("deadline"))
    with pytest.raises(error):
        holds.place(people["luis"], deadline, named.pop("reason"), **named)
    assert not PreservationHold.objects.exists()


@pytest.mark.parametrize("person", ["ana", "vera", "lin", "stan", "aude", "adam"])
def test_other_roles_neither_place_nor_extend_nor_release(person, hold, report, people, clock):
    for act in (
        lambda who: holds.place(who, clock.now() + days(1), "Because", reference=report.reference),
        lambda who: holds.extend(who, hold, clock.now() + days(20), "Because"),
        lambda who: holds.release(who, hold),
    ):
        with pytest.raises(NotPermitted):
            act(people[person])


def test_it_is_extended_with_a_reason_and_never_shortened(hold, people, clock, told):
    later = clock.now() + days(20)
    holds.extend(people["sacha"], hold, later, "Letter 5")
    assert PreservationHold.objects.get(pk=hold).deadline == later
    assert HoldExtension.objects.get().reason == "Letter 5"
    assert told("preservation:extended")
    (view,) = holds.standing(people["luis"])
    assert view.extensions == ((clock.now(), "Sacha Senior", later, "Letter 5"),)
    for deadline, reason in ((clock.now() + days(19), "Less"), (later, "Same"), (clock.now() + days(30), " ")):
        with pytest.raises(InputError):
            holds.extend(people["sacha"], hold, deadline, reason)


def test_only_its_owner_releases_it_until_its_day_is_past(hold, people, clock, told):
    with pytest.raises(NotPermitted, match="Luis Liaison"):
        holds.release(people["sacha"], hold)
    assert [view.may_release for view in holds.standing(people["sacha"])] == [False]
    clock.advance(days=10)
    (view,) = holds.standing(people["sacha"])
    assert (view.is_overdue, view.may_release) == (True, True)
    holds.release(people["sacha"], hold)
    assert told("preservation:released")
    assert holds.standing(people["sacha"]) == []
    for act in (
        lambda: holds.release(people["luis"], hold),
        lambda: holds.extend(people["luis"], hold, clock.now() + days(99), "More"),
    ):
        with pytest.raises(Conflict, match="released already"):
            act()
    with pytest.raises(NotFound):
        holds.release(people["luis"], 987654)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("is_overdue", [True, False])
def test_the_rule_of_release(role, is_overdue):
    may = may_release_preservation(1, 1, [role], is_overdue=is_overdue)
    others = may_release_preservation(2, 1, [role], is_overdue=is_overdue)
    can = role in (Role.SENIOR_ANALYST, Role.LE_LIAISON)
    assert (may, others) == (can, can and is_overdue), Permission.PRESERVATION_HOLD
