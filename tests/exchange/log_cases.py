"""A log in memory for the tests: stores that die or are raced, fixed keys, and what every valid log satisfies."""

import random
from collections.abc import Callable, Mapping

from rempart.adapters.signing import Signer, verify
from rempart.core.errors import Conflict
from rempart.exchange.checking import Options, check_head, check_log
from rempart.exchange.checkpoints import Checkpoint, open_checkpoint
from rempart.exchange.commitments import SALT_SIZE, commit_opening
from rempart.exchange.reading import LogReader
from rempart.exchange.store import Listing
from rempart.exchange.tiles import CHECKPOINT, bundles_of
from rempart.exchange.writer import LogWriter
from rempart.formats.signed_note import Key, KeyType, Note, Signature

ORIGIN = "hotline.example/log"
SIGNER = Signer(bytes(range(32)))
KEY = Key(ORIGIN, SIGNER.public_key)
WITNESSES = [
    (Key(f"w{n}.example/witness", Signer(bytes([n]) * 32).public_key, KeyType.COSIGNATURE), Signer(bytes([n]) * 32))
    for n in range(1, 4)
]
NOON = 1_800_000_000


class Killed(BaseException):
    """The process is gone: nothing catches it."""


class MemoryStore:
    """Files in memory; `hook` is called before each step that changes one, with what it is about to do."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self.files = dict(files or {})
        self.hook: Callable[[str, str], None] = lambda step, path: None

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def names(self, folder: str) -> list[str]:
        rests = [path.removeprefix(f"{folder}/") for path in self.files if path.startswith(f"{folder}/")]
        return sorted(rest for rest in rests if "/" not in rest)

    def write(self, files: Mapping[str, bytes]) -> None:
        for path, data in files.items():
            if path not in self.files:
                self.hook("write", path)
            if self.files.setdefault(path, data) != data:
                raise Conflict("the file is there and holds something else.", where=path)

    def swap(self, path: str, before: bytes | None, after: bytes) -> bool:
        self.hook("swap", path)
        if self.files.get(path) != before:
            return False
        self.files[path] = after
        return True

    def remove(self, path: str) -> None:
        self.hook("remove", path)
        self.files.pop(path, None)


class DyingStore(MemoryStore):
    """Allows `steps` changes, then the process is dead."""

    def __init__(self, files: Mapping[str, bytes], steps: int) -> None:
        super().__init__(files)
        self.steps = steps
        self.hook = self._count

    def _count(self, step: str, path: str) -> None:
        if self.steps == 0:
            raise Killed
        self.steps -= 1


def writer(store: MemoryStore, **more: object) -> LogWriter:
    return LogWriter(store, KEY, SIGNER.sign, **more)  # type: ignore[arg-type]


def batch(count: int, seed: int = 0) -> list[bytes]:
    """Openings, the same for one seed; among them padding."""
    chance = random.Random(f"{count} {seed}")
    return [chance.randbytes(SALT_SIZE + chance.choice((0, 12, 29, 45, 47))) for _ in range(count)]


def commitments(openings: list[bytes]) -> list[bytes]:
    return [commit_opening(each) for each in openings]


def all_cosign(note: Note, published: int, proof: Callable[[int], list[bytes]]) -> list[Signature]:
    from rempart.exchange.checkpoints import cosign

    return [cosign(note.text, key, signer.sign, NOON) for key, signer in WITNESSES]


def published(store: Listing) -> Checkpoint:
    """What the log shows, its signature verified."""
    note = (store.read(CHECKPOINT) or b"").decode()
    return open_checkpoint(note, KEY, [key for key, _ in WITNESSES], verify).checkpoint


def assert_valid(store: Listing) -> Checkpoint:
    """The log is one that anybody accepts, its own node included."""
    point = published(store)
    check_log(store, point, Options(openings=True, names=store.names))
    check_head(store, point)
    return point


def all_openings(store: Listing) -> list[bytes]:
    size = published(store).size
    log = LogReader(store, size)
    return [opening for number, _ in bundles_of(0, size) for opening in log.openings(number)]
