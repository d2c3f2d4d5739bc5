"""What `fuzz_index_file` mutates: a file of each format, how it is forged, and what opening it may come to."""

import hashlib
import json
import struct
import zlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from corpus import flipped

from rempart.core.errors import Conflict, IntegrityError, NotFound, RempartError
from rempart.core.vocabulary import FingerprintType as Kind
from rempart.signals.fingerprint.vpdq import VideoFrame
from rempart.signals.lists import ListEntry, Recogniser
from rempart.signals.match import ExactIndex, Index, segment
from rempart.signals.match.segment import Segment
from rempart.signals.match.segment_file import PAGE, Image, Layout
from rempart.signals.match.videos import VideoIndex

_NUMBERS = (0, 1, 7, 0xFF, 0xFFFF, 1 << 16, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 62, (1 << 63) - 1, (1 << 64) - 1)


class Outcome(StrEnum):
    REFUSED = "refused"
    """With an error of ours."""
    ANSWERED = "answered"
    """Opened without verification, or a journal that was cut between two changes."""
    UNCHANGED = "unchanged"
    """The mutation altered nothing, and the answers are the first ones."""
    WRONG = "wrong"


@dataclass(frozen=True)
class Case:
    style: str
    data: bytes
    is_forged: bool
    verify: bool


def mutate(subject: "Subject", number: int) -> Case:
    """From the number alone."""
    random = Random(number)
    data = bytearray(subject.whole)
    is_forged = random.random() < 1 / 3
    if is_forged and (forged := subject.forged(random)) is not None:
        return Case("forged", forged, True, random.random() < 0.5)
    style = random.choice(("bit", "bytes", "number", "cut", "longer", "zero", "copy"))
    at = subject.place(random, len(data))
    length = min(len(data) - at, random.choice((1, 8, 64, 5000)))
    if style == "bit":
        data[at] ^= 1 << random.randrange(8)
    elif style == "bytes":
        data[at : at + length] = random.randbytes(length)
    elif style == "number":
        packed = random.choice(_NUMBERS).to_bytes(8, "little")
        data[at : at + 8] = packed[: len(data) - at]
    elif style == "cut":
        del data[at:]
    elif style == "longer":
        data += random.randbytes(length)
    elif style == "zero":
        data[at : at + length] = bytes(length)
    else:
        source = random.randrange(len(data))
        data[at : at + length] = data[source : source + length].ljust(length, b"\0")
    return Case(style, bytes(data), False, random.random() < 0.5)


class Subject(ABC):
    """One file, kept in a folder that is this object's; `path` is the file that is mutated."""

    name = ""
    loses_an_end = False
    """A file that is cut off, or whose last record is damaged, may be opened without its end."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.path = self.make(folder)
        self.whole = self.path.read_bytes()
        self.first_answer = self.ask(verify=True)

    @abstractmethod
    def make(self, folder: Path) -> Path: ...

    @abstractmethod
    def ask(self, *, verify: bool) -> Any:
        """Opens and searches."""

    def forged(self, random: Random) -> bytes | None:
        """Altered content under right digests; None where only the plain mutations make sense."""
        return None

    def place(self, random: Random, size: int) -> int:
        """Heads are met as often as all the rest."""
        return random.randrange(min(size, 512) if random.random() < 0.5 else size)

    def outcome(self, case: Case) -> tuple[Outcome, str]:
        self.path.write_bytes(case.data)
        try:
            answer = self.ask(verify=case.verify)
        except (IntegrityError, Conflict, NotFound) as error:
            return Outcome.REFUSED, str(error)
        except RempartError as error:
            return Outcome.WRONG, f"{type(error).__name__}: {error}"
        except Exception as error:  # a stranger's file may raise nothing else
            return Outcome.WRONG, f"{type(error).__name__}: {error}"
        if case.data == self.whole:
            return (Outcome.UNCHANGED, "") if answer == self.first_answer else (Outcome.WRONG, "another answer")
        if case.verify and not case.is_forged and not self.loses_an_end:
            return Outcome.WRONG, "an altered file was accepted"
        return Outcome.ANSWERED, ""


def _made_up(count: int, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 256, (count, 32), dtype=np.uint8)
    codes[count // 2 :] = flipped(codes[: count - count // 2], rng.integers(0, 30, count - count // 2), rng)
    return codes


def _searched(found: tuple[np.ndarray, ...]) -> list[list[int]]:
    return [array.tolist() for array in found]


class PlainSegment(Subject):
    name = "segment without tables"
    codes = _made_up(60)

    def make(self, folder: Path) -> Path:
        Segment.build(self.codes, np.arange(5, 65)).save(folder / "file")
        return folder / "file"

    def ask(self, *, verify: bool) -> Any:
        opened = Index.open(self.path, verify=verify)
        return _searched(opened.search(self.codes[:4], 63)), _searched(opened.join(self.codes[:4], 31))

    def forged(self, random: Random) -> bytes:
        """The head or the content altered, and all digests made again."""
        head, body = bytearray(self.whole[:PAGE]), bytearray(self.whole[PAGE:-32])
        if random.random() < 0.5:
            at = random.choice((8, 12, 16, 24, 32, *range(72, 184, 8)))
            head[at : at + 8] = random.choice(_NUMBERS).to_bytes(8, "little")
        else:
            at = random.randrange(len(body))
            body[at : at + 64] = random.randbytes(len(body[at : at + 64]))
        digests = hashlib.sha256(body).digest()
        head[40:72] = hashlib.sha256(digests).digest()
        return bytes(head[:-32]) + hashlib.sha256(head[:-32]).digest() + bytes(body) + digests


class TabledSegment(Subject):
    """Its tables are read though it is small, and have more than one block of positions."""

    name = "segment with tables"
    codes = _made_up(66_000)

    def make(self, folder: Path) -> Path:
        image = Image.blank(Layout(len(self.codes), has_ids=False, has_tables=True))
        segment._fill(image, self.codes, None, 2)
        Segment(image).save(folder / "file")
        return folder / "file"

    def ask(self, *, verify: bool) -> Any:
        opened = Segment.open(self.path, verify=verify)
        image = opened._image
        opened._engine = segment._search.Engine(image.codes, *image.tables, always_bucketed=True)
        return _searched(opened.search(self.codes[:4], 31)), _searched(opened.join(self.codes[:4], 20))


class Exact(Subject):
    name = "exact index"
    codes = _made_up(50, seed=4)[:, :20].copy()

    def make(self, folder: Path) -> Path:
        ExactIndex.build(self.codes, np.arange(7, 57)).save(folder / "file")
        return folder / "file"

    def ask(self, *, verify: bool) -> Any:
        opened = ExactIndex.open(self.path, verify=verify)
        queries = np.zeros((3, opened._width), np.uint8) if opened._width != 20 else self.codes[:3]
        return len(opened), _searched(opened.search(queries)), opened._levels.snapshot[0].part.codes.tolist()

    def forged(self, random: Random) -> bytes:
        return forged_arrays(self.whole, random)


class Journal(Subject):
    name = "journal of an index"
    loses_an_end = True
    codes = _made_up(40, seed=5)

    def make(self, folder: Path) -> Path:
        index = folder / "file"
        Index.build(self.codes[:20]).save(index)
        self.index = index
        opened = Index.open(index, journal=True)
        for number in range(20, 40):
            opened.add(self.codes[number : number + 1], np.array([number]))
        opened.remove(np.arange(0, 30, 2))
        opened.close()
        return folder / "file.journal"

    def ask(self, *, verify: bool) -> Any:
        opened = Index.open(self.index, verify=verify, journal=True)
        try:
            return _searched(opened.search(self.codes, 0))
        finally:
            opened.close()

    def forged(self, random: Random) -> bytes:
        """A payload altered, its digests made again."""
        payload = bytearray(random.randbytes(random.choice((0, 7, 16, 56, 500))))
        if len(payload) >= 16 and random.random() < 0.7:
            counts = (random.choice(_NUMBERS), random.choice(_NUMBERS))
            payload[:16] = struct.pack("<QQ", *counts)
        front = struct.pack("<4sQQ", b"RCRD", len(payload), 22)
        digest = hashlib.blake2b(payload, digest_size=16, salt=struct.pack("<Q", 22)).digest()
        return self.whole + front + struct.pack("<I", zlib.crc32(front)) + bytes(payload) + digest


class Lists(Subject):
    """One file of a folder of lists; which one, the object's class says."""

    file = ""

    def make(self, folder: Path) -> Path:
        kinds = (Kind.PDQ, Kind.SHA256, Kind.MD5)
        self.entries = [
            ListEntry(
                number,
                f"list {number % 2}",
                "baseline",
                kinds[number % 3],
                code.tobytes()[: 16 * (number % 3 != 2) + 16],
            )
            for number, code in enumerate(_made_up(30, seed=6))
        ]
        self.folder = folder / "lists"
        Recogniser.build(self.entries).save(self.folder)
        return self.folder / self.file

    def ask(self, *, verify: bool) -> Any:
        opened = Recogniser.open(self.folder, verify=verify)
        asked = [({entry.kind: entry.value}, None) for entry in self.entries[:6]]
        return opened.counts(), [[hit.entry.key for hit in hits] for hits in opened.lookup_many(asked)]


class Columns(Lists):
    name, file = "columns of lists", "generation-1/columns"

    def forged(self, random: Random) -> bytes:
        return forged_arrays(self.whole, random)


class Current(Lists):
    name, file = "name of the current lists", "CURRENT"
    loses_an_end = True  # it has no digest: other JSON of the right form is another generation, which is not there

    def forged(self, random: Random) -> bytes:
        values = ("rempart-lists/1", "", None, 1, -1, 2, 1.5, "1", "../../x", 10**30, [], {})
        return json.dumps({"format": random.choice(values), "generation": random.choice(values)}).encode()


class Videos(Subject):
    name = "index of videos"

    def make(self, folder: Path) -> Path:
        self.folder = folder / "videos"
        self.frames = [VideoFrame(number, code.tobytes(), 90, 0.0) for number, code in enumerate(_made_up(40, seed=7))]
        VideoIndex.build({name: self.frames[name * 10 : name * 10 + 10] for name in range(4)}).save(self.folder)
        return self.folder / "videos"

    def ask(self, *, verify: bool) -> Any:
        opened = VideoIndex.open(self.folder, verify=verify)
        return len(opened), [hit.video_id for hit in opened.search(self.frames[:12])]

    def forged(self, random: Random) -> bytes:
        body = bytearray(self.whole[:-32])
        at = random.choice((8, 12, 16, 24, 32, *range(56, len(body), 8)))
        body[at : at + 8] = random.choice(_NUMBERS).to_bytes(8, "little")
        return bytes(body) + hashlib.sha256(body).digest()


def forged_arrays(whole: bytes, random: Random) -> bytes:
    """Another table, or other content, under right digests."""
    magic, version, length, _ = struct.unpack("<8sII32s", whole[:48])
    table, start = json.loads(whole[48 : 48 + length]), -(-(48 + length) // 64) * 64
    body = bytearray(whole[start:])
    if random.random() < 0.3:
        at = random.randrange(len(body))
        body[at : at + 16] = random.randbytes(len(body[at : at + 16]))
    else:
        _alter(table, random)
    if isinstance(table, dict) and "sha256" in table:
        table["sha256"] = hashlib.sha256(body).hexdigest()
    encoded = json.dumps(table).encode()
    head = struct.pack("<8sII32s", magic, version, len(encoded), hashlib.sha256(encoded).digest())
    return (head + encoded).ljust(-(-(48 + len(encoded)) // 64) * 64) + bytes(body)


def _alter(value: Any, random: Random) -> None:
    """One leaf or branch somewhere in it becomes something else, or is left out."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = random.choice(keys)
        if isinstance(value[key], dict | list) and value[key] and random.random() < 0.8:
            value = value[key]
            continue
        if random.random() < 0.2:
            del value[key]
        else:
            value[key] = random.choice(
                (*_NUMBERS, -1, -(2**63), 10**40, "", "u1", "<u4", "<i8", "O", None, [], {}, [-1], 1.5, True)
            )
        return


SUBJECTS: tuple[type[Subject], ...] = (TabledSegment, PlainSegment, Exact, Journal, Columns, Current, Videos)
LARGE_EVERY = 25  # the first has 11 MB, so its turn comes seldom
