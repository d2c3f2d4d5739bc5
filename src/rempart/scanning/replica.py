"""A folder of lists carried to other machines: in pieces, known by its digest, written once on each machine.

How pieces travel is the caller's: `put` makes a handle of bytes, `get` bytes of a handle.
"""

import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rempart.core.errors import IntegrityError, UnsafeStart

_PIECE = 64 << 20
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Replica:
    """`digest` is over names, sizes and contents; `files` are relative names with their size and pieces' handles."""

    digest: str
    files: tuple[tuple[str, int, tuple[Any, ...]], ...]


def pack(folder: Path, put: Callable[[Any], Any]) -> Replica:
    """Of every file below the folder, which must not change meanwhile; pieces are views of the files, uint8[N]."""
    digest, files = hashlib.sha256(), []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name, size = path.relative_to(folder).as_posix(), path.stat().st_size
        content = np.memmap(path, dtype=np.uint8, mode="r") if size else np.empty(0, dtype=np.uint8)
        digest.update(f"{name}\0{size}\0".encode())
        digest.update(content.data)
        pieces = tuple(put(np.asarray(content[at : at + _PIECE])) for at in range(0, size, _PIECE))
        files.append((name, size, pieces))
    return Replica(digest.hexdigest(), tuple(files))


def unpack(replica: Replica, get: Callable[[Any], Any], parent: Path) -> Path:
    """The folder on this machine; whoever comes first writes it, others wait. Raises IntegrityError and UnsafeStart."""
    _own_folder(parent)
    folder = parent / replica.digest
    with _locked(parent / f"{replica.digest}.lock"):
        if folder.exists():
            return folder
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=parent))
        try:
            _write(replica, get, draft)
            os.replace(draft, folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    return folder


def discard(parent: Path) -> None:
    """Take this machine's copies away; who has one open keeps it open."""
    shutil.rmtree(parent, ignore_errors=True)


def _write(replica: Replica, get: Callable[[Any], Any], draft: Path) -> None:
    digest = hashlib.sha256()
    for name, size, pieces in replica.files:
        target = (draft / name).resolve()
        if not target.is_relative_to(draft.resolve()):
            raise IntegrityError("A file of the lists lies outside their folder.", where="lists")
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest.update(f"{name}\0{size}\0".encode())
        with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in pieces:
                content = memoryview(get(piece))
                digest.update(content)
                file.write(content)
    if digest.hexdigest() != replica.digest:
        raise IntegrityError("The lists arrived altered.", where="lists", advice="Start the scan again.")


def _own_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & _OTHERS:
        raise UnsafeStart(
            "the folder for copies of lists is open to others.", where=str(folder), advice="Remove it, then try again."
        )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
