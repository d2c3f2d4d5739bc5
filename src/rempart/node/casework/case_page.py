"""What the pages of casework say: facts turned into words. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from rempart.core.permissions import Permission
from rempart.core.priority import level
from rempart.core.vocabulary import ItemKind
from rempart.node import phrases
from rempart.node.casework import (
    access,
    alike,
    holds,
    listing,
    material,
    notes,
    related,
    services,
    similar,
    telling,
    timeline,
    wording,
)
from rempart.node.casework.material import Material
from rempart.node.casework.models import Case
from rempart.node.casework.related import Group, Related
from rempart.node.casework.services import AssessmentFacts, CaseFacts
from rempart.node.exchange import services as exchange
from rempart.node.hosting import services as hosting
from rempart.node.intake.services import ItemFacts, ReportFacts
from rempart.node.people import Person
from rempart.node.retention import services as retention
from rempart.node.runtime import clock

TOP_REASONS = 2
SHOWN_PLACES = 5
STRIP = 12
_PERSONAL = frozenset({ItemKind.ACCOUNT, ItemKind.CHANNEL, ItemKind.LIVE_STREAM, ItemKind.TEXT})
State = Case.State


@dataclass(frozen=True, slots=True)
class Tag:
    """A word in a frame; `style` repeats in colour what the word says."""

    text: phrases.Text
    style: str


@dataclass(frozen=True, slots=True)
class Reason:
    text: str
    points: int


@dataclass(frozen=True, slots=True)
class Line:
    """A case in the queue's list; `similar` counts the near-duplicates of its image, where the list shows them."""

    content_id: int
    kind: phrases.Text
    state: phrases.Text
    is_waiting: bool
    host: str
    level: Tag
    points: int
    reasons: list[Reason]
    waiting: str
    due: str
    due_at: datetime
    due_state: str
    country: str
    entered_at: datetime
    reports: int
    claimed_by: str
    is_mine: bool
    is_held: bool
    similar: int


@dataclass(frozen=True, slots=True)
class ReportLine:
    facts: ReportFacts
    source: phrases.Text
    level: Tag
    reasons: list[Reason]
    findings: list[str]


@dataclass(frozen=True, slots=True)
class Opinion:
    facts: AssessmentFacts
    legality: phrases.Text
    rows: list[tuple[phrases.Text, str]]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything a case page states, for one person."""

    facts: CaseFacts
    kind: phrases.Text
    state: phrases.Text
    result: phrases.Text
    basis: phrases.Text
    level: Tag
    reasons: list[Reason]
    address: str
    is_mine: bool
    may_claim: bool
    may_take_back: bool
    may_undo: bool
    is_unbiased: bool
    material: Material | None
    hosting: list[hosting.ObservationFacts]
    reports: list[ReportLine]
    more_reports: int
    personal: list[ItemFacts]
    identical: list[Related]
    alike: alike.Preview | None
    may_undo_alike: bool
    reported_with: Group
    same_host: Group
    same_account: Group
    similar: Group | None
    others: exchange.Others
    notes: list[notes.NoteFacts]
    hold: holds.HoldFacts | None
    restriction: access.RestrictionFacts | None
    keeping: retention.OfCase
    opinions: list[Opinion]
    history: list[timeline.Moment] = field(repr=False)


def level_tag(points: int) -> Tag:
    name = level(points)
    return Tag(wording.LEVELS[name], wording.LEVEL_STYLES[name])


def lines(rows: Sequence[listing.Row], person: Person) -> list[Line]:
    """With how many near-duplicates each has, of those that the person may know of."""
    near = similar.counts((row.content_id for row in rows), access.closed_to(person))
    return [_line(row, person, near.get(row.content_id, 0)) for row in rows]


def waiting_for(person: Person) -> list[Line]:
    """Second looks and arbitrations this person may take."""
    found = [
        row
        for state in (State.ARBITRATION, State.SECOND_LOOK)
        for row in listing.page(listing.Filters(state=state, open_to=person), person, STRIP).rows
    ]
    return lines(found, person)


def strip(person: Person) -> list[Line]:
    """The head of the queue, beside a case."""
    return [_line(row, person) for row in listing.page(listing.Filters(), person, STRIP).rows]


def page(content_id: int, person: Person) -> Page:
    """Raises NotFound, and Restricted where the person may not know of it."""
    restriction = access.facts(person, content_id)
    facts = services.case_facts(content_id)
    near = related.similar_images(content_id, person)
    is_mine = facts.claimed_by_id == person.pk
    unbiased = _is_unbiased(facts, person)
    return Page(
        facts=facts,
        kind=phrases.KINDS[facts.content.kind],
        state=wording.STATES[facts.state] if facts.state else "",
        result=phrases.LEGALITIES[facts.content.legality] if facts.content.legality else "",
        basis=wording.BASES[facts.content.basis] if facts.content.basis else "",
        level=level_tag(facts.priority),
        reasons=_reasons(facts.priority_reasons),
        address=phrases.defanged(facts.content.locator) if facts.content.locator else "",
        is_mine=is_mine,
        may_claim=_may_claim(facts, person),
        may_take_back=_may_take_back(facts, person),
        may_undo=_may_undo(facts, person),
        is_unbiased=unbiased,
        material=material.of(facts, near, person),
        hosting=_places(content_id),
        reports=[_report(report) for report in facts.reports],
        more_reports=max(0, facts.content.times_reported - len(facts.reports)),
        personal=_personal(services.opened_items(person, content_id)) if is_mine else [],
        identical=related.identical(content_id, facts.content.locator, person),
        alike=alike.preview(person, content_id) if facts.content.legality else None,
        may_undo_alike=bool(facts.content.legality) and alike.may_undo(person, content_id),
        reported_with=related.reported_with(content_id, person),
        same_host=related.same_host(content_id, facts.content.host, person),
        same_account=related.same_account(content_id, person),
        similar=near,
        others=telling.others_say(content_id),
        hold=next((hold for hold in facts.holds if hold.released_at is None), None),
        restriction=restriction,
        keeping=retention.of_case(person, content_id),
        opinions=[_opinion(one) for one in _open_assessments(facts, unbiased)],
        notes=_notes(content_id, person, unbiased),
        history=timeline.of(
            person,
            content_id,
            [report.id for report in facts.reports],
            unbiased,
            owns_restriction=restriction is not None and restriction.owner_id == person.pk,
        ),
    )


def _line(row: listing.Row, person: Person, others: int = 0) -> Line:
    now = clock().now()
    due, due_state = due_in(row.due_at, now)
    return Line(
        content_id=row.content_id,
        kind=phrases.KINDS[row.kind],
        state=wording.STATES[row.state],
        is_waiting=row.state == "waiting",
        host=phrases.defanged(row.host),
        level=level_tag(row.priority),
        points=row.priority,
        reasons=_reasons(row.reasons)[:TOP_REASONS],
        waiting=wording.duration(now - row.entered_at),
        due=due,
        due_at=row.due_at,
        due_state=due_state,
        country=row.country,
        entered_at=row.entered_at,
        reports=row.times_reported,
        claimed_by=row.claimed_by,
        is_mine=row.claimed_by_id == person.pk,
        is_held=row.is_held,
        similar=others,
    )


def due_in(due_at: datetime, now: datetime) -> tuple[str, str]:
    """What a deadline's clock says, and its state: over, soon (within the hour) or neither."""
    left = due_at - now
    if left <= timedelta(0):
        return _("%(time)s over") % {"time": wording.duration(-left)}, "over"
    return wording.duration(left), "soon" if left <= timedelta(hours=1) else ""


def _places(content_id: int) -> list[hosting.ObservationFacts]:
    """Where it was seen, each place once with its last look, newest first."""
    newest: dict[hosting.Place, hosting.ObservationFacts] = {}
    for seen in hosting.history(content_id):
        newest.setdefault(seen.place, seen)
    return list(newest.values())[:SHOWN_PLACES]


def _reasons(stored: list[dict[str, Any]]) -> list[Reason]:
    found = [Reason(str(reason["text"]), int(reason["points"])) for reason in stored]
    return sorted(found, key=lambda reason: -reason.points)


def _is_unbiased(facts: CaseFacts, person: Person) -> bool:
    """Whoever may still give the second look does not see the first."""
    pending = _pending(facts)
    return facts.state == State.SECOND_LOOK and bool(pending) and pending[0].assessor_id != person.pk


def _pending(facts: CaseFacts) -> list[AssessmentFacts]:
    """The assessment that waits for a second look, and what followed it."""
    start = max((at for at, one in enumerate(facts.assessments) if one.second_look == "pending"), default=None)
    return [] if start is None else facts.assessments[start:]


def _open_assessments(facts: CaseFacts, unbiased: bool) -> list[AssessmentFacts]:
    hidden = len(_pending(facts)) if unbiased else 0
    return facts.assessments[: len(facts.assessments) - hidden]


def _may_claim(facts: CaseFacts, person: Person) -> bool:
    needed = {
        State.WAITING: Permission.CASE_ASSESS,
        State.SECOND_LOOK: Permission.CASE_SECOND_LOOK,
        State.ARBITRATION: Permission.CASE_ARBITRATE,
    }
    if facts.state not in needed or facts.claimed_by_id is not None:
        return False
    was_part = facts.state != State.WAITING and person.pk in {one.assessor_id for one in facts.assessments}
    return person.may(needed[facts.state]) and not was_part


def _may_take_back(facts: CaseFacts, person: Person) -> bool:
    pending = _pending(facts)
    is_first = bool(pending) and pending[0].assessor_id == person.pk
    return facts.state == State.SECOND_LOOK and facts.claimed_by_id is None and is_first


def _may_undo(facts: CaseFacts, person: Person) -> bool:
    return facts.undo_until is not None and facts.undoable_by_id == person.pk and facts.undo_until > clock().now()


def _notes(content_id: int, person: Person, unbiased: bool) -> list[notes.NoteFacts]:
    """Only one's own before an independent second look."""
    if not person.may(Permission.CASE_CLAIM):
        return []
    return [note for note in notes.of(person, content_id) if not unbiased or note.author_id == person.pk]


def _report(report: ReportFacts) -> ReportLine:
    findings = [str(one.get("text") or phrases.words(str(one.get("code", "")))) for one in report.quality_findings]
    return ReportLine(
        report,
        wording.SOURCES[report.source],
        level_tag(report.priority),
        _reasons(report.priority_reasons),
        [text for text in findings if text],
    )


def _personal(opened: Sequence[ItemFacts]) -> list[ItemFacts]:
    """Items whose value or details may name people."""
    return [item for item in opened if item.kind in _PERSONAL or item.details]


def _opinion(one: AssessmentFacts) -> Opinion:
    rows: list[tuple[phrases.Text, str]] = [
        (_("Age band"), str(wording.AGE_BANDS[one.age_band])),
        (_("Gender"), str(wording.GENDERS[one.gender])),
        (_("Kinds of offence"), wording.listed(one.offences, wording.OFFENCES)),
        (_("Characteristics"), wording.listed(one.characteristics, wording.CHARACTERISTICS)),
        (_("Site type"), str(wording.SITE_TYPES[one.site_type])),
        (_("Commerciality"), str(wording.COMMERCIALITIES[one.commerciality])),
        (_("Note"), phrases.defanged_text(one.note)),
    ]
    return Opinion(one, phrases.LEGALITIES[one.legality], [(name, text) for name, text in rows if text])
