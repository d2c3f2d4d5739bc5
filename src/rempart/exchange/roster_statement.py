"""What an authority says of itself to be taken into the roster: its entry and its witness, signed by its roster key.

The signature shows that who sends it holds the roster key; whose key it is, people settle among themselves.
"""

import json

from rempart.core.errors import InputError, IntegrityError, LimitExceeded
from rempart.exchange.roster_entries import Member, Witness
from rempart.exchange.roster_fields import member_fields, read_member, read_witness, witness_fields
from rempart.formats.signed_json import canonical_json, sign_document, verify_document
from rempart.formats.signed_note import Sign, Verify

FORMAT = "rempart-statement/1"
MAX_STATEMENT_BYTES = 16 * 1024


def make_statement(member: Member, witness: Witness | None, sign: Sign) -> bytes:
    """`sign` uses the member's roster key."""
    fields = {
        "format": FORMAT,
        "member": member_fields(member),
        "witness": witness_fields(witness) if witness else None,
    }
    return sign_document(canonical_json(fields), sign, member.roster_key.hex())


def read_statement(data: bytes, verify: Verify) -> tuple[Member, Witness | None]:
    """Entry and witness. LimitExceeded, InputError or IntegrityError for what is none, or not signed by its own key."""
    if len(data) > MAX_STATEMENT_BYTES:
        raise LimitExceeded(f"a statement has at most {MAX_STATEMENT_BYTES} bytes.", where="statement")
    document = verify_document(data, lambda key_id, message, signature: _is_by(key_id, message, signature, verify))
    try:
        member = read_member(document["member"])
        witness = read_witness(document["witness"]) if document["witness"] is not None else None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError("this is not a member's statement.", where="statement") from None
    if _unsigned(make_statement(member, witness, lambda _: b"")) != _unsigned(data):
        raise IntegrityError("the statement is not signed by its own roster key, or says too much.", where="statement")
    if witness is not None and (witness.member, witness.group) != (member.origin, member.country):
        raise IntegrityError("the statement names a witness that is not its member's.", where="statement")
    return member, witness


def _is_by(key_id: str, message: bytes, signature: bytes, verify: Verify) -> bool:
    try:
        return verify(bytes.fromhex(key_id), signature, message)
    except ValueError:
        return False


def _unsigned(envelope: bytes) -> dict[str, str]:
    return {**json.loads(envelope), "signature": ""}
