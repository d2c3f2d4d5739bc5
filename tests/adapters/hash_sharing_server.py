"""A Hash Sharing server in memory, which fails as it is told to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from rempart.core.errors import OutsideFailure
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_sharing.model import Member, Page, Update, read_time
from rempart.formats.hash_sharing.writer import write_page

HOTLINE = Member(42, "Hotline")


@dataclass
class Server:
    """Keeps the last state of each entry, and answers windows in pages of `size`."""

    size: int = 3
    entries: dict[str, Update] = field(default_factory=dict)
    failures: Iterator[int | None] = field(default_factory=lambda: iter(()))
    asked: list[tuple[str, str, bytes | None]] = field(default_factory=list)
    forgets_pages: bool = False
    most_days: int | None = None

    def put(self, name: str, at: datetime, *, is_deleted: bool = False) -> None:
        hashes = {} if is_deleted else {FingerprintType.MD5: f"{int(name[1:]) + 1:032x}"}
        self.entries[name] = Update(HOTLINE, name, at, is_deleted=is_deleted, hashes=hashes)

    def __call__(self, method: str, path: str, body: bytes | None = None) -> tuple[int, float | None, bytes]:
        self.asked.append((method, path, body))
        failure = next(self.failures, None)
        if failure == 0:
            raise OutsideFailure("the host could not be asked.")
        if failure is not None:
            return failure, 7.0 if failure == 429 else None, b"busy"
        if method == "PUT":
            return 200, None, b""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        first, last, after = read_time(asked["from"]), read_time(asked["to"]), asked.get("after", "")
        if after and self.forgets_pages:
            return 404, None, b""
        if self.most_days and last - first > timedelta(days=self.most_days):
            return 503, None, b""
        found = sorted((each for each in self.entries.values() if first < each.at <= last), key=lambda each: each.entry)
        left = [entry for entry in found if entry.entry > after]
        page = left[: self.size]
        query = f"from={asked['from']}&to={asked['to']}&size={self.size}&after={page[-1].entry if page else ''}"
        more = len(left) > self.size
        return 200, None, write_page(Page(tuple(page), f"/v2/entries?{query}" if more else None))
