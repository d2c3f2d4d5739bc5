"""Which platforms may have a list, and what they get.

Invariant: a list leaves this node only if its terms allow it *and* a person granted it to that platform; both are off
until somebody says so. To anyone else it does not exist.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from rempart.core.errors import Conflict, NotFound
from rempart.formats.list_feed import write_head
from rempart.node.audit import services as audit
from rempart.node.jobs import services as jobs
from rempart.node.lists import feed
from rempart.node.lists.finding import PUBLISH_STEP, list_called
from rempart.node.lists.models import FeedFile, FoldedList, HashList, ListGrant
from rempart.node.runtime import clock


@dataclass(frozen=True, slots=True)
class SharedList:
    """A list as a platform that may have it sees it."""

    id: int
    name: str
    category: str
    source: str
    sequence: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file of a feed; `sha256` is of the bytes that `content` gives in pieces, `size` their number."""

    sha256: str
    size: int
    content: Iterator[bytes]


@transaction.atomic
def set_terms(name: str, *, may_share: bool, actor: str = "system") -> None:
    """Note whether the list's terms allow passing it on. Where they do not, no grant has any effect."""
    list_id = list_called(name)
    if not HashList.objects.filter(pk=list_id, may_share=not may_share).update(may_share=may_share):
        return
    audit.record("list:sharing_allowed" if may_share else "list:sharing_forbidden", f"list:{list_id}", actor=actor)
    if may_share:
        # Readers by time begin again: what changed while it was forbidden they were not told.
        ListGrant.objects.filter(hash_list=list_id).update(granted_at=clock().now())
        jobs.wake(PUBLISH_STEP, list_id)


@transaction.atomic
def grant(name: str, platform_id: int, *, actor: str = "system") -> None:
    """Let a platform have the list; again changes nothing. Raises NotFound, Conflict if the terms forbid it."""
    list_id = list_called(name)
    if not HashList.objects.select_for_update().get(pk=list_id).may_share:
        raise Conflict(
            "This list may not be passed on.",
            where="list",
            advice="If its terms allow it: `rempart lists terms LIST --may-share`.",
        )
    now = clock().now()
    _, made = ListGrant.objects.get_or_create(
        hash_list_id=list_id, platform_id=platform_id, defaults={"granted_at": now}
    )
    if made:
        audit.record("list:granted", f"list:{list_id}", actor=actor, data={"platform": platform_id})


@transaction.atomic
def revoke(name: str, platform_id: int, *, actor: str = "system") -> None:
    """End a platform's access at once; what it fetched before it keeps. Raises NotFound where it had none."""
    list_id = list_called(name)
    if not ListGrant.objects.filter(hash_list=list_id, platform=platform_id).delete()[0]:
        raise NotFound("This platform may not have this list anyway.", where="platform")
    audit.record("list:revoked", f"list:{list_id}", actor=actor, data={"platform": platform_id})


def end_grants(platform_id: int) -> None:
    """In the caller's transaction: a platform whose credential is revoked starts without lists if it comes back."""
    for held in ListGrant.objects.filter(platform=platform_id).order_by("pk"):
        held.delete()
        audit.record("list:revoked", f"list:{held.hash_list_id}", data={"platform": platform_id})


def shared_with(platform_id: int) -> list[SharedList]:
    """The lists this platform may have, by name."""
    rows = HashList.objects.filter(may_share=True, grants__platform=platform_id).order_by("name")
    return [SharedList(row.pk, row.name, row.category, row.source, row.sequence, row.changed_at) for row in rows]


def feed_head(list_id: int, platform_id: int) -> bytes:
    """`list.json`. Raises NotFound to a platform that may not have the list, Conflict before it is published."""
    granted = _granted(list_id, platform_id)
    if FoldedList.objects.filter(hash_list=granted).exists():
        raise NotFound("This list is signed: its head is list.note.", where="list.json")
    head = feed.head(granted)
    if head is None:
        raise Conflict("The list is being published.", where="list", advice="Ask again in a minute.")
    return write_head(head)


def feed_note(list_id: int, platform_id: int) -> bytes:
    """`list.note` of a list that this node signs. Raises NotFound, also for any other, Conflict before it is signed."""
    folded = FoldedList.objects.filter(hash_list=_granted(list_id, platform_id)).first()
    if folded is None:
        raise NotFound("This list is not signed: its head is list.json.", where="list.note")
    if not folded.note:
        raise Conflict("The list is being published.", where="list", advice="Ask again in a minute.")
    return str(folded.note).encode()


def feed_digest(list_id: int, platform_id: int, name: str) -> str:
    """SHA-256 of a published file. Raises NotFound."""
    return _published(list_id, platform_id, name).sha256


def feed_file(list_id: int, platform_id: int, name: str, *, actor: str) -> SharedFile:
    """A published file, whose download is recorded before it begins. Raises NotFound."""
    file = _published(list_id, platform_id, name)
    with transaction.atomic():
        audit.record("list:downloaded", f"list:{list_id}", actor=actor, data={"file": file.name, "entries": file.rows})
    return SharedFile(file.sha256, file.size, feed.content(file))


def _granted(list_id: int, platform_id: int) -> HashList:
    found = HashList.objects.filter(pk=list_id, may_share=True, grants__platform=platform_id).first()
    if found is None:
        raise NotFound("There is no such list for this credential.", where="list", advice="GET /lists names yours.")
    return found


def _published(list_id: int, platform_id: int, name: str) -> FeedFile:
    files = FeedFile.objects.filter(hash_list=_granted(list_id, platform_id))
    found = next((file for file in files if file.name == name), None)
    if found is None:
        raise NotFound("There is no such file now.", where="file", advice="Read list.json again.")
    return found
