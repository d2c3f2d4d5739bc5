"""What clients think of entries: appended durably, one file of JSON Lines for each client.

Workers append to the same file under its lock. Each first reads what others wrote since, so that an opinion that
stands is not written twice, and cuts off a line that a crash left unfinished: its client was never told it was kept.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from rempart.adapters.files import sync_directory
from rempart.core.errors import IntegrityError
from rempart.matcher.wire import FeedbackPage, FeedbackRecord, FeedbackRequest, FeedbackResponse

PAGE = 1000


class _Book:
    """One client's file as far as this process has read it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        is_new = not path.exists()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if is_new:
            sync_directory(path.parent)
        self._end = 0
        self._thread = threading.Lock()
        self.records: list[FeedbackRecord] = []
        self.standing: dict[tuple[str, str], FeedbackRecord] = {}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone among the threads and processes, and up to date. A record lock would not tell threads apart."""
        with self._thread:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                self._catch_up()
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def append(self, record: FeedbackRecord) -> None:
        line = msgspec.json.encode(record) + b"\n"
        os.pwrite(self._file, line, self._end)
        os.fsync(self._file)
        self._end += len(line)
        self._remember(record)

    def _catch_up(self) -> None:
        length = os.fstat(self._file).st_size
        fresh = os.pread(self._file, length - self._end, self._end)
        whole = fresh[: fresh.rfind(b"\n") + 1]
        for line in whole.splitlines():
            self._remember(self._decoded(line))
        self._end += len(whole)
        if self._end < length:
            os.ftruncate(self._file, self._end)

    def _decoded(self, line: bytes) -> FeedbackRecord:
        try:
            return msgspec.json.decode(line, type=FeedbackRecord)
        except msgspec.MsgspecError as error:
            raise IntegrityError(
                "A record of feedback was altered.", where=self._path.name, advice="Restore the file from the backup."
            ) from error

    def _remember(self, record: FeedbackRecord) -> None:
        self.records.append(record)
        self.standing[record.list, record.entry] = record

    def close(self) -> None:
        os.close(self._file)


class FeedbackDesk:
    """Opinions by client name. Its calls wait for the disk: use it from a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._books: dict[str, _Book] = {}
        self._opening = threading.Lock()

    def close(self) -> None:
        for book in self._books.values():
            book.close()

    def record(self, client: str, opinion: FeedbackRequest) -> FeedbackResponse:
        """Durable once it returns. Saying the same again changes nothing."""
        reasons = tuple(sorted(set(opinion.reasons)))
        book = self._book(client)
        with book.locked():
            stands = book.standing.get((opinion.list, opinion.entry))
            if stands is not None and (stands.outcome, stands.reasons) == (opinion.outcome, reasons):
                return FeedbackResponse(recorded=False, record=stands)
            record = FeedbackRecord(
                number=len(book.records) + 1,
                at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
                list=opinion.list,
                entry=opinion.entry,
                outcome=opinion.outcome,
                reasons=reasons,
            )
            book.append(record)
        return FeedbackResponse(recorded=True, record=record)

    def page(self, client: str, after: int) -> FeedbackPage:
        """The client's records with a number over `after`, at most `PAGE`."""
        book = self._book(client)
        with book.locked():
            records = book.records[after : after + PAGE]
            more = after + PAGE < len(book.records)
        return FeedbackPage(records=records, next=records[-1].number if more else None)

    def _book(self, client: str) -> _Book:
        with self._opening:
            if client not in self._books:
                self._books[client] = _Book(self._folder / f"{client}.jsonl")
            return self._books[client]
