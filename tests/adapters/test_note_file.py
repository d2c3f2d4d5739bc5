"""Notes are only ever added; a crash leaves whole notes, and a copy is a beginning of the original."""

import os
import threading
from pathlib import Path

import pytest

from rempart.adapters.note_file import NoteFile, notes_in
from rempart.core.errors import IntegrityError, OutsideFailure


def note(number: int, size: int = 10) -> str:
    return f"text {number}\n{'x' * size}\n\n— name {number}base64=\n"


def add(file: NoteFile, *numbers: int) -> None:
    for number in numbers:
        with file.appending() as held:
            held.add(note(number))


@pytest.fixture
def file(tmp_path: Path) -> NoteFile:
    return NoteFile(tmp_path / "audit.notes")


def test_notes_are_read_in_the_order_they_were_added(file: NoteFile) -> None:
    assert file.whole() == b""
    add(file, 1, 2, 3)
    assert notes_in(file.whole()) == [note(1), note(2), note(3)]
    with file.appending() as held:
        assert held.last == note(3)


def test_nobody_else_can_read_it(file: NoteFile) -> None:
    add(file, 1)
    assert file.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("left", range(1, len(note(2).encode()) + 1))
def test_what_a_crash_left_counts_as_never_written(file: NoteFile, left: int) -> None:
    add(file, 1)
    with file.path.open("ab") as opened:
        opened.write((note(2) + "\n").encode()[:left])
    assert notes_in(file.whole()) == [note(1)]
    with file.appending() as held:
        assert held.last == note(1)
    add(file, 3)
    assert notes_in(file.whole()) == [note(1), note(3)]


def test_the_last_of_many_is_found_at_the_end(file: NoteFile) -> None:
    numbers = range(60)
    for number in numbers:
        with file.appending() as held:
            held.add(note(number, size=5000))
    assert file.path.stat().st_size > 1 << 18
    with file.appending() as held:
        assert held.last == note(59, size=5000)
    assert len(notes_in(file.whole())) == len(numbers)


def test_a_damaged_end_is_not_thrown_away(file: NoteFile) -> None:
    add(file, 1)
    with file.path.open("ab") as opened:
        opened.write(b"\0" * (1 << 18))
    size = file.path.stat().st_size
    with pytest.raises(IntegrityError, match="damaged"), file.appending():
        pass
    assert file.path.stat().st_size == size


def test_writers_at_once_lose_nothing(file: NoteFile) -> None:
    threads = [threading.Thread(target=add, args=(file, *range(start, start + 10))) for start in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {note(start + number) for start in (0, 100, 200) for number in range(10)}
    assert set(notes_in(file.whole())) == expected


def test_a_full_disk_leaves_whole_notes(file: NoteFile, monkeypatch: pytest.MonkeyPatch) -> None:
    add(file, 1)
    real, calls = os.write, []

    def full(descriptor: int, data: bytes) -> int:
        calls.append(data)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return real(descriptor, bytes(data[:7]))

    with file.appending() as held:
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(OSError, match="space"):
            held.add(note(2))
        monkeypatch.undo()
    assert file.path.read_bytes() == (note(1) + "\n").encode()


class TestCopy:
    @pytest.fixture
    def copy(self, tmp_path: Path) -> NoteFile:
        (tmp_path / "elsewhere").mkdir()
        return NoteFile(tmp_path / "elsewhere" / "audit.notes")

    def test_catches_up(self, file: NoteFile, copy: NoteFile) -> None:
        for numbers in ((1,), (2, 3), ()):
            add(file, *numbers)
            copy.follow(file)
            assert copy.path.read_bytes() == file.path.read_bytes()

    def test_is_not_shortened_with_the_original(self, file: NoteFile, copy: NoteFile) -> None:
        add(file, 1, 2)
        copy.follow(file)
        kept = copy.path.read_bytes()
        file.path.unlink()
        add(file, 1)
        with pytest.raises(IntegrityError, match="not a beginning"):
            copy.follow(file)
        assert copy.path.read_bytes() == kept

    def test_is_not_changed_with_the_original(self, file: NoteFile, copy: NoteFile) -> None:
        add(file, 1)
        copy.follow(file)
        file.path.unlink()
        add(file, 2, 3)
        with pytest.raises(IntegrityError, match="not a beginning"):
            copy.follow(file)

    def test_whose_disk_is_away_is_tried_again(self, file: NoteFile, tmp_path: Path) -> None:
        add(file, 1)
        with pytest.raises(OutsideFailure, match="REMPART_CHECKPOINT_COPY"):
            NoteFile(tmp_path / "not mounted" / "audit.notes").follow(file)
