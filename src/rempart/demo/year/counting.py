"""The made-up events through the counting and the publishing that a node's own events go through.

Import only once Django is set up: what a figures document says of an indicator stands in the node.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute

from rempart.core.figures import folding
from rempart.demo.year.columns import Drawn
from rempart.demo.year.drawing import beginning, counted_to
from rempart.formats.figure_events import FACTS, FIELDS, SUBJECTS, TOLD_APART, CountedEvent
from rempart.node.observatory.data_sets import figures_document
from rempart.node.observatory.services import Publication

PLATFORM = 1
"""One platform says what entries are worth."""
LOG = "node:log"


def counted(drawn: Drawn, year: int) -> Publication:
    """Every event folded, one after the other, and what is published of it."""
    state = folding.Folded()
    for event in events(drawn, year):
        folding.fold(state, event)
    releases, final = folding.releases_at(state, counted_to(year))
    return Publication(counted_to(year), releases, final, state.seq == 0)


def published(publication: Publication, country: str, organisation: str) -> dict[str, Any]:
    """The figures document of a member."""
    return {**figures_document(publication), "country": country, "organisation": organisation}


def events(drawn: Drawn, year: int) -> Iterator[CountedEvent]:
    """The events as a node reads them from its chain."""
    start = int(beginning(year).timestamp())
    columns = {name: column.tolist() for name, column in drawn.facts.items()}
    rows = zip(drawn.seconds.tolist(), drawn.actions.tolist(), drawn.numbers.tolist(), strict=True)
    for place, (second, action, number) in enumerate(rows):
        data = {name: columns[name][place] for name in FACTS[action]}
        at = datetime.fromtimestamp(start + second, UTC)
        actor = f"platform:{PLATFORM}" if action == TOLD_APART else "system"
        subject = LOG if action == "log:signed" else f"{SUBJECTS[action]}:{number}"
        yield CountedEvent(place + 1, at, action, subject, actor, data)


def columns_of(drawn: Drawn, year: int) -> dict[str, Any]:
    """The same events as columns of the table that auditors read."""
    start = int(beginning(year).timestamp())
    names = drawn.actions.tolist()
    kinds = pa.array([SUBJECTS[action] for action in names])
    subjects = compute.binary_join_element_wise(kinds, pa.array(drawn.numbers).cast(pa.string()), ":")
    return {
        "seq": np.arange(1, len(drawn.seconds) + 1),
        "at": ((drawn.seconds + start) * 1_000_000).astype("datetime64[us]"),
        "action": drawn.actions,
        "subject": compute.if_else(pa.array(drawn.actions == "log:signed"), LOG, subjects),
        "actor": [f"platform:{PLATFORM}" if action == TOLD_APART else None for action in names],
        **{name: drawn.facts[name] for name in FIELDS},
    }
