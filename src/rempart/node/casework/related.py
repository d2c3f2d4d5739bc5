"""Other contents beside a case: on the same host, and near-duplicates of its image. Facts and decisions, no images."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rempart.node import phrases
from rempart.node.casework import access, similar, wording
from rempart.node.casework.models import Content
from rempart.node.people import Person

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Related:
    """`result` and `basis` are empty while it is undecided, `state` where it never was in the queue."""

    content_id: int
    result: phrases.Text
    basis: phrases.Text
    state: phrases.Text
    address: str
    first_seen_at: datetime
    decided_at: datetime | None
    reports: int


@dataclass(frozen=True, slots=True)
class SimilarImages:
    """`nearest` holds the first of `total`."""

    total: int
    nearest: list[Related]

    @property
    def more(self) -> int:
        return self.total - len(self.nearest)


def same_host(content_id: int, host: str, person: Person) -> list[Related]:
    """The newest of which the person may know."""
    if not host:
        return []
    others = Content.objects.filter(access.visible_to(person), host=host).exclude(pk=content_id)
    rows = others.order_by("-pk").select_related("case")
    return _related(rows[:SHOWN])


def similar_images(content_id: int, person: Person) -> SimilarImages | None:
    """Those of which the person may know; None where the content has no image that is compared."""
    alike = similar.similar_to(content_id)
    if alike is None:
        return None
    hidden = access.hidden_from(person, alike)
    found = [near for near in alike if near not in hidden]
    rows = Content.objects.select_related("case").in_bulk(found[:SHOWN])
    return SimilarImages(len(found), _related([rows[near] for near in found[:SHOWN] if near in rows]))


def _related(rows: Iterable[Content]) -> list[Related]:
    return [
        Related(
            content_id=row.pk,
            result=phrases.LEGALITIES[row.legality] if row.legality else "",
            basis=wording.BASES[row.basis] if row.basis else "",
            state=wording.STATES[row.case.state] if hasattr(row, "case") else "",
            address=phrases.defanged(row.locator),
            first_seen_at=row.first_seen_at,
            decided_at=row.decided_at,
            reports=row.times_reported,
        )
        for row in rows
    ]
