"""What a busy node tells the others, and its pages: signals in every state, and what others say of the same."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from django.db import transaction
from exchange.roster_people import alliance

from rempart.core.vocabulary import Basis, FingerprintType, Legality
from rempart.exchange.signals import Action, Reason
from rempart.exchange.tree import Frontier
from rempart.node.casework import assessing
from rempart.node.casework.models import Fingerprint
from rempart.node.exchange import canaries, signing
from rempart.node.exchange.models import Outgoing, Peer, Proof, Word
from rempart.node.exchange.outgoing import number_of
from rempart.node.lists import policies
from rempart.node.lists.models import HashList
from rempart.node.roster import services as roster


def add_exchange(made: SimpleNamespace, said: int, stopped: int, lawful: int, clock: Any) -> None:
    """`said` was listed, corrected and is listed by others; `stopped` is a canary; `lawful` is proposed for dispute."""
    canary = bytes(Fingerprint.objects.get(content=stopped, kind="sha256").value)
    canaries.add("Our own logo", [(FingerprintType.SHA256, canary)])
    for origin, action in (("one.example/log", Action.ADD), ("two.example/log", Action.DISPUTE)):
        for content in (said, lawful):
            _say(content, origin, action, clock)
    _decide(said, Legality.NATIONAL)
    signing.sign("all")()
    clock.advance(minutes=3)
    _decide(said, Legality.BASELINE)
    _decide(stopped, Legality.NATIONAL)
    signing.sign("all")()
    _decide(lawful, Legality.NOT_ILLEGAL)
    made.said, made.stopped, made.lawful = said, stopped, lawful
    assert Outgoing.objects.filter(content=number_of(stopped), state="stopped").exists()
    assert Outgoing.objects.filter(content=number_of(lawful), state="proposed").exists()
    made.list = _add_members(clock)


def _add_members(clock: Any) -> int:
    """Six other members: believed, refused for several reasons, never looked at; and the lists they make."""
    known = alliance(6)
    roster.adopt([known.to_bytes()], is_vouched_for=True)
    for member, refusal in zip(known.facts.members, ("", "", "stale", "split_view", "unreachable"), strict=False):
        failing = {"failing_since": clock.now(), "failures": 3, "refusal": refusal} if refusal else {}
        seen = {"size": 1200, "checked_at": clock.now(), "advanced_at": clock.now()}
        Peer.objects.create(origin=member.origin, frontier=Frontier().to_bytes(), **seen, **failing)
    disproven = known.facts.members[3].origin
    Proof.objects.create(origin=disproven, first="made up 1", second="made up 2", found_at=clock.now())
    policies.ensure_shipped()
    return HashList.objects.get(name="alliance").pk


@transaction.atomic
def _decide(content_id: int, legality: Legality) -> None:
    assessing.decide(content_id, legality, Basis.ANALYST)


def _say(content_id: int, origin: str, action: Action, clock: Any) -> None:
    for one in Fingerprint.objects.filter(content=content_id):
        Word.objects.create(
            origin=origin,
            kind=one.kind,
            value=one.value,
            action=action,
            content=5,
            at=clock.now(),
            category="baseline" if action.lists else "",
            reason="" if action.lists else Reason.LAWFUL,
            log_index=1,
        )


def exchange_visits(made: SimpleNamespace, place: Callable[..., Any]) -> Iterator[tuple[str, str, Callable[..., Any]]]:
    yield "lin", "signals", place("exchange:signals")
    yield "lin", "signals-none", place("exchange:signals", query="?state=waiting&kind=md5&category=baseline")
    yield "lin", "signal", place("exchange:content", made.said)
    yield "lin", "signal-stopped", place("exchange:content", made.stopped)
    yield "sacha", "signal-lawful", place("exchange:content", made.lawful)
    yield "lin", "recall", place("exchange:recall", made.said)
    yield "ana", "case-said", place("casework:case", made.said)
    yield "lin", "exchange", place("exchange:health")
    yield "lin", "subscriptions-two", place("lists:subscriptions")
    yield "lin", "subscribe", place("lists:subscribe")
    yield "lin", "subscription", place("lists:subscription", made.list)
