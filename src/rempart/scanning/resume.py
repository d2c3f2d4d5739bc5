"""The state of a scan on disk, so that it can be cut off at any point and taken up again.

A batch counts as finished once its lines are durable in the output and this file says so, in one transaction with the
length of the output. What the output holds beyond that length belongs to no finished batch and is cut off on resuming;
so no input is written twice and none is missed. The file holds digests of names, never fingerprints.
"""

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from rempart.core.errors import Conflict, IntegrityError, OutsideFailure
from rempart.scanning.records import Totals

_FORMAT = "rempart-scan/1"
_TABLES = """
create table if not exists scan (name text primary key, value text not null) without rowid;
create table if not exists finished (input blob primary key) without rowid;
"""
Settings = Mapping[str, object]


class State:
    """One scan's progress; one process may hold it at a time. Raises Conflict, IntegrityError and OutsideFailure."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self.path = path
        self._settings = {name: json.dumps(value, sort_keys=True) for name, value in settings.items()}
        self._in_flight: set[bytes] = set()
        self._using = threading.Lock()  # one thread claims while another commits
        self._database = self._opened()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        with self._using:  # the thread that reads the inputs may still be claiming one
            self._database.close()

    def _opened(self) -> sqlite3.Connection:
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=0)
        except (OSError, sqlite3.Error) as error:
            raise _unusable(self.path) from error
        try:
            database.execute("pragma locking_mode = exclusive")
            database.execute("begin exclusive")
            database.execute("commit")
            database.executescript(_TABLES)
            self._check(database)
        except sqlite3.OperationalError as error:
            database.close()
            if "locked" not in str(error):
                raise _unusable(self.path) from error
            raise Conflict(
                "Another scan is using this state.", where=str(self.path), advice="Wait for it, or name another state."
            ) from error
        except sqlite3.DatabaseError as error:
            database.close()
            raise _foreign(self.path) from error
        except BaseException:
            database.close()
            raise
        return database

    def _check(self, database: sqlite3.Connection) -> None:
        known = dict(database.execute("select name, value from scan"))
        if not known:
            given = {"format": _FORMAT, "length": "null", "totals": "[0, 0, 0]"}
            given |= {f"option {name}": value for name, value in self._settings.items()}
            database.executemany("insert into scan values (?, ?)", given.items())
            return
        if known.get("format") != _FORMAT:
            raise _foreign(self.path)
        for name, value in self._settings.items():
            if known.get(f"option {name}") != value:
                raise Conflict(
                    f"The state belongs to a scan with another {name}.",
                    where=str(self.path),
                    advice="Give the same options, or start anew with another state and output.",
                )

    @property
    def length(self) -> int | None:
        """Bytes of the output that belong to finished inputs; None while no output was ever opened."""
        length: int | None = json.loads(self._said("length"))
        return length

    @property
    def totals(self) -> Totals:
        return Totals(*json.loads(self._said("totals")))

    def _said(self, name: str) -> str:
        row = self._database.execute("select value from scan where name = ?", (name,)).fetchone()
        return str(row[0])

    def claim(self, key: str) -> bool:
        """Whether this input is still to be done; from then on it is taken, until this process ends."""
        digest = _digest(key)
        with self._using:
            if digest in self._in_flight:
                return False
            found = self._database.execute("select 1 from finished where input = ?", (digest,)).fetchone()
            if found is None:
                self._in_flight.add(digest)
            return found is None

    def commit(self, keys: Iterable[str], totals: Totals, length: int) -> None:
        """These inputs are finished, and their lines durable in the first `length` bytes of the output."""
        digests = [_digest(key) for key in keys]
        said = {"length": str(length), "totals": json.dumps([totals.inputs, totals.hits, totals.problems])}
        with self._using:
            try:
                self._database.execute("begin")
                self._database.executemany("insert into finished values (?)", ((digest,) for digest in digests))
                self._database.executemany("replace into scan values (?, ?)", said.items())
                self._database.execute("commit")
            except sqlite3.Error as error:
                raise _unusable(self.path) from error
            self._in_flight.difference_update(digests)


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=16).digest()


def _unusable(path: Path) -> OutsideFailure:
    return OutsideFailure(
        "The state cannot be written.", where=str(path), advice="Check the folder, its rights and the free space."
    )


def _foreign(path: Path) -> IntegrityError:
    return IntegrityError(
        "This is no state of a scan, or it was altered.", where=str(path), advice="Name another file as state."
    )
