"""Other members' figures: brought in as files or declared, checked like any input, and put together."""

import json
from typing import Any

import pytest
from core.figures.streams import example

from rempart.core.errors import Conflict, InputError
from rempart.core.figures.alliance import together
from rempart.core.figures.releases import Status, Value
from rempart.formats import figures_document
from rempart.node.audit import services as audit
from rempart.node.observatory import members_figures, services
from rempart.node.observatory.models import MemberFigures

pytestmark = pytest.mark.django_db


def document(country: str = "NL", counted_to: str = "2026-03-01T00:00:00+00:00", **values: Any) -> dict[str, Any]:
    figures = {
        "reports_received": {"value": 70, "status": "shown", "count_behind": 70, "parts": {}},
        "share_illegal": {"value": 0.5, "status": "shown", "count_behind": 20},
        "hours_notice_to_removal_median": {"value": 30.0, "status": "shown", "count_behind": 9},
        **values,
    }
    return {
        "format": "rempart figures 1",
        "organisation": "A hotline",
        "country": country,
        "counted_to": counted_to,
        "threshold": 5,
        "periods": [
            {"period": period, "is_final": period != "all", "figures": figures} for period in ("all", "2026-01")
        ],
    }


def brought(**facts: Any) -> None:
    members_figures.import_file(json.dumps(document(**facts)).encode())


def test_a_file_counts_and_is_an_event(clock) -> None:
    members_figures.import_file(json.dumps(document()).encode(), operator="anna")
    found = services.documents(clock.now())
    assert list(found) == ["FR", "NL"]
    assert found["NL"].value("2026-01", "reports_received") == Value(70, Status.SHOWN, 70)
    assert services.completeness(found["NL"], 2026) == pytest.approx(1 / 12)
    (fact,) = audit.events(actions=["figures:imported"])
    assert fact.subject == "country:NL"
    assert fact.data["operator"] == "anna"


def test_the_same_file_again_changes_nothing(clock) -> None:
    brought()
    brought()
    assert len(list(audit.events(actions=["figures:imported"]))) == 1


def test_ones_own_country_is_refused(clock) -> None:
    with pytest.raises(InputError, match="own figures"):
        brought(country="FR")


def test_older_figures_and_those_of_the_future_are_refused(clock) -> None:
    brought()
    with pytest.raises(Conflict):
        brought(counted_to="2026-02-01T00:00:00+00:00")
    with pytest.raises(InputError):
        brought(counted_to="2027-02-01T00:00:00+00:00")
    brought(counted_to="2026-03-02T00:00:00+00:00")
    assert MemberFigures.objects.get().counted_to.day == 2


@pytest.mark.parametrize(
    "change",
    [
        {"format": "rempart figures 9"},
        {"country": "nl"},
        {"counted_to": "yesterday"},
        {"counted_to": "2026-03-01T00:00:00"},
        {"threshold": 0},
        {"periods": {}},
        {"periods": [{"period": "2026-13", "is_final": True, "figures": {}}]},
        {"periods": [{"period": "2026", "is_final": 1, "figures": {}}]},
        {"periods": [{"period": "2026", "is_final": True, "figures": {}}] * 2},
        {"periods": [{"period": "2026", "is_final": True, "figures": {"<script>": {}}}]},
        {"periods": [{"period": "2026", "is_final": True, "figures": {"a": {"value": 3, "status": "suppressed"}}}]},
        {"periods": [{"period": "2026", "is_final": True, "figures": {"a": {"value": None, "status": "shown"}}}]},
        {"periods": [{"period": "2026", "is_final": True, "figures": {"a": {"value": -1, "status": "shown"}}}]},
        {"periods": [{"period": "2026", "is_final": True, "figures": {"a": {"value": True, "status": "shown"}}}]},
        {"periods": [{"period": "2026", "is_final": True, "figures": {"a": {"value": 1, "status": "best"}}}]},
        {"organisation": 5},
    ],
)
def test_what_is_no_figures_document_is_refused(clock, change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        figures_document.from_object(document() | change)


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"format": "rempart figures 1"}'])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        figures_document.read(data)


def test_what_others_declare_counts_where_it_is_newer(clock, monkeypatch) -> None:
    class Said:
        def __init__(self, body: dict[str, Any]) -> None:
            self.body = body

    brought()
    said = {
        "NL": Said(document(counted_to="2026-03-02T00:00:00+00:00")),
        "BE": Said(document("DE")),
        "AT": Said({"format": "something else"}),
        "FR": Said(document("FR")),
    }
    monkeypatch.setattr(members_figures.exchange, "declarations", lambda kind: said if kind == "figures" else {})
    found = services.documents(clock.now())
    assert list(found) == ["FR", "NL"]
    assert found["NL"].counted_to.day == 2
    assert found["FR"].organisation != "A hotline"


def test_the_own_figures_are_declared(write, clock, monkeypatch) -> None:
    write(example())
    said: list[dict[str, Any]] = []
    monkeypatch.setattr(members_figures.exchange, "declare", lambda kind, body: said.append(body))
    members_figures.declare_own(clock.now())
    assert figures_document.from_object(said[0]) == services.documents(clock.now())["FR"]


def test_sums_are_made_of_what_members_publish_and_of_nothing_else(write, clock) -> None:
    write(example())
    clock.advance(days=60)
    brought()
    brought(country="BE", reports_received={"value": None, "status": "suppressed", "count_behind": None})
    found = services.documents(clock.now())
    total = together(found, "2026-01", "reports_received", "count")
    assert (total.value, total.members, total.silent) == (Value(90, Status.PARTIAL, 90), ("FR", "NL"), ("BE",))
    share = together(found, "2026-01", "share_illegal", "share").value
    assert share.number == pytest.approx((0.75 * 20 + 0.5 * 20 + 0.5 * 20) / 60)
    assert together(found, "2026-01", "hours_notice_to_removal_median", "median").value.status is Status.NOT_AVAILABLE
    assert together(found, "2025-01", "reports_received", "count").value.status is Status.NOT_AVAILABLE
    written = {
        country: figures_document.from_object(json.loads(json.dumps(document(country)))) for country in ("NL", "BE")
    }
    assert together(written, "2026-01", "reports_received", "count").value == Value(140, Status.SHOWN, 140)
