"""Fingerprints of one file: read once, hashed in one pass, decoded in restricted processes."""

import os
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from stat import S_ISREG

from rempart.core.errors import InputError, LimitExceeded
from rempart.core.vocabulary import FingerprintType
from rempart.scanning.media import HEAD_BYTES, Media, media_kind
from rempart.scanning.records import TURNS, Examined, Fingerprints, Item, Query, Rules
from rempart.signals.fingerprint import FileHasher, FileHashes
from rempart.signals.fingerprint.sandbox import DecoderPool, Limits
from rempart.signals.fingerprint.video_limits import VideoFailure, VideoLimits
from rempart.signals.fingerprint.video_sandbox import VideoDecoder

MAX_FRAMES = 64
"""Of an animated image; of a longer one, so many evenly spread."""

_CHUNK = 1 << 20
_WITHOUT_FRAMES = {refused.as_error().what for refused in (VideoFailure.NO_VIDEO, VideoFailure.TOO_SMALL)}
_CUT_OFF = "The image is cut off; what is left of it was compared."


class Examiner:
    """Threads share one; at most `jobs` files are in memory, each up to the decoder's limit of encoded bytes."""

    def __init__(
        self, rules: Rules, jobs: int, limits: Limits | None = None, video_limits: VideoLimits | None = None
    ) -> None:
        self._rules = rules
        self._limits = limits or Limits()
        self._pool = DecoderPool(jobs, self._limits)
        self._videos = _VideoPool(jobs, video_limits or VideoLimits())

    def close(self) -> None:
        self._pool.close()
        self._videos.close()

    def examine(self, item: Item, *, exactly: bool = False) -> Examined:
        """Never raises for what an input holds: the reason becomes the item's problem."""
        if item.problem is not None:
            return Examined(item, problem=item.problem)
        if item.path is None:
            return Examined(item, (Query(item.fingerprints, item.quality),))
        try:
            return self._examine_file(item, item.path, is_fast=self._rules.fast and not exactly)
        except OSError as error:
            return Examined(item, problem=f"It cannot be read: {error.strerror or 'no reason given'}.")

    def _examine_file(self, item: Item, path: str, *, is_fast: bool) -> Examined:
        # Not blocking, because what was a file when it was listed may be a pipe by now.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb", buffering=0) as file:
            facts = os.fstat(file.fileno())
            if not S_ISREG(facts.st_mode):
                return Examined(item, problem="It is neither a file nor a folder.")
            return self._examine_open(item, file, is_fast=is_fast)

    def _examine_open(self, item: Item, file: FileIO, *, is_fast: bool) -> Examined:
        hashes, head, data = _read(file, self._limits.input_bytes)
        queries = [Query(_as_fingerprints(hashes))]
        kind = media_kind(head)
        problem = None
        try:
            if kind is Media.VIDEO:
                self._add_video(queries, file)
            elif data:
                problem = self._add_image(queries, data, is_fast=is_fast)
            elif data is None and kind is Media.IMAGE:
                problem = "The image is larger than the limit allows."
        except LimitExceeded as refused:
            problem = refused.what
        except InputError as refused:
            problem = refused.what if kind else None
        return Examined(item, tuple(queries), problem)

    def _add_image(self, queries: list[Query], data: bytes, *, is_fast: bool) -> str | None:
        """What was found before an error stays in `queries`."""
        facts = self._pool.decode(data, fast=is_fast and not self._rules.turned)
        if facts.pdq is None:
            return None
        whole = {**queries[0].fingerprints, FingerprintType.PDQ: facts.pdq}
        queries[0] = Query(whole, facts.quality, is_exact=facts.exact)
        if self._rules.turned:
            (_, *codes), quality = self._pool.dihedral(data)
            turns = zip(TURNS, codes, strict=True)
            queries += [Query({FingerprintType.PDQ: code}, quality, turn=turn) for turn, code in turns]
        if self._rules.frames and facts.frames > 1:
            frames = self._pool.frames(data, MAX_FRAMES)
            queries += [
                Query({FingerprintType.PDQ: frame.code}, frame.quality, frame=frame.number)
                for frame in frames
                if frame.number  # the first is the picture itself
            ]
        return _CUT_OFF if facts.truncated else None

    def _add_video(self, queries: list[Query], file: FileIO) -> None:
        """Frames that look the same are compared once."""
        if self._rules.video_every is None:
            return
        seen: set[bytes] = set()
        same_file = Path(f"/dev/fd/{file.fileno()}")  # whatever its name leads to by now
        with self._videos.borrowed() as decoder:
            try:
                frames = decoder.vpdq(same_file, every=self._rules.video_every or None)
            except InputError as refused:
                if refused.what in _WITHOUT_FRAMES:
                    return
                raise
        for frame in frames:
            if frame.code not in seen:
                seen.add(frame.code)
                fingerprints = {FingerprintType.PDQ: frame.code}
                queries.append(Query(fingerprints, frame.quality, frame=frame.number, seconds=frame.seconds))


class _VideoPool:
    """Decoders of videos, each made when it is first needed."""

    def __init__(self, size: int, limits: VideoLimits) -> None:
        self._decoders = [VideoDecoder(limits) for _ in range(size)]
        self._idle: queue.LifoQueue[VideoDecoder] = queue.LifoQueue()
        for decoder in self._decoders:
            self._idle.put(decoder)

    def close(self) -> None:
        for decoder in self._decoders:
            decoder.close()

    @contextmanager
    def borrowed(self) -> Iterator[VideoDecoder]:
        decoder = self._idle.get()
        try:
            yield decoder
        finally:
            self._idle.put(decoder)


def _read(file: FileIO, most: int) -> tuple[FileHashes, bytes, bytes | None]:
    """Hashes of the whole file, its first bytes, and its content unless that is more than `most` bytes."""
    hasher, kept, size, head = FileHasher(), [], 0, b""
    while chunk := file.read(_CHUNK):
        hasher.update(chunk)
        head = head or chunk[:HEAD_BYTES]
        size += len(chunk)
        if size <= most:
            kept.append(chunk)
        else:
            kept.clear()
    return hasher.finish(), head, b"".join(kept) if size <= most else None


def _as_fingerprints(hashes: FileHashes) -> Fingerprints:
    if not hashes.size:
        return {}  # lists hold the hashes of the empty file by mistake
    return {
        FingerprintType.MD5: bytes.fromhex(hashes.md5),
        FingerprintType.SHA1: bytes.fromhex(hashes.sha1),
        FingerprintType.SHA256: bytes.fromhex(hashes.sha256),
    }
