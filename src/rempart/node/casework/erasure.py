"""What retention may ask of casework: results, who was shown what, and notes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, QuerySet

from rempart.core.vocabulary import ItemKind, Legality
from rempart.node.casework.content import content_key
from rempart.node.casework.models import Assessment, Content, Exposure, Note, PoliceHold


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


def exposure_ids(after_id: int, limit: int, before: datetime | None = None) -> list[int]:
    """The next by number; with `before`, only such."""
    rows = _until(Exposure.objects.filter(pk__gt=after_id), before)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def exposures(exposure_ids: Iterable[int]) -> list[ExposureFacts]:
    rows = Exposure.objects.filter(pk__in=list(exposure_ids)).order_by("pk")
    return [ExposureFacts(*row) for row in rows.values_list("pk", "content_id", "at")]


def erase_exposures(exposure_ids: Iterable[int]) -> int:
    """In the caller's transaction; the events that somebody was shown something stay in the chain."""
    return Exposure.objects.filter(pk__in=list(exposure_ids)).delete()[0]


@dataclass(frozen=True, slots=True)
class NotedCase:
    """That staff wrote of a content, in notes on its case or of assessments; `at` is when they last did."""

    content_id: int
    notes: int
    at: datetime


def noted_ids(after_id: int, limit: int, before: datetime | None = None) -> list[int]:
    """The next contents by number of which staff wrote; with `before`, only such as have something older."""
    found: set[int] = set()
    for rows in _notes():
        rows = _until(rows.filter(content__gt=after_id), before).order_by("content")
        found.update(rows.values_list("content_id", flat=True).distinct()[:limit])
    return sorted(found)[:limit]


def noted(content_ids: Iterable[int]) -> list[NotedCase]:
    """Those of the contents of which staff wrote."""
    wanted, counts, latest = list(content_ids), Counter[int](), dict[int, datetime]()
    for rows in _notes():
        grouped = rows.filter(content__in=wanted).order_by().values_list("content_id")
        for content_id, number, at in grouped.annotate(Count("pk"), Max("at")):
            counts[content_id] += number
            latest[content_id] = max(at, latest.get(content_id, at))
    return [NotedCase(content_id, counts[content_id], latest[content_id]) for content_id in sorted(counts)]


def erase_notes(content_id: int) -> int:
    """Destroy what staff wrote of a content, in the caller's transaction; returns how many notes.

    Each note on the case goes with the only copy of its key. Assessments stay without their notes: what was decided
    stands, by whom and how.
    """
    of_case, of_assessments = (rows.filter(content=content_id) for rows in _notes())
    return of_case.delete()[0] + of_assessments.update(note="")


def _notes() -> tuple[QuerySet[Note], QuerySet[Assessment]]:
    return Note.objects.all(), Assessment.objects.exclude(note="")


def _until(rows: QuerySet[Any], before: datetime | None) -> QuerySet[Any]:
    return rows if before is None else rows.filter(at__lte=before)
