"""Where the files of a log lie, as the rules need it; `adapters` has a folder and an object store."""

from collections.abc import Mapping
from typing import Protocol


class Reader(Protocol):
    """Reads the files of a log, its own or another's. May raise OutsideFailure."""

    def read(self, path: str) -> bytes | None:
        """The file's bytes; None where there is none."""
        ...


class Listing(Reader, Protocol):
    """A reader that also knows which files there are."""

    def names(self, folder: str) -> list[str]:
        """The names of the files that lie right in a folder; none where there is no such folder."""
        ...


class Store(Listing, Protocol):
    """Files that are on the disk once a call returns, and that no reader sees half written."""

    def write(self, files: Mapping[str, bytes]) -> None:
        """Files that never change, by path. Raises Conflict when one is there with other bytes.

        A kill leaves some of them, each whole.
        """
        ...

    def swap(self, path: str, before: bytes | None, after: bytes) -> bool:
        """Replace a file, if it holds `before` (None: if it is missing): one of several writers succeeds."""
        ...

    def remove(self, path: str) -> None:
        """Without complaint where there is none."""
        ...
