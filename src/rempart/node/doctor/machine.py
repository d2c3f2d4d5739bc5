"""The machine and the data folder: looked at before any setting is read, so it works where a node refuses to start."""

import os
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from rempart.adapters.home import Home
from rempart.core.errors import UnsafeStart
from rempart.node.doctor.findings import Finding, error, info, ok, warning

_SECRET_FILES = ("REMPART_SMTP_PASSWORD_FILE",)
_FREE_WARNING, _FREE_ERROR = 0.2, 0.05
_EARLIEST = 1_767_225_600
"""1 January 2026: a machine that believes to live before this software was written has lost its clock."""
_CLOCK_TOLERANCE = 5.0


def look(home: Home, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Findings on folder, secrets, owner, disk and clock."""
    yield _folder(home)
    if home.path.is_dir():
        yield _owner(home)
        yield _disk(home)
    yield from _secret_files(environ)
    yield _clock(home)


def _folder(home: Home) -> Finding:
    try:
        home.check()
    except UnsafeStart as refused:
        return error("folder", f"{refused.where}: {refused.what}", refused.advice)
    return ok("folder", "The data folder and its keys are there, and closed to other accounts.")


def _owner(home: Home) -> Finding:
    mine = os.geteuid()
    if mine == 0:
        return warning(
            "owner",
            "This was asked as root, who may read what the node may not.",
            "Ask again as the account that runs the node: runuser -u rempart -- rempart doctor",
        )
    paths = [path for path in (home.path, *home.directories, home.database) if path.exists()]
    foreign = [path for path in paths if path.stat().st_uid != mine]
    if foreign:
        return error(
            "owner", f"{foreign[0]} belongs to another account.", "Give the data folder to the node's own account."
        )
    return ok("owner", "The data folder belongs to this account.")


def _disk(home: Home) -> Finding:
    usage = shutil.disk_usage(home.path)
    share = usage.free / usage.total
    what = f"{share:.0%} of the data folder's disk is free ({usage.free >> 20} MiB)."
    advice = "Make room: what cannot be stored is refused, and reports wait at the platforms."
    if share < _FREE_ERROR:
        return error("disk", what, advice)
    return warning("disk", what, advice) if share < _FREE_WARNING else ok("disk", what)


def _secret_files(environ: Mapping[str, str]) -> Iterator[Finding]:
    for name in _SECRET_FILES:
        given = environ.get(name, "").strip()
        if given:
            yield _secret_file(name, Path(given))


def _secret_file(name: str, path: Path) -> Finding:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        path.read_bytes()
    except OSError as failed:
        return error("secrets", f"The file of {name} cannot be read ({failed.strerror}).", "Check its name and owner.")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        advice = "Set its mode to 600, and change the secret if others may have read it."
        return error("secrets", f"Other accounts can use the file of {name} (mode {mode:04o}).", advice)
    return ok("secrets", f"The file of {name} is readable, and closed to others.")


def _clock(home: Home) -> Finding:
    """The machine's clock against the age of this software, and against the clock of the data folder's disk."""
    now = time.time()
    advice = "Set the clock and keep it by NTP: deadlines, figures and signatures depend on it."
    if now < _EARLIEST:
        return error("clock", "The machine's clock stands before 2026.", advice)
    try:
        with NamedTemporaryFile(dir=home.run) as probe:
            apart = abs(os.stat(probe.name).st_mtime - time.time())
    except OSError:
        return info("clock", "The machine's clock was not compared: the data folder cannot be written.")
    if apart > _CLOCK_TOLERANCE:
        return warning("clock", f"The data folder's disk and this machine are {apart:.0f} seconds apart.", advice)
    return ok("clock", "The machine's clock is plausible.")
