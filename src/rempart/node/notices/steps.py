"""The step "notice": one loop that sends, reminds, escalates, checks and watches, by the deadlines of `core.deadlines`.

Sending takes two runs. The first resolves the host anew, looks whether the content is still there, stores the attempt's
exact bytes and commits; the next sends them and records the reply (docs/adr/0004-notices-at-least-once.md).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings

from rempart.adapters.availability import CheckOutcome
from rempart.core.deadlines import NoticeFacts, record_escalation, record_send
from rempart.core.errors import InputError, OutsideFailure, Rejected
from rempart.core.routing import POLICE_TARGET, Route
from rempart.core.vocabulary import Availability, NoticeState, RouteKind
from rempart.node import runtime
from rempart.node.audit import services as audit
from rempart.node.casework import services as casework
from rempart.node.hosting import services as hosting
from rempart.node.hosting.services import Place
from rempart.node.jobs import services as jobs
from rempart.node.notices import checking, sending, services
from rempart.node.notices.models import Attempt, Notice
from rempart.node.referrals import services as referrals

TRY_AGAIN = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=1)
STALE = timedelta(minutes=30)
"""An attempt prepared longer ago than this is not sent before its host is resolved once more."""
_PURPOSES = {"send": "first", "resend": "reminder", "escalate": "escalation"}
_SENDS_NEXT = frozenset({NoticeState.QUEUED, NoticeState.SENT, NoticeState.UNANSWERED})


@jobs.step("notice")
def follow_notice(subject: str) -> jobs.Effects:
    row = Notice.objects.get(pk=int(subject))
    facts = services.facts_of(row)
    if facts.held:
        return lambda: _pause(row.pk)
    if row.state == NoticeState.DRAFT and not row.handed_over:
        return lambda: _resume(row.pk)
    attempt = services.under_way(row)
    if attempt is not None:
        overtaken = row.handed_over or attempt.round != row.round
        return _overtaken(attempt, "its host is no longer the one to tell") if overtaken else _deliver(attempt)
    now = runtime.clock().now()
    step = services.planned(row, facts, runtime.notice_plan(), now)
    if step.kind == "stop":
        return jobs.nothing
    if step.due_at > now or step.kind == "wait":
        return lambda: step.due_at
    return _ACTIONS[step.kind](row)


def _pause(notice_id: int) -> datetime:
    """While police hold the content nothing leaves; a notice not yet sent goes back to draft."""
    row = services.locked(notice_id)
    if row.state == NoticeState.QUEUED:
        services.store(row, replace(services.facts_of(row), state=NoticeState.DRAFT))
    return runtime.clock().now() + runtime.notice_plan().check_every


def _resume(notice_id: int) -> datetime:
    row = services.locked(notice_id)
    if row.state == NoticeState.DRAFT:
        services.store(row, replace(services.facts_of(row), state=NoticeState.QUEUED))
    return runtime.clock().now()


def _check(row: Notice) -> jobs.Effects:
    seen = checking.look(row.content_id)

    def effects() -> datetime:
        checking.record(services.locked(row.pk), seen, runtime.clock().now())
        return runtime.clock().now()

    return effects


def _reopen(row: Notice) -> jobs.Effects:
    def effects() -> datetime:
        fresh = services.locked(row.pk)
        fresh.reappeared += 1
        services.store(fresh, services.new_round(fresh))
        audit.record("notice:reappeared", f"notice:{fresh.pk}")
        if fresh.handed_over:
            jobs.wake("resolve", fresh.content_id)
        services.tell_reports(fresh.content_id)
        return runtime.clock().now()

    return effects


def _before_sending(row: Notice) -> jobs.Effects:
    """First run: where is it now, is it still there? Then the attempt is stored, and nothing has left yet."""
    places = hosting.look(row.content_id)
    seen = checking.look(row.content_id)
    return lambda: _prepare(row.pk, places, seen)


def _prepare(notice_id: int, places: tuple[Place, ...], seen: CheckOutcome) -> datetime:
    now, plan = runtime.clock().now(), runtime.notice_plan()
    row = services.locked(notice_id)
    hosting.keep(row.content_id, places)
    facts = checking.record(row, seen, now)
    step = services.planned(row, facts, plan, now)
    # The fresh look, a hold or an answer may have changed what is due: the next run finds out.
    if facts.held or step.kind not in _PURPOSES or step.due_at > now:
        return max(step.due_at, now)
    if places[0].outcome == "failed":
        return now + LONGEST_WAIT
    if _has_moved(row, places):
        jobs.wake("route", row.content_id)
        return now + plan.check_every
    # Who is pressed reads that the content is still there: nobody is, while its host only fails to answer.
    if step.kind != "send" and seen.availability is Availability.UNREACHABLE:
        return now + plan.check_every
    place = next((place for place in places if place.country == row.host_country), places[0])
    if sending.prepare(row, _PURPOSES[step.kind], place, now) is None:
        _escalate(row, facts, now, why="no address for notices took the notice")
    return now


def _has_moved(row: Notice, places: tuple[Place, ...]) -> bool:
    return row.host_country not in {place.country for place in places}


def _deliver(attempt: Attempt) -> jobs.Effects:
    """Second run: send the stored bytes. Between the relay's acceptance and our commit lies nothing but the commit."""
    if runtime.clock().now() - attempt.prepared_at > STALE:
        places = hosting.look(attempt.notice.content_id)
        if places[0].outcome != "failed" and _has_moved(attempt.notice, places):
            return _overtaken(attempt, "hosted elsewhere now", places)
    try:
        reply = sending.deliver(attempt)
    except (Rejected, InputError) as error:
        return _refused(attempt, error.what)
    except OutsideFailure as error:
        return _postponed(attempt, error.what)
    return lambda: _sent(attempt, reply)


def _overtaken(attempt: Attempt, why: str, places: tuple[Place, ...] = ()) -> jobs.Effects:
    """Give an attempt up. Nobody knows whether a try that broke off arrived: the reply says so."""

    def effects() -> datetime:
        now = runtime.clock().now()
        reply = f"given up: {why}; a try that broke off may have arrived"
        Attempt.objects.filter(pk=attempt.pk).update(given_up_at=now, reply=reply[:200])
        if places:
            hosting.keep(attempt.notice.content_id, places)
            jobs.wake("route", attempt.notice.content_id)
        return now

    return effects


def _refused(attempt: Attempt, reply: str) -> jobs.Effects:
    def effects() -> datetime:
        now = runtime.clock().now()
        Attempt.objects.filter(pk=attempt.pk).update(given_up_at=now, refused=True, reply=reply[:200])
        audit.record("notice:failed", f"notice:{attempt.notice_id}")
        return now

    return effects


def _postponed(attempt: Attempt, reply: str) -> jobs.Effects:
    def effects() -> datetime:
        wait = min(TRY_AGAIN * (1 << min(attempt.tries, 10)), LONGEST_WAIT)
        Attempt.objects.filter(pk=attempt.pk).update(tries=attempt.tries + 1, reply=reply[:200])
        return runtime.clock().now() + wait

    return effects


def _sent(attempt: Attempt, reply: str) -> datetime:
    now = runtime.clock().now()
    row = services.locked(attempt.notice_id)
    Attempt.objects.filter(pk=attempt.pk).update(sent_at=now, reply=reply[:200])
    since = checking.hours_between(casework.first_report_at(row.content_id), now)
    data: dict[str, audit.Value] = {
        "purpose": attempt.purpose,
        "ordinal": attempt.ordinal,
        "channel": attempt.channel,
        "hours_since_report": since,
        "asn": hosting.network_in(row.content_id, row.host_country),
    }
    audit.record("notice:sent", f"notice:{row.pk}", data=data)
    facts = services.facts_of(row)
    if attempt.purpose == "escalation":
        _escalate(row, facts, now, why="its host did not remove it by the deadline")
    else:
        services.store(row, _counted(facts, now))
        services.tell_reports(row.content_id)
    return now


def _counted(facts: NoticeFacts, now: datetime) -> NoticeFacts:
    """What left has left: a hold placed or an answer noted meanwhile keeps its state, and the sending counts."""
    plan = runtime.notice_plan()
    if facts.state in _SENDS_NEXT and facts.sends < plan.max_sends:
        return replace(record_send(replace(facts, held=False), now, plan), held=facts.held)
    return replace(facts, sends=facts.sends + 1, first_sent_at=facts.first_sent_at or now, last_sent_at=now)


def _escalate(row: Notice, facts: NoticeFacts, now: datetime, *, why: str) -> None:
    """Refer the content to this country's police, once a round."""
    if facts.escalated_at is not None:
        return
    services.store(row, record_escalation(facts, now))
    audit.record("notice:escalated", f"notice:{row.pk}")
    route = Route(RouteKind.POLICE, settings.COUNTRY, POLICE_TARGET, f"escalation: {why}", notify_host=False)
    referrals.propose_content(row.content_id, route)
    services.tell_reports(row.content_id)


_ACTIONS: dict[str, Callable[[Notice], jobs.Effects]] = {
    "send": _before_sending,
    "resend": _before_sending,
    "escalate": _before_sending,
    "check": _check,
    "confirm_removed": _check,
    "recheck": _check,
    "reopen": _reopen,
}
