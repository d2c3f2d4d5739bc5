"""How long it takes from an analyst's confirmation on one node to the match at a platform that is connected to another.

    python benchmarks/bench_exchange.py [--quick] [--json] [--rounds N]

Three nodes on this machine, as in the demonstration but by the real clock: each with a web process, a worker and a data
folder of its own (SQLite, synchronous=FULL), founded by the operators' commands, witnessing one another (three of three
cosign), signing and looking at one another once a second, with hints. At the second node a platform runs the match
service, which looks at that node's signed list once a second.

A round is one picture: reported to the first node by a platform, confirmed by an analyst over HTTP. The time runs from
the answer to the analyst's decision to the first look-up of the picture's PDQ at the match service that finds it; a
look-up is made every 10 ms. Then the content is recalled, and the time runs from the answer to that to the first
look-up that finds nothing. Each picture waits a random part of a second before its decision, so that no cadence is met
by habit.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from report import table

from rempart.adapters.home import Home
from rempart.demo import images
from rempart.demo.cast import Person
from rempart.demo.clerk import Clerk, side_by_side
from rempart.demo.members import ANY, Seat, admit_one_another, found_alliance, invited
from rempart.demo.processes import Start, free_ports, running_nodes
from rempart.signals.fingerprint import pdq

LOOK_SECONDS = 0.01
PATIENCE = 120.0
GOALS = {"p50": 2.0, "p99": 10.0}
COUNTRIES = ("FR", "NL", "DE")


@dataclass(frozen=True)
class Bench:
    """Who acts at the first node, and where the match service answers."""

    platform: Any
    analyst: Any
    manager: Any
    matcher: str


def environment_of(seat: Seat) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("REMPART_")},
        **seat.settings,
        "REMPART_MODE": "dev",
        "REMPART_UNDO_SECONDS": "0",
        "REMPART_SIGNAL_SECONDS": "1",
        "REMPART_FOLLOW_SECONDS": "1",
    }


@contextmanager
def alliance(folder: Path) -> Iterator[Bench]:
    """Three nodes that run, people at the first, a platform's match service at the second."""
    seats = [
        Seat(country, f"Hotline of {country}", folder / country.lower(), port)
        for country, port in zip(COUNTRIES, free_ports(len(COUNTRIES)), strict=True)
    ]
    environments = [environment_of(seat) for seat in seats]
    with ExitStack() as running:
        clerks = [running.enter_context(Clerk(each)) for each in environments]
        side_by_side([(clerk, ("init",)) for clerk in clerks])
        members = list(zip(seats, clerks, strict=True))
        found_alliance(members, folder)
        admit_one_another(members)
        side_by_side([(clerk, ("lists", "policy", ANY, "--governments", 1)) for clerk in clerks])
        starts = [
            Start(seat.port, seat.home / "run" / "node.log", each)
            for seat, each in zip(seats, environments, strict=True)
        ]
        running.enter_context(running_nodes(*starts))
        url = running.enter_context(match_service(seats[1], clerks[1], folder))
        yield running.enter_context(people(seats[0], clerks[0], url))


@contextmanager
def match_service(seat: Seat, clerk: Clerk, folder: Path) -> Iterator[str]:
    told = json.loads(clerk.does("platform", "add", "Example Chat", "--scope", "lists", "--json").out)
    clerk.does("lists", "terms", ANY, "--may-share")
    clerk.does("lists", "grant", ANY, told["username"])
    credential = (told["username"], told["secret"])
    key, trust = folder / "list.key", folder / "trust"
    key.touch(0o600)
    key.write_text(":".join(credential))
    trust.write_text(httpx.get(f"{seat.base}/log/vkey", trust_env=False).text)
    answer = httpx.get(f"{seat.base}/api/v1/lists", auth=credential, trust_env=False).json()
    [port], lists = free_ports(1), f"{seat.base}/api/v1/lists/{answer['lists'][0]['id']}"
    command = [
        *(
            sys.executable,
            "-m",
            "rempart.cli",
            "matcher",
            "--list",
            lists,
        ),
        *("--list-key-file", str(key), "--list-trust", str(trust), "--poll", "1", "--workers", "1"),
        *("--port", str(port), "--folder", str(folder / "matcher"), "--drain", "0"),
    ]
    with (folder / "matcher.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        waiting(lambda: is_ready(url))
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def people(seat: Seat, clerk: Clerk, matcher: str) -> Iterator[Bench]:
    from rempart.core.vocabulary import Role
    from rempart.demo.client_platform import PlatformClient
    from rempart.demo.client_staff import Workplace

    told = json.loads(clerk.does("platform", "add", "Example Platform", "--json").out)
    named = [("ana", Role.ANALYST), ("lena", Role.LIST_MANAGER)]
    with ExitStack() as open_browsers:
        at = []
        for username, role in named:
            person = invited(clerk, Person(username, username.title(), role, os.urandom(12).hex()))
            workplace = open_browsers.enter_context(closing(Workplace(seat.base, person)))
            workplace.enrol()
            at.append(workplace)
        client = open_browsers.enter_context(closing(PlatformClient(seat.base, told["username"], told["secret"])))
        yield Bench(client, *at, matcher)


def waiting(ask: Callable[[], object], pause: float = 0.1) -> float:
    """Seconds until `ask` gives something true."""
    began = time.perf_counter()
    while not ask():
        if time.perf_counter() - began > PATIENCE:
            raise SystemExit("it did not come true in two minutes")
        time.sleep(pause)
    return time.perf_counter() - began


def round_trip(bench: Bench, seed: int) -> tuple[float, float]:
    """Seconds from the confirmation to the first match, and from the recall to the first look-up without one."""
    from rempart.demo.client_platform import Upload
    from rempart.demo.journeys import NATIONAL
    from rempart.demo.submissions import report_document

    data = images.encode(images.draw_card(seed))
    item = {"id": "1", "pdq": pdq(data)[0].hex(), "quality": 100}
    cases: list[int] = []

    def take() -> bool:
        case = bench.analyst.next_case()
        cases.extend([case] if case is not None else [])
        return case is not None

    with httpx.Client(base_url=bench.matcher, trust_env=False) as http:

        def matches() -> bool:
            [found] = http.post("/v1/lookup", json={"items": [item]}).json()["results"]
            return bool(found["verdict"] == "match")

        bench.platform.report(report_document(datetime.now(UTC)), (Upload(f"{seed}.png", data),))
        waiting(take)
        time.sleep(random.random())
        bench.analyst.decide(cases[0], NATIONAL)
        there = waiting(matches, LOOK_SECONDS)
        time.sleep(random.random())
        bench.manager.recall(cases[0], "Made-up mistake of a benchmark.")
        gone = waiting(lambda: not matches(), LOOK_SECONDS)
    return there, gone


def summary(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    at = min(len(ordered) - 1, round(0.99 * len(ordered)))
    return {"p50": statistics.median(ordered), "p99": ordered[at], "least": ordered[0], "greatest": ordered[-1]}


def show(result: dict[str, Any]) -> None:
    rows = [
        [name, *(f"{result[key][each]:.2f}" for each in ("p50", "p99", "least", "greatest"))]
        for name, key in (("confirmation → match", "listed"), ("recall → no match", "recalled"))
    ]
    rows.append(["goal", *(f"≤ {GOALS[each]:.0f}" for each in ("p50", "p99")), "", ""])
    table(
        f"From one node to a platform at another, in seconds ({result['rounds']} pictures)",
        ["", "p50", "p99", "least", "greatest"],
        rows,
        notes=["Cadence of signing and of looking: 1 s; three witnesses of three; the match service looks every 1 s."],
    )


def set_django_up(folder: Path) -> None:
    """The clients of the demonstration need a node's settings to be importable: an empty one, which nobody uses."""
    for name in [name for name in os.environ if name.startswith("REMPART_")]:
        del os.environ[name]
    os.environ |= {
        "REMPART_HOME": str(folder / "empty"),
        "REMPART_MODE": "dev",
        "DJANGO_SETTINGS_MODULE": "rempart.node.settings",
    }
    Home.from_environment().create()
    import django

    django.setup()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="5 pictures instead of 30")
    parser.add_argument("--rounds", type=int, help="how many pictures")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    rounds = options.rounds or (5 if options.quick else 30)
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as name:
        folder = Path(name)
        set_django_up(folder)
        with alliance(folder) as bench:
            round_trip(bench, 9000)  # what is loaded once is loaded
            times = [round_trip(bench, 9001 + number) for number in range(rounds)]
    there, gone = (list(each) for each in zip(*times, strict=True))
    result = {"rounds": rounds, "listed": summary(there), "recalled": summary(gone)}
    if options.json:
        print(json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), **result}))
    else:
        show(result)


if __name__ == "__main__":
    main()
