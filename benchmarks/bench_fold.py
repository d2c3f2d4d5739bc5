"""Lists from logs: from nothing, and after a delta; each with the list's digest.

    python benchmarks/bench_fold.py [--quick] [--signals 10000000] [--logs 50] [--delta 10000]

Every log lists a random choice of one pool of made-up fingerprints, so that governments meet; the policy wants two of
them. Times are of one thread: elapsed, and processor time, which a neighbour does not lengthen.
"""

import argparse
import gc
import time
from collections.abc import Callable, Iterator

import numpy as np
from report import rounded, table

from rempart.core.vocabulary import FingerprintType
from rempart.exchange.bulk_fold import fold_logs
from rempart.exchange.digest import ListDigest
from rempart.exchange.fold import Entry, Fold, Ruling, Word
from rempart.exchange.policy import ALLIANCE
from rempart.exchange.signals import Action, Reason, Signal, SignalBasis, encode

POOL = 0.3
"""Fingerprints for each signal: with 50 logs of ten million signals each is listed by 3.3 members on average."""
MS = 1e3


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--quick", action="store_true")
    given.add_argument("--signals", type=int, default=10_000_000)
    given.add_argument("--logs", type=int, default=50)
    given.add_argument("--delta", type=int, default=10_000)
    chosen = given.parse_args()
    signals = 200_000 if chosen.quick else chosen.signals
    delta = min(chosen.delta, signals // 20)
    values = _values(signals)
    ruling = Ruling(ALLIANCE, {_origin(log): f"C{log % 40}" for log in range(chosen.logs)})
    logs = {_origin(log): list(_log(values, log, signals // chosen.logs)) for log in range(chosen.logs)}
    entries: list[Entry] = []
    whole = _timed(lambda: entries.extend(fold_logs(logs, ruling)))
    digest = ListDigest()
    summed = _timed(lambda: digest.change(entries))
    count = len(entries)
    rows = [
        _row(f"fold of {chosen.logs} logs, {signals:,} signals", whole),
        _row(f"digest of the {count:,} entries", summed),
    ]
    entries.clear()
    fold = _kept(logs, ruling)
    logs.clear()
    for kind, deltas in (("additions", _additions(values, delta)), ("withdrawals", _withdrawals(fold, delta))):
        heard = list(deltas)

        def apply(heard: list[tuple[str, int, Signal]] = heard) -> None:
            for origin, index, signal in heard:
                fold.hear(origin, index, signal)
            fold.settle()

        rows.append(_row(f"{delta:,} {kind} on {fold.digest.entries:,} entries, with digest", _timed(apply)))
    table("Lists from logs", ("", "elapsed", "processor"), rows)


def _values(signals: int) -> np.ndarray:
    made = np.random.default_rng(7).integers(0, 256, (int(signals * POOL), 32), dtype=np.uint8)
    return made


def _origin(log: int) -> str:
    return f"hotline-{log:02d}.example/log"


def _signal(value: bytes) -> Signal:
    return Signal(Action.ADD, FingerprintType.PDQ, value, 1, 1_790_000_000, "baseline", SignalBasis.OWN_ANALYSIS, 2)


def _chosen(values: np.ndarray, log: int, count: int) -> np.ndarray:
    return np.random.default_rng(log).choice(len(values), min(count, len(values)), replace=False)


def _log(values: np.ndarray, log: int, count: int) -> Iterator[bytes]:
    whole = encode(_signal(bytes(32)))
    head, tail = whole[:2], whole[34:]
    raw = values[_chosen(values, log, count)].tobytes()
    for at in range(0, len(raw), 32):
        yield head + raw[at : at + 32] + tail


def _kept(logs: dict[str, list[bytes]], ruling: Ruling) -> Fold:
    """The fold as a process keeps it; made without its own steps, which are measured for the delta alone."""
    fold = Fold(ruling)
    words = {origin: Word(origin, 0, Action.ADD, "baseline", SignalBasis.OWN_ANALYSIS) for origin in logs}
    for origin, said in logs.items():
        word = words[origin]
        for data in said:
            fold.words.setdefault((FingerprintType.PDQ, data[2:34]), {})[origin] = word
    for key, spoken in fold.words.items():
        if (entry := ruling.entry(key, spoken.values())) is not None:
            fold.entries[key] = entry
    fold.digest.change(fold.entries.values())
    gc.freeze()
    return fold


def _additions(values: np.ndarray, count: int) -> Iterator[tuple[str, int, Signal]]:
    """By a member that had not spoken: each confirms, and about a quarter are new to the list."""
    origin = _origin(0)
    for number, value in enumerate(values[:: max(1, len(values) // count)][:count]):
        yield origin, 10**9 + number, _signal(value.tobytes())


def _withdrawals(fold: Fold, count: int) -> Iterator[tuple[str, int, Signal]]:
    for number, (kind, value) in enumerate(list(fold.entries)[:count]):
        yield _origin(1), 10**9 + number, Signal(Action.DISPUTE, kind, value, 1, 1_790_000_000, reason=Reason.LAWFUL)


def _timed(way: Callable[[], object]) -> tuple[float, float]:
    began = time.perf_counter(), time.process_time()
    way()
    return time.perf_counter() - began[0], time.process_time() - began[1]


def _row(what: str, times: tuple[float, float]) -> tuple[str, str, str]:
    spelled = [f"{rounded(each)} s" if each >= 1 else f"{rounded(each * MS)} ms" for each in times]
    return (what, *spelled)


if __name__ == "__main__":
    main()
