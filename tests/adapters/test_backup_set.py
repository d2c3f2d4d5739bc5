"""A backup is whole or none: every file as the manifest says, nothing unknown, nothing overwritten."""

import json
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rempart.adapters import backup_set
from rempart.adapters.backup_set import (
    MANIFEST,
    NOTE,
    BackupWriter,
    check_files,
    check_signature,
    read_manifest,
    restore_file,
)
from rempart.adapters.database_copy import copy_sqlite
from rempart.adapters.signing import Signer
from rempart.core.errors import Conflict, InputError, IntegrityError

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
NODE = Signer(b"1" * 32)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = tmp_path / "source"
    for name, data in {"a/one": b"1" * 3_000_000, "a/b/two": b"", "three": b"three", "a/.half.tmp": b"half"}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


@pytest.fixture
def backup(source: Path, tmp_path: Path) -> Path:
    writer = BackupWriter(tmp_path / "backup", "data")
    writer.copy_tree(source, "tree")
    writer.finish(AT, {"database": "sqlite"})
    return tmp_path / "backup"


def test_what_was_written_is_read(backup: Path, source: Path, tmp_path: Path) -> None:
    manifest = read_manifest(backup, "data")
    assert manifest.taken_at == AT
    assert manifest.facts == {"database": "sqlite"}
    assert {entry.path for entry in manifest.files} == {"tree/a/one", "tree/a/b/two", "tree/three"}
    seen = []
    check_files(backup, manifest, seen.append)
    assert sum(seen) == manifest.size == 3_000_005
    for entry in manifest.files:
        restore_file(backup, entry, tmp_path / "restored" / entry.path)
        assert (tmp_path / "restored" / entry.path).read_bytes() == (source / entry.path[5:]).read_bytes()


def test_it_is_closed_to_others(backup: Path) -> None:
    assert all(path.stat().st_mode & 0o077 == 0 for path in [backup, *backup.rglob("*")])


def test_without_its_end_it_is_no_backup(source: Path, tmp_path: Path) -> None:
    writer = BackupWriter(tmp_path / "backup", "data")
    writer.copy_tree(source, "tree")
    with pytest.raises(IntegrityError, match="interrupted"):
        read_manifest(tmp_path / "backup", "data")
    with pytest.raises(Conflict, match="nothing is overwritten"):
        BackupWriter(tmp_path / "backup", "data")


def test_a_file_erased_meanwhile_is_left_out(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = backup_set.files_below
    monkeypatch.setattr(backup_set, "files_below", lambda folder: [*real(folder), folder / "gone"])
    writer = BackupWriter(tmp_path / "backup", "data")
    writer.copy_tree(source, "tree")
    assert len(writer.finish(AT, {}).files) == 3


@pytest.mark.parametrize("change", ["altered", "shorter", "missing", "linked", "added"])
def test_a_changed_backup_is_refused(backup: Path, change: str) -> None:
    path = backup / "tree" / "three"
    if change == "altered":
        path.write_bytes(b"threE")
    elif change == "shorter":
        path.write_bytes(b"thre")
    elif change == "missing":
        path.unlink()
    elif change == "linked":
        path.rename(backup / "tree" / ".three")
        path.symlink_to(".three")
    else:
        (backup / "tree" / "four").write_bytes(b"")
    with pytest.raises(IntegrityError) as refused:
        check_files(backup, read_manifest(backup, "data"))
    assert refused.value.where == str(backup / "tree" / "four" if change == "added" else path)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": "another"}', '{"format": "rempart backup 1", "files": [{}], "facts": {}}']
)
def test_an_unreadable_manifest_is_refused(backup: Path, text: str) -> None:
    (backup / MANIFEST).write_text(text)
    with pytest.raises(IntegrityError, match="cannot be read"):
        read_manifest(backup, "data")


@pytest.mark.parametrize("path", ["../three", "/etc/three", "a/../../b", ""])
def test_a_manifest_does_not_lead_out_of_the_backup(backup: Path, path: str) -> None:
    document = json.loads((backup / MANIFEST).read_bytes())
    document["files"][0]["path"] = path
    (backup / MANIFEST).write_text(json.dumps(document))
    with pytest.raises(IntegrityError, match="cannot be read"):
        read_manifest(backup, "data")


class TestSignature:
    @pytest.fixture
    def signed(self, source: Path, tmp_path: Path) -> Path:
        writer = BackupWriter(tmp_path / "signed", "data")
        writer.copy_tree(source, "tree")
        writer.finish(AT, {"database": "sqlite"}, NODE)
        return tmp_path / "signed"

    def test_the_nodes_own_is_believed(self, signed: Path) -> None:
        assert check_signature(signed, NODE.public_key)
        check_files(signed, read_manifest(signed, "data"))

    def test_none_is_said_to_be_none(self, backup: Path) -> None:
        assert not check_signature(backup, NODE.public_key)

    def test_another_s_is_refused(self, signed: Path) -> None:
        with pytest.raises(IntegrityError, match="not trusted"):
            check_signature(signed, Signer(b"2" * 32).public_key)

    def test_any_change_of_the_manifest_is_found(self, signed: Path) -> None:
        path = signed / MANIFEST
        document = json.loads(path.read_bytes())
        document["taken_at"] = AT.replace(year=2027).isoformat()
        path.write_text(json.dumps(document))
        with pytest.raises(IntegrityError, match="not the one that the node signed"):
            check_signature(signed, NODE.public_key)

    def test_so_is_any_change_of_the_note(self, signed: Path) -> None:
        path = signed / NOTE
        whole = path.read_bytes()
        for at in range(0, len(whole), 7):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(IntegrityError):
                check_signature(signed, NODE.public_key)

    def test_an_older_backup_s_note_does_not_fit(self, signed: Path, source: Path, tmp_path: Path) -> None:
        writer = BackupWriter(tmp_path / "later", "data")
        writer.copy_tree(source, "tree")
        writer.finish(AT.replace(year=2027), {}, NODE)
        (tmp_path / "later" / NOTE).write_bytes((signed / NOTE).read_bytes())
        with pytest.raises(IntegrityError, match="not the one"):
            check_signature(tmp_path / "later", NODE.public_key)


def test_keys_are_not_taken_for_data(backup: Path) -> None:
    with pytest.raises(InputError, match="not of keys"):
        read_manifest(backup, "keys")


def test_a_file_that_changes_while_it_is_restored_is_refused(backup: Path, tmp_path: Path) -> None:
    [entry] = [entry for entry in read_manifest(backup, "data").files if entry.path == "tree/three"]
    (backup / entry.path).write_bytes(b"other")
    with pytest.raises(IntegrityError, match="changed"):
        restore_file(backup, entry, tmp_path / "restored")


def test_a_database_is_copied_as_it_was_at_one_moment(tmp_path: Path) -> None:
    """Two columns that every transaction keeps equal; a writer goes on all the time."""
    source, target, stop = tmp_path / "source", tmp_path / "target", threading.Event()
    with closing(sqlite3.connect(source)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE pair (id INTEGER PRIMARY KEY, one INTEGER, other INTEGER, padding BLOB)")
        rows = ((0, 0, bytes(2000)) for _ in range(20_000))
        database.executemany("INSERT INTO pair (one, other, padding) VALUES (?, ?, ?)", rows)
        database.commit()
    written = []

    def write() -> None:
        with closing(sqlite3.connect(source, timeout=30)) as database:
            while not stop.is_set():
                with database:
                    database.execute("UPDATE pair SET one = one + 1 WHERE id % 500 = 0")
                    database.execute("UPDATE pair SET other = other + 1 WHERE id % 500 = 0")
                written.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        told: list[tuple[int, int]] = []
        for _ in range(3):
            target.unlink(missing_ok=True)
            copy_sqlite(source, target, lambda done, total: told.append((done, total)))
            with closing(sqlite3.connect(target)) as copy:
                assert copy.execute("SELECT count(*) FROM pair").fetchone() == (20_000,)
                assert copy.execute("SELECT count(*) FROM pair WHERE one <> other").fetchone() == (0,)
    finally:
        stop.set()
        writer.join()
    assert written
    assert told[-1][0] == told[-1][1]
    assert not target.with_name("target-wal").exists()
    assert target.stat().st_mode & 0o077 == 0
