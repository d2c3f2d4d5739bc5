"""Step: the lists that have a policy follow what the members said.

Where the policy and the members are the same as before, only the fingerprints are looked at of which somebody said
something since; else all are. Entries, the list's sequence and the heads they follow from are one transaction.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import merge
from itertools import groupby
from operator import itemgetter

from django.db import transaction
from django.db.models import Max, QuerySet

from rempart.core.errors import Conflict
from rempart.core.vocabulary import FingerprintType
from rempart.exchange.digest import ListDigest
from rempart.exchange.fold import Delta, Entry, Key, Ruling, difference
from rempart.exchange.policy import Policy, policy_from
from rempart.formats.hash_values import entry_id_of
from rempart.formats.signed_list import LogHead, sequence_of
from rempart.node.audit import services as audit
from rempart.node.exchange import services as exchange
from rempart.node.jobs import services as jobs
from rempart.node.lists import policies
from rempart.node.lists.finding import FOLD_STEP, FOLD_SUBJECT, PUBLISH_STEP
from rempart.node.lists.models import FoldedList, HashList, ListEntry
from rempart.node.lists.policies import Members
from rempart.node.runtime import clock

AGAIN = timedelta(hours=1)
"""Also without news: a note that is never renewed cannot be told from one that is held back."""
RENEW = timedelta(minutes=10)
"""Logs that grow without a change of the list are no reason to sign it again more often."""
MANY = 200_000
"""Above so many new words all fingerprints are gone through, in their order, instead of these one by one."""
URGENT = 10
_TOGETHER = 400


@jobs.step(FOLD_STEP)
def fold_step(subject: str) -> jobs.Effects:
    """Subject: always the same. It works without a lease: whoever is first counts."""
    policies.ensure_shipped()
    for list_id in FoldedList.objects.order_by("pk").values_list("hash_list_id", flat=True):
        fold(list_id)

    def effects() -> datetime:
        return clock().now() + AGAIN

    return effects


def ask_for_repeating_steps() -> None:
    """Due at once whenever a worker starts."""
    jobs.wake(FOLD_STEP, FOLD_SUBJECT)


def fold(list_id: int) -> Delta:
    """Bring a list up to date now; what that changed."""
    while (delta := _try(list_id)) is None:
        pass
    return delta


def heads_of(folded: FoldedList) -> tuple[LogHead, ...]:
    """What the list was last folded from."""
    return tuple(LogHead(origin, size, bytes.fromhex(root)) for origin, size, root in folded.heads)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a fold was begun with; it counts only if that is still so in its transaction."""

    policy: Policy
    members: Members
    ruling: Ruling = field(compare=False)
    heads: list[list[str | int]]
    basis: str
    """As the list was last folded."""

    @classmethod
    def of(cls, folded: FoldedList) -> "_Plan":
        policy, members = policy_from(folded.policy), policies.members()
        return cls(policy, members, members.ruling(policy), folded.heads, folded.basis)

    @property
    def is_whole(self) -> bool:
        return self.basis != self.members.basis(self.policy)

    @property
    def origins(self) -> list[str]:
        """Whose logs the list follows from."""
        return sorted({*self.ruling.governments, *self.ruling.vetoers})

    @property
    def sizes(self) -> dict[str, int]:
        return {str(origin): int(size) for origin, size, _ in self.heads}


def _try(list_id: int) -> Delta | None:
    """None if the list, its policy or the members changed meanwhile."""
    plan = _Plan.of(FoldedList.objects.get(hash_list=list_id))
    before, differing = plan.sizes, set[Key]()
    now = _sizes(exchange.heads(plan.origins))
    if plan.is_whole or exchange.count_changed(before, now) > MANY:
        # Whatever is said from here on counts as news below.
        before, differing = now, set(_differing(list_id, plan))
    with transaction.atomic():
        held = HashList.objects.select_for_update().get(pk=list_id)
        folded = FoldedList.objects.get(hash_list=list_id)
        if _Plan.of(folded) != plan:
            return None
        heads = exchange.heads(plan.origins, lock=True)
        touched = differing | exchange.words_changed(before, _sizes(heads))
        delta = _ruled(list_id, touched, plan.ruling)
        _apply(held, folded, delta, plan, list(heads.values()))
    return delta


def _differing(list_id: int, plan: _Plan) -> Iterator[Key]:
    """The fingerprints whose entry is not what it should be, from both in their order."""
    ruled = ((key, plan.ruling.entry(key, words)) for key, words in exchange.all_words(plan.origins))
    wanted = ((key, entry) for key, entry in ruled if entry is not None)
    rows = _standing(list_id).order_by("kind", "value").values_list(*_FIELDS).iterator(chunk_size=5000)
    found = (((entry.kind, entry.value), entry) for entry in map(_entry, rows))
    for key, entries in groupby(merge(wanted, found, key=itemgetter(0)), itemgetter(0)):
        both = [entry for _, entry in entries]
        if len(both) != 2 or both[0] != both[1]:
            yield key


def _ruled(list_id: int, touched: Collection[Key], ruling: Ruling) -> Delta:
    keys = sorted(touched)
    before: dict[Key, Entry] = {}
    after: dict[Key, Entry | None] = {}
    for start in range(0, len(keys), _TOGETHER):
        some = keys[start : start + _TOGETHER]
        words = exchange.words_of(some)
        after |= {key: ruling.entry(key, words.get(key, ())) for key in some}
        for rows in _rows_of(list_id, some, standing=True):
            before |= {(entry.kind, entry.value): entry for entry in map(_entry, rows.values_list(*_FIELDS))}
    return difference(before, after)


def _apply(held: HashList, folded: FoldedList, delta: Delta, plan: _Plan, heads: Sequence[LogHead]) -> None:
    """In the caller's transaction: the change, and what the list follows from now."""
    now, sequence = clock().now(), sequence_of(plan.policy.revision, plan.members.version, heads)
    if delta:
        if sequence <= held.sequence:
            raise Conflict("The list changed and its logs did not go on.", where=held.name)
        _withdraw(held.pk, [(entry.kind, entry.value) for entry in delta.removed], sequence, now)
        _add(held.pk, delta.added, sequence, now)
        HashList.objects.filter(pk=held.pk).update(sequence=sequence, changed_at=now)
        counts = {"added": len(delta.added), "withdrawn": len(delta.removed)}
        audit.record("list:folded", f"list:{held.pk}", data=counts)
        if delta.added:
            jobs.wake("rematch", held.pk)
    digest = ListDigest.from_bytes(bytes(folded.digest))
    digest.change(delta.added, delta.removed)
    folded.roster, folded.basis = plan.members.version, plan.members.basis(plan.policy)
    folded.heads = [[head.origin, head.size, head.root.hex()] for head in heads]
    folded.digest = digest.to_bytes()
    folded.save(update_fields=["roster", "basis", "heads", "digest"])
    if held.may_share and (delta or folded.noted_at is None or now - folded.noted_at >= RENEW):
        jobs.wake(PUBLISH_STEP, held.pk, priority=URGENT if delta.removed else 0)


def _withdraw(list_id: int, keys: Sequence[Key], sequence: int, now: datetime) -> None:
    for rows in _rows_of(list_id, keys, standing=True):
        rows.update(withdrawn_at=now, withdrawn_sequence=sequence)


def _add(list_id: int, entries: Sequence[Entry], sequence: int, now: datetime) -> None:
    for start in range(0, len(entries), _TOGETHER):
        some = entries[start : start + _TOGETHER]
        before: dict[Key, int] = {}
        for rows in _rows_of(list_id, [(entry.kind, entry.value) for entry in some], standing=False):
            last = rows.order_by().values_list("kind", "value").annotate(last=Max("edition"))
            before |= {(FingerprintType(kind), bytes(value)): edition + 1 for kind, value, edition in last}
        ListEntry.objects.bulk_create(
            ListEntry(
                hash_list_id=list_id,
                kind=entry.kind,
                value=entry.value,
                category=entry.category,
                confirmations=entry.confirmations,
                edition=before.get((entry.kind, entry.value), 0),
                number=entry_id_of(entry.kind, entry.value),
                added_at=now,
                sequence=sequence,
            )
            for entry in some
        )


_FIELDS = ("kind", "value", "category", "confirmations")


def _entry(row: tuple[str, bytes, str, int]) -> Entry:
    return Entry(FingerprintType(row[0]), bytes(row[1]), row[2], row[3])


def _standing(list_id: int) -> QuerySet[ListEntry]:
    return ListEntry.objects.filter(hash_list=list_id, withdrawn_sequence__isnull=True)


def _rows_of(list_id: int, keys: Iterable[Key], *, standing: bool) -> Iterator[QuerySet[ListEntry]]:
    values: defaultdict[str, list[bytes]] = defaultdict(list)
    for kind, value in keys:
        values[kind].append(value)
    rows = _standing(list_id) if standing else ListEntry.objects.filter(hash_list=list_id)
    for name, wanted in values.items():
        for start in range(0, len(wanted), _TOGETHER):
            yield rows.filter(kind=name, value__in=wanted[start : start + _TOGETHER])


def _sizes(heads: Mapping[str, LogHead]) -> dict[str, int]:
    return {origin: head.size for origin, head in heads.items()}
