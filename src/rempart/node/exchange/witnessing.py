"""This node as a witness of the members' logs: what it cosigned is on the disk before it signs.

Invariant: of one log this node never signs two checkpoints that are not one history. What it knows moves forward by
compare-and-swap alone; who lost the race is decided anew from what is known then.
"""

from django.db import IntegrityError as RowExists
from django.db import transaction

from rempart.adapters.signing import verify
from rempart.core.errors import Conflict, InputError
from rempart.exchange.checkpoints import cosign
from rempart.exchange.evidence import only
from rempart.exchange.witness import PLAIN, Decision, Known, Request, decide, read_request
from rempart.formats.signed_note import Key, read_note
from rempart.node.exchange import members, proofs
from rempart.node.exchange.models import Witnessed
from rempart.node.runtime import clock

_TRIES = 4


def add_checkpoint(body: bytes) -> Decision:
    """The answer to a request of C2SP tlog-witness. Raises Conflict where others do not let this one through."""
    try:
        request = read_request(body)
    except InputError as error:
        return Decision(400, f"{error}\n")
    log = _key_of(request.checkpoint.origin)
    for _ in range(_TRIES):
        known = _known(request.checkpoint.origin)
        decision = decide(request, log, known, verify)
        if decision.evidence is not None:
            proofs.keep(decision.evidence)
        if decision.accepted is None or log is None:
            return decision
        if _move(known, request, log):
            return Decision(200, _cosignature(request), PLAIN, decision.accepted)
    raise Conflict("other requests do not let this one through.", where="add-checkpoint", advice="Ask again.")


def _key_of(origin: str) -> Key | None:
    """The key of a log that this node witnesses: of the roster's active members, this one too."""
    member = members.find(origin)
    return member.log if member is not None and member.is_active else None


def _known(origin: str) -> Known | None:
    row = Witnessed.objects.filter(origin=origin).values_list("size", "root", "note").first()
    return Known(row[0], bytes(row[1]), row[2]) if row else None


def _move(known: Known | None, request: Request, log: Key) -> bool:
    """Remember the checkpoint, if what was known still is; it is on the disk on return."""
    point = request.checkpoint
    new = {
        "size": point.size,
        "root": point.root,
        "note": str(only(read_note(request.note), [log])),
        "at": clock().now(),
    }
    if known is not None:
        rows = Witnessed.objects.filter(origin=point.origin, size=known.size, root=known.root)
        return bool(rows.update(**new))
    try:
        with transaction.atomic():
            Witnessed.objects.create(origin=point.origin, **new)
    except RowExists:
        return False
    return True


def _cosignature(request: Request) -> str:
    key, signer = members.own_witness()
    return cosign(request.checkpoint.text, key, signer.sign, members.moment()).line
