"""`rempart demo`: a world, a node, people and reporters, until every journey has ended."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
from rich.console import Console

from rempart.adapters.home import Home
from rempart.core.errors import OutsideFailure
from rempart.demo.cast import Person, hire
from rempart.demo.folder import demo_folder, fresh_folder
from rempart.demo.mail_sink import MailSink
from rempart.demo.pretend_host import PretendHost, Shelf
from rempart.demo.processes import refuse_taken_port, rempart, running_node
from rempart.demo.submissions import hash_list
from rempart.demo.world import HOURS_PER_SECOND, SITES, settings_of, start_clock

PLATFORM = "Example Platform"
INTERRUPTED = 130


def play_demo(*, once: bool, port: int) -> int:
    """Play every journey; the exit code: 0 if all ended as they should, else 1. Unless `once`, the node stays open
    until Ctrl+C. The data folder stays in any case.
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
            code = _play(console, folder, port, once=once)
    except KeyboardInterrupt:
        console.print("Interrupted.")
    console.print("Everything the demonstration started has stopped; its folder stays.")
    return code


def _play(console: Console, folder: Path, port: int, *, once: bool) -> int:
    begun = time.monotonic()
    console.print(f"A demonstration in {folder}; a second is {HOURS_PER_SECOND} hours.", highlight=False)
    cast = hire()
    cast, platform = _set_up(folder, cast)
    os.environ.update(start_clock())
    with running_node(port, folder / "run" / "node.log") as base:
        import django

        django.setup()
        # It reads the node's database, so it loads only now that folder and settings stand.
        from rempart.demo.stage import Stage, play

        try:
            code = 0 if play(Stage(console, base, Home(folder), cast, platform)) else 1
        except httpx.HTTPError as error:
            raise OutsideFailure(
                f"the node stopped answering ({type(error).__name__}).",
                where=str(folder / "run" / "node.log"),
                advice="The log says why.",
            ) from error
        console.print(f"  It took {time.monotonic() - begun:.0f} seconds.", highlight=False)
        if not once:
            _stay_open(console, base, cast)
    return code


@contextmanager
def _world(folder: Path) -> Iterator[None]:
    """The pretend host and the mail server, and the settings that lead to them in this process's environment."""
    shelf = Shelf(SITES)
    with closing(PretendHost(shelf)) as host, closing(MailSink(folder / "run" / "mail", shelf.tell)) as mails:
        # Nothing of the caller's own node leaks in.
        for name in [name for name in os.environ if name.startswith("REMPART_")]:
            del os.environ[name]
        os.environ.update(settings_of(folder, host.port, mails.port))
        yield


def _set_up(folder: Path, cast: tuple[Person, ...]) -> tuple[tuple[Person, ...], tuple[str, str]]:
    """Node, hash list, staff and platform by the commands anybody uses.

    Returns the people with the links to their accounts, and the platform's credential.
    """
    rempart(["init"])
    hashes = folder / "run" / "hashes.csv"
    hashes.write_text(hash_list())
    added, _, *accounts = rempart(
        ["platform", "add", PLATFORM, "--json"],
        ["lists", "import", str(hashes), "--name", "Demonstration list", "--category", "national"],
        *(["staff", "add", one.username, "--name", one.name, "--role", one.role] for one in cast),
    )
    told = json.loads(added.out)
    links = [account.out.split()[-1] for account in accounts]
    invited = tuple(replace(one, link=link) for one, link in zip(cast, links, strict=True))
    return invited, (told["username"], told["secret"])


def _stay_open(console: Console, base: str, cast: tuple[Person, ...]) -> None:
    """Say which pages to open, then wait for Ctrl+C."""
    lines = [
        "",
        "The node stays open; its clock goes on, compressed.",
        f"  Public form   {base}/",
        f"  Figures       {base}/figures/",
        f"  Workplace     {base}/staff/",
        "                As the second step type one of these recovery codes; each works once.",
        *(
            f"                user name {one.username}, password {one.password}, codes {' '.join(one.codes[:3])}"
            f"   ({one.name})"
            for one in cast
        ),
        f"  Machines      {base}/api/v1/openapi.json   {base}/ispws/xsd",
        "Stop with Ctrl+C.",
    ]
    console.print("\n".join(lines), highlight=False, markup=False)
    with suppress(KeyboardInterrupt):
        while True:
            signal.pause()
