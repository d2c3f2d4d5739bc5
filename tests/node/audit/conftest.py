"""A chain with signed checkpoints, and what somebody who can write to the database can do to it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import transaction

from rempart.adapters.note_file import NoteFile
from rempart.node.audit import chain, checkpoints
from rempart.node.audit import services as audit
from rempart.node.audit.models import Event, Head


@pytest.fixture
def tell(db, clock) -> Callable[[int], None]:
    """Record so many events, a second apart."""

    def record(count: int) -> None:
        for number in range(count):
            clock.advance(seconds=1)
            with transaction.atomic():
                audit.record("content:decided", f"content:{number}", actor="staff:1", data={"legality": "national"})

    return record


@pytest.fixture
def signed(tell) -> int:
    """Thirty events, signed after 10 and after 25; five follow."""
    for count in (10, 15):
        tell(count)
        checkpoints.write()
    tell(5)
    return 30


@pytest.fixture
def copied(settings, tmp_path: Path) -> NoteFile:
    """The second file of checkpoints, in a folder of its own."""
    settings.CHECKPOINT_COPY = str(tmp_path)
    return checkpoints.copy_file()


@dataclass
class Attacker:
    """Has the database and knows the code: computes every later digest and the head anew."""

    def recompute(self) -> None:
        link = chain.START
        for event in list(Event.objects.order_by("seq")):
            fields = (event.actor, event.action, event.subject, event.data, event.reason)
            digest = chain.digest_of(link.seq + 1, chain.stamp(event.at), *fields, link.digest)
            Event.objects.filter(seq=event.seq).update(previous=link.digest, digest=digest)
            assert event.seq == link.seq + 1
            link = chain.Link(event.seq, digest)
        Head.objects.update(seq=link.seq, digest=link.digest)

    def edit(self, number: int) -> None:
        Event.objects.filter(seq=number).update(subject="content:4711")

    def delete(self, number: int) -> None:
        Event.objects.filter(seq=number).delete()
        for event in Event.objects.filter(seq__gt=number).order_by("seq"):
            Event.objects.filter(seq=event.seq).update(seq=event.seq - 1)

    def insert(self, number: int) -> None:
        for event in Event.objects.filter(seq__gte=number).order_by("-seq"):
            Event.objects.filter(seq=event.seq).update(seq=event.seq + 1)
        added = Event.objects.get(seq=number + 1)
        added.seq, added.subject = number, "content:999"
        added.save(force_insert=True)

    def swap(self, number: int) -> None:
        one, other = Event.objects.get(seq=number), Event.objects.get(seq=number + 1)
        one.seq, other.seq = other.seq, one.seq
        one.save()
        other.save()

    def cut(self, left: int) -> None:
        Event.objects.filter(seq__gt=left).delete()


@pytest.fixture
def attacker(db) -> Attacker:
    return Attacker()
