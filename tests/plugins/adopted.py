"""Run as a program of its own, since adopting changes the package for the whole process; prints one JSON object.

python adopted.py FOLDER        # pictures named by what they are
"""

import io
import json
import pickle
import sys
from pathlib import Path

from threatexchange.exchanges.impl.ncmec_api import _get_conversion
from threatexchange.signal_type.index import SignalTypeIndex
from threatexchange.signal_type.md5 import VideoMD5Signal
from threatexchange.signal_type.pdq.signal import PdqSignal as TheirSignal

before = TheirSignal.get_index_cls().__module__

import rempart.plugins.threatexchange as plugin  # noqa: E402

untouched = TheirSignal.get_index_cls().__module__
from rempart.plugins.threatexchange import PdqSignal  # noqa: E402


def through_the_base_class(index: SignalTypeIndex, query: str) -> list:
    """As HMA stores and loads every index, whatever its type."""
    stream = io.BytesIO()
    index.serialize(stream)
    stream.seek(0)
    return [match.metadata for match in SignalTypeIndex.deserialize(stream).query(query)]


if __name__ == "__main__":
    signals = {path.name: PdqSignal.hash_from_file(path) for path in sorted(Path(sys.argv[1]).iterdir())}
    index = PdqSignal.get_index_cls().build([(signals["listed.png"], "listed")])
    print(
        json.dumps(
            {
                "before": before,
                "untouched_by_import": untouched,
                "after": TheirSignal.get_index_cls().__module__,
                "same_class": PdqSignal is TheirSignal,
                "ncmec_finds_it": PdqSignal in set(_get_conversion([PdqSignal]).values()),
                "ours": PdqSignal.get_index_cls() is plugin.PDQIndex,
                "loaded": through_the_base_class(index, signals["listed.png"]),
                "other_types_loaded": through_the_base_class(
                    VideoMD5Signal.get_index_cls().build([("0" * 32, "md5")]), "0" * 32
                ),
                "others_stay_pickles": SignalTypeIndex.deserialize(io.BytesIO(pickle.dumps([1]))) == [1],
                "signals": signals,
                "distances": {
                    name: [match.similarity_info.distance for match in index.query(signal)]
                    for name, signal in signals.items()
                },
            }
        )
    )
