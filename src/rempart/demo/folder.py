"""The demonstration's data folder: always a fresh one, and never a real node's. Each node has a folder in it."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rempart.adapters.home import Home
from rempart.core.errors import UnsafeStart

MARKER = "DEMONSTRATION"
_MARK = "Everything in this folder is made up. The next demonstration empties it.\n"


def demo_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """REMPART_HOME, or `.rempart-demo` beside the place where a node would live; the nodes' own lie in it."""
    if environ.get("REMPART_HOME", "").strip():
        return Home.from_environment(environ).path
    return Home.from_environment({}).path.with_name(".rempart-demo")


@contextmanager
def fresh_folder(path: Path) -> Iterator[Path]:
    """Empty a demonstration's folder, or make one, and keep it from other demonstrations until the end.

    Raises UnsafeStart for a folder that holds anything else: a node's data is never touched.
    """
    if path.exists() and not path.is_dir():
        raise _refused(path, "this is not a folder.")
    if path.is_dir() and any(path.iterdir()) and not (path / MARKER).is_file():
        raise _refused(path, "the folder holds data that no demonstration made; it is left as it is.")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (path / MARKER).open("a+") as marker:
        try:
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise _refused(path, "another demonstration is running in it.") from error
        _empty(path)
        marker.truncate(0)
        marker.write(_MARK)
        marker.flush()
        path.chmod(0o700)
        yield path


def _empty(path: Path) -> None:
    for entry in path.iterdir():
        if entry.name == MARKER:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _refused(path: Path, what: str) -> UnsafeStart:
    return UnsafeStart(what, where=str(path), advice="Point REMPART_HOME to an empty or a new folder, or unset it.")
