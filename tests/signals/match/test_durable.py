"""An index with a journal: one holder, nothing lost by a failure, and nothing mixed up with another's files."""

import os
import shutil

import numpy as np
import pytest

from rempart.core.errors import Conflict, IntegrityError, NotFound, OutsideFailure
from rempart.signals.match import Index, durable, journal
from rempart.signals.match.durable import journal_of

CODES = np.repeat(np.arange(10, dtype=np.uint8), 32).reshape(10, 32)


def ids_of(index: Index) -> list[int]:
    return sorted(index.search(CODES, 0)[1].tolist())


def numbers(*ids: int) -> np.ndarray:
    return np.array(ids, np.int64)


@pytest.fixture
def path(tmp_path):
    Index.build(CODES[:3]).save(tmp_path / "list")
    return tmp_path / "list"


def test_changes_outlive_the_process_that_made_them(path):
    index = Index.open(path, journal=True)
    index.add(CODES[3:5], numbers(30, 40))
    index.remove(numbers(0))
    index.add(CODES[5:6], numbers(0))
    index._file._lock.release()  # as when the process is killed: nothing is written any more
    again = Index.open(path, journal=True)
    assert ids_of(again) == [0, 1, 2, 30, 40]
    assert again.search(CODES[5:6], 0)[1].tolist() == [0]
    assert again.sequence == 3
    again.close()


def test_one_holder_at_a_time(path):
    index = Index.open(path, journal=True)
    with pytest.raises(Conflict, match="Another"):
        Index.open(path, journal=True)
    assert len(Index.open(path)) == 3  # to read is free
    index.close()
    Index.open(path, journal=True).close()


def test_a_file_that_is_not_there_may_be_made_later(tmp_path):
    with pytest.raises(NotFound):
        Index.open(tmp_path / "list", journal=True)
    Index.build(CODES).save(tmp_path / "list")
    Index.open(tmp_path / "list", journal=True).close()


def test_saving_folds_the_journal(path):
    index = Index.open(path, journal=True)
    index.add(CODES[3:4], numbers(3))
    size = journal_of(path).stat().st_size
    index.save(path)
    assert journal_of(path).stat().st_size < size
    assert ids_of(Index.open(path)) == [0, 1, 2, 3]
    index.add(CODES[4:5], numbers(4))
    index.close()
    assert ids_of(Index.open(path)) == [0, 1, 2, 3]
    again = Index.open(path, journal=True)
    assert ids_of(again) == [0, 1, 2, 3, 4]
    again.close()


def test_a_long_journal_is_folded_by_itself(path, monkeypatch):
    monkeypatch.setattr(durable, "JOURNAL_BYTES", 2000)
    index = Index.open(path, journal=True)
    for name in range(100, 200):
        index.add(CODES[:1], numbers(name))
    index.close()
    folded = Index.open(path)
    assert 3 < len(folded) <= 103
    assert folded.sequence == len(folded) - 3
    again = Index.open(path, journal=True)
    assert len(again) == 103
    again.close()


def test_saving_over_anothers_journal_is_refused(path):
    index = Index.open(path, journal=True)
    with pytest.raises(Conflict, match="journal"):
        Index.build(CODES).save(path)
    index.save(path.parent / "copy")
    assert ids_of(Index.open(path.parent / "copy")) == [0, 1, 2]
    index.close()


def test_after_closing_nothing_is_taken(path):
    index = Index.open(path, journal=True)
    index.close()
    index.close()
    with pytest.raises(Conflict, match="closed"):
        index.add(CODES[3:4], numbers(3))
    assert ids_of(index) == [0, 1, 2]


def test_a_change_that_is_not_on_the_disk_is_not_seen(path, monkeypatch):
    index = Index.open(path, journal=True)

    def full(*_):
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", full)
        with pytest.raises(OutsideFailure):
            index.add(CODES[3:4], numbers(3))
    assert ids_of(index) == [0, 1, 2]
    index.close()


def test_a_fold_that_fails_loses_nothing(path, monkeypatch):
    index = Index.open(path, journal=True)
    index.add(CODES[3:4], numbers(3))

    def full(*_):
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", full)
        with pytest.raises(OutsideFailure):
            index.save(path)
    index.add(CODES[4:5], numbers(4))
    index.close()
    again = Index.open(path, journal=True)
    assert ids_of(again) == [0, 1, 2, 3, 4]
    again.close()


@pytest.mark.parametrize("stop", ["before the journal is cut", "after"])
def test_killed_between_the_two_steps_of_a_fold(path, stop):
    """The file is new, the journal is old: its records are in the file already."""
    index = Index.open(path, journal=True)
    index.add(CODES[3:4], numbers(3))
    old = journal_of(path).read_bytes()
    index.save(path)
    index.close()
    if stop != "after":
        journal_of(path).write_bytes(old)
    again = Index.open(path, journal=True)
    assert ids_of(again) == [0, 1, 2, 3]
    again.add(CODES[4:5], numbers(4))
    again.close()
    last = Index.open(path, journal=True)
    assert ids_of(last) == [0, 1, 2, 3, 4]
    last.close()


def test_files_of_two_backups_are_not_mixed(path):
    index = Index.open(path, journal=True)
    index.add(CODES[3:4], numbers(3))
    shutil.copy(path, path.parent / "early")
    index.save(path)
    index.add(CODES[4:5], numbers(4))
    index.close()
    shutil.copy(path.parent / "early", path)
    with pytest.raises(Conflict, match="does not continue"):
        Index.open(path, journal=True)


@pytest.mark.parametrize("payload", [b"", b"\0" * 15, b"\xff" * 16, b"\1" + bytes(15), bytes(8) + b"\1" + bytes(20)])
def test_a_record_that_is_no_change_of_an_index_is_refused(path, payload):
    made = journal.Journal.create(journal_of(path), 0, [payload])
    made.close()
    with pytest.raises(IntegrityError, match="changes"):
        Index.open(path, journal=True)
