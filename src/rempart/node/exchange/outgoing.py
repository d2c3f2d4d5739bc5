"""What follows for the exchange from a final decision: rows that wait to be signed, in the decision's transaction.

Only what an analyst of this node decided is said: a match on a list is somebody else's word, and would come back to
them as a second opinion. The last word on a fingerprint counts, so each row is worked out against the one before it.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from rempart.core.vocabulary import FingerprintType, Legality
from rempart.exchange.signals import MAX_CONTENT, Action, Reason, SignalBasis
from rempart.node.exchange import words
from rempart.node.exchange.models import Outgoing, Subject
from rempart.node.exchange.words import Print
from rempart.node.jobs import services as jobs
from rempart.node.runtime import clock
from rempart.signals.lists import MIN_QUALITY

State = Outgoing.State
SAID = (FingerprintType.MD5, FingerprintType.SHA1, FingerprintType.SHA256, FingerprintType.PDQ)
URGENT = 100
MOST_VERIFIERS = 255
_UNSAID = (State.PROPOSED, State.WAITING, State.STOPPED)


@dataclass(frozen=True, slots=True)
class OwnFingerprint:
    """A fingerprint that this node computed itself; `quality` of a PDQ, 0 to 100."""

    kind: FingerprintType
    value: bytes
    quality: int | None = None

    @property
    def may_be_said(self) -> bool:
        return self.kind in SAID and (self.kind is not FingerprintType.PDQ or (self.quality or 0) >= MIN_QUALITY)

    def __repr__(self) -> str:
        return f"OwnFingerprint({self.kind})"


def decided(content_id: int, legality: Legality, agreed: int, fingerprints: Iterable[OwnFingerprint]) -> None:
    """An analyst's decision became final; in its transaction. `agreed`: how many people came to this result."""
    prints = {(str(each.kind), each.value) for each in fingerprints if each.may_be_said}
    if legality.is_illegal:
        if prints:
            _list(_number_of(content_id), prints, str(legality), min(max(agreed, 1), MOST_VERIFIERS))
        return
    number = number_of(content_id)
    if number is not None:
        withdraw(number, Reason.LAWFUL if legality is Legality.NOT_ILLEGAL else Reason.MISTAKE, keeps_disputes=True)
    if legality is Legality.NOT_ILLEGAL:
        propose_disputes(content_id, prints)


def number_of(content_id: int) -> int | None:
    return Subject.objects.filter(content=content_id).values_list("number", flat=True).first()


def content_of(number: int) -> int:
    """casework's number of what the members know under this one."""
    return Subject.objects.values_list("content", flat=True).get(number=number)


def _number_of(content_id: int) -> int:
    subject, _ = Subject.objects.get_or_create(
        content=content_id, defaults={"number": 1 + secrets.randbelow(MAX_CONTENT)}
    )
    return subject.number


def _list(number: int, prints: set[Print], category: str, verifiers: int) -> None:
    _drop(number, prints)
    before = last_said(prints)
    rows = []
    for one in sorted(prints):
        last = before.get(one)
        if last is not None and Action(last.action).lists and last.category == category:
            continue
        action = Action.CORRECT if last is not None and Action(last.action).lists else Action.ADD
        rows.append(_row(action, one, number, category=category, basis=SignalBasis.OWN_ANALYSIS, verifiers=verifiers))
    _queue(rows)


def withdraw(number: int, reason: Reason, *, keeps_disputes: bool = False) -> int:
    """Take back whatever this node says of any fingerprint of the content; returns of how many.

    What waits and was never said is dropped, so nothing of it leaves any more.
    """
    prints = _prints_of(number)
    _drop(number, prints)
    rows = [
        _row(Action.WITHDRAW, one, number, reason=reason)
        for one, last in sorted(last_said(prints).items())
        if Action(last.action).lists or (Action(last.action) is Action.DISPUTE and not keeps_disputes)
    ]
    _queue(rows, priority=URGENT)
    return len(rows)


def propose_disputes(content_id: int, prints: Iterable[Print]) -> int:
    """For fingerprints that others list while this node found the content lawful: a person may send them, or not."""
    contested = {one for one, said in words.of_others(set(prints)).items() if any(map(words.lists, said))}
    if not contested:
        return 0
    number = _number_of(content_id)
    proposed = Outgoing.objects.filter(content=number, state=State.PROPOSED).values_list("kind", "value")
    known = {(kind, bytes(value)) for kind, value in proposed}
    before = last_said(contested)
    rows = [
        _row(Action.DISPUTE, one, number, reason=Reason.LAWFUL, state=State.PROPOSED)
        for one in sorted(contested - known)
        if one not in before or not _speaks_against(before[one])
    ]
    Outgoing.objects.bulk_create(rows)
    return len(rows)


def send_proposed(number: int) -> int:
    """Let the proposed disputes of a content go out; returns how many."""
    proposed = Outgoing.objects.filter(content=number, state=State.PROPOSED)
    prints = {(kind, bytes(value)) for kind, value in proposed.values_list("kind", "value")}
    _drop_waiting(prints)
    sent = proposed.update(state=State.WAITING, at=clock().now())
    if sent:
        jobs.wake("sign", "all", priority=URGENT)
    return sent


def last_said(prints: Iterable[Print]) -> dict[Print, Outgoing]:
    """This node's last word on each fingerprint that stands in its log or is just being written there."""
    wanted, found = set(prints), {}
    rows = Outgoing.objects.filter(value__in={value for _, value in wanted}, state__in=(State.SIGNED, State.WAITING))
    for row in rows.order_by("pk"):
        one = (row.kind, bytes(row.value))
        if one in wanted and (row.state == State.SIGNED or row.salt is not None):
            found[one] = row
    return found


def _drop(number: int, prints: set[Print]) -> None:
    """Whatever waits on these fingerprints, or was stopped or proposed for the content, is not said any more.

    A row with a salt may stand in the log already: it is finished first, and what comes now follows it there.
    """
    Outgoing.objects.filter(salt__isnull=True, content=number, state__in=_UNSAID).update(state=State.DROPPED)
    _drop_waiting(prints)


def _drop_waiting(prints: set[Print]) -> None:
    rows = Outgoing.objects.filter(salt__isnull=True)
    waiting = rows.filter(state=State.WAITING, value__in={value for _, value in prints})
    same = [pk for pk, kind, value in waiting.values_list("pk", "kind", "value") if (kind, bytes(value)) in prints]
    rows.filter(pk__in=same, state=State.WAITING).update(state=State.DROPPED)


def _prints_of(number: int) -> set[Print]:
    rows = Outgoing.objects.filter(content=number).exclude(value=b"").values_list("kind", "value")
    return {(kind, bytes(value)) for kind, value in rows}


def _speaks_against(row: Outgoing) -> bool:
    return row.action == Action.DISPUTE or (row.action == Action.WITHDRAW and row.reason == Reason.LAWFUL)


def _row(action: Action, one: Print, number: int, **fields: object) -> Outgoing:
    return Outgoing(action=action, kind=one[0], value=one[1], content=number, at=clock().now(), **fields)


def _queue(rows: list[Outgoing], priority: int = 0) -> None:
    Outgoing.objects.bulk_create(rows)
    if rows and priority:
        # A withdrawal does not wait for the cadence.
        jobs.wake("sign", "all", priority=priority)


def waiting(number: int) -> int:
    """How many signals of a content can still be dropped unsaid."""
    return Outgoing.objects.filter(content=number, state__in=_UNSAID, salt__isnull=True).count()
