"""The package's own PDQ signal type, given our index and hashing.

A subclass would not do: the package's exchanges find the class by identity (NCMEC) or by name (all others), and the
command line refuses a second type of the same name, so entries of a subclass would be lost without a word.
"""

import atexit
import os
from functools import cache
from typing import Any, BinaryIO

from threatexchange.signal_type.index import SignalTypeIndex
from threatexchange.signal_type.pdq.signal import PdqSignal

from rempart.core.errors import InputError
from rempart.plugins.threatexchange import container
from rempart.plugins.threatexchange.index import PDQIndex
from rempart.plugins.threatexchange.video_index import VPDQIndex
from rempart.signals.fingerprint.sandbox import DecoderPool

_KINDS: dict[str, type[SignalTypeIndex[Any]]] = {PDQIndex.kind: PDQIndex, VPDQIndex.kind: VPDQIndex}
_load_pickle = SignalTypeIndex.deserialize.__func__  # type: ignore[attr-defined]


def adopt() -> type[PdqSignal]:
    """From now on the package's PdqSignal, wherever it was imported, indexes and hashes with Rempart."""
    for name, method in (("get_index_cls", _index_class), ("hash_from_bytes", _hash_from_bytes)):
        setattr(PdqSignal, name, classmethod(method))
    setattr(SignalTypeIndex, "deserialize", classmethod(_deserialize))  # noqa: B010 - a method, for the type checker
    return PdqSignal


def _index_class(signal_type: type[PdqSignal]) -> type[PDQIndex[object]]:
    return PDQIndex


def _hash_from_bytes(signal_type: type[PdqSignal], bytes_: bytes) -> str:
    """As the interface asks: the empty string where no hash can be had, be it a flat image or no image at all.

    The data is a stranger's, so it is decoded in a separate process under limits.
    """
    try:
        facts = _decoders(os.getpid()).decode(bytes_)
    except InputError:
        return ""
    if facts.pdq is None or (facts.quality or 0) < signal_type.QUALITY_THRESHOLD:
        return ""
    return facts.pdq.hex()


def _deserialize(index_class: type[SignalTypeIndex[Any]], fin: BinaryIO) -> SignalTypeIndex[Any]:
    """HMA loads an index of any type through the base class, which unpickles; ours are told by their first bytes."""
    ours = _KINDS.get(container.kind_of(fin) or "")
    if ours is not None:
        return ours.deserialize(fin)
    loaded: SignalTypeIndex[Any] = _load_pickle(index_class, fin)
    return loaded


@cache
def _decoders(process: int) -> DecoderPool:
    """One pool for each process: servers fork after they imported this."""
    pool = DecoderPool(os.cpu_count() or 1)
    atexit.register(pool.close)
    return pool
