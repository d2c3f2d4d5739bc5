"""The JSON bodies of the platform API. Free text and persons go only into the sealed original and sealed items."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field, IPvAnyAddress

from rempart.core.feedback import FeedbackReason, Verdict
from rempart.core.vocabulary import Channel, IndustryClass, ItemKind
from rempart.formats.cybertipline.vocabulary import FileAnnotation, FileRelevance
from rempart.node.intake.pointing import MAX_ITEMS

Text = Annotated[str, Field(max_length=50_000)]
Line = Annotated[str, Field(max_length=500)]
_DetailName = Annotated[str, Field(pattern=r"^x_[a-z0-9_]{1,38}$")]


class _Strict(Schema):
    # A misspelt field is told at once instead of being lost without a word.
    model_config = ConfigDict(extra="forbid")


class IpEventIn(_Strict):
    """An address seen at an event."""

    ip: IPvAnyAddress
    at: AwareDatetime | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    event: Line | None = None


class PersonIn(_Strict):
    """A person or account as the platform knows it; every field may be left out."""

    name: Line | None = None
    age: Annotated[int, Field(ge=0, le=130)] | None = None
    emails: Annotated[list[Line], Field(max_length=100)] = []
    phones: Annotated[list[Line], Field(max_length=100)] = []
    user_id: Line | None = None
    service: Line | None = None
    screen_name: Line | None = None
    profile_urls: Annotated[list[Text], Field(max_length=100)] = []
    ip_events: Annotated[list[IpEventIn], Field(max_length=1000)] = []
    additional_info: Text | None = None

    @property
    def has_identifier(self) -> bool:
        return bool(self.emails or self.phones or self.user_id or self.screen_name or self.profile_urls)


class ItemIn(_Strict):
    """One thing reported: a URL, an account, a channel, a live stream, a hash (`type:value`) or a text.

    Names of `details` begin with `x_`, so that none is mistaken for one of ours.
    """

    kind: ItemKind
    value: Text
    service: Line = ""
    channel: Channel | None = None
    details: Annotated[dict[_DetailName, Text], Field(max_length=50)] = {}


class FactsIn(_Strict):
    """What is known for sure; left out means not known."""

    child_in_danger: bool = False
    live_stream: bool = False
    sextortion: bool = False
    solicitation: bool = False


class ReportIn(_Strict):
    """A report. With `finish: true` it is complete as it is; otherwise add files and finish it."""

    occurred_at: AwareDatetime | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")] = "en"
    escalation: Text | None = None
    facts: FactsIn = FactsIn()
    items: Annotated[list[ItemIn], Field(max_length=MAX_ITEMS)] = []
    suspects: Annotated[list[PersonIn], Field(max_length=100)] = []
    victims: Annotated[list[PersonIn], Field(max_length=100)] = []
    recipients: Annotated[list[PersonIn], Field(max_length=100)] = []
    additional_info: Text | None = None
    finish: bool = False


class FileDetailsIn(_Strict):
    """What the platform says of an uploaded file, as query parameters."""

    name: Line = "file"
    original_name: Line | None = None
    location: Annotated[str, Field(max_length=8192)] | None = None
    viewed: bool | None = None
    publicly_available: bool | None = None
    industry_class: IndustryClass | None = None
    relevance: FileRelevance | None = None
    annotations: list[FileAnnotation] = []
    additional_info: Text | None = None


class OpenedOut(Schema):
    """`repeated`: the same report was submitted before, and this is the first one."""

    id: int
    reference: str
    repeated: bool
    phase: Literal["open", "finished"]


class FileOut(Schema):
    file_id: str
    md5: str


class FinishedOut(Schema):
    id: int
    phase: Literal["finished"]
    files: list[str]


class RetractedOut(Schema):
    id: int
    phase: Literal["retracted"]


class StatusOut(Schema):
    """`state` is null until the report is finished; it tells no more than how far the work is."""

    id: int
    reference: str
    phase: Literal["open", "finished", "retracted", "expired"]
    state: Literal["received", "in_review", "acted", "closed"] | None
    files: int
    items: int
    opened_at: datetime
    finished_at: datetime | None
    closed_reason: str


class FindingOut(Schema):
    """`points` were lost for it; `advice` says what would make the next report better."""

    code: str
    points: int
    where: str
    advice: str


class QualityOut(Schema):
    """`score` is 0 to 100, null until the report is finished."""

    score: int | None
    findings: list[FindingOut]


class FeedbackOut(Schema):
    """`outcome` is null until the report is decided."""

    outcome: str | None
    useful: bool | None
    given_at: datetime | None


class SharedListOut(Schema):
    """A list this credential may have; its feed is at `/lists/{id}/list.json`."""

    id: int
    name: str
    category: str
    source: str
    sequence: int
    changed_at: datetime


class SharedListsOut(Schema):
    lists: list[SharedListOut]


class EntryFeedbackIn(_Strict):
    """What matching an entry showed. It names no content and no person."""

    entry: Annotated[int, Field(ge=1, lt=2**63)]
    verdict: Verdict
    reason: FeedbackReason | None = None


class EntryFeedbackOut(Schema):
    """`changed`: false where the same was said before."""

    entry: int
    changed: bool


class SnapshotOut(Schema):
    path: str
    sequence: int
    entries: int
    sha256: str


class ChangeFileOut(Schema):
    """Changes after sequence `from`, up to and including `to`."""

    path: str
    first: Annotated[int, Field(alias="from")]
    last: Annotated[int, Field(alias="to")]
    sha256: str


class FeedOut(Schema):
    """`list.json` of the format rempart-list/1. A `path` is a file name beside it."""

    format: Literal["rempart-list/1"]
    name: str
    source: str
    sequence: int
    snapshot: SnapshotOut
    changes: list[ChangeFileOut]


class ErrorBody(Schema):
    what: str
    where: str
    advice: str


class ErrorOut(Schema):
    error: ErrorBody
