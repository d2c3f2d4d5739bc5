"""Other contents beside a case: the same thing once more, what was reported with it, what lies on the same host, what
concerns the same account, and near-duplicates of its image. Facts and decisions, no images. Counts end at
`MOST_COUNTED`.

Invariant: none is listed or counted of which the person may not know.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from rempart.core.vocabulary import FingerprintType
from rempart.node import phrases
from rempart.node.casework import access, similar, wording
from rempart.node.casework.content import ADDRESSED, content_key
from rempart.node.casework.models import Content, Fingerprint
from rempart.node.intake import services as intake
from rempart.node.people import Person

SHOWN = 10
MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Related:
    """`result` and `basis` are empty while it is undecided, `state` where it never was in the queue."""

    content_id: int
    kind: phrases.Text
    result: phrases.Text
    basis: phrases.Text
    state: phrases.Text
    address: str
    first_seen_at: datetime
    decided_at: datetime | None
    reports: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class Group:
    """`nearest` holds the first of `total`."""

    total: int
    nearest: list[Related]

    @property
    def more(self) -> int:
        return self.total - len(self.nearest)

    @property
    def is_uncounted(self) -> bool:
        return self.total > MOST_COUNTED


def same_host(content_id: int, host: str, person: Person) -> Group:
    """The newest first."""
    if not host:
        return Group(0, [])
    rows = Content.objects.filter(host=host).exclude(pk=content_id)
    return _group(rows, person)


def reported_with(content_id: int, person: Person) -> Group:
    """What the newest reports of the content name beside it, such as the account it was found at."""
    return _group(Content.objects.filter(pk__in=intake.content_ids_beside(content_id)), person)


def same_account(content_id: int, person: Person) -> Group:
    """What other reports name that concern an account of its own reports, the newest first. Which account is not told:
    it may be a suspect's."""
    return _group(Content.objects.filter(pk__in=intake.content_ids_with_same_accounts(content_id)), person)


def similar_images(content_id: int, person: Person) -> Group | None:
    """None where the content has no image that is compared."""
    alike = similar.similar_to(content_id)
    if alike is None:
        return None
    hidden = access.hidden_from(person, alike)
    found = [near for near in alike if near not in hidden]
    rows = Content.objects.select_related("case").in_bulk(found[:SHOWN])
    return Group(len(found), related([rows[near] for near in found[:SHOWN] if near in rows]))


def identical(content_id: int, locator: str, person: Person) -> list[Related]:
    """The same address under another kind, and what has the same SHA-256; oldest first."""
    found = identical_ids(content_id, locator, person)
    return related(Content.objects.filter(pk__in=found).select_related("case").order_by("pk")) if found else []


def identical_ids(content_id: int, locator: str, person: Person) -> set[int]:
    """See `identical`. `locator` is the content's own."""
    found: set[int] = set()
    if locator:
        keys = [content_key(kind, locator) for kind in ADDRESSED]
        found |= set(Content.objects.filter(key__in=keys).values_list("pk", flat=True))
    own = Fingerprint.objects.filter(content=content_id, kind=FingerprintType.SHA256).values_list("value", flat=True)
    if digest := own.first():
        same = Fingerprint.objects.filter(kind=FingerprintType.SHA256, value=digest)
        found |= set(same.values_list("content_id", flat=True)[:MOST_COUNTED])
    return found - {content_id} - access.hidden_from(person, found)


def related(rows: Iterable[Content]) -> list[Related]:
    """Rows come with their case (`select_related`)."""
    return [
        Related(
            content_id=row.pk,
            kind=phrases.KINDS[row.kind],
            result=phrases.LEGALITIES[row.legality] if row.legality else "",
            basis=wording.BASES[row.basis] if row.basis else "",
            state=wording.STATES[row.case.state] if hasattr(row, "case") else "",
            address=phrases.defanged(row.locator),
            first_seen_at=row.first_seen_at,
            decided_at=row.decided_at,
            reports=row.times_reported,
            is_open=hasattr(row, "case") and row.case.decided_at is None,
        )
        for row in rows
    ]


def _group(found: QuerySet[Content], person: Person) -> Group:
    rows = found.filter(access.visible_to(person))
    newest = related(rows.select_related("case").order_by("-pk")[:SHOWN])
    return Group(rows.order_by().values("pk")[: MOST_COUNTED + 1].count(), newest)
