"""The made-up year in the demonstration: made before the nodes start, in their own chains or brought in as files."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rempart.core.errors import OutsideFailure
from rempart.core.figures.document import FiguresDocument
from rempart.core.figures.releases import Status, Value
from rempart.demo.browser import TIMEOUT
from rempart.demo.clerk import Clerk
from rempart.demo.members import Seat
from rempart.demo.year.making import EVENTS, FIGURES, founders, make_year
from rempart.formats import figures_document

REPORTS = "reports_received"


@dataclass(slots=True)
class MadeUpYear:
    """A year's files, and how many seconds each step took."""

    folder: Path
    year: int
    reports: int
    seconds: dict[str, float] = field(default_factory=dict)

    def document(self, country: str) -> FiguresDocument:
        return figures_document.read((self.folder / FIGURES / f"{country}.json").read_bytes())


def make(console: Console, folder: Path, reports: int) -> MadeUpYear:
    """The calendar year before today, with a bar that shows how far it is."""
    made_up = MadeUpYear(folder, datetime.now(UTC).year - 1, reports)
    members = founders()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    began = time.monotonic()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(f"A made-up year of {len(members)} members", total=reports)
        make_year(folder, made_up.year, reports=reports, on_made=lambda made: progress.advance(task, made.reports))
    made_up.seconds["made and counted"] = time.monotonic() - began
    return made_up


def load(made_up: MadeUpYear, seats: Sequence[Seat], environments: Sequence[Mapping[str, str]], clerk: Clerk) -> None:
    """Into the chain of each member whose node will run, and as a file into the first one's for all others."""
    began = time.monotonic()
    loading = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "rempart.demo.year.loading",
                str(made_up.folder / EVENTS / f"{seat.country}.parquet"),
            ],
            env=dict(environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seat, environment in zip(seats, environments, strict=True)
    ]
    for seat, process in zip(seats, loading, strict=True):
        _, said = process.communicate()
        if process.returncode:
            raise OutsideFailure(f"its past was not loaded: {said.strip()[-300:]}", where=seat.organisation)
    files = sorted((made_up.folder / FIGURES).glob("*.json"))
    clerk.does("figures", "import", *(path for path in files if path.stem != seats[0].country))
    made_up.seconds["loaded"] = time.monotonic() - began


def shown_at(made_up: MadeUpYear, base: str) -> dict[str, Value]:
    """Each member's reports of the year, as the observatory shows them. OutsideFailure where it shows nothing."""
    began = time.monotonic()
    _get(f"{base}/en/observatory/")
    made_up.seconds["first page"] = time.monotonic() - began
    rows = _get(f"{base}/en/observatory/members/{made_up.year}.json").json()
    return {
        row["member"]: Value(row["value"], Status(row["status"]), row["count_behind"])
        for row in rows
        if row["indicator"] == REPORTS and row["status"] != Status.NOT_AVAILABLE
    }


def wrong_with(made_up: MadeUpYear, shown: Mapping[str, Value]) -> list[str]:
    """Whether every member is shown, with the figures of its year."""
    wrong = []
    for founder in founders():
        own = made_up.document(founder.country).value(str(made_up.year), REPORTS)
        if founder.country not in shown:
            wrong.append(f"the observatory has no figures of {founder.name}")
        elif shown[founder.country] != own:
            wrong.append(f"the observatory's figures of {founder.name} are not those of its year")
    return wrong


def told(made_up: MadeUpYear, base: str, shown: Mapping[str, Value]) -> list[str]:
    """What the demonstration says of the year."""
    total = sum(int(value.number or 0) for value in shown.values())
    exact = all(value.status is Status.SHOWN for value in shown.values())
    spent = ", ".join(f"{step} in {seconds:.1f} s" for step, seconds in made_up.seconds.items())
    return [
        f"  A made-up year: {len(shown)} members published {'' if exact else 'at least '}{total:,} reports in "
        f"{made_up.year}; {spent}.",
        f"    to see   {base}/en/observatory/",
        f"    to count it again   scripts/recompute_figures.py {made_up.folder / EVENTS} {made_up.folder / FIGURES}",
    ]


def _get(address: str) -> httpx.Response:
    answer = httpx.get(address, timeout=TIMEOUT, trust_env=False)
    if answer.status_code != httpx.codes.OK:
        raise OutsideFailure(f"it answers {answer.status_code}.", where=address, advice="The node's log says why.")
    return answer
