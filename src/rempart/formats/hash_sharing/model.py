"""What travels in the Hash Sharing API v2. Times are in UTC and of whole seconds: clients read no fractions."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType
from rempart.formats.rows import RejectedRow

NAMESPACE = "https://hashsharing.ncmec.org/hashsharing/v2"
PAGE_SIZE = 1000
MAX_NAME = 200
MAX_ENTRY_ID = 100
MAX_NEXT = 2000
_ENTRY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*", re.ASCII)

FINGERPRINTS = {
    FingerprintType.MD5: "md5",
    FingerprintType.SHA1: "sha1",
    FingerprintType.PHOTODNA: "pdna",
    FingerprintType.PDQ: "pdq",
}
"""The elements of the fingerprints that both this format and a list of this node know."""


class FeedbackType(StrEnum):
    """What feedback is about, as it stands in the path of the call."""

    MD5 = "MD5"
    SHA1 = "SHA1"
    PDNA = "PDNA"
    PDQ = "PDQ"
    NETCLEAN = "NETCLEAN"
    VIDENTIFIER = "VIDENTIFIER"
    TMK_PDQF = "TMK_PDQF"
    SSVH_PDNA = "SSVH_PDNA"
    SSVH_SAFER_HASH = "SSVH_SAFER_HASH"

    @property
    def fingerprint(self) -> FingerprintType | None:
        """The kind of fingerprint in this node's words; None for one that it does not carry."""
        return next((kind for kind, name in FINGERPRINTS.items() if name.upper() == self), None)


@dataclass(frozen=True, slots=True)
class Member:
    """`number` names a member of the exchange, `name` is for people."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Status:
    """Who the server takes the caller for, and where from."""

    address: str
    username: str
    member: Member


@dataclass(frozen=True, slots=True)
class Reason:
    """Why feedback may be negative; `kind` is what it may be said of."""

    guid: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """One member's opinion, and since when."""

    member: Member
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What members say of one fingerprint of an entry; `kind` as the server spells it, such as "Md5"."""

    kind: str
    is_affirmative: bool
    at: datetime | None = None
    opinions: tuple[Opinion, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Update:
    """The latest state of one entry. A deletion has neither classification nor fingerprints."""

    member: Member
    entry: str
    at: datetime | None
    is_video: bool = False
    is_deleted: bool = False
    classification: str | None = None
    hashes: dict[FingerprintType, str] = field(default_factory=dict, repr=False)
    feedback: tuple[Feedback, ...] = ()

    @property
    def key(self) -> str:
        """The entry's identity among all members: of two updates the later one counts."""
        return f"{self.member.number}-{self.entry}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of updates; `next` is relative to the base address, None on the last one.

    `rejected` are entries that could not be understood, numbered from 1 in the order of the page.
    """

    updates: tuple[Update, ...]
    next: str | None = None
    rejected: tuple[RejectedRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Submission:
    """Feedback on one fingerprint of one entry; `reasons` are guids and stand only with negative feedback."""

    is_affirmative: bool
    reasons: tuple[str, ...] = ()


def is_entry_id(text: str) -> bool:
    """Whether it can name an entry in an address."""
    return len(text) <= MAX_ENTRY_ID and _ENTRY_ID.fullmatch(text) is not None


def write_time(moment: datetime) -> str:
    """In UTC, to the second, with a Z."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def read_time(text: str) -> datetime:
    """In UTC; a time without a zone is UTC. Raises InputError."""
    try:
        found = datetime.fromisoformat(text.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError("A time is not as 2024-01-31T12:00:00Z.", where="timestamp") from None
