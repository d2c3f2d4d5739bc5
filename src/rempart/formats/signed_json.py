"""Canonical JSON and a signed envelope around it.

Envelope: `{"alg":"Ed25519","key_id":…,"payload":base64,"signature":base64}`, itself canonical JSON. The signature
covers a fixed label, the algorithm, the key's name and the payload, so no field can be exchanged unnoticed.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from rempart.core.errors import InputError, IntegrityError

ALGORITHM = "Ed25519"
_LABEL = b"rempart/signed-document/1"
_KEY_ID = re.compile(r"[A-Za-z0-9._:@/+=-]{1,200}", re.ASCII)
_MAX_DEPTH = 64


def canonical_json(obj: object) -> bytes:
    """Sorted keys, no spaces, UTF-8. Raises `InputError` for NaN, infinities, keys that are not text and non-JSON."""
    _check_plain(obj, 0)
    try:
        text = json.dumps(obj, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8")
    except (ValueError, TypeError, RecursionError):
        raise InputError(
            "The value cannot be written as canonical JSON.", advice="Use finite numbers and text."
        ) from None


def _check_plain(obj: object, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise InputError(f"The value is nested deeper than {_MAX_DEPTH} levels.")
    if isinstance(obj, Mapping):
        if not all(isinstance(key, str) for key in obj):
            raise InputError("A key of the value is not text.")
        for value in obj.values():
            _check_plain(value, depth + 1)
    elif isinstance(obj, list | tuple):
        for value in obj:
            _check_plain(value, depth + 1)


def sign_document(payload: bytes, sign: Callable[[bytes], bytes], key_id: str) -> bytes:
    """The signed envelope of `payload`; `sign` makes an Ed25519 signature of the bytes it is given."""
    if not _KEY_ID.fullmatch(key_id):
        raise InputError("The key's name has characters that are not allowed.", where="key_id")
    signature = sign(_signed_bytes(payload, key_id))
    return canonical_json(
        {
            "alg": ALGORITHM,
            "key_id": key_id,
            "payload": base64.b64encode(payload).decode("ascii"),
            "signature": base64.b64encode(signature).decode("ascii"),
        }
    )


def verify_document(data: bytes, verify: Callable[[str, bytes, bytes], bool]) -> dict[str, Any]:
    """The payload of a verified envelope.

    `verify(key_id, message, signature)` says whether the signature is that key's, False also for an unknown key.
    Raises `IntegrityError` when the envelope was altered, is not canonical or does not verify, and `InputError`
    when a correctly signed payload is not a JSON object.
    """
    payload, key_id, signature = _open(data)
    if not verify(key_id, _signed_bytes(payload, key_id), signature):
        raise IntegrityError("The signature does not verify.", advice="Ask the sender for the document again.")
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        raise InputError("The signed payload is not JSON.") from None
    if not isinstance(document, dict):
        raise InputError("The signed payload is not a JSON object.")
    return document


def _signed_bytes(payload: bytes, key_id: str) -> bytes:
    return b"\x00".join((_LABEL, ALGORITHM.encode(), key_id.encode(), payload))


def _open(data: bytes) -> tuple[bytes, str, bytes]:
    broken = IntegrityError("The document is not a signed envelope.", advice="Ask the sender for it again.")
    try:
        envelope = json.loads(data)
        if not isinstance(envelope, dict) or set(envelope) != {"alg", "key_id", "payload", "signature"}:
            raise broken
        fields = [envelope[name] for name in ("alg", "key_id", "payload", "signature")]
        if not all(isinstance(value, str) for value in fields) or canonical_json(envelope) != data:
            raise broken
        algorithm, key_id, payload, signature = fields
        if algorithm != ALGORITHM or not _KEY_ID.fullmatch(key_id):
            raise broken
        return _decode(payload), key_id, _decode(signature)
    except (ValueError, RecursionError, InputError):
        raise broken from None


def _decode(text: str) -> bytes:
    """Strict base64: the one spelling of these bytes, or `ValueError`."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode("ascii") != text:
        raise binascii.Error("another spelling")
    return raw
