"""What members state: every revision of their parts, and the drafts of the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rempart.core.register.part import Part, part_fields, read_part
from rempart.node.audit import services as audit
from rempart.node.register import facts
from rempart.node.register.models import Draft, Revision
from rempart.node.runtime import clock

Source = Revision.Source


@dataclass(frozen=True, slots=True)
class DraftState:
    """`submitted_at` is None while it can be edited."""

    part: Part
    edited_by: str
    edited_at: datetime
    submitted_by: str
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class RevisionFacts:
    """`source` is own, secretariat or declared; `published_by` an actor or a log."""

    number: int
    part: Part
    source: str
    published_by: str
    published_at: datetime


def parts() -> Mapping[str, Part]:
    """What each member states now, by country; nothing of those that stated nothing."""
    rows = Revision.objects.order_by("country", "number").values_list("country", "body")
    return {country: read_part(body) for country, body in {country: body for country, body in rows}.items()}


def part(country: str) -> Part | None:
    """What a member states now."""
    found = revisions(country)[:1]
    return found[0].part if found else None


def revisions(country: str) -> list[RevisionFacts]:
    """All that was published of a member, the newest first."""
    return [_facts(row) for row in Revision.objects.filter(country=country).order_by("-number")]


def draft(country: str) -> DraftState | None:
    row = Draft.objects.filter(country=country).first()
    if row is None:
        return None
    return DraftState(read_part(row.body), row.edited_by, row.edited_at, row.submitted_by, row.submitted_at)


def drafts() -> Mapping[str, bool]:
    """Countries with a draft, and whether it was submitted."""
    return {row.country: row.submitted_at is not None for row in Draft.objects.all()}


def working_part(country: str) -> Part:
    """What an editor goes on from: the draft, else what is published, else an empty part."""
    state = draft(country)
    return state.part if state else part(country) or Part(country, facts.get(country).languages[0])


def keep(found: Part, source: str, published_by: str) -> int:
    """In the caller's transaction: append a revision; its number."""
    last = Revision.objects.filter(country=found.country).order_by("-number").values_list("number", flat=True).first()
    number = (last or 0) + 1
    Revision.objects.create(
        country=found.country,
        number=number,
        body=part_fields(found),
        source=source,
        published_by=published_by,
        published_at=clock().now(),
    )
    data: dict[str, str | int] = {
        "revision": number,
        "source": str(source),
        "round": found.round,
        "commitments": len(found.commitments),
    }
    actor = "system" if source == Source.DECLARED else published_by
    audit.record("register:published", f"member:{found.country}", actor=actor, data=data)
    return number


def _facts(row: Revision) -> RevisionFacts:
    return RevisionFacts(row.number, read_part(row.body), row.source, row.published_by, row.published_at)
