import os
import stat
import threading
from pathlib import Path

import pytest

from rempart.adapters.files import create_once, write_atomically


def test_writes_replaces_and_sets_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "referral.json"
    write_atomically(path, b"first")
    write_atomically(path, b"second")
    assert path.read_bytes() == b"second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["referral.json"]


def test_a_failed_write_leaves_the_old_content_and_no_temporary(tmp_path: Path) -> None:
    path = tmp_path / "referral.json"
    write_atomically(path, b"first")
    with pytest.raises(TypeError):
        write_atomically(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["referral.json"]


def test_a_reader_never_sees_a_mixture(tmp_path: Path) -> None:
    path = tmp_path / "value"
    write_atomically(path, b"a" * 100_000)
    stop = threading.Event()
    seen: set[bytes] = set()

    def read() -> None:
        while not stop.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for letter in (b"b", b"a") * 30:
        write_atomically(path, letter * 100_000)
    stop.set()
    reader.join()
    assert seen <= {b"a" * 100_000, b"b" * 100_000}


def test_only_one_of_many_creators_wins_and_all_read_its_content(tmp_path: Path) -> None:
    path = tmp_path / "once"
    barrier = threading.Barrier(8)
    outcomes: list[tuple[bool, bytes]] = []

    def create(number: int) -> None:
        barrier.wait()
        won = create_once(path, bytes([number]) * 1000)
        outcomes.append((won, path.read_bytes()))

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [won for won, _ in outcomes].count(True) == 1
    assert {content for _, content in outcomes} == {path.read_bytes()}
    assert os.listdir(tmp_path) == ["once"]
