"""The other way: lists and decoding inside your own processes, without a service. It needs `pip install rempart`.

Choose it for one or two processes. Each holds all lists (128 bytes an entry and more) and starts its own decoder
process, where a service holds them once for all, and also looks into videos and the further frames of animated images.
Make one after your server has forked. Changed lists are taken in when an upload comes, at most once a minute.
"""

import logging
import threading
import time
from collections.abc import Iterable

from screening import Entry, Screening, Verdict

from rempart.adapters.list_sources import open_source
from rempart.core.errors import InputError, LimitExceeded, OutsideFailure, RempartError
from rempart.core.vocabulary import FingerprintType
from rempart.signals.fingerprint import file_hashes
from rempart.signals.fingerprint.sandbox import DecoderPool, Limits
from rempart.signals.lists import Hit, Recogniser

log = logging.getLogger("screening")
NOT_ILLEGAL = "not_illegal"


class ByLibrary:
    """`lists`: CSV or VICS files, mirrors' folders or addresses. `decoders` pictures are decoded at a time."""

    def __init__(
        self, lists: Iterable[str], decoders: int = 1, seconds: float = 10.0, follow_every: float = 60.0
    ) -> None:
        self._sources = [open_source(each) for each in lists]
        self._recogniser = Recogniser.build(entry for source in self._sources for entry in source.entries())
        self._decoders = DecoderPool(decoders, Limits(seconds=seconds))
        self._follow_every, self._due, self._following = follow_every, 0.0, threading.Lock()

    def screen(self, data: bytes) -> Screening:
        self._follow()
        hashes = file_hashes([data])
        found = {FingerprintType(name): bytes.fromhex(getattr(hashes, name)) for name in ("md5", "sha1", "sha256")}
        quality, why = None, ""
        try:
            facts = self._decoders.decode(data)
            quality = facts.quality
            if facts.pdq is not None:
                found[FingerprintType.PDQ] = facts.pdq
        except (LimitExceeded, OutsideFailure) as error:
            why = type(error).__name__
        except InputError:
            pass  # no picture: its file hashes are all there is to compare
        hits = self._recogniser.lookup(found, pdq_quality=quality)
        if hits and min(hits, key=_strength).entry.category != NOT_ILLEGAL:
            return Screening(Verdict.MATCH, tuple(map(_entry, hits)))
        return Screening(Verdict.UNDECIDED, why=why) if why else Screening(Verdict.CLEAR)

    def _follow(self) -> None:
        """One thread looks, the others go on with the lists as they are."""
        if time.monotonic() < self._due or not self._following.acquire(blocking=False):
            return
        try:
            for source in self._sources:
                if changes := source.poll():
                    self._recogniser.change(changes.added, changes.removed)
        except RempartError as error:
            log.warning("a list stays as it was: %s", error)
        finally:
            self._due = time.monotonic() + self._follow_every
            self._following.release()

    def close(self) -> None:
        self._decoders.close()
        self._recogniser.close()
        for source in self._sources:
            source.close()


def _strength(hit: Hit) -> tuple[int, bool]:
    """The file itself before a similar picture, then the nearer one; of equals, the illegal one."""
    return -1 if hit.distance is None else hit.distance, hit.entry.category == NOT_ILLEGAL


def _entry(hit: Hit) -> Entry:
    entry = hit.entry
    return Entry(entry.list_name, str(entry.entry_id), entry.category, entry.source, hit.match)
