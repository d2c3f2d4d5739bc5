"""`rempart audit` as an auditor uses it: verified, signed, exported, and checked on a machine without a node."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from cli.node_program import FILL, run


class Node:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {"PATH": os.environ["PATH"], "REMPART_HOME": str(home), "COLUMNS": "200"}

    def do(self, *words: object, code: int = 0, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "rempart.cli", *map(str, words)],
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == code, done.stderr + done.stdout
        return done.stderr if code else done.stdout

    @property
    def key(self) -> str:
        return self.do("key").rpartition("public key: ")[2].strip()

    def sql(self, text: str) -> None:
        with sqlite3.connect(self.home / "database.sqlite3") as database:
            database.execute(text)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once; each test gets a copy."""
    made = Node(tmp_path_factory.mktemp("filled") / "home")
    made.do("init")
    run(FILL, made.environment, COUNT=2, SIZE=1)
    return made.home


@pytest.fixture
def node(filled: Path, tmp_path: Path) -> Node:
    shutil.copytree(filled, tmp_path / "home")
    return Node(tmp_path / "home")


def test_before_and_after_the_first_checkpoint(node: Node) -> None:
    assert "No signed checkpoint" in node.do("audit", "verify")
    assert "Signed: " in node.do("audit", "checkpoint")
    assert "stands for all" in node.do("audit", "checkpoint")
    assert "1 signed checkpoints" in node.do("audit", "verify")
    assert "0 of" in node.do("audit", "verify", "--since-checkpoint")


def test_a_cut_tail_with_its_head_is_named(node: Node) -> None:
    node.do("audit", "checkpoint")
    node.sql("DELETE FROM audit_event WHERE seq > 1")
    node.sql("UPDATE audit_head SET seq = 1, digest = (SELECT digest FROM audit_event WHERE seq = 1)")
    for options in ((), ("--since-checkpoint",)):
        assert "event 2" in node.do("audit", "verify", *options, code=1)
    assert "event 2" in node.do("audit", "checkpoint", code=1)


def test_a_replaced_key_has_to_be_named(node: Node) -> None:
    node.do("audit", "checkpoint")
    former = node.key
    (node.home / "keys" / "signing.key").unlink()
    node.do("init")
    assert "not trusted" in node.do("audit", "verify", code=1)
    assert "whole" in node.do("audit", "verify", "--former-key", former)
    assert "64 hexadecimal digits" in node.do("audit", "verify", "--former-key", "abc", code=1)


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_an_export_is_checked_where_there_is_no_node(node: Node, tmp_path: Path, suffix: str) -> None:
    file, key = tmp_path / f"events.{suffix}", node.key
    node.do("audit", "export", file)
    nowhere = {"REMPART_HOME": str(tmp_path / "nowhere")}
    said = node.do("audit", "check", file, "--key", key, **nowhere)
    assert "Genuine" in said
    assert ("the whole chain" in said) is (suffix == "jsonl")
    file.write_bytes(file.read_bytes().replace(b"public", b"staff:1"))
    assert "altered" in node.do("audit", "check", file, "--key", key, code=1, **nowhere)
    file.with_name(f"{file.name}.note").unlink()
    assert "note is missing" in node.do("audit", "check", file, "--key", key, code=1, **nowhere)


def test_an_export_overwrites_nothing_and_needs_a_known_name(node: Node, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("mine")
    assert "exists" in node.do("audit", "export", tmp_path / "mine.csv", code=1)
    assert (tmp_path / "mine.csv").read_text() == "mine"
    assert ".jsonl or .csv" in node.do("audit", "export", tmp_path / "events.xml", code=1)
    assert "--since" in node.do("audit", "export", tmp_path / "events.csv", "--since", "soon", code=1)
    assert not (tmp_path / "events.csv").exists()


def test_a_selection_says_what_was_asked_for(node: Node, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    node.do("audit", "export", file, "--action", "report:", "--subject", "report:1")
    assert "selected" in node.do("audit", "check", file, "--key", node.key)
    note = file.with_name("events.jsonl.note").read_text()
    assert 'filter {"action":"report:","subject":"report:1"}' in note
