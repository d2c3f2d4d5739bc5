"""How many reports a second one worker carries from acceptance to the notice's hand-over, and where the time goes.

    python benchmarks/bench_journey.py [--quick] [--json] [--reports N]

A node with a data folder of its own; the made-up hosts, network tables and mail server of the demonstration. Each
report holds one listed image (160 x 120) found at an address, so its journey needs no analyst: fingerprint, triage,
resolve, route, notice (prepared, then delivered over SMTP), follow. One worker process; everything is durable
(SQLite, synchronous=FULL). As many reports again carry only an address, which waits in the queue.
"""

import argparse
import hashlib
import io
import json
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from rempart.demo import world
from rempart.demo.mail_sink import MailSink

JOURNEY = ("fingerprint", "triage", "resolve", "route", "notice", "follow")


def picture(number: int) -> bytes:
    noise = np.random.default_rng(number).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((160, 120)).save(buffer, "JPEG")
    return buffer.getvalue()


def start_node(home: Path, mail_port: int) -> None:
    """Make this process a node of its own."""
    for name in [name for name in os.environ if name.startswith("REMPART_")]:
        del os.environ[name]
    (home / "run").mkdir(mode=0o700)
    os.environ.update(world.settings_of(home, host_port=1, mail_port=mail_port))
    from rempart.adapters.home import Home

    Home(home).create()
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def list_pictures(pictures: list[bytes]) -> None:
    from rempart.formats.hash_csv import read_hash_csv
    from rempart.node.lists.importing import import_rows

    lines = ["sha256", *(hashlib.sha256(data).hexdigest() for data in pictures)]
    import_rows("Made-up list", "baseline", read_hash_csv(lines))


def accept(number: int, data: bytes | None) -> None:
    """One complete platform report, with a file at an address, or with an address alone."""
    from django.db import transaction

    from rempart.core.vocabulary import ItemKind, Source
    from rempart.node.intake import reports
    from rempart.node.intake.models import ReportItem, StoredFile
    from rempart.node.runtime import clock, vault

    address = world.PROMPT.url(f"{'file' if data else 'page'}-{number}")
    items = (reports.NewItem(ItemKind.URL, address),)
    file_id, file_key = f"{number:032x}", os.urandom(32)
    if data:
        with vault().writer(file_key, file_id) as blob:
            blob.write(data)
            blob.commit()
    with transaction.atomic():
        report = reports.create_report(reports.NewReport(Source.PLATFORM, items, "report.json", b"{}"))
        if data:
            key = reports.key_of(report)
            stored = StoredFile.objects.create(
                report=report,
                file_id=file_id,
                wrapped_key=reports.seal_file_key(report, key, file_id, file_key),
                size=len(data),
                md5=hashlib.md5(data).digest(),
                sha1=hashlib.sha1(data).digest(),
                sha256=hashlib.sha256(data).digest(),
                viewed_by_platform=True,
                publicly_available=True,
                received_at=clock().now(),
            )
            url_item = ReportItem.objects.get(report=report)
            reports.add_file_items(report, key, [reports.FileItem(stored, {}, url_item.pk)], 1)
        reports.receive(report, "system")


class Stopwatch:
    """Books the time of each step: its outside work, and its transaction (effects, end and commit)."""

    def __init__(self) -> None:
        self.outside: dict[str, float] = defaultdict(float)
        self.total: dict[str, float] = defaultdict(float)
        self.count: dict[str, int] = defaultdict(int)

    def around_step(self, kind: str, step: Callable[[str], Any]) -> Callable[[str], Any]:
        def timed(subject: str) -> Any:
            began = time.perf_counter()
            try:
                return step(subject)
            finally:
                self.outside[kind] += time.perf_counter() - began

        return timed

    def perform(self, held: Any) -> None:
        from rempart.node.jobs import services as jobs

        began = time.perf_counter()
        jobs.perform(held)
        self.total[held.kind] += time.perf_counter() - began
        self.count[held.kind] += 1


def work(watch: Stopwatch) -> tuple[float, float]:
    """Do every step that is due, as the worker does; seconds in all, and those spent on claiming."""
    from rempart.node.jobs import services as jobs
    from rempart.node.jobs.steps import load_steps

    load_steps()
    for kind in JOURNEY:
        jobs._STEPS[kind] = watch.around_step(kind, jobs._STEPS[kind])
    began, claiming = time.perf_counter(), 0.0
    while True:
        before = time.perf_counter()
        claims = jobs.claim()
        claiming += time.perf_counter() - before
        if not claims:
            return time.perf_counter() - began, claiming
        for held in claims:
            watch.perform(held)


def measure(count: int, console: Console) -> dict[str, Any]:
    from rempart.node.jobs import services as jobs
    from rempart.node.notices import services as notices

    pictures = [picture(number) for number in range(count)]
    list_pictures(pictures)
    for number in track(range(count), "Accepting", console=console, transient=True):
        accept(number, pictures[number])
        accept(count + number, None)
    watch = Stopwatch()
    seconds, claiming = work(watch)
    states = notices.counts()
    assert states == {"sent": count}, f"not every notice was sent: {states}, jobs {jobs.counts()}"
    steps = {
        kind: {
            "count": watch.count[kind],
            "seconds": watch.total[kind],
            "outside_ms": 1000 * watch.outside[kind] / max(1, watch.count[kind]),
            "each_ms": 1000 * watch.total[kind] / max(1, watch.count[kind]),
        }
        for kind in (*JOURNEY, *sorted(set(watch.count) - set(JOURNEY)))
    }
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "reports": 2 * count,
        "notices": count,
        "seconds": seconds,
        "reports_per_second": 2 * count / seconds,
        "claiming_seconds": claiming,
        "steps": steps,
    }


def show(result: dict[str, Any], console: Console) -> None:
    table = Table(
        "Step",
        "Times",
        "Each, ms",
        "of it outside, ms",
        "Share",
        title=f"{result['reports']} reports, {result['notices']} notices: "
        f"{result['reports_per_second']:.1f} reports a second through one worker",
    )
    for kind, row in result["steps"].items():
        share = f"{100 * row['seconds'] / result['seconds']:.0f} %"
        table.add_row(kind, str(row["count"]), f"{row['each_ms']:.1f}", f"{row['outside_ms']:.1f}", share)
    claiming = result["claiming_seconds"]
    table.add_row("claiming", "", "", "", f"{100 * claiming / result['seconds']:.0f} %")
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="50 reports of each kind instead of 500")
    parser.add_argument("--reports", type=int, help="how many of each kind")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    console = Console(stderr=options.json)
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        sink = MailSink(Path(folder) / "mail", lambda url, purpose: None)
        start_node(home, sink.port)
        result = measure(options.reports or (50 if options.quick else 500), console)
        sink.close()
    if options.json:
        print(json.dumps(result))
    else:
        show(result, console)


if __name__ == "__main__":
    main()
