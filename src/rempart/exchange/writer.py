"""Writing a log: one checkpoint for each size, whatever is killed and whoever else writes.

The order: 1. the head, with the batch in it, is replaced by compare-and-swap; 2. the batch's files are written; 3. the
checkpoint is signed and cosigned; 4. it is published, last, by compare-and-swap. Nothing is signed before 1, so of two
writers, or of a writer and the backup it was restored from beside it, one signs. After a kill, opening the log goes on
from 2 when the head was replaced; before that nothing had happened.

What this cannot see is a whole store that was put back to an earlier day: head, files and checkpoint agree there. Give
what the caller knows of later checkpoints as `known`; and the witnesses refuse to cosign the fork.
"""

from collections.abc import Callable, Sequence

from rempart.core.errors import Conflict, InputError, IntegrityError, NotFound
from rempart.exchange.checkpoints import Checkpoint, parse_checkpoint, sign_checkpoint
from rempart.exchange.commitments import ERASED
from rempart.exchange.edge import Edge, read_edge
from rempart.exchange.head import HEAD, Head
from rempart.exchange.quorum import FRESH_SECONDS
from rempart.exchange.reading import LogReader
from rempart.exchange.store import Store
from rempart.exchange.tiles import (
    CHECKPOINT,
    HEIGHT,
    WIDTH,
    bundle_path,
    entries_path,
    join_entries,
    split_entries,
    tile_path,
)
from rempart.exchange.tree import EMPTY_ROOT, consistency_proof, root_of
from rempart.formats.signed_note import MAX_SIGNATURES, Key, Note, Sign, Signature, read_note

Gather = Callable[[Note, int, Callable[[int], list[bytes]]], list[Signature]]
"""`gather(note, published, proof)`: the cosignatures that witnesses give a note; `published` is the size that the log
showed so far, `proof(old)` proves the note's tree consistent with an earlier size. It raises nothing for a witness
that does not answer."""
_TRIES = 20


def none(note: Note, published: int, proof: Callable[[int], list[bytes]]) -> list[Signature]:
    """No witnesses."""
    return []


class LogWriter:
    """The writer of a log; `key` bears the log's origin as its name, `sign` its signatures.

    Opening it finishes what a kill left. Raises IntegrityError when the log's files do not agree, or not with what is
    `known` of it. After a Conflict, or any other failure, the next call opens the log anew by itself.
    """

    def __init__(
        self, store: Store, key: Key, sign: Sign, gather: Gather = none, known: Sequence[Checkpoint] = ()
    ) -> None:
        self._store, self._key, self._sign, self._gather, self._known = store, key, sign, gather, known
        self._edge, self._is_stale = Edge(), True
        self._ready()

    @property
    def checkpoint(self) -> Checkpoint:
        """What was published last; of size 0 when nothing was."""
        return self._point

    @property
    def note(self) -> Note | None:
        """What was published last, with signatures; None when nothing was."""
        return self._note

    def append(self, openings: Sequence[bytes], gather: Gather | None = None) -> Note:
        """Add a batch and publish it; gives the note. Its entries are the last `len(openings)` of the new size.

        Raises Conflict when another writer was first: nothing was signed, and the batch stands only if the other added
        the same one (`find`). Any other failure leaves that open too.
        """
        if not openings:
            raise InputError("a batch has at least one entry.", where="log")
        self._ready()
        edge = self._edge.copy()
        files = edge.grow(openings)
        head = Head(self._head.turn + 1, edge.size, edge.root, tuple(openings))
        self._replace_head(head)
        self._is_stale, self._edge = True, edge
        self._store.write(files)
        self._is_stale = False
        return self._publish(gather or self._gather)

    def refresh(self, gather: Gather | None = None) -> Note:
        """Publish the same checkpoint with fresh cosignatures (an empty log publishes its first one so)."""
        self._ready()
        return self._publish(gather or self._gather)

    def find(self, commitments: Sequence[bytes], within: int = 1 << 16) -> int | None:
        """The index of the first of these entries, if they stand in a row in the last `within` ones; else None."""
        self._ready()
        log, size = LogReader(self._store, self._head.size), self._head.size
        wanted, after = list(commitments), list[bytes]()
        for number in range((size - 1) // WIDTH, max(0, size - within) // WIDTH - 1, -1):
            after = log.entries(number) + after[: len(wanted)]
            at = after.index(wanted[0]) if wanted and wanted[0] in after else -1
            if at >= 0 and after[at : at + len(wanted)] == wanted:
                return number * WIDTH + at
        return None

    def erase(self, index: int) -> None:
        """Destroy the opening of an entry wherever it lies; on return it is gone from the store, the tree is as it was.

        After a failure or a kill it is to be called again. Raises NotFound for an entry that the log does not have.
        """
        for _ in range(_TRIES):
            self._ready()
            if not 0 <= index < self._head.size:
                raise NotFound("the log has no such entry.", where="log")
            self._empty(index)
            # A new head even if nothing waits in it: a writer that remembers the opening must read the files again.
            try:
                self._replace_head(Head(self._head.turn + 1, self._head.size, self._head.root))
            except Conflict:
                continue
            if index >= self._edge.size - len(self._edge.openings):
                self._edge.openings[index % WIDTH] = ERASED
            return
        raise Conflict("other writers do not let this one through.", where="log", advice="Run one writer.")

    def tidy(self, since: int, until: int) -> None:
        """Remove the partial files whose full ones came while the log grew from `since` to `until` entries.

        Readers of an earlier checkpoint may still ask for them: `until` is a size of an hour ago.
        """
        level = 0
        while until >> HEIGHT * (level + 1):
            for number in range(since >> HEIGHT * (level + 1), until >> HEIGHT * (level + 1)):
                paths = [tile_path(level, number)]
                paths += [entries_path(number), bundle_path(number)] if level == 0 else []
                for path in paths:
                    for name in self._store.names(f"{path}.p"):
                        self._store.remove(f"{path}.p/{name}")
            level += 1

    def _ready(self) -> None:
        if not self._is_stale:
            return
        raw, published = self._settled_files()
        self._raw, self._head, self._published = raw, Head.from_bytes(raw), published
        self._note = read_note(published.decode(errors="replace")) if published is not None else None
        point = parse_checkpoint(self._note.text) if self._note else Checkpoint(self._key.name, 0, EMPTY_ROOT)
        self._point = point
        edge = read_edge(self._store, self._head.start)
        roots = {self._head.start: edge.root}
        files = edge.grow(self._head.openings)
        roots[edge.size] = edge.root
        if edge.root != self._head.root:
            raise IntegrityError("the log's files are not those of its head.", where=HEAD, advice=_RESTORE)
        if point.origin != self._key.name:
            raise IntegrityError(
                f"this is the log of {point.origin}.", where=CHECKPOINT, advice="Check REMPART_ORIGIN."
            )
        if roots.get(point.size) != point.root:
            raise IntegrityError("the checkpoint is not one of this head.", where=CHECKPOINT, advice=_RESTORE)
        self._edge = edge
        self._rewrite(files)
        for each in self._known:
            self._check_known(each)
        self._is_stale = False
        if point.size < edge.size:
            self._publish(self._gather)

    def _settled_files(self) -> tuple[bytes, bytes | None]:
        """Head and checkpoint as they were at one moment; another writer may be at work."""
        for _ in range(_TRIES):
            raw, published = self._store.read(HEAD), self._store.read(CHECKPOINT)
            if raw is None and published is not None:
                raise IntegrityError("the log has a checkpoint and no head.", where=HEAD, advice=_RESTORE)
            if raw is None:
                self._store.swap(HEAD, None, Head().to_bytes())
            elif raw == self._store.read(HEAD):
                return raw, published
        raise Conflict("other writers do not let this one through.", where="log", advice="Run one writer.")

    def _rewrite(self, files: dict[str, bytes]) -> None:
        """Write what the batch in the head makes; where it is there already, see that it is whole.

        Bundles may be there with openings erased, by a caller that did not come to the end.
        """
        bundles = {path: self._store.read(path) for path in files if path.startswith("bundle/")}
        erased = {path for path, there in bundles.items() if there is not None and _is_erased(there, files[path])}
        try:
            self._store.write({path: data for path, data in files.items() if path not in erased})
        except Conflict as error:
            if self._store.read(HEAD) != self._raw:
                raise
            raise IntegrityError("the file is not the one of this head.", where=error.where, advice=_RESTORE) from None

    def _check_known(self, known: Checkpoint) -> None:
        is_ours = known.origin == self._key.name and known.size <= self._edge.size
        if not is_ours or root_of(0, known.size, LogReader(self._store, self._edge.size).node) != known.root:
            raise IntegrityError(
                "the log is not a continuation of what it already published: it was put back to an earlier state.",
                where="log",
                advice="Nothing was signed. Fetch the missing files from a mirror or member, never go on from here.",
            )

    def _replace_head(self, head: Head) -> None:
        raw = head.to_bytes()
        self._is_stale = True
        if not self._store.swap(HEAD, self._raw, raw):
            raise Conflict("another writer was first.", where="log", advice="See whether the batch stands, then retry.")
        self._raw, self._head, self._is_stale = raw, head, False

    def _publish(self, gather: Gather) -> Note:
        """Sign, have cosigned and publish what the head says, unless another writer has published more."""
        self._is_stale = True
        point = Checkpoint(self._key.name, self._head.size, self._head.root)
        log = LogReader(self._store, point.size)
        signed = sign_checkpoint(point, self._key, self._sign)
        lines = gather(signed, self._point.size, lambda old: consistency_proof(old, point.size, log.node))
        before = self._note.signatures if self._note and self._note.text == signed.text else ()
        note = Note(signed.text, (*signed.signatures, *_merged(lines, before, self._key))[:MAX_SIGNATURES])
        for _ in range(_TRIES):
            if self._store.swap(CHECKPOINT, self._published, raw := str(note).encode()):
                self._published, self._note, self._point, self._is_stale = raw, note, point, False
                return note
            self._published = self._store.read(CHECKPOINT)
            other = read_note((self._published or b"").decode(errors="replace"))
            if parse_checkpoint(other.text).size > point.size:
                return other
        raise Conflict("other writers do not let this one through.", where=CHECKPOINT, advice="Run one writer.")

    def _empty(self, index: int) -> None:
        full = bundle_path(index // WIDTH)
        widths = [int(name) for name in self._store.names(f"{full}.p") if name.isdecimal()]
        for width in [each for each in widths if each > index % WIDTH] + [WIDTH]:
            path = bundle_path(index // WIDTH, width)
            while (data := self._store.read(path)) is not None:
                openings = split_entries(data, width)
                openings[index % WIDTH] = ERASED
                if self._store.swap(path, data, join_entries(openings)):
                    break


_RESTORE = "Restore the log's whole folder from a backup; run `rempart log fsck`."


def _is_erased(one: bytes, other: bytes) -> bool:
    """Whether two bundles of one width are the same but for openings that were erased in one of them."""
    width = 0
    at = 0
    while at < len(other):
        at, width = at + 2 + int.from_bytes(other[at : at + 2], "big"), width + 1
    try:
        pairs = zip(split_entries(one, width), split_entries(other, width), strict=True)
    except IntegrityError:
        return False
    return all(ERASED in (first, second) or first == second for first, second in pairs)


def _merged(fresh: Sequence[Signature], before: Sequence[Signature], log: Key) -> list[Signature]:
    """Fresh cosignatures, and the ones before of witnesses that gave none now, as long as they count."""
    named = {(each.name, each.number) for each in fresh}
    oldest = max((_time(each) for each in fresh), default=0) - FRESH_SECONDS
    kept = [
        each
        for each in before
        if not each.is_by(log) and (each.name, each.number) not in named and _time(each) >= oldest
    ]
    return [*fresh, *kept]


def _time(line: Signature) -> int:
    return int.from_bytes(line.blob[:8], "big")
