"""Benign fingerprints that must never be listed: what is near one is stopped before it is signed.

A canary that is about to be signed means that a person erred, that an account was taken over or that fingerprints were
mixed up; so everything of its content is stopped, and stays so until the content is decided anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from rempart.core.errors import Conflict, InputError, NotFound
from rempart.core.vocabulary import FingerprintType
from rempart.exchange.signals import Action
from rempart.node.audit import services as audit
from rempart.node.exchange import outgoing
from rempart.node.exchange.models import Canary, Outgoing
from rempart.node.runtime import clock
from rempart.signals.match.index import DEFAULT_RADIUS

_SIZES = {FingerprintType.MD5: 16, FingerprintType.SHA1: 20, FingerprintType.SHA256: 32, FingerprintType.PDQ: 32}


@dataclass(frozen=True, slots=True)
class CanaryFacts:
    """A canary as its list shows it, without the fingerprint; `stopped` counts signals that it holds back now."""

    id: int
    label: str
    kind: str
    added_at: datetime
    stopped: int


@transaction.atomic
def add(label: str, prints: Iterable[tuple[FingerprintType, bytes]], *, operator: str = "") -> int:
    """Returns how many fingerprints were added. InputError for what is none; Conflict where all are known."""
    name = " ".join(label.split())
    if not 1 <= len(name) <= 120:
        raise InputError("a canary's label has 1 to 120 characters.", where="label", advice="Say which image it is of.")
    added = 0
    for kind, value in prints:
        if _SIZES.get(kind) != len(value):
            raise InputError(f"this is no {kind} fingerprint.", where=str(kind), advice="Give it in hexadecimal.")
        _, is_new = Canary.objects.get_or_create(
            kind=kind, value=value, defaults={"label": name, "added_at": clock().now()}
        )
        added += is_new
    if not added:
        raise Conflict("these fingerprints are canaries already.", where="label", advice="See `rempart canary list`.")
    audit.record("canary:added", "node:canaries", data={"fingerprints": added, **_run_by(operator)})
    return added


@transaction.atomic
def remove(label: str, *, operator: str = "") -> int:
    """Remove all of this label that hold nothing back; returns how many. NotFound, or Conflict while one does."""
    rows = Canary.objects.filter(label=label)
    if not rows.exists():
        raise NotFound("no canary has this label.", where="label", advice="See `rempart canary list`.")
    if Outgoing.objects.filter(stopped_by__in=rows, state=Outgoing.State.STOPPED).exists():
        raise Conflict(
            "this canary holds signals back.", where="label", advice="Have their content decided anew first."
        )
    Outgoing.objects.filter(stopped_by__in=rows).update(stopped_by=None)
    removed, _ = rows.delete()
    audit.record("canary:removed", "node:canaries", data={"fingerprints": removed, **_run_by(operator)})
    return removed


def all_canaries() -> list[CanaryFacts]:
    """By label."""
    held = list(Outgoing.objects.filter(state=Outgoing.State.STOPPED).values_list("stopped_by", flat=True))
    return [
        CanaryFacts(row.pk, row.label, row.kind, row.added_at, held.count(row.pk))
        for row in Canary.objects.order_by("label", "kind", "pk")
    ]


def stopped() -> int:
    """How many contents are held back by a canary."""
    rows = Outgoing.objects.filter(state=Outgoing.State.STOPPED)
    return rows.values("content").distinct().count()


def stop(rows: Iterable[Outgoing]) -> set[int]:
    """Stop what would list a canary, with all of its content, in the caller's transaction; the numbers of contents."""
    found = {row.content: canary for row in rows if Action(row.action).lists and (canary := _near(row)) is not None}
    for number, canary in sorted(found.items()):
        waiting = Outgoing.objects.filter(content=number, state=Outgoing.State.WAITING, salt__isnull=True)
        held = waiting.filter(action__in=[each for each in Action if each.lists])
        count = held.update(state=Outgoing.State.STOPPED, stopped_by=canary)
        subject = f"content:{outgoing.content_of(number)}"
        audit.record("signal:stopped", subject, data={"canary": canary, "signals": count})
    return set(found)


def _run_by(operator: str) -> dict[str, audit.Value]:
    return {"operator": operator} if operator else {}


def _near(row: Outgoing) -> int | None:
    value = bytes(row.value)
    for pk, kind, known in Canary.objects.filter(kind=row.kind).values_list("pk", "kind", "value"):
        if bytes(known) == value or (kind == FingerprintType.PDQ and _distance(bytes(known), value) <= DEFAULT_RADIUS):
            return pk
    return None


def _distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()
