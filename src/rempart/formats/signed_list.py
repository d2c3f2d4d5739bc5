"""The signed list, format "rempart-list/2": what `list.json` says, and what it follows from, as a signed note.

`list.note` has two lines of text: the format, and one line of canonical JSON. It is signed under the name
`ORIGIN/lists`. Beside what a feed's head says it names the policy, the roster's version and the heads of all members'
logs from which anyone entitled computes the same list, and the list's digest. The files it names are as in
formats.list_feed, except that a removal has all columns and a snapshot's rows have its own sequence and stand in the
order of kind and value, so that the same heads and policy give the same bytes everywhere.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rempart.core.errors import InputError, IntegrityError
from rempart.formats.list_feed import MAX_HEAD_BYTES, FeedHead, head_document, head_from
from rempart.formats.signed_json import canonical_json
from rempart.formats.signed_note import Key, Sign, Verify, open_note, sign_note

FORMAT = "rempart-list/2"
NOTE_NAME = "list.note"
MAX_HEADS = 1000
KEY_SUFFIX = "/lists"
_REVISION_BITS, _ROSTER_BITS, _SIZE_BITS = 12, 14, 37
_MOST = 2**63 - 1
_ORIGIN = re.compile(r"[!-*,-~]{1,200}", re.ASCII)
_ROOT = re.compile(r"[A-Za-z0-9+/]{43}=", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FIELDS = frozenset({"policy", "policy_sha256", "roster", "heads", "entries", "sha256", "time"})
_ADVICE = "Ask whoever publishes the list to publish it again."


@dataclass(frozen=True, slots=True)
class LogHead:
    """How much of a member's log the list follows from: so many entries, with that root (32 bytes)."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A list as its publisher signs it; equal `sha256` mean equal entries.

    `heads` are those of the active members in the roster of version `roster` (0: without one), by origin. `at`, in
    seconds since 1970, is when it was signed.
    """

    feed: FeedHead
    policy: dict[str, Any]
    roster: int
    heads: tuple[LogHead, ...]
    entries: int
    sha256: str
    at: int

    @property
    def policy_sha256(self) -> str:
        return hashlib.sha256(canonical_json(self.policy)).hexdigest()


def lists_key(origin: str, public: bytes) -> Key:
    """The key of a node's lists: its log's, under a name of its own."""
    return Key(origin + KEY_SUFFIX, public)


def sequence_of(revision: int, roster: int, heads: Iterable[LogHead]) -> int:
    """The list's sequence, the same wherever its policy, roster and heads are: each of them only moves it forward.

    From the top: 12 bits of the policy's revision, 14 of the roster's version, 37 of the sizes' sum. InputError when
    one has no room.
    """
    total = sum(head.size for head in heads)
    if not (0 <= revision < 1 << _REVISION_BITS and 0 <= roster < 1 << _ROSTER_BITS and 0 <= total < 1 << _SIZE_BITS):
        raise InputError("The list has seen more changes than its sequence can number.", where="list")
    return (revision << _ROSTER_BITS | roster) << _SIZE_BITS | total


def sign_list(head: SignedHead, key: Key, sign: Sign) -> str:
    """`list.note`, the same text for the same head."""
    return sign_note(f"{FORMAT}\n{_line(head)}\n", key, sign)


def open_list(note: str, keys: list[Key], verify: Verify) -> tuple[SignedHead, Key]:
    """What the note says, and whose it is, once the signature by one of `keys` verifies. Raises IntegrityError."""
    if len(note) > MAX_HEAD_BYTES:
        raise _wrong("size")
    text, key = open_note(note, keys, verify)
    return _read(text), key


def read_list(note: str) -> SignedHead:
    """What the note says, for who chose to believe it whoever signed. Raises IntegrityError."""
    text, gap, _ = note.partition("\n\n")
    if len(note) > MAX_HEAD_BYTES or not gap:
        raise _wrong("size")
    return _read(text + "\n")


def _line(head: SignedHead) -> str:
    document = head_document(head.feed) | {
        "format": FORMAT,
        "policy": head.policy,
        "policy_sha256": head.policy_sha256,
        "roster": head.roster,
        "heads": [
            {"origin": each.origin, "size": each.size, "root": base64.b64encode(each.root).decode()}
            for each in head.heads
        ],
        "entries": head.entries,
        "sha256": head.sha256,
        "time": head.at,
    }
    return canonical_json(document).decode()


def _read(text: str) -> SignedHead:
    lines = text.split("\n")
    if len(lines) != 3 or lines[0] != FORMAT or lines[2]:
        raise IntegrityError(f"The note is not of the format {FORMAT}.", where=NOTE_NAME, advice="Check the address.")
    try:
        document = json.loads(lines[1])
    except (ValueError, RecursionError):
        raise _wrong("JSON") from None
    if not isinstance(document, dict) or not document.keys() >= _FIELDS or document.get("format") != FORMAT:
        raise _wrong("fields")
    try:
        feed = head_from(document, gapless=False)
        head = _head(document, feed)
        is_canonical = canonical_json(document).decode() == lines[1]
        expected = sequence_of(_revision(head.policy), head.roster, head.heads)
    except (InputError, UnicodeEncodeError) as error:
        raise IntegrityError(str(error), where=NOTE_NAME) from None
    if not is_canonical or document["policy_sha256"] != head.policy_sha256 or feed.sequence != expected:
        raise _wrong("policy, heads or sequence")
    return head


def _head(document: dict[str, Any], feed: FeedHead) -> SignedHead:
    heads, policy, digest = document["heads"], document["policy"], document["sha256"]
    if not isinstance(heads, list) or len(heads) > MAX_HEADS or not isinstance(policy, dict):
        raise _wrong("heads or policy")
    logs = tuple(_log(each) for each in heads)
    if [each.origin for each in logs] != sorted({each.origin for each in logs}):
        raise _wrong("heads")
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
        raise _wrong("sha256")
    roster, entries, at = (_whole(document[name], name) for name in ("roster", "entries", "time"))
    return SignedHead(feed, policy, roster, logs, entries, digest, at)


def _log(value: Any) -> LogHead:
    if not isinstance(value, dict) or value.keys() != {"origin", "size", "root"}:
        raise _wrong("heads")
    origin, root = value["origin"], value["root"]
    if not isinstance(origin, str) or not _ORIGIN.fullmatch(origin):
        raise _wrong("heads")
    if not isinstance(root, str) or not _ROOT.fullmatch(root):
        raise _wrong("heads")
    raw = base64.b64decode(root)
    if base64.b64encode(raw).decode() != root:
        raise _wrong("heads")
    return LogHead(origin, _whole(value["size"], "heads"), raw)


def _revision(policy: dict[str, Any]) -> int:
    return _whole(policy.get("revision"), "policy")


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise _wrong(name)
    return value


def _wrong(name: str) -> IntegrityError:
    return IntegrityError(f"The note's {name} is not as {FORMAT} has it.", where=NOTE_NAME, advice=_ADVICE)
