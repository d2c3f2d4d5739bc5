"""`rempart demo`: a world, three nodes, people and reporters, until every journey has ended."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.console import Console

from rempart.adapters.home import Home
from rempart.core.errors import OutsideFailure
from rempart.demo.cast import Person, hire, hire_abroad
from rempart.demo.clerk import Clerk, side_by_side
from rempart.demo.folder import demo_folder, fresh_folder
from rempart.demo.mail_sink import MailSink
from rempart.demo.members import Place, Seat, admit_one_another, found_alliance, invited, set_up_abroad
from rempart.demo.pretend_host import PretendHost, Shelf
from rempart.demo.processes import Start, free_ports, refuse_taken_port, running_nodes
from rempart.demo.submissions import hash_list
from rempart.demo.world import HOURS_PER_SECOND, SITES, settings_abroad, settings_of, start_clock
from rempart.demo.year import showing as year
from rempart.demo.year.showing import MadeUpYear

PLATFORM = "Example Platform"
INTERRUPTED = 130


def play_demo(*, once: bool, port: int, year_reports: int) -> int:
    """Play every journey; the exit code: 0 if all ended as they should, else 1. Unless `once`, the node stays open
    until Ctrl+C. The data folder stays in any case. The made-up year before it has `year_reports`, or is left out (0).
    """
    # A polite request to end takes the same way out as Ctrl+C: everything that was started is stopped. A shell that
    # starts this in the background would have it ignore Ctrl+C.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    console = Console(soft_wrap=True)
    refuse_taken_port(port)
    code = INTERRUPTED
    try:
        with fresh_folder(demo_folder()) as folder, _world(folder):
            code = _play(console, folder, port, once=once, year_reports=year_reports)
    except KeyboardInterrupt:
        console.print("Interrupted.")
    console.print("Everything the demonstration started has stopped; its folder stays.")
    return code


def _play(console: Console, folder: Path, port: int, *, once: bool, year_reports: int) -> int:
    begun = time.monotonic()
    console.print(f"A demonstration in {folder}; in France a second is {HOURS_PER_SECOND} hours.", highlight=False)
    with ExitStack() as running:
        seats = seats_in(folder, port)
        ready = running.enter_context(_set_up(console, seats, folder, year_reports))
        os.environ.update(start_clock())
        running.enter_context(running_nodes(*_starts(seats)))
        import django

        django.setup()
        # It reads the node's database, so it loads only now that folder and settings stand.
        from rempart.demo.stage import Stage, play

        try:
            stage = Stage(console, seats[0].base, Home(seats[0].home), **vars(ready))
            code = 0 if play(stage) else 1
        except httpx.HTTPError as error:
            raise OutsideFailure(
                f"a node stopped answering ({type(error).__name__}).",
                where=str(folder),
                advice="Their logs run/node.log say why.",
            ) from error
        console.print(f"  It took {time.monotonic() - begun:.0f} seconds.", highlight=False)
        console.print("\n".join(_addresses(seats)), highlight=False, markup=False)
        if not once:
            _stay_open(console, seats, ready)
    return code


def seats_in(folder: Path, port: int) -> tuple[Seat, Seat, Seat]:
    """The members: the played node, and two more on ports that are free."""
    second, third = free_ports(2)
    return (
        Seat("FR", "Demonstration hotline", folder / "fr", port),
        Seat("NL", "Demonstration hotline of the Netherlands", folder / "nl", second),
        Seat("DE", "Demonstration hotline of Germany", folder / "de", third),
    )


@contextmanager
def _world(folder: Path) -> Iterator[None]:
    """The pretend host and the mail server, and the settings that lead to them in this process's environment."""
    shelf, home = Shelf(SITES), folder / "fr"
    Home(home).create()
    with closing(PretendHost(shelf)) as host, closing(MailSink(home / "run" / "mail", shelf.tell)) as mails:
        # Nothing of the caller's own node leaks in.
        for name in [name for name in os.environ if name.startswith("REMPART_")]:
            del os.environ[name]
        os.environ.update(settings_of(home, host.port, mails.port))
        yield


@dataclass
class _Ready:
    """What the set-up gave: people with the links to their accounts, platforms with their credentials."""

    cast: tuple[Person, ...]
    platform: tuple[str, str]
    places: tuple[Place, Place]
    analyst_abroad: Person
    made_up: MadeUpYear | None


@contextmanager
def _set_up(console: Console, seats: tuple[Seat, Seat, Seat], folder: Path, year_reports: int) -> Iterator[_Ready]:
    """Nodes, roster, lists, staff and platforms by the commands anybody uses.

    The command lines of the two other nodes stay until the end.
    """
    os.environ.update(seats[0].settings)
    abroad = settings_abroad(os.environ)
    with ExitStack() as open_clerks:
        environments = [dict(os.environ), *({**abroad, **seat.settings} for seat in seats[1:])]
        clerks = [open_clerks.enter_context(Clerk(each)) for each in environments]
        side_by_side([(clerk, ("init",)) for clerk in clerks])
        made_up = year.make(console, folder / "year", year_reports) if year_reports else None
        if made_up:
            year.load(made_up, seats, environments, clerks[0])
        members = list(zip(seats, clerks, strict=True))
        found_alliance(members, folder)
        admit_one_another(members)
        cast, platform = _staff(clerks[0], seats[0].home)
        places = set_up_abroad(members[1], members[2])
        analyst = invited(clerks[1], hire_abroad())
        clerks[0].close()
        yield _Ready(cast, platform, places, analyst, made_up)


def _staff(clerk: Clerk, home: Path) -> tuple[tuple[Person, ...], tuple[str, str]]:
    """The played node's hash list, people with the links to their accounts, and a platform's credential."""
    hashes = home / "run" / "hashes.csv"
    hashes.write_text(hash_list())
    clerk.does("lists", "import", hashes, "--name", "Demonstration list", "--category", "national")
    told = json.loads(clerk.does("platform", "add", PLATFORM, "--json").out)
    cast = tuple(invited(clerk, person) for person in hire())
    return cast, (told["username"], told["secret"])


def _starts(seats: tuple[Seat, ...]) -> list[Start]:
    """The played node has this process's environment, with its compressed clock."""
    abroad = settings_abroad(os.environ)
    return [
        Start(seat.port, seat.home / "run" / "node.log", {**abroad, **seat.settings} if number else None)
        for number, seat in enumerate(seats)
    ]


def _addresses(seats: tuple[Seat, ...]) -> list[str]:
    return [
        "The members' nodes, and their data folders:",
        *(f"  {seat.country}   {seat.base}/   log {seat.base}/log/   {seat.home}" for seat in seats),
    ]


def _stay_open(console: Console, seats: tuple[Seat, ...], ready: _Ready) -> None:
    """Say which pages to open, then wait for Ctrl+C."""
    base = seats[0].base
    lines = [
        "",
        "The nodes stay open; the clock of France's goes on, compressed.",
        f"  Public form   {base}/",
        f"  Figures       {base}/figures/",
        f"  Workplace     {base}/staff/",
        "                As the second step type one of these recovery codes; each works once.",
        *(f"                {_login(one)}" for one in ready.cast),
        f"  Netherlands   {seats[1].base}/staff/   {_login(ready.analyst_abroad)}",
        f"  Exchange      {base}/staff/signals/   {base}/log/",
        f"  Machines      {base}/api/v1/openapi.json   {base}/ispws/xsd",
        "Stop with Ctrl+C.",
    ]
    console.print("\n".join(lines), highlight=False, markup=False)
    with suppress(KeyboardInterrupt):
        while True:
            signal.pause()


def _login(person: Person) -> str:
    codes = " ".join(person.codes[:3])
    return f"user name {person.username}, password {person.password}, codes {codes}   ({person.name})"
