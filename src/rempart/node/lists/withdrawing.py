"""An entry is withdrawn by naming its fingerprint: it matches nothing from then on, here and wherever the list goes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import transaction

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType
from rempart.formats.rows import RejectedRow
from rempart.node.audit import services as audit
from rempart.node.jobs import services as jobs
from rempart.node.lists.finding import PUBLISH_STEP, list_called
from rempart.node.lists.importing import Row, refuse_folded
from rempart.node.lists.models import HashList, ListEntry
from rempart.node.runtime import clock

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """`absent` fingerprints did not stand on the list; `rejected` counts lines that could not be read."""

    list_id: int
    withdrawn: int
    absent: int
    rejected: int


def withdraw_rows(
    name: str,
    rows: Iterable[Row],
    *,
    reason: str,
    actor: str = "system",
    on_rejected: Callable[[RejectedRow], None] = lambda row: None,
) -> Withdrawn:
    """Withdraw every fingerprint that the rows name, all together; one withdrawn before stays as it was.

    Content that these entries settled keeps its decision until a person reconsiders it. Raises InputError without a
    reason, NotFound.
    """
    if not reason.strip():
        raise InputError("A withdrawal needs a reason.", where="reason")
    list_id = list_called(name)
    refuse_folded(HashList.objects.get(pk=list_id))
    named: dict[tuple[FingerprintType, bytes], None] = {}
    rejected = 0
    for row in rows:
        if isinstance(row, RejectedRow):
            rejected += 1
            on_rejected(row)
            continue
        for kind, text in row.hashes.items():
            named[kind, text.encode("ascii") if kind is FingerprintType.PHOTODNA else bytes.fromhex(text)] = None
    withdrawn = _withdraw(list_id, list(named), reason, actor)
    return Withdrawn(list_id, withdrawn, len(named) - withdrawn, rejected)


@transaction.atomic
def _withdraw(list_id: int, named: list[tuple[FingerprintType, bytes]], reason: str, actor: str) -> int:
    held = HashList.objects.select_for_update().get(pk=list_id)
    now, withdrawn = clock().now(), 0
    for kind in FingerprintType:
        values = [value for each, value in named if each is kind]
        for start in range(0, len(values), _BATCH):
            standing = ListEntry.objects.filter(
                hash_list=held, kind=kind, value__in=values[start : start + _BATCH], withdrawn_at__isnull=True
            )
            withdrawn += standing.update(withdrawn_at=now, withdrawn_sequence=held.sequence + 1)
    if withdrawn:
        held.sequence += 1
        held.changed_at = now
        held.save(update_fields=["sequence", "changed_at"])
        if held.may_share:
            jobs.wake(PUBLISH_STEP, held.pk)
    audit.record("list:withdrawn", f"list:{held.pk}", actor=actor, data={"entries": withdrawn}, reason=reason)
    return withdrawn
