"""What platforms say of entries: useful or wrong. The last word of each platform counts; nobody's content is named.

It is shown to list managers, and waits to be put down for the members that signed the fingerprint.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, Q

from rempart.core.errors import NotFound
from rempart.core.feedback import FeedbackReason, Verdict
from rempart.core.vocabulary import FingerprintType
from rempart.node.audit import services as audit
from rempart.node.jobs import services as jobs
from rempart.node.lists.models import ListEntry, SignalFeedback
from rempart.node.runtime import clock

RETURN_STEP = "return_feedback"
"""The step that puts waiting feedback down for those who signed; its subject is always the same."""
RETURN_SUBJECT = "all"


@dataclass(frozen=True, slots=True)
class EntryFeedback:
    """An entry and how many platforms call it useful or wrong; `reasons` of the wrong ones, without repeats."""

    entry: int
    list_id: int
    list_name: str
    kind: str
    category: str
    is_withdrawn: bool
    useful: int
    wrong: int
    reasons: tuple[str, ...]
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """How many platforms find an entry's fingerprint useful or wrong, whichever lists it is on."""

    kind: FingerprintType
    value: bytes = field(repr=False)
    useful: int
    wrong: int
    rows: tuple[tuple[int, datetime], ...]
    """The rows it counts that wait, each with its time."""


def give_feedback(
    platform_id: int,
    entry_id: int,
    verdict: Verdict,
    reason: FeedbackReason | None = None,
    *,
    actor: str,
    list_id: int | None = None,
    kind: FingerprintType | None = None,
) -> bool:
    """Keep a platform's word on an entry of a list that it may have; False if it said the same before.

    Raises NotFound for any other entry, also where it is not on `list_id` or not of `kind`.
    """
    named = Q(pk=entry_id) if list_id is None else Q(pk=entry_id, number__isnull=True) | Q(number=entry_id)
    entries = ListEntry.objects.filter(
        named, sequence__isnull=False, hash_list__may_share=True, hash_list__grants__platform=platform_id
    )
    if list_id is not None:
        entries = entries.filter(hash_list=list_id)
    if kind is not None:
        entries = entries.filter(kind=kind)
    with transaction.atomic():
        entry = entries.order_by("-edition").first()
        if entry is None:
            raise NotFound("There is no such entry for this credential.", where="entry")
        said: dict[str, bool | str] = {"is_useful": verdict is Verdict.USEFUL, "reason": str(reason or "")}
        held, made = SignalFeedback.objects.select_for_update().get_or_create(
            entry=entry, platform_id=platform_id, defaults={**said, "at": clock().now()}
        )
        if not made:
            if (held.is_useful, held.reason) == (said["is_useful"], said["reason"]):
                return False
            SignalFeedback.objects.filter(pk=held.pk).update(**said, at=clock().now(), returned_at=None)
        audit.record("list:feedback", f"list:{entry.hash_list_id}", actor=actor, data={"entry": entry.pk, **said})
        jobs.wake(RETURN_STEP, RETURN_SUBJECT)
    return True


def entries_with_feedback(*, most: int, wrong_first: bool = True) -> list[EntryFeedback]:
    """Entries that a platform said something of, the most disputed first, then the latest."""
    counted = ListEntry.objects.filter(feedback__isnull=False).annotate(
        useful=Count("feedback", filter=Q(feedback__is_useful=True)),
        wrong=Count("feedback", filter=Q(feedback__is_useful=False)),
        last_at=Max("feedback__at"),
    )
    order = ("-wrong", "-last_at") if wrong_first else ("-last_at",)
    rows = list(counted.select_related("hash_list").order_by(*order, "pk")[:most])
    reasons = _reasons([row.pk for row in rows])
    return [
        EntryFeedback(
            entry=row.pk,
            list_id=row.hash_list_id,
            list_name=row.hash_list.name,
            kind=row.kind,
            category=row.category,
            is_withdrawn=row.withdrawn_at is not None,
            useful=row.useful,
            wrong=row.wrong,
            reasons=reasons.get(row.pk, ()),
            last_at=row.last_at,
        )
        for row in rows
    ]


def feedback_for(entry_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """How many platforms call each entry useful and wrong; entries nobody spoke of are absent."""
    rows = SignalFeedback.objects.filter(entry__in=list(entry_ids)).order_by().values_list("entry")
    counted = rows.annotate(useful=Count("pk", filter=Q(is_useful=True)), wrong=Count("pk", filter=Q(is_useful=False)))
    return {entry: (useful, wrong) for entry, useful, wrong in counted}


def waiting_feedback(most: int = 500) -> list[Tally]:
    """Fingerprints with feedback that those who signed do not know of yet, the oldest first."""
    waiting = SignalFeedback.objects.filter(returned_at__isnull=True).order_by("pk")
    pairs: dict[tuple[str, bytes], list[tuple[int, datetime]]] = {}
    for pk, at, kind, value in waiting.values_list("pk", "at", "entry__kind", "entry__value")[:most]:
        pairs.setdefault((kind, bytes(value)), []).append((pk, at))
    return [_tally(kind, value, tuple(rows)) for (kind, value), rows in pairs.items()]


def mark_returned(tally: Tally) -> None:
    """In the caller's transaction; a word that was changed since it was counted goes on waiting."""
    for pk, at in tally.rows:
        SignalFeedback.objects.filter(pk=pk, at=at).update(returned_at=clock().now())


def _tally(kind: str, value: bytes, rows: tuple[tuple[int, datetime], ...]) -> Tally:
    """Of platforms, not rows: one that has the fingerprint on two lists is one, and wrong if it says so once."""
    said = SignalFeedback.objects.filter(entry__kind=kind, entry__value=value)
    wrong = set(said.filter(is_useful=False).values_list("platform", flat=True))
    useful = set(said.filter(is_useful=True).values_list("platform", flat=True)) - wrong
    return Tally(FingerprintType(kind), value, len(useful), len(wrong), rows)


def _reasons(entries: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, dict[str, None]] = {}
    said = SignalFeedback.objects.filter(entry__in=entries, is_useful=False).exclude(reason="")
    for entry, reason in said.order_by("pk").values_list("entry", "reason"):
        found.setdefault(entry, {})[reason] = None
    return {entry: tuple(reasons) for entry, reasons in found.items()}
