"""What retention may ask of casework: results, who was shown what, and notes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rempart.core.errors import NotFound
from rempart.core.redaction import redacted
from rempart.core.vocabulary import ItemKind, Legality
from rempart.node.casework.content import content_key
from rempart.node.casework.models import Assessment, Content, Exposure, PoliceHold


def legalities(content_ids: Iterable[int]) -> dict[int, Legality | None]:
    """Standing results by content; None while undecided."""
    rows = Content.objects.filter(pk__in=list(content_ids)).values_list("pk", "legality")
    return {pk: Legality(word) if word else None for pk, word in rows}


def lock(content_ids: Iterable[int]) -> None:
    """Hold the contents' rows to the end of the caller's transaction.

    A hold's row refers to its content, so one that is being placed waits for this lock, or this for the hold.
    """
    rows = Content.objects.select_for_update().filter(pk__in=list(content_ids)).order_by("pk")
    list(rows.values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class PoliceHoldFacts:
    """A police hold, past or standing; `owner` is the name shown to colleagues."""

    content_id: int
    owner: str
    placed_at: datetime
    deadline: datetime
    released_at: datetime | None


def police_holds(content_ids: Iterable[int]) -> list[PoliceHoldFacts]:
    rows = PoliceHold.objects.filter(content__in=list(content_ids)).select_related("owner").order_by("pk")
    return [
        PoliceHoldFacts(row.content_id, str(row.owner), row.placed_at, row.deadline, row.released_at) for row in rows
    ]


def account_content(canonical: str) -> int | None:
    """The content an account (`core.content.canonical_account`) is recognised by; None if nobody reported it."""
    rows = Content.objects.filter(key=content_key(ItemKind.ACCOUNT, canonical))
    return rows.values_list("pk", flat=True).first()


@dataclass(frozen=True, slots=True)
class ExposureFacts:
    """That something of a content was shown, without whom."""

    id: int
    content_id: int
    at: datetime


def exposures(after_id: int, limit: int, before: datetime | None = None) -> list[ExposureFacts]:
    """The next by number; with `before`, only such."""
    rows = Exposure.objects.filter(pk__gt=after_id)
    if before is not None:
        rows = rows.filter(at__lte=before)
    return [ExposureFacts(*row) for row in rows.order_by("pk").values_list("pk", "content_id", "at")[:limit]]


def erase_exposures(exposure_ids: Iterable[int]) -> int:
    """In the caller's transaction; the events that somebody was shown something stay in the chain."""
    return Exposure.objects.filter(pk__in=list(exposure_ids)).delete()[0]


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """An assessment's note without its text."""

    id: int
    content_id: int
    at: datetime


def notes_of(content_ids: Iterable[int]) -> list[NoteFacts]:
    rows = Assessment.objects.filter(content__in=list(content_ids)).exclude(note="").order_by("pk")
    return [NoteFacts(row.pk, row.content_id, row.at) for row in rows.only("pk", "content_id", "at")]


def note_text(assessment_id: int) -> str:
    """Raises NotFound where there is no such note."""
    note = Assessment.objects.filter(pk=assessment_id).exclude(note="").values_list("note", flat=True).first()
    if note is None:
        raise NotFound("there is no such note.", where="note")
    return note


def redact_note(assessment_id: int, passage: str) -> None:
    """Replace a passage for good in the caller's transaction. Raises NotFound, or InputError if it does not hold it."""
    row = Assessment.objects.select_for_update().filter(pk=assessment_id).first()
    if row is None:
        raise NotFound("there is no such note.", where="note")
    row.note = redacted(row.note, passage)
    row.save(update_fields=["note"])
