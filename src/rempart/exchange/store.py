"""Where the files of a log lie, as the rules need it; `adapters` has a folder and an object store."""

from typing import Protocol


class Reader(Protocol):
    """Reads the files of a log, its own or another's. Both may raise OutsideFailure."""

    def read(self, path: str) -> bytes | None:
        """The file's bytes; None where there is none."""
        ...


class Store(Reader, Protocol):
    """Files that are on the disk once a call returns."""

    def write(self, path: str, data: bytes) -> None:
        """A file that never changes. Raises Conflict when it is there with other bytes."""
        ...

    def swap(self, path: str, before: bytes | None, after: bytes) -> bool:
        """Replace a file, if it holds `before` (None: if it is missing): one of several writers succeeds."""
        ...

    def remove(self, path: str) -> None:
        """Without complaint where there is none."""
        ...
