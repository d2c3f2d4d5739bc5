"""The JSON of StopNCII's FetchHashes: a page of records, each the latest state of one fingerprint.

The stock client (threatexchange) never drops a record: it compares the fingerprint instead of the status with
"Withdrawn". What a withdrawn record can do is to carry a "NotBlocked" opinion, which that client shows as disputed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rempart.core.errors import InputError, LimitExceeded
from rempart.formats.rows import RejectedRow

MAX_BYTES = 64 << 20
MAX_RECORDS = 10_000
MAX_TOKEN = 1000
IMAGE_PDQ, VIDEO_MD5 = "ImagePDQ", "VideoMD5"
ACTIVE, WITHDRAWN = "Active", "Withdrawn"
BLOCKED, NOT_BLOCKED = "Blocked", "NotBlocked"
_MAX_TEXT = 1000
_MOST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class CspFeedback:
    """What a service says of a fingerprint."""

    value: str
    source: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HashRecord:
    """`modified_at` in seconds since 1970."""

    modified_at: int
    signal_type: str
    value: str = field(repr=False)
    status: str = ACTIVE
    feedback: tuple[CspFeedback, ...] = ()

    @property
    def is_withdrawn(self) -> bool:
        return self.status in (WITHDRAWN, "Deleted")


@dataclass(frozen=True, slots=True)
class HashPage:
    """`next_set_timestamp`: where to begin the next time; `next_token` continues this time, None at the end."""

    records: tuple[HashRecord, ...]
    next_set_timestamp: int
    next_token: str | None = None
    rejected: tuple[RejectedRow, ...] = ()


def write_page(page: HashPage) -> bytes:
    """The answer to FetchHashes."""
    document = {
        "count": len(page.records),
        "nextPageToken": page.next_token,
        "nextSetTimestamp": page.next_set_timestamp,
        "hasMoreRecords": page.next_token is not None,
        "hashRecords": [_record(record) for record in page.records],
    }
    return json.dumps(document).encode()


def read_page(body: bytes) -> HashPage:
    """What a server answered; records that cannot be understood are told of and left out. Raises InputError."""
    document = _load(body)
    found = document.get("hashRecords", [])
    if not isinstance(found, list) or len(found) > MAX_RECORDS:
        raise _wrong("hashRecords")
    records: list[HashRecord] = []
    rejected: list[RejectedRow] = []
    for number, record in enumerate(found, start=1):
        try:
            records.append(_read_record(record))
        except InputError as error:
            rejected.append(RejectedRow(number, error.what))
    token = _text(document, "nextPageToken", MAX_TOKEN) if document.get("hasMoreRecords") is True else None
    return HashPage(tuple(records), _whole(document, "nextSetTimestamp"), token or None, tuple(rejected))


def _record(record: HashRecord) -> dict[str, object]:
    return {
        "lastModtimestamp": record.modified_at,
        "signalType": record.signal_type,
        "hashValue": record.value,
        "hashStatus": record.status,
        "caseNumbers": {},
        "CSPFeedbacks": [
            {"feedbackValue": said.value, "tags": list(said.tags), "source": said.source} for said in record.feedback
        ],
    }


def _load(body: bytes) -> Mapping[str, Any]:
    if len(body) > MAX_BYTES:
        raise LimitExceeded(f"The answer is larger than {MAX_BYTES} bytes.")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise InputError("The answer is not JSON.") from None
    if not isinstance(document, dict):
        raise _wrong("hashRecords")
    return document


def _read_record(record: Any) -> HashRecord:
    if not isinstance(record, dict):
        raise _wrong("hashRecords")
    said = record.get("CSPFeedbacks", [])
    if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        raise _wrong("CSPFeedbacks")
    return HashRecord(
        _whole(record, "lastModtimestamp"),
        _text(record, "signalType"),
        _text(record, "hashValue"),
        _text(record, "hashStatus"),
        tuple(CspFeedback(_text(each, "feedbackValue"), _text(each, "source"), _tags(each)) for each in said),
    )


def _tags(said: Mapping[str, Any]) -> tuple[str, ...]:
    tags = said.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) and len(tag) <= _MAX_TEXT for tag in tags):
        raise _wrong("tags")
    return tuple(tags)


def _text(record: Mapping[str, Any], name: str, most: int = _MAX_TEXT) -> str:
    found = record.get(name, "")
    if not isinstance(found, str) or len(found) > most:
        raise _wrong(name)
    return found


def _whole(record: Mapping[str, Any], name: str) -> int:
    found = record.get(name)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= _MOST:
        raise _wrong(name)
    return found


def _wrong(name: str) -> InputError:
    return InputError(f"The field `{name}` is missing or not as FetchHashes has it.")
