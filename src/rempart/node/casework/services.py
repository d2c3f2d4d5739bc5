"""What views and other apps may ask of casework. Models stay inside; values are small frozen objects."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rempart.core.errors import NotFound, NotPermitted
from rempart.core.reports import NoticeOutcome, Progress
from rempart.core.vocabulary import Basis, FingerprintType, IndustryClass, Legality, ReferralState
from rempart.node.casework import access, holds, queue
from rempart.node.casework.access import closed_to, hidden_from, hidden_reports
from rempart.node.casework.content import content_key, is_undoable
from rempart.node.casework.decoding import reads_videos
from rempart.node.casework.holds import HoldFacts, held_among, is_held
from rempart.node.casework.models import Assessment, Case, Content, Exposure, FileFacts, Fingerprint, Match
from rempart.node.casework.recognition import COVERING, KNOWN_PERCENT
from rempart.node.intake import services as intake
from rempart.node.intake.services import ItemFacts, ReportFacts
from rempart.node.people import Person
from rempart.node.runtime import clock

__all__ = [
    "AssessmentFacts",
    "CaseFacts",
    "ContentFacts",
    "DecodedFacts",
    "MatchFacts",
    "case_facts",
    "closed_to",
    "content",
    "content_key",
    "counts",
    "fingerprint_values",
    "first_report_at",
    "held_among",
    "hidden_from",
    "hidden_reports",
    "hosts_of",
    "illegal_category",
    "is_held",
    "is_undoable",
    "lawful_among",
    "note_country",
    "opened_items",
    "progress",
    "reads_videos",
]


MOST_REPORTS = 20


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """A content as hosting, notices and referrals need it. `locator` is an address or empty, `host` its host name;
    `legality` and `basis` are None while it is undecided; `categories` are those of the lists that know it."""

    id: int
    kind: str
    locator: str
    host: str
    site: str
    legality: Legality | None
    basis: Basis | None
    categories: tuple[str, ...]
    first_seen_at: datetime
    decided_at: datetime | None
    times_reported: int

    @property
    def is_illegal(self) -> bool:
        return self.legality is not None and self.legality.is_illegal


@dataclass(frozen=True, slots=True)
class MatchFacts:
    """A hit on a list; `distance` in bits for a near one. Of a video, `frames` of it are near entries of the list:
    `percent` of those compared, and only `is_whole` if that is enough for the video itself."""

    list_name: str
    category: str
    how: str
    distance: int | None
    at: datetime
    frames: int | None
    percent: float | None

    @property
    def is_whole(self) -> bool:
        return self.percent is None or self.percent >= KNOWN_PERCENT


@dataclass(frozen=True, slots=True)
class DecodedFacts:
    """What decoding found out; `seconds` is the length of a video, None for anything else; `failure` is a word of
    `fingerprinting` or empty."""

    mime: str
    width: int | None
    height: int | None
    frames: int | None
    seconds: float | None
    failure: str


@dataclass(frozen=True, slots=True)
class AssessmentFacts:
    """One opinion; `assessor` is empty where a list or an earlier decision settled the content."""

    assessor_id: int | None
    assessor: str
    at: datetime
    country: str
    legality: Legality
    age_band: str
    gender: str
    offences: tuple[str, ...]
    characteristics: tuple[str, ...]
    site_type: str
    commerciality: str
    basis: str
    second_look: str
    note: str


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """All that is recorded about a content, without its material. `state` is None where it never was in the queue.

    `reports` are the newest `MOST_REPORTS`. `fingerprints` names kinds only. Nothing sealed is opened for it: what may
    name people is `opened_items`.
    """

    content: ContentFacts
    state: Case.State | None
    priority: int
    priority_reasons: list[dict[str, object]]
    claimed_by_id: int | None
    claimed_by: str
    claimed_until: datetime | None
    due_at: datetime | None
    undo_until: datetime | None
    undoable_by_id: int | None
    decided_with_id: int | None
    matches: list[MatchFacts]
    fingerprints: list[str]
    file: DecodedFacts | None
    files: list[intake.FileFacts]
    reports: list[ReportFacts]
    assessments: list[AssessmentFacts]
    holds: list[HoldFacts]
    exposures: int


def content(content_id: int) -> ContentFacts:
    """Raises NotFound."""
    return _content_facts(_content(content_id))


def case_facts(content_id: int) -> CaseFacts:
    """Raises NotFound."""
    row = _content(content_id)
    case = Case.objects.filter(pk=content_id).select_related("claimed_by").first()
    is_claimed = case is not None and case.claimed_until is not None and case.claimed_until > clock().now()
    decoded = FileFacts.objects.filter(pk=content_id).first()
    return CaseFacts(
        content=_content_facts(row),
        state=Case.State(case.state) if case else None,
        priority=case.priority if case else 0,
        priority_reasons=case.priority_reasons if case else [],
        claimed_by_id=case.claimed_by_id if case and is_claimed else None,
        claimed_by=str(case.claimed_by) if case and is_claimed else "",
        claimed_until=case.claimed_until if case and is_claimed else None,
        due_at=case.due_at if case else None,
        undo_until=case.undo_until if case else None,
        undoable_by_id=case.undoable_by_id if case else None,
        decided_with_id=case.decided_with_id if case else None,
        matches=[
            MatchFacts(m.list_name, m.category, m.how, m.distance, m.at, m.frames, m.percent)
            for m in Match.objects.filter(content=row).order_by("how", "distance", "pk")
        ],
        fingerprints=sorted(row.fingerprints.values_list("kind", flat=True)),
        file=_decoded_facts(decoded) if decoded else None,
        files=intake.files_with_content(content_id),
        reports=intake.reports_with_content(content_id, newest=MOST_REPORTS),
        assessments=_assessments(content_id),
        holds=holds.history(content_id),
        exposures=Exposure.objects.filter(content=row).count(),
    )


def opened_items(person: Person, content_id: int) -> list[ItemFacts]:
    """All items that point to a content, unsealed. Raises NotPermitted to anyone who does not hold its case now."""
    access.require(person, content_id)
    claims = Case.objects.filter(pk=content_id, claimed_by=person.pk, claimed_until__gt=clock().now())
    if not claims.exclude(state=Case.State.DECIDED).exists():
        raise NotPermitted("you do not hold this case.", advice="Take the case first.")
    return intake.items_with_content(content_id)


def hosts_of(content_ids: Iterable[int]) -> dict[int, str]:
    """Host names by content; empty where a content is at no address."""
    return dict(Content.objects.filter(pk__in=list(content_ids)).values_list("pk", "host"))


def first_report_at(content_id: int) -> datetime:
    """When the first report that points to a content came in: what hours to notice and removal count from."""
    return intake.first_received(content_id)


def illegal_category(content_id: int) -> str:
    """The most specific category of an illegal content: the industry class a list gives (A1, A2, B1, B2; the worst
    first), else "baseline" or "national"; empty for what is not illegal or undecided."""
    facts = content(content_id)
    if not facts.is_illegal:
        return ""
    industry = next((str(known) for known in IndustryClass if known in facts.categories), "")
    return industry or str(facts.legality)


def progress(content_id: int, notice: NoticeOutcome, referrals: tuple[ReferralState, ...]) -> Progress:
    """How far a content has come, for the state of the reports that name it."""
    row = _content(content_id)
    case = Case.objects.exclude(state=Case.State.DECIDED).filter(pk=content_id).first()
    is_claimed = case is not None and case.claimed_until is not None and case.claimed_until > clock().now()
    in_review = is_claimed or (case is not None and case.state != Case.State.WAITING)
    if is_undoable(content_id):
        # A decision counts once it is final: until then the reporter's and the platform's answers do not move.
        return Progress(None, True, notice, referrals)
    legality = Legality(row.legality) if row.legality else None
    return Progress(legality, in_review, notice, referrals)


def note_country(content_id: int, country: str) -> None:
    """Where its host was found, for the queue's filter; in the caller's transaction. A look that found none changes
    nothing."""
    if country:
        Case.objects.filter(pk=content_id).update(country=country)


def counts() -> dict[str, int]:
    """Cases by state."""
    return queue.counts()


def fingerprint_values(content_id: int) -> dict[FingerprintType, str]:
    """A content's fingerprints as text, for a confidential referral: hexadecimal, PhotoDNA as it was carried."""
    rows = Fingerprint.objects.filter(content=content_id).order_by("kind").values_list("kind", "value")
    found = {FingerprintType(kind): bytes(value) for kind, value in rows}
    return {
        kind: value.decode("ascii") if kind is FingerprintType.PHOTODNA else value.hex()
        for kind, value in found.items()
    }


def lawful_among(kind: FingerprintType, values: Iterable[bytes]) -> dict[bytes, int]:
    """Of these fingerprints those of contents that an analyst of this node found lawful, with the content."""
    rows = Fingerprint.objects.filter(
        kind=kind, value__in=list(values), content__legality=Legality.NOT_ILLEGAL, content__basis=Basis.ANALYST
    )
    final = rows.filter(content__case__undo_until__isnull=True).order_by("pk")
    return {bytes(value): content for value, content in final.values_list("value", "content")}


def _content(content_id: int) -> Content:
    row = Content.objects.filter(pk=content_id).first()
    if row is None:
        raise NotFound("there is no such content.", where="content")
    return row


def _content_facts(row: Content) -> ContentFacts:
    known = Match.objects.filter(COVERING, content=row)
    categories = known.order_by("category").values_list("category", flat=True).distinct()
    return ContentFacts(
        id=row.pk,
        kind=row.kind,
        locator=row.locator,
        host=row.host,
        site=row.site,
        legality=Legality(row.legality) if row.legality else None,
        basis=Basis(row.basis) if row.basis else None,
        categories=tuple(categories),
        first_seen_at=row.first_seen_at,
        decided_at=row.decided_at,
        times_reported=row.times_reported,
    )


def _decoded_facts(row: FileFacts) -> DecodedFacts:
    return DecodedFacts(row.mime, row.width, row.height, row.frames, row.seconds, row.failure)


def _assessments(content_id: int) -> list[AssessmentFacts]:
    rows = Assessment.objects.filter(content=content_id).select_related("assessor").order_by("pk")
    return [
        AssessmentFacts(
            assessor_id=row.assessor_id,
            assessor=str(row.assessor) if row.assessor else "",
            at=row.at,
            country=row.country,
            legality=Legality(row.legality),
            age_band=row.age_band,
            gender=row.gender,
            offences=tuple(row.offences),
            characteristics=tuple(row.characteristics),
            site_type=row.site_type,
            commerciality=row.commerciality,
            basis=row.basis,
            second_look=row.second_look,
            note=row.note,
        )
        for row in rows
    ]
