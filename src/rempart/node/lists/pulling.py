"""Lists that follow another body's Hash Sharing server: additions, changes and deletions, as they come.

Each batch, what it means for the list and the cursor behind it are one transaction, taken by compare-and-swap of the
cursor: a cut-off pull goes on where it was, and of two at once one stops. What the publisher deletes is withdrawn here,
unless another of its entries has the fingerprint too. An entry that it lists again stays withdrawn: ask a person.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from rempart.adapters.files import write_atomically
from rempart.adapters.hash_sharing_client import Batch, Cursor, HashSharingClient
from rempart.core.categories import category_named
from rempart.core.errors import Conflict, InputError, NotFound, RempartError
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_csv import HashRow
from rempart.formats.hash_sharing.model import Update
from rempart.node.audit import services as audit
from rempart.node.jobs import services as jobs
from rempart.node.lists.finding import list_called
from rempart.node.lists.importing import import_rows
from rempart.node.lists.models import Pull, PulledEntry
from rempart.node.lists.withdrawing import withdraw_rows
from rempart.node.runtime import clock

PULL_STEP = "pull_list"
"""Subject: a pull's id."""
EVERY = timedelta(minutes=5)
REASON = "Deleted by its publisher"
_TOGETHER = 5000
_SELECTED = 500

Held = set[tuple[str, bytes]]
Connect = Callable[[str, str], HashSharingClient]


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought; `rejected` entries could not be understood, `updates` count deletions too."""

    list_id: int
    updates: int = 0
    added: int = 0
    withdrawn: int = 0
    rejected: int = 0

    def plus(self, added: int, withdrawn: int, batch: Batch) -> "Pulled":
        return replace(
            self,
            updates=self.updates + len(batch.updates),
            added=self.added + added,
            withdrawn=self.withdrawn + withdrawn,
            rejected=self.rejected + len(batch.rejected),
        )


@dataclass(frozen=True, slots=True)
class PullFacts:
    """A pull as an operator sees it; `failure` says why it fails since `failing_since`."""

    name: str
    url: str
    pulled_at: datetime | None
    failing_since: datetime | None
    failure: str


def set_up(name: str, category: str, url: str, key: str, *, settles: bool = True, actor: str = "system") -> int:
    """Let a list follow the server at `url`, with this "username:secret". Returns the pull's id.

    Again, it takes a new key. Raises InputError for an address or key that cannot be one, Conflict if the list follows
    another server already or exists otherwise.
    """
    HashSharingClient.at(url, key)
    with transaction.atomic():
        made = import_rows(name, category, [], settles=settles, source=url[:200], actor=actor)
        pull, is_new = Pull.objects.select_for_update().get_or_create(hash_list_id=made.list_id, defaults={"url": url})
        if pull.url != url:
            raise Conflict(
                "The list follows another server.", where="name", advice="End that first, or name another list."
            )
        write_atomically(_key_path(pull.pk), key.encode(), 0o600)
        if is_new:
            audit.record("list:followed", f"list:{made.list_id}", actor=actor)
        jobs.wake(PULL_STEP, pull.pk, due_at=clock().now() + EVERY)
    return pull.pk


def check(url: str, key: str) -> str:
    """Whom the server takes this node for. Raises OutsideFailure, Rejected, InputError."""
    return HashSharingClient.at(url, key).status().member.name


def end(name: str, *, actor: str = "system") -> None:
    """Follow no longer; what the list has it keeps. Raises NotFound."""
    list_id = list_called(name)
    pull = Pull.objects.filter(hash_list=list_id).first()
    if pull is None:
        raise NotFound("The list follows no server.", where="name")
    key = _key_path(pull.pk)
    with transaction.atomic():
        PulledEntry.objects.filter(pull=pull).delete()
        pull.delete()
        audit.record("list:unfollowed", f"list:{list_id}", actor=actor)
    key.unlink(missing_ok=True)


def all_pulls() -> list[PullFacts]:
    """By list."""
    rows = Pull.objects.select_related("hash_list").order_by("hash_list__name")
    return [PullFacts(row.hash_list.name, row.url, row.pulled_at, row.failing_since, row.failure) for row in rows]


def pull(
    pull_id: int,
    connect: Connect = HashSharingClient.at,
    on_progress: Callable[[Pulled], None] = lambda so_far: None,
) -> Pulled:
    """Take in what changed at the server.

    Raises OutsideFailure, InputError, NotFound; Conflict where another pull of the same list went ahead.
    """
    held = Pull.objects.select_related("hash_list").get(pk=pull_id)
    client = connect(held.url, _key(held.pk))
    done, before = Pulled(held.hash_list_id), held.cursor
    for batch in _together(client.changes(Cursor.from_text(held.cursor), clock().now())):
        done = done.plus(*_apply(held, before, batch), batch)
        before = batch.cursor.to_text()
        on_progress(done)
    Pull.objects.filter(pk=pull_id).update(pulled_at=clock().now(), failing_since=None, failure="")
    return done


def ask_for_repeating_steps() -> None:
    for pk in Pull.objects.values_list("pk", flat=True):
        jobs.enqueue(PULL_STEP, pk)


@jobs.step(PULL_STEP)
def pull_step(subject: str) -> jobs.Effects:
    """Again and again, also after a failure, which is noted with the pull. It works without a lease: see above."""
    try:
        pull(int(subject))
    except Pull.DoesNotExist:
        return jobs.nothing
    except Conflict:
        pass
    except RempartError as error:
        _note_failure(int(subject), error)
    return lambda: clock().now() + EVERY


def _note_failure(pull_id: int, error: RempartError) -> None:
    Pull.objects.filter(pk=pull_id, failing_since=None).update(failing_since=clock().now())
    Pull.objects.filter(pk=pull_id).update(failure=error.what[:200])


def _together(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Several pages as one, because each change of a list has its price."""
    waiting: Batch | None = None
    for batch in batches:
        if waiting is not None:
            batch = Batch(waiting.updates + batch.updates, waiting.rejected + batch.rejected, batch.cursor)
        waiting = batch
        if len(batch.updates) >= _TOGETHER:
            yield batch
            waiting = None
    if waiting is not None:
        yield waiting


@transaction.atomic
def _apply(pull: Pull, before: str, batch: Batch) -> tuple[int, int]:
    """Returns how many entries were added and withdrawn."""
    moved = Pull.objects.filter(pk=pull.pk, cursor=before).update(cursor=batch.cursor.to_text())
    if not moved:
        raise Conflict("Another pull of this list went ahead.", where="list", advice="It goes on by itself.")
    last = {update.key: update for update in batch.updates}
    gone = _remember(pull, last)
    added = 0
    rows = [_row(line, update) for line, update in enumerate(last.values(), start=1) if update.hashes]
    if rows:
        list_ = pull.hash_list
        result = import_rows(list_.name, list_.category, rows, settles=list_.settles, source=list_.source)
        added = result.added
    withdrawn = 0
    if gone:
        taken_back = [HashRow(line, {kind: text}) for line, (kind, text) in enumerate(gone, start=1)]
        withdrawn = withdraw_rows(pull.hash_list.name, taken_back, reason=REASON).withdrawn
    return added, withdrawn


def _remember(pull: Pull, last: dict[str, Update]) -> list[tuple[FingerprintType, str]]:
    """Note what each entry has now; returns the fingerprints that no entry has any more."""
    keys = list(last)
    before: dict[str, Held] = {}
    for start in range(0, len(keys), _SELECTED):
        rows = PulledEntry.objects.filter(pull=pull, key__in=keys[start : start + _SELECTED])
        for key, kind, value in rows.values_list("key", "kind", "value"):
            before.setdefault(key, set()).add((kind, bytes(value)))
    lost: Held = set()
    new: list[PulledEntry] = []
    for key, update in last.items():
        wanted = {(kind.value, _binary(kind, text)) for kind, text in update.hashes.items()}
        known = before.get(key, set())
        for kind_name, value in known - wanted:
            PulledEntry.objects.filter(pull=pull, key=key, kind=kind_name, value=value).delete()
            lost.add((kind_name, value))
        new += [PulledEntry(pull=pull, key=key, kind=kind_name, value=value) for kind_name, value in wanted - known]
    PulledEntry.objects.bulk_create(new, batch_size=_SELECTED)
    return [
        (FingerprintType(kind), value.decode("ascii") if kind == FingerprintType.PHOTODNA else value.hex())
        for kind, value in sorted(lost)
        if not PulledEntry.objects.filter(pull=pull, kind=kind, value=value).exists()
    ]


def _row(line: int, update: Update) -> HashRow:
    try:
        category = category_named(update.classification) if update.classification else None
    except InputError:
        category = None
    return HashRow(line, update.hashes, category, update.is_video)


def _binary(kind: FingerprintType, text: str) -> bytes:
    return text.encode("ascii") if kind is FingerprintType.PHOTODNA else bytes.fromhex(text)


def _key_path(pull_id: int) -> Path:
    folder: Path = settings.HOME.lists
    return folder / f"pull-{pull_id}.key"


def key_of(name: str) -> str:
    """The key that the list's pull has. Raises NotFound."""
    pull = Pull.objects.filter(hash_list=list_called(name)).first()
    if pull is None:
        raise NotFound("The list follows no server yet.", where="name", advice="Give a key with --key-file.")
    return _key(pull.pk)


def _key(pull_id: int) -> str:
    path = _key_path(pull_id)
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        raise NotFound(
            "The server's key is missing.", where=path.name, advice="Give it: `rempart lists pull`."
        ) from None
