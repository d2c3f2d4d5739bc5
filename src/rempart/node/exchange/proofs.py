"""Proofs that a log has two histories: kept for good, shown to everybody, and the end of following that log."""

import base64

from django.db import transaction
from django.db.models import Count

from rempart.adapters.signing import verify
from rempart.core.errors import IntegrityError
from rempart.exchange.evidence import MAX_PROOFS, Evidence, only, read_proofs, verify_evidence, write_proofs
from rempart.formats.signed_note import Key, read_note
from rempart.node.audit import services as audit
from rempart.node.exchange import members
from rempart.node.exchange.models import Proof
from rempart.node.runtime import clock

MOST_OF_ONE = 4
"""More proofs against one log tell nothing more."""


def keep(evidence: Evidence) -> bool:
    """Keep a proof if it holds, and is not one too many; whether it is new. IntegrityError when it does not hold."""
    member = members.find(evidence.origin)
    if member is None:
        return False
    verify_evidence(evidence, member.log, verify)
    with transaction.atomic():
        if Proof.objects.filter(origin=evidence.origin).count() >= MOST_OF_ONE:
            return False
        steps = "\n".join(base64.b64encode(step).decode() for step in evidence.steps)
        # Several requests may bring the same proof at once: one of them makes the row.
        _, is_new = Proof.objects.get_or_create(
            origin=evidence.origin,
            first=_bare(evidence.first, member.log),
            second=_bare(evidence.second, member.log),
            defaults={"steps": steps, "found_at": clock().now()},
        )
        if is_new:
            audit.record("log:split", f"log:{evidence.origin}", data={"steps": len(evidence.steps)})
    return is_new


def _bare(note: str, log: Key) -> str:
    """Without cosignatures: the log's signature proves, and any number of them may stand beside it."""
    return str(only(read_note(note), [log]))


def keep_all(text: str) -> bool:
    """Those of another's file that hold; whether any was new."""
    try:
        found = read_proofs(text)
    except IntegrityError:
        return False
    is_new = False
    for evidence in found:
        try:
            is_new = keep(evidence) or is_new
        except IntegrityError:
            continue
    return is_new


def against(origin: str) -> bool:
    return Proof.objects.filter(origin=origin).exists()


def counts() -> dict[str, int]:
    """How many proofs there are, by log."""
    return dict(Proof.objects.order_by().values_list("origin").annotate(n=Count("pk")))


def text() -> str:
    """The file of proofs, for everybody."""
    rows = Proof.objects.order_by("pk")[:MAX_PROOFS]
    return write_proofs(
        Evidence(row.origin, row.first, row.second, tuple(map(base64.b64decode, row.steps.split()))) for row in rows
    )
