"""Writing files that are whole or not there: atomic, durable, readable by their owner alone."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedRandom
from pathlib import Path

from rempart.core.errors import OutsideFailure


@contextmanager
def draft_of(path: Path) -> Iterator[BufferedRandom]:
    """A file that replaces `path` atomically and durably when the block ends well, and else leaves no trace.

    Raises OSError.
    """
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(draft)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes the names in it durable. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def unusable(path: Path, error: OSError) -> OutsideFailure:
    """What to raise where a file could not be read or written."""
    return OutsideFailure(
        f"The file cannot be used: {error.strerror or 'no reason given'}.",
        where=str(path),
        advice="Check the folder, its rights and the free space.",
    )
