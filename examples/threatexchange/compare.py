"""The package's PDQIndex and the drop-in side by side on your machine, with made-up fingerprints.

    pip install 'rempart[threatexchange]'
    python examples/threatexchange/compare.py [--entries 100000] [--queries 200]

Both are asked the same in turns, half of it near-duplicates of entries, and must answer the same. The package searches
with as many threads as there are cores, the drop-in with one.
"""

import argparse
import io
import itertools
import statistics
import time
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from threatexchange.signal_type.pdq.pdq_index import PDQIndex as TheirIndex

from rempart.plugins.threatexchange import PDQIndex as OurIndex

NEAR_BITS = 24
ROUNDS = 5


def made_up(count: int, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, (count, 32), dtype=np.uint8)


def near(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each with NEAR_BITS of its 256 bits turned."""
    bits = np.unpackbits(codes, axis=1)
    for row in bits:
        row[rng.choice(256, NEAR_BITS, replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def signals(codes: Iterable[np.ndarray]) -> list[str]:
    return [code.tobytes().hex() for code in codes]


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def reload(index: OurIndex | TheirIndex) -> None:
    stored = io.BytesIO()
    index.serialize(stored)
    stored.seek(0)
    type(index).deserialize(stored)


def stored_bytes(index: OurIndex | TheirIndex) -> int:
    stored = io.BytesIO()
    index.serialize(stored)
    return stored.tell()


def answers(index: OurIndex | TheirIndex, query: str) -> list[tuple[int, int]]:
    return sorted((match.similarity_info.distance, match.metadata) for match in index.query(query))


def each_query(index: OurIndex | TheirIndex, asked: list[str]) -> list[float]:
    return [seconds(partial(index.query, query)) for query in asked]


def row(what: str, theirs: float, ours: float, unit: str = "ms", scale: float = 1e3) -> None:
    print(f"{what:34} {theirs * scale:12,.3f} {ours * scale:12,.3f} {unit:3} {theirs / ours:10,.1f} x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=200)
    given = parser.parse_args()
    rng = np.random.default_rng(7)
    codes = made_up(given.entries, rng)
    half = given.queries // 2
    asked = signals(np.concatenate([near(codes[rng.integers(0, len(codes), half)], rng), made_up(half, rng)]))
    entries = list(zip(signals(codes), range(len(codes)), strict=True))

    indexes: dict[type, OurIndex | TheirIndex] = {}

    def build(kind: type[OurIndex | TheirIndex]) -> None:
        indexes[kind] = kind.build(entries)

    built = {kind: seconds(partial(build, kind)) for kind in (TheirIndex, OurIndex)}
    theirs, ours = indexes[TheirIndex], indexes[OurIndex]
    if any(answers(theirs, query) != answers(ours, query) for query in asked):
        raise SystemExit("The two do not answer alike: please report it.")
    times = [(each_query(theirs, asked), each_query(ours, asked)) for _ in range(ROUNDS)]

    print(f"{given.entries:,} entries, {len(asked)} queries{'':>7} {'package':>12} {'drop-in':>12}")
    row("build", built[TheirIndex], built[OurIndex])
    row("one query, median of all", *(statistics.median(itertools.chain(*each)) for each in zip(*times, strict=True)))
    batches = [(sum(one), seconds(partial(ours.query_all, asked))) for one, _ in times]  # the package has no batches
    row("one query in a batch of all", *(statistics.median(each) / len(asked) for each in zip(*batches, strict=True)))
    row("add one entry", *(seconds(partial(index.add, asked[-1], -1)) for index in (theirs, ours)))
    row("store and load again", *(seconds(partial(reload, index)) for index in (theirs, ours)))
    row("size when stored", stored_bytes(theirs), stored_bytes(ours), "MiB", 1 / (1 << 20))


if __name__ == "__main__":
    main()
