"""What falls due by its own age, beside reports: showings, what staff noted, messages to hosts, referral files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rempart.core.retention import DataKind, Outcome
from rempart.core.vocabulary import Legality
from rempart.node.audit import services as audit
from rempart.node.casework import erasure as casework
from rempart.node.intake import erasure as intake
from rempart.node.notices import erasure as notices
from rempart.node.referrals import erasure as referrals
from rempart.node.retention import storage
from rempart.node.retention.holds import Covered


@dataclass(frozen=True, slots=True)
class Aging:
    """One thing, the holds that may cover it, and when its time began."""

    id: int
    since: datetime
    covered: Covered
    outcome: Outcome = Outcome.UNDETERMINED


@dataclass(frozen=True, slots=True)
class Stream:
    """`page`: the next numbers after one, at most so many, begun before a time. `read`: those that may fall due.

    `erase` runs in the caller's transaction and records its events, which name the rule.
    """

    kind: DataKind
    page: Callable[[int, int, datetime | None], list[int]]
    read: Callable[[Sequence[int]], list[Aging]]
    erase: Callable[[Sequence[int], str], object]


def outcome_of(results: Sequence[Legality | None]) -> Outcome:
    """What contents came to together."""
    if any(one is not None and one.is_illegal for one in results):
        return Outcome.ILLEGAL
    decided = bool(results) and all(one is Legality.NOT_ILLEGAL for one in results)
    return Outcome.NOT_ILLEGAL if decided else Outcome.UNDETERMINED


def erase_notes(content_ids: Sequence[int], why: dict[str, audit.Value], actor: str = "system") -> None:
    """What staff wrote of these contents, in the caller's transaction."""
    for content_id in content_ids:
        if count := casework.erase_notes(content_id):
            audit.record("case:notes_erased", f"case:{content_id}", actor=actor, data={**why, "notes": count})


def _exposures(ids: Sequence[int]) -> list[Aging]:
    return _of_contents(casework.exposures(ids))


def _erase_exposures(ids: Sequence[int], rule: str) -> None:
    count = casework.erase_exposures(ids)
    audit.record("exposure:erased", "exposure:all", data={"rule": rule, "exposures": count})


def _notes(content_ids: Sequence[int]) -> list[Aging]:
    """Those of which every report is closed: while one is open, who works on it needs what was noted."""
    ended, reports = intake.ended_at(content_ids), intake.naming(content_ids)
    results = casework.legalities(content_ids)
    return [
        Aging(
            case.content_id,
            max(case.at, ended[case.content_id]),
            Covered(reports[case.content_id], (case.content_id,)),
            outcome_of([results[case.content_id]]),
        )
        for case in casework.noted(content_ids)
        if case.content_id in ended
    ]


def _messages(ids: Sequence[int]) -> list[Aging]:
    return _of_contents(notices.messages(ids))


def _of_contents(rows: Sequence[casework.ExposureFacts] | Sequence[notices.MessageFacts]) -> list[Aging]:
    reports = intake.naming({row.content_id for row in rows})
    return [Aging(row.id, row.at, Covered(reports.get(row.content_id, ()), (row.content_id,))) for row in rows]


def _referrals(ids: Sequence[int]) -> list[Aging]:
    rows = referrals.files(ids)
    reports = intake.naming({row.content_id for row in rows if row.content_id})
    contents = {one.id: one.content_ids for one in intake.named(row.report_id for row in rows if row.report_id)}
    return [
        Aging(
            row.id,
            row.at,
            Covered((row.report_id,), contents[row.report_id])
            if row.report_id
            else Covered(reports.get(row.content_id or 0, ()), (row.content_id or 0,)),
        )
        for row in rows
    ]


def _erase_referrals(ids: Sequence[int], rule: str) -> None:
    storage.leave(referrals.erase_files(ids, {"rule": rule}), storage.Place.OUTBOX)


STREAMS = (
    Stream(DataKind.EXPOSURES, casework.exposure_ids, _exposures, _erase_exposures),
    Stream(DataKind.CASE_NOTES, casework.noted_ids, _notes, lambda ids, rule: erase_notes(ids, {"rule": rule})),
    Stream(DataKind.NOTICE_MESSAGES, notices.message_ids, _messages, notices.erase_messages),
    Stream(DataKind.REFERRAL_FILES, referrals.file_ids, _referrals, _erase_referrals),
)
