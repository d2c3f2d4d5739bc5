"""What a member tells another of the signals that it signed: how many platforms find a fingerprint useful or wrong.

    {"format": "rempart-feedback/1", "feedback": [{"content": 5, "kind": "pdq", "useful": 3, "wrong": 1}, …]}

A fingerprint is named by its kind and the number under which its signer knows the content, so none travels. The counts
are those of now: the latest message counts, and the same one again changes nothing.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rempart.core.errors import InputError, LimitExceeded
from rempart.core.vocabulary import FingerprintType
from rempart.exchange.signals import MAX_CONTENT

FORMAT = "rempart-feedback/1"
MAX_ENTRIES = 500
MAX_BYTES = 64 << 10
_MOST = 10**6
_FIELDS = frozenset({"content", "kind", "useful", "wrong"})


@dataclass(frozen=True, slots=True)
class Count:
    """How many platforms find the fingerprint of this kind, of the signer's content, useful or wrong."""

    content: int
    kind: FingerprintType
    useful: int
    wrong: int


def write_feedback(counts: Iterable[Count]) -> bytes:
    """The message; at most MAX_ENTRIES counts."""
    entries = [
        {"content": each.content, "kind": str(each.kind), "useful": each.useful, "wrong": each.wrong} for each in counts
    ]
    if len(entries) > MAX_ENTRIES:
        raise LimitExceeded(f"A message holds at most {MAX_ENTRIES} counts.", where="feedback")
    return json.dumps({"format": FORMAT, "feedback": entries}, separators=(",", ":")).encode()


def read_feedback(body: bytes) -> tuple[Count, ...]:
    """What the message tells, each fingerprint once. Raises InputError, which repeats nothing of it."""
    if len(body) > MAX_BYTES:
        raise LimitExceeded(f"The message is larger than {MAX_BYTES} bytes.", where="feedback")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise InputError("The message is not JSON.", where="feedback") from None
    entries = document.get("feedback") if isinstance(document, dict) else None
    if not isinstance(entries, list) or document.get("format") != FORMAT or len(entries) > MAX_ENTRIES:
        raise InputError(f"The message is not of the format {FORMAT}.", where="feedback")
    counts = tuple(_count(entry) for entry in entries)
    if len({(each.content, each.kind) for each in counts}) != len(counts):
        raise InputError("A fingerprint is named twice.", where="feedback")
    return counts


def _count(entry: Any) -> Count:
    if not isinstance(entry, dict) or set(entry) != _FIELDS:
        raise InputError("A count does not have exactly its four fields.", where="feedback")
    try:
        kind = FingerprintType(entry["kind"])
    except ValueError:
        raise InputError("A kind of fingerprint is unknown.", where="feedback") from None
    numbers = [(entry["content"], MAX_CONTENT), (entry["useful"], _MOST), (entry["wrong"], _MOST)]
    if not all(type(number) is int and 0 <= number <= most for number, most in numbers):
        raise InputError("A number is not one, or out of range.", where="feedback")
    return Count(entry["content"], kind, entry["useful"], entry["wrong"])
