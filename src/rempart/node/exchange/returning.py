"""Feedback goes back to the members that signed: what platforms say of an entry here, to each whose word lists it.

Two steps, so that a member that cannot be reached holds up nobody else: feedback is put down for each signer, with the
counts of now, in the transaction that marks it; each member's counts are then sent, again and again until it took them.
"""

import logging
from datetime import timedelta

from rempart.adapters.peer_http import PeerHttp
from rempart.core.errors import OutsideFailure, Rejected, RempartError
from rempart.core.vocabulary import FingerprintType
from rempart.exchange.feedback import MAX_ENTRIES, Count, write_feedback
from rempart.exchange.roster_entries import Member
from rempart.node.exchange import asking, members, words
from rempart.node.exchange.models import FeedbackDue
from rempart.node.jobs import services as jobs
from rempart.node.lists import services as lists
from rempart.node.runtime import clock

log = logging.getLogger("rempart.exchange")

SEND_STEP = "send_feedback"
"""Subject: the origin of the member."""
RETRY = timedelta(minutes=15)
SUSPENDED = timedelta(days=1)
"""How often is looked whether a member counts again."""
_AT_ONCE = 500


@jobs.step(lists.RETURN_STEP)
def put_down(subject: str) -> jobs.Effects:
    """Waiting feedback, counted, becomes due to those whose last word lists the fingerprint."""
    tallies = lists.waiting_feedback(_AT_ONCE)
    said = words.of_others([(str(tally.kind), tally.value) for tally in tallies])

    def effects() -> None:
        for tally in tallies:
            for word in filter(words.lists, said.get((str(tally.kind), tally.value), [])):
                counts = {"useful": tally.useful, "wrong": tally.wrong, "at": clock().now()}
                FeedbackDue.objects.update_or_create(
                    origin=word.origin, content=word.content, kind=word.kind, defaults=counts
                )
                jobs.wake(SEND_STEP, word.origin)
            lists.mark_returned(tally)
        if tallies:
            jobs.wake(lists.RETURN_STEP, subject)  # until nothing waits

    return effects


@jobs.step(SEND_STEP)
def send(subject: str) -> jobs.Effects:
    """One message to the member; what changes meanwhile stays due."""
    due = list(FeedbackDue.objects.filter(origin=subject).order_by("pk")[:MAX_ENTRIES])
    member = members.find(subject)
    if not due:
        return jobs.nothing
    if member is None or not member.is_active:
        return lambda: clock().now() + SUSPENDED
    try:
        _deliver(member, [Count(each.content, FingerprintType(each.kind), each.useful, each.wrong) for each in due])
    except RempartError as error:
        log.warning("feedback to a member failed: %s", type(error).__name__)
        return lambda: clock().now() + RETRY

    def effects() -> None:
        for each in due:
            FeedbackDue.objects.filter(pk=each.pk, at=each.at).delete()
        if FeedbackDue.objects.filter(origin=subject).exists():
            jobs.wake(SEND_STEP, subject)

    return effects


def _deliver(member: Member, counts: list[Count]) -> None:
    credential = asking.credentials().of(member.origin)
    if credential is None:
        raise Rejected("the member gave this node no credential.", where="member")
    http: PeerHttp = asking.briefly()
    said = http.post(f"{member.machine_url}/exchange/feedback", write_feedback(counts), credential)
    if said.status in (401, 403):
        raise Rejected("the member does not accept this node's credential.", where="member")
    if said.status != 200:
        raise OutsideFailure(f"the member answered with status {said.status}.", where="member")
