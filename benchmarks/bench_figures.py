"""How soon any figure of any period is there, in a process that has just begun, beside counting every event anew.

    python benchmarks/bench_figures.py [--events N] [--quick] [--json]

A node with a data folder of its own (SQLite) and a chain of N events (default 10,000,000; with --quick 200,000) over
ten years: reports, decisions, hosting, notices, checks, removals, referrals. The chain's table is filled in bulk. Then:
counting from the first event, which is what a node without kept figures does, and is the peer; counting in pieces,
each kept and taken up again; and processes that begin, look at one figure and end: the time from their set-up to the
figure. Every figure of every period is compared with the peer's.
"""

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from report import rounded, table

GOAL_SECONDS = 1.0
START, YEARS = datetime(2016, 1, 1, tzinfo=UTC), 10
BATCH = 50_000
PIECES = 4
"""So many times the count is kept, and taken up from there by what is a new process to it."""
NEW = 1_000
"""Events that nobody has kept yet when the last processes look."""
_INSERT = (
    "INSERT INTO audit_event (seq, at, actor, action, subject, data, reason, previous, digest)"
    " VALUES (?, ?, 'system', ?, ?, ?, '', ?, ?)"
)
SOURCES = ("public", "platform", "member", "victim_self")
Told = tuple[str, str, dict[str, Any]]
LOOK = """
import json, sys, time
from datetime import datetime
import django
django.setup()
from rempart.node.observatory import counting
wall, processor = time.perf_counter(), time.process_time()
published = counting.publication(datetime.fromisoformat(sys.argv[3]))
figure = published.figure(sys.argv[1], sys.argv[2])
print(json.dumps([time.perf_counter() - wall, time.process_time() - processor, figure.value.number]))
"""


def life(draw: random.Random, number: int) -> Iterator[Told]:
    """What the chain tells of one content, from its report to its end; about eight events."""
    yield (
        "report:received",
        f"report:{number}",
        {"source": draw.choice(("public", "platform", "member", "victim_self"))},
    )
    legality, viewed = draw.choice(("baseline", "national", "not_illegal")), draw.random() < 0.4
    decided = {"legality": legality, "basis": "analyst" if viewed else "list_match", "kind": "url", "viewed": viewed}
    yield "content:decided", f"content:{number}", decided
    country = draw.choice(("FR", "NL", "US", "DE", "", "RO", "LV"))
    yield "hosting:observed", f"content:{number}", {"country": country, "outcome": "resolved", "asn": 64500, "cdn": ""}
    if legality == "not_illegal":
        return
    yield "notice:checked", f"notice:{number}", {"availability": "reachable"}
    sent = {"purpose": "first", "hours_since_report": round(draw.expovariate(0.2), 3)}
    yield "notice:sent", f"notice:{number}", {**sent, "asn": 64500 + int(draw.expovariate(0.05))}
    if draw.random() < 0.1:
        yield "referral:exported", f"referral:{number}", {"target": draw.choice(("member", "police", "non_member"))}
    for _ in range(draw.randrange(4)):
        yield "notice:checked", f"notice:{number}", {"availability": "reachable"}
    if draw.random() < 0.9:
        taken = round(draw.expovariate(0.02), 3)
        yield "notice:checked", f"notice:{number}", {"availability": "gone"}
        hours = {"hours_since_report": round(taken + 5, 3), "hours_since_notice": taken, "country": country}
        yield "notice:removed", f"notice:{number}", hours
    if draw.random() < 0.05:
        yield "notice:reappeared", f"notice:{number}", {}


def fill(database: Path, events: int) -> None:
    """The chain's table in bulk, its indexes after it. Digests are made up: nothing here verifies the chain."""
    draw, seq, number = random.Random(7), 0, 0
    step = timedelta(days=365 * YEARS) / events
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type='index' AND tbl_name='audit_event' AND sql IS NOT NULL"
    ).fetchall()
    for name, _sql in indexes:
        connection.execute(f'DROP INDEX "{name}"')
    connection.execute("DELETE FROM audit_event")
    rows: list[tuple[Any, ...]] = []
    while seq < events:
        number += 1
        for action, subject, data in life(draw, number):
            seq += 1
            at = START + step * seq
            rows.append(
                (seq, f"{at:%Y-%m-%d %H:%M:%S.%f}", action, subject, json.dumps(data), b"", seq.to_bytes(32, "big"))
            )
        if len(rows) >= BATCH or seq >= events:
            connection.execute("BEGIN")
            connection.executemany(_INSERT, rows)
            connection.execute("COMMIT")
            rows.clear()
    for _name, sql in indexes:
        connection.execute(sql)
    connection.execute("UPDATE audit_head SET seq = ?, digest = ?", (seq, seq.to_bytes(32, "big")))
    connection.close()


def look(key: str, period: str, now: datetime) -> list[float]:
    """Seconds to the figure by the clock and of the processor, and the figure, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK, key, period, now.isoformat()], capture_output=True, text=True, check=True
    )
    found: list[float] = json.loads(done.stdout)
    return found


def measured(events: int) -> dict[str, Any]:
    from django.conf import settings
    from django.core.management import call_command

    from rempart.node.observatory import counting, keeping

    call_command("migrate", verbosity=0)
    database = Path(str(settings.DATABASES["default"]["NAME"]))
    began = time.perf_counter()
    fill(database, events)
    filled = time.perf_counter() - began
    now = START + timedelta(days=365 * YEARS, hours=1)
    before = now - timedelta(days=365 * YEARS) / events * NEW - timedelta(hours=1)

    began, processed = time.perf_counter(), time.process_time()
    peer = counting.publication(now)
    told = {period: peer.figures(period) for period in peer.periods()}
    scratch, scratch_processor = time.perf_counter() - began, time.process_time() - processed

    keeping.forget()
    counting._kept.clear()
    for part in range(1, PIECES + 1):
        counting.keep(START + (before - START) / PIECES * part)
        counting._kept.clear()
    kept = sum(len(bytes(blob)) for blob in _blobs())
    asked = [
        (key, period)
        for period in ("all", "2020", "2020-06", now.strftime("%Y-%m"))
        for key in ("reports_received", "illegal_content", "hours_notice_to_removal_median", "share_removed_72h")
    ]
    looks = [(key, period, *look(key, period, now)) for key, period in asked]
    wrong = [
        (key, period)
        for key, period, _wall, _processor, number in looks
        if number != told[period].figure(key).value.number
    ]
    began = time.perf_counter()
    counting._kept.clear()
    ours = counting.publication(now)
    same = all(ours.figures(period) == told[period] for period in peer.periods())
    everything = time.perf_counter() - began
    seconds, processor = sorted(each[2] for each in looks), sorted(each[3] for each in looks)
    return {
        "events": events,
        "fill_s": filled,
        "from_scratch_s": scratch,
        "from_scratch_processor_s": scratch_processor,
        "figures_compared": sum(len(each.figures) for each in told.values()),
        "is_equal": same and not wrong,
        "look_median_s": seconds[len(seconds) // 2],
        "look_longest_s": seconds[-1],
        "look_processor_median_s": processor[len(processor) // 2],
        "look_processor_longest_s": processor[-1],
        "all_figures_of_all_periods_s": everything,
        "kept_bytes": kept,
        "looks": looks,
    }


def _blobs() -> Iterator[bytes]:
    from rempart.node.observatory.models import FinalMonth, KeptState

    yield from KeptState.objects.values_list("state", flat=True)
    yield from FinalMonth.objects.values_list("release", flat=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    events = 200_000 if options.quick else options.events
    with tempfile.TemporaryDirectory(prefix="rempart-figures-") as folder:
        from rempart.adapters.home import Home

        home = Home(Path(folder) / "home")
        home.create()
        os.environ |= {
            "REMPART_HOME": str(home.path),
            "REMPART_MODE": "test",
            "REMPART_SURFACE": "all",
            "REMPART_DATABASE": "",
            "DJANGO_SETTINGS_MODULE": "rempart.node.settings",
        }
        import django

        django.setup()
        found = measured(events)
    if options.json:
        print(json.dumps(found))
    else:
        _show(found)
    if not found["is_equal"]:
        raise SystemExit("a figure differs from the count from scratch")
    if found["look_processor_longest_s"] > GOAL_SECONDS:
        raise SystemExit(f"a figure took longer than {GOAL_SECONDS} s of the processor")


def _show(found: dict[str, Any]) -> None:
    rows = [
        ["events", f"{found['events']:,}"],
        ["counting from scratch", _times(found, "from_scratch_s", "from_scratch_processor_s")],
        ["one figure in a new process, median", _times(found, "look_median_s", "look_processor_median_s")],
        ["one figure in a new process, longest", _times(found, "look_longest_s", "look_processor_longest_s")],
        ["every figure of every period, counted on", f"{found['all_figures_of_all_periods_s']:.1f} s"],
        ["kept in the database", f"{found['kept_bytes'] / 1e6:.1f} MB"],
        ["figures compared, all equal", f"{found['figures_compared']:,}: {found['is_equal']}"],
    ]
    table("Figures", ["what", "found"], rows)


def _times(found: dict[str, Any], wall: str, processor: str) -> str:
    return f"{rounded(found[wall])} s by the clock, {rounded(found[processor])} s of the processor"


if __name__ == "__main__":
    main()
