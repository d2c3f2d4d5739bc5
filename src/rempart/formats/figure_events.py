"""The counted events as a Parquet table: what an auditor needs to count a node's figures again, and no more.

One row is one event, in the order of the chain. A fact that an event does not have is null. Facts that no figure counts
(a channel, a purpose, a person) are left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
from pyarrow import parquet

from rempart.core.figures.facts import Fact

FACTS: Mapping[str, tuple[str, ...]] = {
    "report:received": ("source",),
    "content:decided": ("legality", "basis", "kind", "viewed"),
    "case:second_look": (),
    "hold:placed": (),
    "hosting:observed": ("country",),
    "notice:sent": ("hours_since_report", "asn"),
    "notice:refused": (),
    "notice:checked": ("availability",),
    "notice:removed": ("hours_since_report", "hours_since_notice"),
    "notice:reappeared": (),
    "notice:escalated": (),
    "referral:exported": ("target",),
    "list:feedback": ("entry", "is_useful"),
    "signal:recalled": ("reason",),
    "log:signed": ("signals",),
}
"""The counted actions, and the facts that are counted of each."""
SUBJECTS: Mapping[str, str] = {
    action: {"hosting": "content", "hold": "content", "signal": "content", "log": "node"}.get(kind, kind)
    for action, kind in ((action, action.partition(":")[0]) for action in FACTS)
}
"""What the subject of each is, before its number."""
TOLD_APART = "list:feedback"
"""The one action of which it counts who did it: platforms, by number."""

_TYPES = {
    "viewed": pa.bool_(),
    "hours_since_report": pa.float64(),
    "hours_since_notice": pa.float64(),
    "asn": pa.int64(),
    "entry": pa.int64(),
    "is_useful": pa.bool_(),
    "signals": pa.int64(),
}
FIELDS = tuple(dict.fromkeys(name for names in FACTS.values() for name in names))
SCHEMA = pa.schema(
    [
        ("member", pa.string()),
        ("seq", pa.int64()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("action", pa.string()),
        ("subject", pa.string()),
        ("actor", pa.string()),
        *((name, _TYPES.get(name, pa.string())) for name in FIELDS),
    ]
)
_ROWS_AT_ONCE = 50_000


class CountedEvent(NamedTuple):
    """An event as it is written; `data` may hold more than is counted."""

    seq: int
    at: datetime
    action: str
    subject: str
    actor: str
    data: Mapping[str, Any]


def write_events(out: BinaryIO, member: str, events: Iterable[Fact]) -> int:
    """Write one member's events, part after part; returns how many."""
    written = 0
    with parquet.ParquetWriter(out, SCHEMA, compression="zstd") as writer:
        rows: list[Fact] = []
        for event in events:
            rows.append(event)
            if len(rows) == _ROWS_AT_ONCE:
                writer.write_table(_table(member, rows))
                written, rows = written + len(rows), []
        writer.write_table(_table(member, rows))
    return written + len(rows)


def write_columns(out: BinaryIO, member: str, columns: Mapping[str, Sequence[Any] | pa.Array]) -> None:
    """Write the same table from columns; those that are not given are null."""
    length = len(columns["seq"])
    given = {"member": pa.repeat(member, length), **columns}
    arrays = [
        pa.array(given[each.name], each.type) if each.name in given else pa.nulls(length, each.type) for each in SCHEMA
    ]
    parquet.write_table(pa.table(arrays, schema=SCHEMA), out, compression="zstd")


def _table(member: str, rows: Sequence[Fact]) -> pa.Table:
    columns: dict[str, list[Any]] = {
        "member": [member] * len(rows),
        "seq": [row.seq for row in rows],
        "at": [row.at for row in rows],
        "action": [row.action for row in rows],
        "subject": [row.subject for row in rows],
        "actor": [row.actor if row.action == TOLD_APART else None for row in rows],
        **{name: [row.data.get(name) if name in FACTS[row.action] else None for row in rows] for name in FIELDS},
    }
    return pa.table(columns, schema=SCHEMA)
