"""Declarations as this node holds them: its own and the newest of each member, and proofs of those said twice."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db import transaction

from rempart.adapters.signing import verify
from rempart.exchange.declarations import (
    Declaration,
    Head,
    Refusal,
    Refused,
    is_newer,
    open_declaration,
    read_declaration,
    speaker,
    write_heads,
)
from rempart.node.audit import services as audit
from rempart.node.exchange import members
from rempart.node.exchange.models import Contradiction, DeclarationRefused, Declared
from rempart.node.jobs import services as jobs
from rempart.node.runtime import clock

KINDS = ("register", "figures")
MOST_OF_ONE = 4
"""More contradictions of one member tell nothing more."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's last declaration of a kind as this node has it; number 0 where it has none.

    `is_counted`: what it says counts here. `refusal` says what is wrong with what came last.
    """

    origin: str
    kind: str
    country: str
    number: int = 0
    issued_at: datetime | None = None
    refusal: Refusal | None = None
    since: datetime | None = None
    is_counted: bool = False


def declarations(kind: str) -> Mapping[str, Declaration]:
    """What counts now, by country: this node's own, and each active member's by its present key.

    Where several authorities of a country declare, the last word counts.
    """
    found: dict[str, Declaration] = {}
    for row in Declared.objects.filter(kind=kind).order_by("issued_at", "number", "origin"):
        if _counts(row):
            found[row.country] = read_declaration(bytes(row.data))
    return found


def take(data: bytes, kind: str, origin: str) -> bool:
    """Keep what a member declares, if it counts and is new; whether it is. Raises Refused.

    A contradiction of what is held is kept as evidence before it is refused.
    """
    member = speaker(members.find(origin))
    found = open_declaration(data, kind, member, verify)
    with transaction.atomic():
        audit.lock()
        row = Declared.objects.filter(origin=member.origin, kind=kind).first()
        known = read_declaration(bytes(row.data)) if row and row.key == member.log.public.hex() else None
        try:
            if not is_newer(found, known):
                return False
        except Refused as error:
            if row is None or error.refusal is not Refusal.CONTRADICTED:
                raise
            _keep_contradiction(found, bytes(row.data), data)
            refused = error
        else:
            keep(found, member.log.public, data)
            return True
    raise refused


def keep(declaration: Declaration, public: bytes, data: bytes) -> None:
    """In the caller's transaction: from now on this is what the member declares."""
    values = {
        "country": declaration.country,
        "number": declaration.number,
        "issued_at": declaration.issued_at,
        "digest": declaration.digest,
        "key": public.hex(),
        "data": data,
        "taken_at": clock().now(),
    }
    Declared.objects.update_or_create(origin=declaration.origin, kind=declaration.kind, defaults=values)
    is_own = declaration.origin == settings.ORIGIN
    facts: dict[str, str | int] = {"kind": declaration.kind, "number": declaration.number, "digest": declaration.digest}
    audit.record("declaration:signed" if is_own else "declaration:taken", f"log:{declaration.origin}", data=facts)
    if jobs.is_known(f"take-{declaration.kind}"):
        jobs.wake(f"take-{declaration.kind}", "all")


def note_refusal(origin: str, kind: str, refusal: Refusal | None) -> None:
    """Why a member's declarations do not count now; None when they do."""
    if refusal is None:
        DeclarationRefused.objects.filter(origin=origin, kind=kind).delete()
        return
    row, is_new = DeclarationRefused.objects.get_or_create(
        origin=origin, kind=kind, defaults={"refusal": refusal, "since": clock().now()}
    )
    if not is_new and row.refusal != refusal:
        DeclarationRefused.objects.filter(pk=row.pk).update(refusal=refusal)


def heads() -> str:
    """The file `heads`: what this node holds and would give to others."""
    rows = Declared.objects.values_list("kind", "number", "digest", "origin")
    return write_heads(Head(*row) for row in rows)


def own(kind: str) -> bytes | None:
    """This node's signed document."""
    return _data(origin=settings.ORIGIN, kind=kind)


def by_digest(digest: str) -> bytes | None:
    """A signed document that this node holds, of whichever member."""
    return _data(digest=digest)


def standing() -> list[Standing]:
    """What is held of each member and kind, by origin, with what is wrong with it."""
    refused = {(row.origin, row.kind): row for row in DeclarationRefused.objects.all()}
    twice = set(Contradiction.objects.values_list("origin", "kind", "number"))
    found = {}
    for row in Declared.objects.defer("data"):
        refusal = Refusal.CONTRADICTED if (row.origin, row.kind, row.number) in twice else None
        found[row.origin, row.kind] = Standing(
            row.origin, row.kind, row.country, row.number, row.issued_at, refusal, is_counted=_counts(row)
        )
    for (origin, kind), known in refused.items():
        held = found.get((origin, kind)) or Standing(origin, kind, members.country_of(origin))
        found[origin, kind] = replace(held, refusal=held.refusal or Refusal(known.refusal), since=known.since)
    return [found[key] for key in sorted(found)]


def problems() -> dict[str, int]:
    """How many members' declarations are refused, and of how many the last was said in two ways."""
    refusals = [each.refusal for each in standing() if each.refusal]
    contradicted = refusals.count(Refusal.CONTRADICTED)
    return {
        "declarations_refused": len(refusals) - contradicted,
        "declarations_contradicted": contradicted,
    }


def _counts(row: Declared) -> bool:
    if row.origin == settings.ORIGIN:
        return True
    member = members.find(row.origin)
    return member is not None and member.is_active and row.key == member.log.public.hex()


def _keep_contradiction(found: Declaration, first: bytes, second: bytes) -> None:
    kept = Contradiction.objects.filter(origin=found.origin)
    if kept.count() >= MOST_OF_ONE:
        return
    _, is_new = Contradiction.objects.get_or_create(
        origin=found.origin,
        kind=found.kind,
        number=found.number,
        defaults={"first": first, "second": second, "found_at": clock().now()},
    )
    if is_new:
        subject = f"log:{found.origin}"
        audit.record("declaration:contradicted", subject, data={"kind": found.kind, "number": found.number})


def _data(**of: str) -> bytes | None:
    row = Declared.objects.filter(**of).values_list("data", flat=True).first()
    return bytes(row) if row is not None else None
