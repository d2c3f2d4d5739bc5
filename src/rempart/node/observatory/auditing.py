"""The counted events of this node's chain as a file, for whoever counts the figures again."""

from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from rempart.core.figures import folding
from rempart.formats.figure_events import write_events
from rempart.node.audit import services as audit


def write_own(out: BinaryIO, *, actor: str = "system", operator: str = "") -> int:
    """Write the events and record that they left the node; returns how many there are."""
    through = audit.head()[0]
    written = write_events(out, settings.COUNTRY, audit.events(actions=list(folding.ACTIONS)))
    told: dict[str, audit.Value] = {"format": "parquet", "events": written, "through": through, "filters": ["action"]}
    if operator:
        told["operator"] = operator
    with transaction.atomic():
        audit.record("audit:exported", "audit:chain", actor=actor, data=told)
    return written
