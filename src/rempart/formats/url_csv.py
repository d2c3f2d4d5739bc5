"""URLs as CSV for bulk import: `url[, seen_at, source, note, kind]`; the header is optional."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from rempart.core.content import canonical_url
from rempart.core.errors import InputError
from rempart.core.vocabulary import ItemKind
from rempart.formats.csv_lines import read_csv_lines
from rempart.formats.rows import RejectedRow

_DEFAULT_COLUMNS = ("url", "seen_at", "source", "note", "kind")
_MAX_TEXT = 2_000
_KINDS = frozenset({ItemKind.URL, ItemKind.ONION, ItemKind.LIVE_STREAM, ItemKind.CHANNEL, ItemKind.ACCOUNT})


@dataclass(frozen=True, slots=True)
class UrlRow:
    """`url` is as written, `canonical` what it is de-duplicated by; `seen_at` is in UTC."""

    line: int
    url: str
    canonical: str
    kind: ItemKind
    seen_at: datetime | None = None
    source: str | None = None
    note: str | None = None


def read_url_csv(lines: Iterable[str]) -> Iterator[UrlRow | RejectedRow]:
    """Rows and rejected lines in file order. A time without zone is taken as UTC; an unknown column is ignored."""
    columns: tuple[str, ...] | None = None
    for record in read_csv_lines(lines):
        if isinstance(record, RejectedRow):
            yield record
            continue
        line, fields = record
        if columns is None:
            names = tuple(name.lower().replace(" ", "_") for name in fields)
            columns = names if "url" in names else _DEFAULT_COLUMNS
            if "url" in names:
                continue
        yield _read_row(line, dict(zip(columns, fields, strict=False)))


def _read_row(line: int, row: dict[str, str]) -> UrlRow | RejectedRow:
    try:
        url = row.get("url", "")
        canonical = canonical_url(url)
        return UrlRow(
            line=line,
            url=url,
            canonical=canonical.url,
            kind=_kind(row.get("kind", ""), is_onion=canonical.is_onion),
            seen_at=_time(row.get("seen_at", "")),
            source=_text(row.get("source", ""), "source"),
            note=_text(row.get("note", ""), "note"),
        )
    except InputError as error:
        return RejectedRow(line, f"{error.what} {error.advice}".strip())


def _kind(text: str, *, is_onion: bool) -> ItemKind:
    if not text:
        return ItemKind.ONION if is_onion else ItemKind.URL
    kind = next((kind for kind in _KINDS if kind.value == text.lower()), None)
    if kind is None:
        raise InputError(f"The kind is not one of {', '.join(sorted(_KINDS))}.")
    return kind


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError("The time is not an ISO 8601 time.", advice="Write 2024-01-31T12:00:00Z.") from None


def _text(text: str, column: str) -> str | None:
    if len(text) > _MAX_TEXT:
        raise InputError(f"The column {column} is longer than {_MAX_TEXT} characters.")
    return text or None
