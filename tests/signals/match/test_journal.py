"""The journal: what was acknowledged comes back, an unfinished end is cut off, damage is told from it."""

import os
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import Conflict, IntegrityError, NotFound, OutsideFailure
from rempart.signals.match import journal
from rempart.signals.match.journal import Journal, Lock, Tail

PAYLOADS = st.lists(st.binary(max_size=60) | st.just(b"RCRD" * 9), max_size=8)


def written(path, payloads, first=0) -> list[int]:
    """Where the head and each record end."""
    made = Journal.create(path, first)
    ends = [made.size]
    for payload in payloads:
        made.append(payload)
        ends.append(made.size)
    made.close()
    assert path.stat().st_size == ends[-1]
    return ends


def reopened(path) -> list[tuple[int, bytes]]:
    opened, records = Journal.open(path)
    opened.close()
    return records


@given(payloads=PAYLOADS, first=st.integers(0, 2**63), kept=st.integers(0, 9))
def test_records_come_back_in_order_and_can_be_forgotten(tmp_path_factory, payloads, first, kept):
    path = tmp_path_factory.mktemp("journal") / "file"
    written(path, payloads, first)
    expected = list(enumerate(payloads, first + 1))
    assert reopened(path) == expected
    opened, _ = Journal.open(path)
    opened.forget(first + min(kept, len(payloads)))
    opened.append(b"later")
    assert opened.number == first + len(payloads) + 1
    assert opened.size == path.stat().st_size
    opened.close()
    assert reopened(path) == [*expected[kept:], (first + len(payloads) + 1, b"later")]


@given(payloads=PAYLOADS, data=st.data())
def test_cut_anywhere_it_holds_every_record_that_was_whole(tmp_path_factory, payloads, data):
    path = tmp_path_factory.mktemp("journal") / "file"
    ends = written(path, payloads)
    length = data.draw(st.integers(0, ends[-1]))
    os.truncate(path, length)
    if length < ends[0]:
        with pytest.raises(IntegrityError):
            Journal.open(path)
        return
    whole = sum(end <= length for end in ends) - 1
    assert reopened(path) == list(enumerate(payloads[:whole], 1))
    assert path.stat().st_size == ends[whole]


@given(payloads=PAYLOADS.filter(len), data=st.data())
def test_altered_anywhere_it_is_refused_or_ends_before(tmp_path_factory, payloads, data):
    """Damage to the last record looks like a write that was not finished; before it, like what it is."""
    path = tmp_path_factory.mktemp("journal") / "file"
    ends = written(path, payloads)
    at = data.draw(st.integers(0, ends[-1] - 1))
    whole = bytearray(path.read_bytes())
    whole[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    if at < ends[-2]:
        with pytest.raises(IntegrityError):
            Journal.open(path)
    else:
        assert reopened(path) == list(enumerate(payloads[:-1], 1))


def test_what_a_power_cut_left_of_an_end_is_cut_off(tmp_path):
    path = tmp_path / "file"
    ends = written(path, [b"first", b"second"])
    with path.open("r+b") as file:
        file.seek(ends[1])
        file.write(bytes(ends[2] - ends[1]))
    assert reopened(path) == [(1, b"first")]
    assert reopened(path) == [(1, b"first")]


def test_a_record_of_another_number_is_no_continuation(tmp_path):
    path = tmp_path / "file"
    written(path, [b"first"])
    with path.open("ab") as file:
        file.write(journal._record(3, b"third"))
    with pytest.raises(IntegrityError, match="altered"):
        Journal.open(path)


def test_a_tail_follows_what_is_appended(tmp_path):
    path = tmp_path / "file"
    made = Journal.create(path, 10)
    tail = Tail(path)
    assert tail.number == 10
    assert not tail.has_more()
    assert tail.read() == []
    made.append(b"one")
    made.append(b"two")
    assert tail.has_more()
    assert tail.read() == [(11, b"one"), (12, b"two")]
    record = journal._record(13, b"three")
    for end in range(len(record)):
        with path.open("ab") as file:
            file.write(record[end : end + 1])
        assert tail.read() == ([] if end + 1 < len(record) else [(13, b"three")])
    tail.close()
    made.close()


@pytest.mark.parametrize(
    "content", [b"", b"RMPTJNL\n", b"\0" * 24, b"RMPTJNL\n" + struct.pack("<IIQ", 2, zlib.crc32(bytes(8)), 0)]
)
def test_a_foreign_file_or_another_version_is_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(IntegrityError, match="version"):
        Tail(tmp_path / "file")


def test_what_is_not_there_or_cannot_be_used(tmp_path):
    with pytest.raises(NotFound):
        Tail(tmp_path / "file")
    with pytest.raises(OutsideFailure):
        Tail(tmp_path)
    with pytest.raises(OutsideFailure):
        Journal.create(tmp_path / "no folder" / "file", 0)


def test_after_a_failed_write_it_takes_nothing_more(tmp_path, monkeypatch):
    path = tmp_path / "file"
    made = Journal.create(path, 0)
    made.append(b"first")

    def full(*_):
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", full)
        with pytest.raises(OutsideFailure, match="No space"):
            made.append(b"second")
    with pytest.raises(OutsideFailure, match="earlier write"):
        made.append(b"third")
    made.close()
    assert reopened(path)[0] == (1, b"first")


def test_one_holder_at_a_time(tmp_path):
    lock = Lock(tmp_path / "lock")
    with pytest.raises(Conflict, match="Another"):
        Lock(tmp_path / "lock")
    lock.release()
    lock.release()
    Lock(tmp_path / "lock").release()
    with pytest.raises(OutsideFailure):
        Lock(tmp_path / "no folder" / "lock")
