"""Other members' published figures: declared through the exchange, or brought in as files by a statistician.

What counts is the newest of each member, by the moment it counted to; the exchange's where both say the same moment.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from rempart.core.errors import Conflict, InputError, LimitExceeded
from rempart.core.figures.document import FiguresDocument
from rempart.formats import figures_document
from rempart.formats.tables import Column, Kind, Row, Table
from rempart.node.audit import services as audit
from rempart.node.datasets import Dataset
from rempart.node.exchange import services as exchange
from rempart.node.observatory import data_sets
from rempart.node.observatory.counting import publication
from rempart.node.observatory.models import MemberFigures
from rempart.node.runtime import clock

log = logging.getLogger("rempart.figures")
KIND = "figures"
MONTHS_WITH_PARTS = 24
"""Parts of older months are left out of what is declared where it would be larger than others take."""


def own(now: datetime) -> dict[str, Any]:
    """The document this node publishes at /open-data/figures.json."""
    return data_sets.figures_document(publication(now))


def documents(now: datetime) -> Mapping[str, FiguresDocument]:
    """Every member's figures by country code: this node's own and the others' newest accepted ones.

    Each is read from what its member published, so that nothing made of them can tell more than those do.
    """
    found = {each.country: each for each in _imported()}
    for country, each in _declared().items():
        if country not in found or found[country].counted_to <= each.counted_to:
            found[country] = each
    mine = figures_document.from_object(own(now))
    return dict(sorted({**found, mine.country: mine}.items()))


@transaction.atomic
def import_file(data: bytes, *, actor: str = "system", operator: str = "") -> FiguresDocument:
    """Take another member's file in. Raises InputError for what is no such file, or is this node's own country's, and
    Conflict for one that counted less far than what is here.
    """
    found = figures_document.read(data)
    if found.country == settings.COUNTRY:
        raise InputError("this node's own figures are counted here, not brought in.", where="figures")
    if found.counted_to > clock().now():
        raise InputError("it says that it counted into the future.", where="counted_to")
    held = MemberFigures.objects.select_for_update().filter(country=found.country).first()
    digest = hashlib.sha256(data).digest()
    if held is not None and bytes(held.sha256) == digest:
        return found
    if held is not None and found.counted_to < held.counted_to:
        raise Conflict(
            f"newer figures of {found.country} are here already.",
            where="counted_to",
            advice="Ask the member for the file it publishes now.",
        )
    kept = {"counted_to": found.counted_to, "document": data, "sha256": digest}
    MemberFigures.objects.update_or_create(
        country=found.country, defaults={**kept, "imported_at": clock().now(), "actor": actor}
    )
    told: dict[str, audit.Value] = {"counted_to": found.counted_to.isoformat(), "sha256": digest.hex()}
    if operator:
        told["operator"] = operator
    audit.record("figures:imported", f"country:{found.country}", actor=actor, data=told)
    return found


def declare_own(now: datetime) -> None:
    """Ask that what this node publishes is declared to the other members; saying the same again changes nothing."""
    document = own(now)
    try:
        exchange.declare(KIND, document)
    except LimitExceeded:
        exchange.declare(KIND, _slim(document))


def _rows() -> Iterator[Row]:
    for country, document in documents(clock().now()).items():
        for period in document.periods():
            is_final = document.is_final(period)
            for key, figure in document.published[period].figures.items():
                for part, value in (("", figure.value), *figure.parts.items()):
                    shown = (value.number, str(value.status), value.behind)
                    yield (country, document.counted_to, period, is_final, key, part, *shown)


_COLUMNS = (
    Column("country", Kind.TEXT, "The member, by its ISO 3166-1 code of two letters (XK for Kosovo)."),
    Column("counted_to", Kind.MOMENT, "Events before this moment count."),
    *data_sets.FIGURES[:-2],
)
DATASET = Dataset(
    "members-figures",
    "Figures of the members",
    "What this node knows of the published figures of all members, each as the member publishes it.",
    _COLUMNS,
    lambda: Table(_COLUMNS, _rows()),
)


def _slim(document: Mapping[str, Any]) -> dict[str, Any]:
    """Without the parts of older months: their totals and all years stay whole."""
    months = [each["period"] for each in document["periods"] if len(each["period"]) == len("2026-03")]
    old = set(months[MONTHS_WITH_PARTS:])
    return {
        **document,
        "periods": [_without_parts(each) if each["period"] in old else each for each in document["periods"]],
    }


def _without_parts(period: Mapping[str, Any]) -> dict[str, Any]:
    figures = {
        key: {name: value for name, value in figure.items() if name not in ("parts", "parts_are_whole")}
        for key, figure in period["figures"].items()
    }
    return {**period, "figures": figures}


def _imported() -> list[FiguresDocument]:
    return [figures_document.read(bytes(row.document)) for row in MemberFigures.objects.all()]


def _declared() -> dict[str, FiguresDocument]:
    """What others declare and what can be read of it; a document of another country than its signer's is none."""
    found = {}
    for country, declaration in exchange.declarations(KIND).items():
        if country == settings.COUNTRY:
            continue
        try:
            document = figures_document.from_object(declaration.body)
        except InputError as error:
            log.warning("declared figures of %s cannot be read: %s", country, error.what)
            continue
        if document.country == country:
            found[country] = document
    return found
