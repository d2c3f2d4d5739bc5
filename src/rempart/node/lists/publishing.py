"""Step: the files of a list's feed follow the list.

Each change becomes a file of changes; a new snapshot replaces the old one when the changes after it grow, so that
nobody reads much more than the list. Changes older than the snapshot stay for a while for readers who are behind.
"""

from dataclasses import dataclass, field

from django.db import transaction

from rempart.node.jobs import services as jobs
from rempart.node.lists import feed, noting
from rempart.node.lists.finding import PUBLISH_STEP
from rempart.node.lists.models import FeedFile, HashList
from rempart.node.lists.windows import stamp

MAX_SINCE_SNAPSHOT = 64
MAX_KEPT = 256
FEW_ROWS = 5000


@dataclass(frozen=True, slots=True)
class Plan:
    """Files to add and ids of files to drop; made from the files with the ids `based_on`."""

    based_on: frozenset[int]
    new: list[FeedFile] = field(default_factory=list)
    dropped: frozenset[int] = frozenset()


@jobs.step(PUBLISH_STEP)
def publish_step(subject: str) -> jobs.Effects:
    """Subject: a list's id. It works without a lease, which a large list outlasts: whoever is first counts."""
    stamp(int(subject))
    publish(int(subject))
    return jobs.nothing


def publish(list_id: int) -> None:
    """Publish what is new, now; planned anew where somebody else published meanwhile."""
    while (made := plan(list_id)) is not None:
        with transaction.atomic():
            carry_out(list_id, made)
            noting.renew(list_id)
    with transaction.atomic():
        noting.renew(list_id)


def plan(list_id: int) -> Plan | None:
    """What is missing, measured; None where nothing is or the list may not be shared."""
    hash_list = HashList.objects.filter(pk=list_id, may_share=True).first()
    if hash_list is None:
        return None
    files = list(FeedFile.objects.filter(hash_list=hash_list).order_by("last"))
    based_on = frozenset(file.pk for file in files)
    snapshot = next((file for file in files if file.is_snapshot), None)
    changes = [file for file in files if not file.is_snapshot]
    if snapshot is None:
        return Plan(based_on, [_file(hash_list, None)])
    last = max([snapshot.last, *(file.last for file in changes)])
    if last == hash_list.sequence:
        return None
    new = [_file(hash_list, last)]
    since = [file for file in [*changes, *new] if file.first >= snapshot.last]
    dropped: set[int] = set()
    if len(since) > MAX_SINCE_SNAPSHOT or sum(file.rows for file in since) > max(FEW_ROWS, snapshot.rows // 4):
        new.append(_file(hash_list, None))
        dropped = {snapshot.pk, *_too_old(changes, new[1])}
    return Plan(based_on, new, frozenset(dropped))


def carry_out(list_id: int, made: Plan) -> bool:
    """In the caller's transaction. False if the published files are no longer those the plan was made from."""
    HashList.objects.select_for_update().get(pk=list_id)
    published = FeedFile.objects.filter(hash_list=list_id)
    if set(published.values_list("pk", flat=True)) != made.based_on:
        return False
    published.filter(pk__in=made.dropped).delete()
    FeedFile.objects.bulk_create(made.new)
    return True


def _file(hash_list: HashList, first: int | None) -> FeedFile:
    """A snapshot, or the changes after `first`, up to now."""
    return feed.measured(
        FeedFile(hash_list=hash_list, is_snapshot=first is None, first=first or 0, last=hash_list.sequence)
    )


def _too_old(changes: list[FeedFile], snapshot: FeedFile) -> set[int]:
    """Of the changes, newest first, those beyond what it costs to read the snapshot instead."""
    kept, rows = 0, 0
    too_old = set()
    for file in reversed(changes):
        kept, rows = kept + 1, rows + file.rows
        if kept > MAX_KEPT or rows > max(FEW_ROWS, snapshot.rows):
            too_old.add(file.pk)
    return too_old
