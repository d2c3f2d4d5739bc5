"""Exact search of PDQ fingerprints within 31 bits: our index beside faiss, python-threatexchange, usearch and numpy.

    python benchmarks/bench_index.py [--quick | --large] [--sizes 100000 1000000] [--peers faiss usearch]
                                     [--plot FOLDER] [--json FILE]

Half of the queries are near-duplicates of something listed, half are of pictures on no list; one thread each. A call
asks one of them, a batch 20,000. All take turns in short slots; times are medians of the rounds, ratios are taken
within a round and told with their range. Search times are processor time, so that a neighbour who takes the processor
does not count; what he does to caches and memory does. Memory is what the process grew by while an index was built.
"""

import argparse
import ctypes
import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import psutil
from corpus import Codes, fingerprints, queries
from index_peers import PEERS, RADIUS, BruteForce, Found, Peer, Rempart, missing
from report import interleave, ratios, rounded, spread, table, timed

QUICK, FULL, LARGE = [100_000], [100_000, 1_000_000, 10_000_000], [100_000, 1_000_000, 10_000_000, 50_000_000]
SLOT, QUICK_SLOT = 0.25, 0.08  # seconds of one turn
BATCH = 20_000
DELTAS = (0, 1, 4096, 262_144)
MS, US = 1e3, 1e6


Way = Callable[[Codes], object]


@dataclass
class Row:
    """One index at one size; times in seconds a query, round by round."""

    name: str
    entries: int
    build: float = 0.0
    bytes_each: float = 0.0
    call: list[float] = field(default_factory=list)
    batch: list[float] = field(default_factory=list)
    join: list[float] = field(default_factory=list)
    recall: float | None = None
    identical: bool | None = None
    open_first: list[float] = field(default_factory=list)
    visible: float | None = None
    """Seconds from the call that adds one entry until a query finds it."""
    call_with_delta: dict[int, list[float]] = field(default_factory=dict)


def measure(size: int, chosen: Sequence[Peer], *, rounds: int, quick: bool) -> list[Row]:
    _progress(f"making {size:,} fingerprints")
    listed = fingerprints(size)
    asked = queries(listed, BATCH)
    peers = [type(peer)() for peer in chosen if peer.most_entries >= size]
    rows = {peer.name: _built(peer, listed) for peer in peers}
    _progress("searching, opening, adding")
    _search_times(peers, rows, asked, rounds, QUICK_SLOT if quick else SLOT)
    truth = _truth(peers, asked[: 400 if size <= 1_000_000 else 60])
    for peer in peers:
        found = peer.found(asked[: len(truth)])
        rows[peer.name].identical = found == truth
        rows[peer.name].recall = _recall(found, truth)
    _opening(peers, rows, asked, 3 if quick else 5)
    for peer in peers:
        _adding(peer, rows[peer.name], asked, rounds)
    return list(rows.values())


def _built(peer: Peer, listed: Codes) -> Row:
    _progress(f"building {peer.name}")
    before = _resident()
    seconds = timed(lambda: peer.build(listed))
    return Row(peer.name, len(listed), seconds, (_resident() - before) / len(listed))


def _progress(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what} …", file=sys.stderr, flush=True)


def _resident() -> int:
    """Bytes; what was freed goes back to the system first, or the next index would hide in it."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return psutil.Process().memory_info().rss


def _search_times(peers: list[Peer], rows: dict[str, Row], asked: Codes, rounds: int, slot: float) -> None:
    ways, counts = {}, {}
    for peer in peers:
        for kind, way in _ways(peer).items():
            key = (peer.name, kind)
            # Whole batches for us: so many queries share the way through the tables. Peers take them one by one.
            is_whole = kind != "call" and isinstance(peer, Rempart)
            counts[key] = len(asked) if is_whole else _slot(way, asked, slot)
            ways[key] = partial(way, asked[: counts[key]])
    times = interleave(ways, rounds, time.process_time)
    for key, seconds in times.items():
        name, kind = key
        setattr(rows[name], kind, [each / counts[key] for each in seconds])


def _ways(peer: Peer) -> dict[str, Way]:
    ways: dict[str, Way] = {"call": partial(_one_by_one, peer)}
    if type(peer).batch is not Peer.batch:
        ways["batch"] = peer.batch
    if isinstance(peer, Rempart):
        ways["join"] = peer.join
    return ways


def _one_by_one(peer: Peer, asked: Codes) -> None:
    for number in range(len(asked)):
        peer.call(asked[number : number + 1])


def _slot(way: Way, asked: Codes, slot: float) -> int:
    """How many queries fill a slot; also warms up."""
    for exponent in range(1, 8):
        count = 4**exponent
        seconds = timed(partial(way, asked[:count]))
        if seconds > slot / 3:
            return max(2, min(len(asked), int(count * slot / seconds)))
    return len(asked)


def _truth(peers: list[Peer], asked: Codes) -> Found:
    """By brute force; where that is too large, by faiss Flat, which compares everything as well."""
    slow = [peer for peer in peers if isinstance(peer, BruteForce)] or [peer for peer in peers if "Flat" in peer.name]
    return slow[0].found(asked)


def _recall(found: Found, truth: Found) -> float:
    wanted = sum(map(len, truth))
    return sum(len(one & other) for one, other in zip(found, truth, strict=True)) / wanted if wanted else 1.0


def _opening(peers: list[Peer], rows: dict[str, Row], asked: Codes, rounds: int) -> None:
    """From the file (in the page cache) to the first answer, by turns."""
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as folder:
        ways = {}
        for peer in (peer for peer in peers if peer.keeps_files):
            path = Path(folder, peer.name)
            peer.save(path)
            ways[peer.name] = partial(_open_and_ask, type(peer)(), path, asked[:1])
        for name, seconds in interleave(ways, rounds).items():
            rows[name].open_first = seconds


def _open_and_ask(peer: Peer, path: Path, query: Codes) -> None:
    peer.open(path)
    peer.call(query)


def _adding(peer: Peer, row: Row, asked: Codes, rounds: int) -> None:
    if type(peer).add is Peer.add or (not isinstance(peer, Rempart) and row.entries > 1_000_000):
        return
    fresh = fingerprints(270_000, seed=77)
    one = fresh[:1]
    row.visible = statistics.median(
        timed(lambda number=number: (peer.add(fresh[number : number + 1]), peer.call(one))) for number in range(5)
    )
    if isinstance(peer, Rempart):
        _with_delta(peer, row, asked[:2000], fresh[5:], rounds)


def _with_delta(peer: Rempart, row: Row, asked: Codes, fresh: Codes, rounds: int) -> None:
    """The same index with so many entries added since it was built, no merge under way, all by turns."""
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as folder:
        path = Path(folder, "index")
        peer.save(path)
        grown = {}
        for added in DELTAS:
            grown[added] = Rempart()
            grown[added].open(path)
            if added:
                grown[added].add(fresh[:added])
        for each in grown.values():
            each.settle()
        ways = {str(added): partial(_one_by_one, each, asked) for added, each in grown.items()}
        for way in ways.values():
            way()
        for added, seconds in interleave(ways, rounds, time.process_time).items():
            row.call_with_delta[int(added)] = [each / len(asked) for each in seconds]


def identical_at_every_radius(entries: int = 20_000, asked_for: int = 40) -> list[int]:
    """The radii (0..63) at which the index and brute force disagree; there should be none."""
    listed = fingerprints(entries, seed=5)
    asked = queries(listed, asked_for, seed=6, most_bits=63)
    ours, brute = Rempart(), BruteForce()
    ours.build(listed)
    brute.build(listed)
    distances = np.stack([brute.distances(asked[row : row + 1]) for row in range(len(asked))])
    expected = [[frozenset(np.flatnonzero(row <= radius).tolist()) for row in distances] for radius in range(64)]
    return [radius for radius in range(64) if ours.found(asked, radius) != expected[radius]]


def show(rows: list[Row]) -> None:
    ours = rows[0]
    lines = []
    for row in rows:
        ratio = (
            "" if row is ours else spread(ratios(row.batch, ours.batch) if row.batch else ratios(row.call, ours.call))
        )
        lines.append(
            [
                row.name,
                _median(row.call, US),
                _median(row.batch, US),
                ratio,
                "" if row.recall is None else f"{row.recall:.3f}{'' if row.identical else ' *'}",
                f"{row.bytes_each:.0f}",
                rounded(row.build),
                _median(row.open_first, MS),
                "" if row.visible is None else rounded(row.visible * MS),
            ]
        )
    columns = ["", "µs a call", "µs in batch", "ours is faster", "recall", "B/entry", "build s", "open ms", "add ms"]
    delta = ", ".join(f"{count:,}: {_median(seconds, US)}" for count, seconds in ours.call_with_delta.items())
    notes = [
        f"rempart joined bucket by bucket: {_median(ours.join, US)} µs a query",
        f"rempart opened from its file, µs a call, so many entries added since: {delta}",
    ]
    table(f"{ours.entries:,} fingerprints, radius {RADIUS}, one thread", columns, lines, notes=notes)


def _median(seconds: list[float], unit: float) -> str:
    return rounded(statistics.median(seconds) * unit) if seconds else ""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--quick", action="store_true", help="100,000 entries and few rounds, about 20 s")
    arguments.add_argument("--large", action="store_true", help="50,000,000 as well (needs 16 GiB)")
    arguments.add_argument("--sizes", type=int, nargs="+", help="other sizes")
    arguments.add_argument("--peers", nargs="+", help="only those whose names have one of these words")
    arguments.add_argument("--rounds", type=int, help="turns of each")
    arguments.add_argument("--plot", type=Path, metavar="FOLDER", help="write plots (SVG) there")
    arguments.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    given = arguments.parse_args()
    peers = [each() for each in PEERS]
    for peer in peers:
        if missing(peer):
            print(missing(peer))
    named = [word.lower() for word in given.peers or ["numpy", "faiss", "threatexchange", "usearch"]]
    chosen = [
        peer
        for peer in peers
        if not missing(peer) and (peer is peers[0] or any(word in peer.name.lower() for word in named))
    ]
    wrong = identical_at_every_radius()
    print(f"Result sets equal brute force at every radius 0..63: {'yes' if not wrong else f'NO, not at {wrong}'}\n")
    sizes = given.sizes or (QUICK if given.quick else LARGE if given.large else FULL)
    rows = []
    for size in sizes:
        measured = measure(size, chosen, rounds=given.rounds or (3 if given.quick else 7), quick=given.quick)
        show(measured)
        rows += measured
    print("* not the same result sets as brute force. open: from the file to the first answer, file in the page cache.")
    if given.json:
        given.json.write_text(
            json.dumps({"identical_at_every_radius": not wrong, "rows": [asdict(row) for row in rows]})
        )
    if given.plot:
        from plots import plot_index

        plot_index(rows, given.plot)


if __name__ == "__main__":
    main()
