"""Where a log's files are: a folder, an address, or this node's own. Needs no node and no database."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from rempart.adapters.home import Home
from rempart.adapters.log_folder import FolderStore
from rempart.adapters.log_url import LogUrl
from rempart.core.errors import NotFound, RempartError
from rempart.exchange.store import Reader
from rempart.exchange.tiles import CHECKPOINT
from rempart.formats.signed_note import Key, read_vkey

VKEY = "vkey"


def own_folder() -> Path:
    return Home.from_environment().log


def located(place: str) -> str:
    """The place, or `log` in it where it is a node's data folder."""
    within = Path(place) / "log"
    is_home = "://" not in place and not (Path(place) / CHECKPOINT).exists() and within.is_dir()
    return str(within) if is_home else place


@contextmanager
def opened(place: str) -> Iterator[Reader]:
    """The log in a folder or at an address; of an address, `/log` is tried below it too."""
    if "://" not in place:
        if not Path(place).is_dir():
            raise NotFound("there is no such folder.", where=place)
        yield FolderStore(Path(place))
        return
    log = LogUrl(place, None)
    try:
        if log.read(CHECKPOINT) is None and not place.rstrip("/").endswith("/log"):
            log.close()
            log = LogUrl(f"{place.rstrip('/')}/log", None)
        yield log
    finally:
        log.close()


def shown_key(reader: Reader) -> Key | None:
    """The key that lies beside the log; it vouches for nothing but itself."""
    data = reader.read(VKEY)
    return read_vkey(data.decode(errors="replace")) if data is not None else None


def own_key(origin: str) -> Key | None:
    """The key of this node's log, where this process may read it."""
    from rempart.adapters.signing import Signer

    try:
        return Key(origin, Signer(Home.from_environment().keys.log).public_key)
    except (RempartError, OSError):
        return None


def print_rows(rows: Iterable[tuple[str, str]]) -> None:
    """A name and what it holds on each line, uncut, so that keys can be copied."""
    for name, value in rows:
        typer.echo(f"{name:<14}{value}")


@contextmanager
def progress_of(what: str, total: int) -> Iterator["Advance"]:
    """A bar on standard error, where that is a terminal."""
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), TextColumn("{task.completed:,.0f} entries"))
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bar:
        yield Advance(bar, total)


class Advance:
    """Is told how many entries more are done."""

    def __init__(self, bar: Progress, total: int) -> None:
        self._bar, self._task = bar, bar.add_task("", total=total)

    def __call__(self, more: int) -> None:
        self._bar.advance(self._task, more)
