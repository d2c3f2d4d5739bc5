"""The match service over HTTP, beside HMA where a checkout of it is given.

    python benchmarks/bench_matcher.py [--quick] [--hma CHECKOUT] [--entries N] [--rounds N] [--json FILE]

Both run on this machine with two workers, loaded with the same fingerprints; both and this load generator share its
cores and take turns in short slots. Half of the look-ups are near-duplicates of something listed. HMA is asked at its
quicker address, which answers no more than whether something is near (`/m/raw_lookup`); where it has no batches, ours
are compared with its best rate of single look-ups. How HMA is set up: `peers/hma.py`.
"""

import argparse
import json
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from corpus import Codes, fingerprints, queries
from load import Outcome, drive, form, get, pace, request
from matcher_service import Feed, Service, family, largest, proportional, running
from report import ratios, rounded, spread, table

sys.path.insert(0, str(Path(__file__).parent / "peers"))
import hma

WORKERS = 2
CONNECTIONS = (1, 8, 64)
JSON_ITEMS, BINARY_ITEMS = 1000, 20_000
PACE, HMA_PACE = 300.0, 20.0
"""Look-ups a second while lists are refreshed: well under what each can do, so that only the refresh is felt."""
CHANGES, SHARE = 4096, 32
"""The lists are written anew when more than so many entries, and more than this share of all, have changed."""
_JSON = {"Content-Type": "application/json"}
_BINARY = {"Content-Type": "application/octet-stream"}


@dataclass(frozen=True, slots=True)
class Side:
    """One service and how it is asked; a request holds `items` fingerprints."""

    address: tuple[str, int]
    single: list[bytes]
    image: bytes


@dataclass
class Refresh:
    """Milliseconds of look-ups before and while a list was refreshed."""

    before: tuple[float, float]
    during: tuple[float, float]
    seconds: float

    @property
    def ratio(self) -> float:
        """Of the 99th percentiles."""
        return self.during[1] / self.before[1]


@dataclass
class Figures:
    """Rates in things a second, round by round; seconds; MiB."""

    entries: int
    ours: dict[str, list[float]] = field(default_factory=dict)
    theirs: dict[str, list[float]] = field(default_factory=dict)
    fresh: list[float] = field(default_factory=list)
    fresh_theirs: list[float] = field(default_factory=list)
    refresh: list[Refresh] = field(default_factory=list)
    refresh_theirs: list[Refresh] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)


def our_side(service: Service, asked: Codes) -> Side:
    single = [_items([code]) for code in asked[:2000]]
    return Side(service.address, single, request("POST", "/v1/media", hma.picture(), {"Content-Type": "image/jpeg"}))


def their_side(peer: hma.Peer, asked: Codes) -> Side:
    single = [get(f"/m/raw_lookup?signal_type=pdq&signal={code.tobytes().hex()}") for code in asked[:2000]]
    return Side(peer.address, single, form("/m/lookup", "photo", "a.jpg", hma.picture()))


def _items(codes: Sequence[Codes]) -> bytes:
    items = [{"pdq": code.tobytes().hex()} for code in codes]
    return request("POST", "/v1/lookup", json.dumps({"items": items}).encode(), _JSON)


def batches(asked: Codes) -> dict[str, tuple[list[bytes], int]]:
    """Requests and the fingerprints in each."""
    parts = [asked[start : start + JSON_ITEMS] for start in range(0, len(asked), JSON_ITEMS)]
    return {
        f"{JSON_ITEMS:,} a call, JSON": ([_items(list(part)) for part in parts], JSON_ITEMS),
        f"{BINARY_ITEMS:,} a call, binary": ([request("POST", "/v1/lookup", asked.tobytes(), _BINARY)], BINARY_ITEMS),
    }


def rate(side: Side, requests: list[bytes], connections: int, seconds: float) -> float:
    outcome = drive(side.address, requests, connections=connections, seconds=seconds)
    if set(outcome.statuses) != {200}:
        raise SystemExit(f"A request was refused: {outcome}")
    return outcome.rate


def measure_rates(figures: Figures, ours: Side, theirs: Side | None, asked: Codes, slot: float) -> None:
    """One round."""
    for connections in CONNECTIONS:
        name = f"single, {connections} connection{'s' * (connections > 1)}"
        figures.ours.setdefault(name, []).append(rate(ours, ours.single, connections, slot))
        if theirs:
            figures.theirs.setdefault(name, []).append(rate(theirs, theirs.single, connections, slot))
    for name, (requests, items) in batches(asked).items():
        figures.ours.setdefault(name, []).append(items * rate(ours, requests, WORKERS, slot))
        if theirs:
            best = max(values[-1] for key, values in figures.theirs.items() if key.startswith("single"))
            figures.theirs.setdefault(name, []).append(best)
    name = "image to verdict (1024×768)"
    figures.ours.setdefault(name, []).append(rate(ours, [ours.image], WORKERS, slot))
    if theirs:
        figures.theirs.setdefault(name, []).append(rate(theirs, [theirs.image], WORKERS, slot))


def freshness(service: Service, feed: Feed, times: int) -> list[float]:
    """Seconds from publishing a change until a look-up finds it."""
    told = []
    for number in range(times):
        code = fingerprints(1, seed=1000 + number)
        feed.add(code)
        told.append(await_match(service, code[0]))
    return told


def await_match(service: Service, code: Codes) -> float:
    """Seconds until a look-up finds it."""
    began, asked = time.monotonic(), _items([code])
    while b'"match"' not in answer(service, asked):
        time.sleep(0.01)
    return time.monotonic() - began


def answer(service: Service, asked: bytes) -> bytes:
    """Of a new connection each time: any worker may give it."""
    with socket.create_connection(service.address, 60) as stream:
        stream.sendall(asked.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        return b"".join(iter(lambda: stream.recv(1 << 16), b""))


def refresh(service: Service, side: Side, feed: Feed, seed: int, quiet: float, most: float) -> Refresh:
    """One more change makes the lists be written anew, and every worker changes over to the new file."""
    size = max(CHANGES, feed.entries // (SHARE - 1))  # what is added counts among all as well
    codes = fingerprints(size + 500, seed=seed)
    feed.add(codes[: size - 500])
    await_match(service, codes[size - 501])
    before = pace(side.address, side.single, rate=PACE, seconds=quiet)
    generation, over = service.generation(), 0.0

    def is_over() -> bool:
        nonlocal over
        if not over and service.generation() != generation:
            over = time.monotonic() + 1.0  # the workers change over within it
        return bool(over) and time.monotonic() >= over

    began = time.monotonic()
    feed.add(codes[size - 500 :])
    during = pace(side.address, side.single, rate=PACE, seconds=most, until=is_over)
    if not over:
        raise SystemExit(f"The lists were not written anew within {most:.0f} seconds.")
    return _refresh(before, during, time.monotonic() - began)


def their_refresh(peer: hma.Peer, side: Side, quiet: float, most: float) -> tuple[Refresh, float]:
    """HMA builds its index anew for one fingerprint; and how long until that one matches."""
    before = pace(side.address, side.single, rate=HMA_PACE, seconds=quiet)
    fresh: list[float] = []
    waiting = threading.Thread(target=lambda: fresh.append(hma.freshness(peer, most)))
    began = time.monotonic()
    waiting.start()
    during = pace(side.address, side.single, rate=HMA_PACE, seconds=most, until=lambda: not waiting.is_alive())
    seconds = time.monotonic() - began
    waiting.join()
    return _refresh(before, during, seconds), fresh[0]


def _refresh(before: Outcome, during: Outcome, seconds: float) -> Refresh:
    if set(before.statuses) | set(during.statuses) != {200}:
        raise SystemExit(f"A request was refused: {before}; {during}")
    return Refresh(*((each.percentile(50), each.percentile(99)) for each in (before, during)), seconds)


def tell_rates(figures: Figures) -> None:
    rows = []
    for name, values in figures.ours.items():
        theirs = figures.theirs.get(name)
        told = [f"{rounded(statistics.median(theirs))}", spread(ratios(values, theirs))] if theirs else ["", ""]
        rows.append([name, rounded(statistics.median(values)), *told])
    table(
        f"Look-ups and images a second over HTTP, {figures.entries:,} entries, {WORKERS} workers",
        ["", "rempart matcher", "HMA", "ratio"],
        rows,
    )


def tell_changes(figures: Figures) -> None:
    rows = [["added, then matched (s)", _median(figures.fresh), _median(figures.fresh_theirs)]]
    for what, pick in (
        ("p50 before a refresh (ms)", lambda each: each.before[0]),
        ("p99 before a refresh (ms)", lambda each: each.before[1]),
        ("p50 during a refresh (ms)", lambda each: each.during[0]),
        ("p99 during a refresh (ms)", lambda each: each.during[1]),
        ("ratio of p99", lambda each: each.ratio),
        ("the refresh took (s)", lambda each: each.seconds),
    ):
        rows.append([what, *(_median([pick(each) for each in side]) for side in _refreshes(figures))])
    for what in ("list, shared by all (MiB)", "largest worker (MiB)", "all processes (MiB)"):
        rows.append(
            [what, *(rounded(figures.memory[key]) if key in figures.memory else "" for key in (what, f"HMA: {what}"))]
        )
    table("Changes and memory", ["", "rempart matcher", "HMA"], rows)


def _refreshes(figures: Figures) -> tuple[list[Refresh], list[Refresh]]:
    return figures.refresh, figures.refresh_theirs


def _median(values: list[float]) -> str:
    return rounded(statistics.median(values)) if values else ""


@contextmanager
def both(given: argparse.Namespace, scratch: Path, listed: Codes) -> Iterator[tuple[Service, Feed, hma.Peer | None]]:
    with ExitStack() as at_end:
        feed = Feed(scratch / "feed", listed)
        peer = None
        if given.hma:
            venv = hma.environment(given.hma, given.venv)
            uri = at_end.enter_context(hma.database(scratch / "pg"))
            options = {"entries": len(listed), "workers": WORKERS, "drop_in": False}
            peer, _ = at_end.enter_context(hma.running(given.hma, venv, scratch, uri, **options))
        service = at_end.enter_context(running([scratch / "feed"], scratch / "matcher", workers=WORKERS))
        yield service, feed, peer


def memory(service: Service, peer: hma.Peer | None) -> dict[str, float]:
    lists = sum(each.stat().st_size for each in service.lists.glob("generation-*/*")) / (1 << 20)
    told = {"list, shared by all (MiB)": lists}
    sides = {"": family(service.process)}
    if peer:
        sides["HMA: "] = [each for process in peer.processes for each in family(process)]
    for prefix, processes in sides.items():
        told[f"{prefix}largest worker (MiB)"] = largest(each for each in processes if not each.children())
        told[f"{prefix}all processes (MiB)"] = proportional(processes)
    return told


def measure(given: argparse.Namespace, scratch: Path) -> Figures:
    listed = fingerprints(given.entries)
    asked = queries(listed, BINARY_ITEMS)
    figures = Figures(given.entries)
    with both(given, scratch, listed) as (service, feed, peer):
        ours, theirs = our_side(service, asked), their_side(peer, asked) if peer else None
        figures.memory = memory(service, peer)
        for _ in range(given.rounds):
            measure_rates(figures, ours, theirs, asked, given.slot)
        tell_rates(figures)
        figures.fresh = freshness(service, feed, 5)
        for number in range(given.rounds):
            figures.refresh.append(refresh(service, ours, feed, 50 + number, 4 * given.slot, 120))
        if peer and theirs:
            told, fresh = their_refresh(peer, theirs, 4 * given.slot, 300)
            figures.refresh_theirs.append(told)
            figures.fresh_theirs.append(fresh)
    return figures


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--quick", action="store_true", help="a small list, short slots, nobody beside")
    arguments.add_argument("--hma", type=Path, help="a checkout of the repository HMA is in")
    arguments.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "rempart-peer-hma")
    arguments.add_argument("--entries", type=int, help="fingerprints in the list; 1,000,000")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--json", type=Path, help="write the figures here as well")
    given = arguments.parse_args()
    given.entries = given.entries or (100_000 if given.quick else 1_000_000)
    given.slot = 0.7 if given.quick else 2.0
    if given.quick:
        given.rounds, given.hma = 1, None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # what was started is stopped on the way out
    with tempfile.TemporaryDirectory(prefix="rempart-matcher-") as scratch:
        figures = measure(given, Path(scratch))
    tell_changes(figures)
    if given.json:
        given.json.write_text(json.dumps(asdict(figures), indent=2))


if __name__ == "__main__":
    main()
