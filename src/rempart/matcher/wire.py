"""What is asked and answered, as structs: decoding checks them, and openapi.json is made from them."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

_Text = Annotated[str, Meta(max_length=200)]


def _hex(digits: int, what: str) -> Meta:
    return Meta(min_length=digits, max_length=digits, description=f"{what}: {digits} hexadecimal digits")


class LookupItem(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The fingerprints of one file; at least one. `quality` is that of the PDQ; without it the PDQ counts as good."""

    id: Annotated[str, Meta(max_length=200)] | int | None = None
    pdq: Annotated[str, _hex(64, "PDQ")] | None = None
    quality: Annotated[int, Meta(ge=0, le=100)] | None = None
    md5: Annotated[str, _hex(32, "MD5")] | None = None
    sha1: Annotated[str, _hex(40, "SHA-1")] | None = None
    sha256: Annotated[str, _hex(64, "SHA-256")] | None = None
    photodna: Annotated[str, Meta(min_length=8, max_length=1024, description="compared as text")] | None = None


class LookupRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`lists` narrows the search to some of the client's lists."""

    items: Annotated[list[LookupItem], Meta(min_length=1)]
    lists: list[_Text] | None = None


class Verdict(StrEnum):
    MATCH = "match"
    NOT_ILLEGAL = "not_illegal"
    NO_MATCH = "no_match"


class Reason(StrEnum):
    """Why what a file shows was not looked up, or not all of it.

    `unreadable`: neither an image nor a video that can be read (for videos the service needs the extra `video`).
    """

    LOW_QUALITY = "low_quality"
    TOO_SMALL = "too_small"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"


class FoundEntry(msgspec.Struct, kw_only=True):
    """A list entry that matched. `distance` (bits) is told to clients with that right, for perceptual matches.

    An entry's number has up to 63 bits, more than a JSON number keeps in every language, so it is a string of digits.
    """

    list: str
    entry: str
    category: str
    source: str
    confirmations: int
    match: Literal["exact", "near"]
    distance: int | UnsetType | None = UNSET


class Result(msgspec.Struct, kw_only=True):
    """One item's answer; `hits_left_out` counts hits beyond those told."""

    verdict: Verdict
    hits: list[FoundEntry]
    id: str | int | UnsetType | None = UNSET
    reason: Reason | UnsetType = UNSET
    hits_left_out: int | UnsetType = UNSET


class LookupResponse(msgspec.Struct, kw_only=True):
    """`results` in the order of the items."""

    results: list[Result]


class NumberedResult(Result, kw_only=True):
    """`item` counts from 0."""

    item: int


class BatchResponse(msgspec.Struct, kw_only=True):
    """Answer to a binary batch: only the items that hit something, of `items` in all."""

    items: int
    found: list[NumberedResult]


class Fingerprints(msgspec.Struct, kw_only=True):
    """Of the uploaded file itself; for clients with that right."""

    md5: str
    sha1: str
    sha256: str
    pdq: str | UnsetType = UNSET


class FrameEntry(FoundEntry, kw_only=True):
    """`frame` (from 0) of an animated image or a video, `seconds` into a video: where the entry was nearest."""

    frame: int | UnsetType = UNSET
    seconds: float | UnsetType = UNSET


class MediaResponse(msgspec.Struct, kw_only=True):
    """`frames` of an image as counted, of a video as looked at; `quality` is that of the (first) picture's PDQ."""

    verdict: Verdict
    hits: list[FrameEntry]
    size: int
    reason: Reason | UnsetType = UNSET
    hits_left_out: int | UnsetType = UNSET
    mime: str | UnsetType = UNSET
    quality: int | UnsetType = UNSET
    frames: int | UnsetType = UNSET
    fingerprints: Fingerprints | UnsetType = UNSET


class Outcome(StrEnum):
    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"


class FeedbackReason(StrEnum):
    """Why an entry was not confirmed."""

    DIFFERENT_IMAGE = "different_image"
    NOT_ILLEGAL = "not_illegal"
    WRONG_CATEGORY = "wrong_category"
    BLANK_OR_TEMPLATE = "blank_or_template"
    OTHER = "other"


class FeedbackRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A person's opinion on an entry after looking at what matched it. A later opinion replaces an earlier one."""

    list: _Text
    entry: Annotated[str, Meta(pattern=r"^-?[0-9]{1,19}$")]
    outcome: Outcome
    reasons: Annotated[tuple[FeedbackReason, ...], Meta(max_length=5)] = ()


class FeedbackRecord(msgspec.Struct, kw_only=True):
    """`number` counts the client's records from 1; `at` is UTC."""

    number: int
    at: str
    list: str
    entry: str
    outcome: Outcome
    reasons: tuple[FeedbackReason, ...]


class FeedbackResponse(msgspec.Struct, kw_only=True):
    """`recorded` is false when this opinion stood already."""

    recorded: bool
    record: FeedbackRecord


class FeedbackPage(msgspec.Struct, kw_only=True):
    """`next` is the value of `after` for the following page; null at the end."""

    records: list[FeedbackRecord]
    next: int | None


class ListFacts(msgspec.Struct, kw_only=True):
    """`state` is current, loading or failing; a failing list is answered from its last good state, of `changed_at`."""

    name: str
    entries: int
    radius: int
    min_quality: int
    state: str
    changed_at: str | None
    checked_at: str | None


class ListsResponse(msgspec.Struct, kw_only=True):
    lists: list[ListFacts]


class Health(msgspec.Struct, kw_only=True):
    status: str


class PdqHashes(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Shield face: base64 of 32 bytes each."""

    hashes: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(min_length=1)]


class MediaUrl(msgspec.Struct, kw_only=True):
    url: str
