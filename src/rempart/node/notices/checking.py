"""Is it still there? The look itself, and what it means for the notice."""

from datetime import datetime

from rempart.adapters.availability import CheckOutcome
from rempart.core.deadlines import NoticeFacts, record_check
from rempart.core.vocabulary import NoticeState
from rempart.node import runtime
from rempart.node.audit import services as audit
from rempart.node.casework import services as casework
from rempart.node.notices import services
from rempart.node.notices.models import Check, Notice


def look(content_id: int) -> CheckOutcome:
    """Ask the content's address once, outside any transaction; nothing of the content is read."""
    return runtime.checker().check(casework.content(content_id).locator)


def record(row: Notice, seen: CheckOutcome, now: datetime) -> NoticeFacts:
    """Write one check and what follows from it in the caller's transaction; returns the facts as they are now."""
    before = services.facts_of(row)
    after = record_check(before, seen.availability, now, runtime.notice_plan())
    row.look_again = False
    services.store(row, after)
    Check.objects.create(
        notice=row, at=now, availability=seen.availability, status=seen.status, how=f"{seen.how}: {seen.detail}"[:80]
    )
    audit.record("notice:checked", f"notice:{row.pk}", data={"availability": str(seen.availability)})
    if after.state != before.state:
        _record_change(row, after)
    return after


def hours_between(start: datetime | None, end: datetime | None) -> float | None:
    """Hours to three decimals; None where one end is missing."""
    return round((end - start).total_seconds() / 3600, 3) if start and end else None


def _record_change(row: Notice, facts: NoticeFacts) -> None:
    if facts.state is NoticeState.REMOVED:
        data = {
            "hours_since_report": hours_between(casework.first_report_at(row.content_id), facts.removed_at),
            "hours_since_notice": hours_between(facts.first_sent_at, facts.removed_at),
            "country": row.host_country,
        }
        audit.record("notice:removed", f"notice:{row.pk}", data=data)
    elif facts.state is NoticeState.UNAVAILABLE:
        audit.record("notice:unavailable", f"notice:{row.pk}")
    services.tell_reports(row.content_id)
