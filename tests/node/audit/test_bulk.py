"""A made-up past: part of the chain like everything else, and only where nothing is real."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from rempart.node.audit import services as audit
from rempart.node.audit.bulk import MADE_UP
from rempart.node.audit.models import Event

pytestmark = pytest.mark.django_db
START = datetime(2025, 1, 1, tzinfo=UTC)


def past(count: int, start: datetime = START) -> list[audit.Past]:
    return [
        audit.Past(start + timedelta(minutes=number), "system", "report:received", f"report:{number}", {"source": "é"})
        for number in range(count)
    ]


def test_a_past_is_part_of_a_whole_chain() -> None:
    with transaction.atomic():
        audit.record("staff:added", "staff:1")
    assert audit.record_past(iter(past(7000))) == 7000
    with transaction.atomic():
        last = audit.record("staff:closed", "staff:1")
    assert audit.verify().events == last == 7002
    event = Event.objects.get(pk=2)
    assert (event.at, event.subject, event.reason) == (START, "report:0", MADE_UP)


def test_its_events_are_read_as_those_that_were_recorded() -> None:
    audit.record_past(past(3))
    assert [fact.data for fact in audit.events(actions=["report:received"])] == [{"source": "é"}] * 3


def test_a_real_node_has_none(settings) -> None:
    settings.MODE = "production"
    with pytest.raises(RuntimeError, match="made-up past"):
        audit.record_past(past(1))
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "told", [past(2)[::-1], past(1, datetime.now(UTC) + timedelta(days=400))], ids=["out of order", "in the future"]
)
def test_a_past_out_of_order_or_to_come_leaves_nothing(told: list[audit.Past]) -> None:
    with pytest.raises(ValueError, match="in order"):
        audit.record_past(told)
    assert not Event.objects.exists()
    assert audit.head()[0] == 0
