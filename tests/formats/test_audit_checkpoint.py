"""The text of a checkpoint is read as it was written, and nothing else is taken for one."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import IntegrityError
from rempart.formats.audit_checkpoint import MAX_MARKS, Checkpoint, read_checkpoint, stride_of, write_checkpoint

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
POINT = Checkpoint("rempart.audit", 3, bytes(32), AT, 1, bytes(32), 1, (b"12345678", b"abcdefgh"))
TEXT = write_checkpoint(POINT)


@given(
    since=st.integers(0, 10**9),
    events=st.integers(1, 5000),
    digest=st.binary(min_size=32, max_size=32),
    before=st.binary(min_size=32, max_size=32),
    at=st.datetimes(timezones=st.just(UTC)),
    mark=st.binary(min_size=8, max_size=8),
)
def test_it_is_read_as_it_was_written(since, events, digest, before, at, mark) -> None:
    stride = stride_of(events)
    point = Checkpoint("rempart.audit", since + events, digest, at, since, before, stride, (mark,) * (events // stride))
    assert len(point.trail) <= MAX_MARKS
    assert read_checkpoint(write_checkpoint(point)) == point


def test_times_are_written_in_utc() -> None:
    there = AT.astimezone(timezone(timedelta(hours=9)))
    assert write_checkpoint(Checkpoint(**{**_fields(POINT), "at": there})) == TEXT


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("\n3\n", "\n03\n"),
        ("\n3\n", "\n-3\n"),
        ("\n3\n", "\n1\n"),
        ("since 1\n", "since 3\n"),
        ("since 1\n", ""),
        ("trail 1 ", "trail 2 "),
        ("trail 1 ", "trail 0 "),
        ("at 2026", "at 20x6"),
        ("at 2026-03", "at 2026-13"),
        ("AAA=", "AA=="),
        ("rempart.audit\n", "two words\n"),
        ("rempart.audit\n", "rempart.audit\nmore\n"),
    ],
)
def test_what_cannot_be_is_refused(was: str, becomes: str) -> None:
    assert was in TEXT
    with pytest.raises(IntegrityError):
        read_checkpoint(TEXT.replace(was, becomes, 1))


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(IntegrityError):
        read_checkpoint(text)


def _fields(point: Checkpoint) -> dict[str, object]:
    return {name: getattr(point, name) for name in Checkpoint.__dataclass_fields__}
