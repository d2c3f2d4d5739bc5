"""A made-up year of every member, made by a few processes side by side and kept as files."""

import itertools
import json
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import resources
from multiprocessing import get_context
from pathlib import Path

from rempart.demo.year.proportions import DEFAULT_SEED, Profile, profiles

REPORTS = 1_000_000
EVENTS, FIGURES = "events", "figures"
"""In the year's folder, a file for each member in either: the events as Parquet, the figures document as JSON."""


@dataclass(frozen=True, slots=True)
class Founder:
    country: str
    name: str

    @property
    def organisation(self) -> str:
        return f"{self.name}: demonstration, a made-up year"


@dataclass(frozen=True, slots=True)
class Made:
    """One member's year: how many reports and events it has, and how long each step took (seconds)."""

    country: str
    reports: int
    events: int
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Order:
    """One member's year, to be made into a folder."""

    folder: Path
    founder: Founder
    profile: Profile
    year: int
    seed: int


def founders() -> tuple[Founder, ...]:
    """The members that founded the alliance, in the order of the register."""
    text = resources.files("rempart.node.register").joinpath("data/members.json").read_text(encoding="utf-8")
    return tuple(Founder(each["code"], each["names"]["en"]) for each in json.loads(text) if each["founded"])


def make_year(
    folder: Path,
    year: int,
    *,
    reports: int = REPORTS,
    seed: int = DEFAULT_SEED,
    on_made: Callable[[Made], None] = lambda made: None,
) -> tuple[Made, ...]:
    """Draw, count and publish; needs the environment of a node. `on_made` is told of each member as it is done."""
    orders = orders_of(folder, year, reports=reports, seed=seed)
    done = []
    # Not forked: whoever asks may have threads.
    pool = ProcessPoolExecutor(min(len(orders), os.cpu_count() or 1), get_context("spawn"), _ready)
    try:
        for future in as_completed([pool.submit(make_member, order) for order in orders]):
            done.append(future.result())
            on_made(done[-1])
    finally:
        pool.shutdown(cancel_futures=True)
    return tuple(done)


def orders_of(folder: Path, year: int, *, reports: int, seed: int) -> list[Order]:
    """What is to be made, the largest first."""
    members = founders()
    for name in (EVENTS, FIGURES):
        (folder / name).mkdir(parents=True, exist_ok=True)
    drawn = profiles([member.country for member in members], reports, seed)
    orders = [Order(folder, member, profile, year, seed) for member, profile in zip(members, drawn, strict=True)]
    return sorted(orders, key=lambda order: -order.profile.reports)


def _ready() -> None:
    import django

    django.setup()


def make_member(order: Order) -> Made:
    """Write both files of one member, in this process."""
    from rempart.demo.year import counting, drawing
    from rempart.formats.figure_events import write_columns

    clock = [time.perf_counter()]
    country = order.founder.country
    drawn = drawing.draw(order.profile, order.year, order.seed)
    clock.append(time.perf_counter())
    publication = counting.counted(drawn, order.year)
    clock.append(time.perf_counter())
    document = counting.published(publication, country, order.founder.organisation)
    (order.folder / FIGURES / f"{country}.json").write_text(json.dumps(document), encoding="utf-8")
    clock.append(time.perf_counter())
    with (order.folder / EVENTS / f"{country}.parquet").open("wb") as out:
        write_columns(out, country, counting.columns_of(drawn, order.year))
    clock.append(time.perf_counter())
    spent = [end - start for start, end in itertools.pairwise(clock)]
    return Made(
        country,
        order.profile.reports,
        len(drawn.seconds),
        dict(zip(("draw", "count", "publish", "write"), spent, strict=True)),
    )
