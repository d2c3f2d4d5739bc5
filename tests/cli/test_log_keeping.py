"""The log of a node by commands: it grows by itself, and after a restored backup waits until it was compared."""

import shutil
import time
from pathlib import Path

import pytest
from cli.test_backup import Node


def _node(home: Path) -> Node:
    made = Node(home)
    made.environment["REMPART_MODE"] = "dev"
    return made


def size(node: Node) -> int:
    return int((node.home / "log" / "checkpoint").read_text().splitlines()[1])


def work(node: Node, until: int) -> None:
    """A worker, until the log has so many entries."""
    worker = node.start("worker")
    deadline = time.monotonic() + 60
    try:
        while not (node.home / "log" / "checkpoint").exists() or size(node) < until:
            assert worker.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        worker.terminate()
        worker.communicate(timeout=60)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    made = _node(tmp_path / "node")
    made.do("init")
    work(made, 4)
    return made


@pytest.fixture
def restored(node: Node, tmp_path: Path) -> Node:
    node.do("backup", tmp_path / "data", "--keys", tmp_path / "keys")
    other = _node(tmp_path / "restored")
    other.do("restore", tmp_path / "data", "--keys", tmp_path / "keys")
    return other


def test_it_waits_after_a_restored_backup_until_it_was_compared(node: Node, restored: Node, tmp_path: Path) -> None:
    restored.do("log", "fsck")
    assert size(restored) == 4
    assert "comes from a backup" in findings(restored)
    assert "nobody who has seen this log" in restored.do("log", "resume", code=1)
    assert "4 entries goes on" in restored.do("log", "resume", "--seen", node.home / "log" / "checkpoint")
    assert "comes from a backup" not in findings(restored)
    shutil.rmtree(node.home)


def findings(node: Node) -> str:
    process = node.start("doctor", "--json")
    return process.communicate(timeout=120)[0]


def test_canaries_by_command(node: Node, tmp_path: Path, repository: Path) -> None:
    picture = next((repository / "docs" / "images").glob("*.png"))
    assert "4 fingerprints of “Our own logo” will never be signed." in node.do(
        "canary", "add", picture, "--label", "Our own logo"
    )
    listed = node.do("canary", "list", "--json")
    assert listed.count("Our own logo") == 4
    assert "are canaries already" in node.do("canary", "add", picture, "--label", "Again", code=1)
    assert "not hexadecimal" in node.do("canary", "add", "--pdq", "zz", "--label", "Again", code=1)
    assert "4 fingerprints removed." in node.do("canary", "remove", "Our own logo")


def test_nothing_was_said_that_could_be_erased(node: Node) -> None:
    assert "nothing was said of this content" in node.do("log", "erase", "C-1", "--reason", "Order of a court", code=1)
    assert "this is no content" in node.do("log", "erase", "twelve", "--reason", "Order of a court", code=1)
