"""The table that auditors read: only what is counted, in order, the same from rows and from columns."""

import io
from datetime import UTC, datetime

from pyarrow import parquet

from rempart.formats.figure_events import FACTS, FIELDS, SCHEMA, SUBJECTS, CountedEvent, write_columns, write_events

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVENTS = [
    CountedEvent(3, AT, "notice:sent", "notice:1", "system", {"hours_since_report": 2.5, "asn": 64500, "channel": "x"}),
    CountedEvent(5, AT, "list:feedback", "list:1", "platform:4", {"entry": 9, "is_useful": False, "reason": "y"}),
    CountedEvent(8, AT, "notice:refused", "notice:1", "staff:2", {}),
]


def table(data: bytes) -> list[dict[str, object]]:
    found = parquet.read_table(io.BytesIO(data))
    assert found.schema == SCHEMA
    return found.to_pylist()


def test_a_row_holds_what_is_counted_and_no_person() -> None:
    out = io.BytesIO()
    assert write_events(out, "FR", iter(EVENTS)) == 3
    sent, fed_back, refused = table(out.getvalue())
    told = {name: value for name, value in sent.items() if value is not None}
    assert told == {
        "member": "FR",
        "seq": 3,
        "at": AT,
        "action": "notice:sent",
        "subject": "notice:1",
        "hours_since_report": 2.5,
        "asn": 64500,
    }
    assert (fed_back["actor"], fed_back["entry"], fed_back["is_useful"]) == ("platform:4", 9, False)
    assert fed_back["reason"] is None, "a reason counts of recalls alone"
    assert refused["actor"] is None


def test_columns_give_the_same_table() -> None:
    rows, columns = io.BytesIO(), io.BytesIO()
    write_events(rows, "FR", EVENTS)
    write_columns(
        columns,
        "FR",
        {
            "seq": [3, 5, 8],
            "at": [AT] * 3,
            "action": [event.action for event in EVENTS],
            "subject": [event.subject for event in EVENTS],
            "actor": [None, "platform:4", None],
            "hours_since_report": [2.5, None, None],
            "asn": [64500, None, None],
            "entry": [None, 9, None],
            "is_useful": [None, False, None],
        },
    )
    assert table(rows.getvalue()) == table(columns.getvalue())


def test_no_events_are_an_empty_table() -> None:
    out = io.BytesIO()
    assert write_events(out, "FR", []) == 0
    assert table(out.getvalue()) == []


def test_many_events_are_written_in_parts() -> None:
    out = io.BytesIO()
    event = EVENTS[2]
    assert write_events(out, "FR", (event._replace(seq=seq) for seq in range(120_000))) == 120_000
    found = table(out.getvalue())
    assert [row["seq"] for row in found] == list(range(120_000))


def test_every_fact_has_a_column() -> None:
    assert set(FIELDS) == {name for names in FACTS.values() for name in names}
    assert set(SUBJECTS) == set(FACTS)
