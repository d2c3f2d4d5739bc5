"""What is scanned: files, folders, lists of names, lists of file URLs.

Names are handed on as they are found, so a store of any size is scanned in the same memory.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO
from urllib.parse import unquote_to_bytes, urlsplit

from rempart.core.errors import InputError
from rempart.scanning.records import Item

_SORTED_NAMES = 10_000
_MAX_NAME_BYTES = 65_536
_CHUNK = 1 << 16


def from_paths(paths: Iterable[str]) -> Iterator[Item]:
    """Files as named; folders with all files below them, in alphabetical runs of 10,000 names a folder.

    Links to files are followed, links to folders only when they are named themselves. What is neither a file nor a
    folder becomes an item with a problem when it is named, and is passed over inside a folder.
    """
    for path in paths:
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError) as error:
            yield _unusable(path, _reason(error))
            continue
        if S_ISDIR(mode):
            yield from _below(path)
        elif S_ISREG(mode):
            yield _file(path)
        else:
            yield _unusable(path, "It is neither a file nor a folder.")


def _below(folder: str) -> Iterator[Item]:
    try:
        entries = os.scandir(folder)
    except OSError as error:
        yield _unusable(folder, _reason(error))
        return
    folders: list[str] = []
    with entries:
        while run := sorted(islice(entries, _SORTED_NAMES), key=lambda entry: entry.name):
            for entry in run:
                try:
                    is_folder, is_file = entry.is_dir(follow_symlinks=False), entry.is_file()
                except OSError as error:
                    yield _unusable(entry.path, _reason(error))
                    continue
                if is_folder:
                    folders.append(entry.path)
                elif is_file:
                    yield _file(entry.path)
    for each in folders:
        yield from _below(each)


def from_names(stream: BinaryIO) -> Iterator[Item]:
    """Paths as `find` prints them: each ends with NUL if the first one does, otherwise with a newline."""
    return from_paths(map(os.fsdecode, _names(stream)))


def from_urls(stream: BinaryIO) -> Iterator[Item]:
    """A list of file:// URLs or paths of this machine, one a line. Nothing is fetched from anywhere."""
    for name in _names(stream):
        text = os.fsdecode(name.strip())
        path = _path_of(text)
        if path is None:
            yield _unusable(text, "It names no file of this machine. Give file:///… addresses or paths.")
        else:
            yield from from_paths([path])


def _path_of(text: str) -> str | None:
    """A path with a colon in it is no URL unless something like a scheme and two slashes come first."""
    if "://" not in text and not text.lower().startswith("file:"):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme != "file" or parts.netloc.lower() not in ("", "localhost") or not parts.path.startswith("/"):
        return None
    return os.fsdecode(unquote_to_bytes(os.fsencode(parts.path)))


def _names(stream: BinaryIO) -> Iterator[bytes]:
    read = stream.read1 if hasattr(stream, "read1") else stream.read  # a pipe's names are taken as they come
    waiting, end = b"", b""
    while chunk := read(_CHUNK):
        waiting += chunk
        end = end or (b"\0" if b"\0" in waiting else b"\n" if b"\n" in waiting else b"")
        if end:
            *whole, waiting = waiting.split(end)
            yield from filter(None, whole)
        if len(waiting) > _MAX_NAME_BYTES:
            raise InputError(
                "A name in the list is longer than 64 KiB.",
                where="list of names",
                advice="End each name with a newline or NUL.",
            )
    if waiting:
        yield waiting


def _file(path: str) -> Item:
    return Item(path, key=path, path=path)


def _unusable(name: str, reason: str) -> Item:
    return Item(name, key=name, problem=reason)


def _reason(error: OSError | ValueError) -> str:
    said = error.strerror if isinstance(error, OSError) else "the name holds a NUL"
    return f"It cannot be read: {said or 'no reason given'}."
