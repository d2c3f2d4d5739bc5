"""A list as commands and pages tell of it: what it is, and what it follows from."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rempart.exchange.digest import ListDigest, Row
from rempart.exchange.policy import Policy, policy_from
from rempart.formats.signed_list import sequence_of
from rempart.node.lists import folding
from rempart.node.lists.finding import list_called
from rempart.node.lists.models import FoldedList, HashList, ListEntry


@dataclass(frozen=True, slots=True)
class LogPlace:
    """How much of a log a list follows from; `root` in hexadecimal."""

    origin: str
    size: int
    root: str


@dataclass(frozen=True, slots=True)
class ShownList:
    """`sha256` is the list's digest (exchange.digest); an imported list has no policy and no heads.

    `roster` is the version of the roster, 0 without one.
    """

    name: str
    sha256: str
    entries: int
    sequence: int
    policy: dict[str, Any] | None
    policy_sha256: str | None
    roster: int
    heads: tuple[LogPlace, ...]

    @property
    def document(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A list with its policy, for the page."""

    list_id: int
    name: str
    policy: Policy
    settles: bool
    entries: int
    changed_at: datetime


def shown(name: str) -> ShownList:
    """Raises NotFound."""
    hash_list = HashList.objects.get(pk=list_called(name))
    folded = FoldedList.objects.filter(hash_list=hash_list).first()
    if folded is None:
        digest = _digest_of(hash_list.pk)
        return ShownList(hash_list.name, digest.sha256, digest.entries, hash_list.sequence, None, None, 0, ())
    digest, policy = ListDigest.from_bytes(bytes(folded.digest)), policy_from(folded.policy)
    heads = folding.heads_of(folded)
    return ShownList(
        hash_list.name,
        digest.sha256,
        digest.entries,
        sequence_of(policy.revision, folded.roster, heads),
        policy.document,
        policy.sha256,
        folded.roster,
        tuple(LogPlace(head.origin, head.size, head.root.hex()) for head in heads),
    )


def fold_and_show(name: str) -> ShownList:
    """Raises NotFound."""
    folding.fold(list_called(name))
    return shown(name)


def subscriptions() -> list[Subscription]:
    """The lists that have a policy, by name."""
    rows = FoldedList.objects.select_related("hash_list").order_by("hash_list__name")
    return [
        Subscription(
            row.hash_list_id,
            row.hash_list.name,
            policy_from(row.policy),
            row.hash_list.settles,
            ListDigest.from_bytes(bytes(row.digest)).entries,
            row.hash_list.changed_at,
        )
        for row in rows
    ]


def _digest_of(list_id: int) -> ListDigest:
    standing = ListEntry.objects.filter(hash_list=list_id, sequence__isnull=False, withdrawn_at__isnull=True)
    rows = standing.values_list("kind", "value", "category", "confirmations").iterator(chunk_size=5000)
    digest = ListDigest()
    digest.change(_row(row) for row in rows)
    return digest


def _row(row: tuple[str, bytes | memoryview, str, int]) -> Row:
    kind, value, category, confirmations = row
    return kind, bytes(value), category, confirmations
