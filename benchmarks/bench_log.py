"""A member's log: durable appends, bytes per signal, checking from nothing, following; pymerkle beside it.

    python benchmarks/bench_log.py [--quick] [--entries 10000000] [--rounds N] [--jobs N] [--json FILE]

Appends come in batches of 1,000 with a signed checkpoint each, all on the disk before the next begins; pymerkle's
SQLite tree gets the same commitments in transactions of 1,000 with a root each, and signs nothing. They take turns. The
log that is checked from nothing is made without waiting for the disk. Times of work on the processor are told in
processor time too, so that neighbours do not count.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from report import interleave, ratios, rounded, spread, table
from rich.progress import track

from rempart.adapters.log_folder import FolderStore
from rempart.adapters.signing import Signer
from rempart.core.vocabulary import FingerprintType
from rempart.exchange.checking import Options, check_log
from rempart.exchange.checkpoints import Checkpoint
from rempart.exchange.commitments import commit_opening
from rempart.exchange.edge import Edge
from rempart.exchange.openings import read_openings
from rempart.exchange.reading import LogReader
from rempart.exchange.signals import Action, Signal, SignalBasis, encode
from rempart.exchange.tiles import HEIGHT, WIDTH, bundle_path, entries_path, join_entries, join_hashes, tile_path
from rempart.exchange.tree import Frontier, subtrees
from rempart.exchange.writer import LogWriter
from rempart.formats.signed_note import Key

BATCH = 1000
STRETCH = 65_536
DELTA = 10_000
SIGNER = Signer(bytes(32))
KEY = Key("hotline.example/log", SIGNER.public_key)
SIZES = {"md5": 16, "sha1": 20, "sha256": 32, "pdq": 32}
NOON = 1_800_000_000


def openings(count: int, kinds: Iterable[str] = ("pdq",)) -> list[bytes]:
    """Of made-up signals, a second between contents; each content has one fingerprint of each kind."""
    kinds = list(kinds)
    found, noise = [], memoryview(os.urandom(count * 48))
    for number in range(count):
        kind, at = kinds[number % len(kinds)], 48 * number
        content = number // len(kinds)
        value = bytes(noise[at + 16 : at + 16 + SIZES[kind]])
        signal = Signal(
            Action.ADD, FingerprintType(kind), value, content, NOON + content, "A1", SignalBasis.OWN_ANALYSIS, 2
        )
        found.append(bytes(noise[at : at + 16]) + encode(signal))
    return found


def appends(batches: int, rounds: int) -> dict[str, list[float]]:
    """Seconds an entry, round by round."""
    work = [openings(BATCH) for _ in range(batches)]
    with tempfile.TemporaryDirectory() as folder:
        writer = LogWriter(FolderStore(Path(folder) / "log"), KEY, SIGNER.sign)
        ways: dict[str, Callable[[], object]] = {"rempart": lambda: [writer.append(each) for each in work]}
        if peer := _pymerkle(Path(folder) / "peer.sqlite3"):
            ways["pymerkle, SQLite"] = lambda: [peer([commit_opening(one) for one in each]) for each in work]
        times = interleave(ways, rounds)
    return {name: [each / (batches * BATCH) for each in found] for name, found in times.items()}


def _pymerkle(path: Path) -> Callable[[list[bytes]], object] | None:
    try:
        from pymerkle import SqliteTree
    except ImportError:
        return None
    tree = SqliteTree(str(path))

    def append(entries: list[bytes]) -> object:
        tree.append_entries(entries)
        return tree.get_root()

    return append


def bytes_each() -> list[tuple[str, float, float, str]]:
    """Bytes of a signal in a full bundle, as followers fetch it, and compressed."""
    name, compress = _compressor()
    cases = {**{kind: [kind] for kind in SIZES}, "all four kinds alike": list(SIZES)}
    found = []
    for case, kinds in cases.items():
        bundle = join_entries(openings(WIDTH, kinds))
        found.append((case, len(bundle) / WIDTH, len(compress(bundle)) / WIDTH, name))
    return found


def _compressor() -> tuple[str, Callable[[bytes], bytes]]:
    try:
        import zstandard
    except ImportError:
        return "zlib 9", partial(zlib.compress, level=9)
    return "zstd 19", zstandard.ZstdCompressor(level=19).compress


def fill(folder: Path, entries: int) -> Checkpoint:
    """A log of so many entries, as the writer would leave it but for partial files and syncs."""
    edge = Edge()
    for start in track(range(0, entries, STRETCH), "Making a log", disable=entries < 1_000_000):
        files = edge.grow(openings(min(STRETCH, entries - start), SIZES))
        _place(folder, {path: data for path, data in files.items() if ".p/" not in path})
    number, width = divmod(edge.size, WIDTH)
    if width:
        kept = {entries_path(number, width): edge.entries, bundle_path(number, width): edge.openings}
        _place(folder, {path: join_entries(each) for path, each in kept.items()})
    for level, hashes in enumerate(edge.levels):
        if hashes:
            number = (edge.size >> HEIGHT * level) // WIDTH
            _place(folder, {tile_path(level, number, len(hashes)): join_hashes(hashes)})
    return Checkpoint(KEY.name, edge.size, edge.root)


def _place(folder: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        at = folder / path
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_bytes(data)


def checking(folder: Path, point: Checkpoint, jobs: int) -> dict[str, tuple[float, float]]:
    """Seconds of clock and of processor for each way to recompute a log."""
    store = FolderStore(folder)
    found = {
        "public files, one process": _both(lambda: check_log(store, point)),
        "with openings, one process": _both(lambda: check_log(store, point, Options(openings=True))),
        "as a follower, signals decoded": _both(lambda: follow(store, point)),
    }
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        list(pool.map(abs, range(jobs * 4)))  # started
        began = time.perf_counter()
        check_log(store, point, Options(openings=True), spread=partial(pool.map, chunksize=4))
        found[f"with openings, {jobs} processes"] = (time.perf_counter() - began, 0.0)
    return found


def follow(store: FolderStore, point: Checkpoint) -> int:
    """What a follower does with a log it never saw: open, compute the root, decode."""
    frontier, signals = Frontier(), 0
    for start in range(0, point.size, STRETCH):
        opened = read_openings(store, start, min(start + STRETCH, point.size), point.size)
        frontier.extend(opened.leaves)
        signals += len(opened.stretch(frontier).signals)
    assert frontier.root == point.root
    return signals


def delta(store: FolderStore, point: Checkpoint) -> float:
    """Median milliseconds for a follower that has all but the last 10,000 entries to verify and decode those."""
    log, before = LogReader(store, point.size), point.size - DELTA
    known = Frontier(before, [log.node(*node) for node in subtrees(0, before)])
    times = []
    for _ in range(21):
        frontier, began = known.copy(), time.perf_counter()
        opened = read_openings(store, before, point.size, point.size)
        frontier.extend(opened.leaves)
        signals = opened.stretch(frontier).signals
        times.append(time.perf_counter() - began)
        assert frontier.root == point.root
        assert len(signals) == DELTA
    return statistics.median(times) * 1000


def _both(way: Callable[[], object]) -> tuple[float, float]:
    clock, processor = time.perf_counter(), time.process_time()
    way()
    return time.perf_counter() - clock, time.process_time() - processor


def _tables(times: dict[str, list[float]], sizes: list[tuple[str, float, float, str]]) -> None:
    rows = []
    for name, found in times.items():
        ratio = spread(ratios(found, times["rempart"])) if name != "rempart" else ""
        speeds = [1 / each for each in found]
        rows.append([name, f"{statistics.median(speeds):,.0f}", f"{min(speeds):,.0f}-{max(speeds):,.0f}", ratio])
    table("Durable appends, batches of 1,000", ["", "entries a second", "range", "time to ours"], rows)
    table(
        "Bytes of a signal",
        ["", "raw in transit", f"compressed ({sizes[0][3]})"],
        [[case, rounded(raw), rounded(small)] for case, raw, small, _ in sizes],
        notes=["16 of salt and the fingerprint itself cannot be compressed."],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--entries", type=int, help="of the log that is checked from nothing")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    entries = asked.entries or (100_000 if asked.quick else 1_000_000)
    times = appends(*((10, asked.rounds or 3) if asked.quick else (40, asked.rounds or 7)))
    sizes = bytes_each()
    _tables(times, sizes)
    with tempfile.TemporaryDirectory() as folder:
        point = fill(Path(folder), entries)
        checked, further = checking(Path(folder), point, asked.jobs), delta(FolderStore(Path(folder)), point)
    table(
        f"A log of {entries:,} entries from nothing",
        ["", "seconds", "entries a second", "a second of processor"],
        [
            [name, rounded(clock), f"{entries / clock:,.0f}", f"{entries / used:,.0f}" if used else ""]
            for name, (clock, used) in checked.items()
        ],
        notes=[
            f"The last {DELTA:,} of them, {DELTA // WIDTH + 1} files, as a follower of the others: {further:.0f} ms."
        ],
    )
    if asked.json:
        asked.json.write_text(json.dumps({"appends": times, "bytes": sizes, "checking": checked, "entries": entries}))


if __name__ == "__main__":
    main()
