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
from rempart.core.figures.releases import Status
from rempart.demo.browser import TIMEOUT
from rempart.demo.clerk import Clerk
from rempart.demo.members import Seat
from rempart.demo.year.making import EVENTS, FIGURES, founders, make_year
from rempart.formats import figures_document

REPORTS = "reports_received"
_PAGE = "/en/figures/"


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


def wrong_with(made_up: MadeUpYear, shown: Mapping[str, FiguresDocument]) -> list[str]:
    """Whether the node knows the year of every member, and as it was published; `shown` are its documents."""
    period, wrong = str(made_up.year), []
    for founder in founders():
        own, here = made_up.document(founder.country), shown.get(founder.country)
        if here is None:
            wrong.append(f"the observatory has no figures of {founder.name}")
        elif here.value(period, REPORTS) != own.value(period, REPORTS):
            wrong.append(f"the observatory's figures of {founder.name} are not those of its year")
    return wrong


def open_first_page(made_up: MadeUpYear, base: str) -> None:
    """How long the node takes to show it for the first time. OutsideFailure where it does not."""
    began = time.monotonic()
    answer = httpx.get(f"{base}{_PAGE}", timeout=TIMEOUT, trust_env=False)
    made_up.seconds["first page"] = time.monotonic() - began
    if answer.status_code != httpx.codes.OK:
        raise OutsideFailure(f"it answers {answer.status_code}.", where=_PAGE, advice="The node's log says why.")


def told(made_up: MadeUpYear, shown: Mapping[str, FiguresDocument]) -> list[str]:
    """What the demonstration says of the year."""
    values = [each.value(str(made_up.year), REPORTS) for each in shown.values()]
    total = sum(int(value.number or 0) for value in values)
    exact = all(value.status is Status.SHOWN for value in values)
    spent = ", ".join(f"{step} in {seconds:.1f} s" for step, seconds in made_up.seconds.items())
    return [
        f"  A made-up year: {len(shown)} members published {'' if exact else 'at least '}{total:,} reports in "
        f"{made_up.year}; {spent}.",
        f"  To count it again: scripts/recompute_figures.py {made_up.folder / EVENTS} {made_up.folder / FIGURES}",
    ]
