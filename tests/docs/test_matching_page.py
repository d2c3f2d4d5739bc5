"""docs/matching.md: its commands run in their order, and its tables are what the program writes."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from signals.pictures import encoded, scene

from rempart.cli.scan_progress import DONE, FAILED, INTERRUPTED, SOME_HITS, SOME_UNREADABLE
from rempart.core.categories import CATEGORY_LEGALITY
from rempart.scanning import outputs
from rempart.scanning.records import TURNS
from rempart.signals.fingerprint import pdq

PAGE = "docs/matching.md"
NEEDS_A_CLUSTER = "--ray-address"


@pytest.fixture
def page(read) -> str:
    return read(PAGE)


def section(page: str, heading: str) -> str:
    return re.split(r"^#+ ", page.partition(heading)[2], maxsplit=1, flags=re.M)[0]


def cells(text: str) -> dict[str, str]:
    """Rows of tables whose first cell is code or a number."""
    return {key.strip("`"): said for key, said in re.findall(r"^\| (`\w+`|\d+) \| (.*) \|$", text, re.M)}


def test_the_commands_run_in_their_order(page: str, tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "one.jpg").write_bytes(encoded(scene()))
    (tmp_path / "hashes.csv").write_text(f"pdq,category\n{pdq(encoded(scene()))[0].hex()},A1\n")
    commands = [
        line
        for block in re.findall(r"^```sh\n(.*?)^```$", page, re.M | re.S)
        for line in block.replace("\\\n", " ").splitlines()
        if NEEDS_A_CLUSTER not in line
    ]
    assert len(commands) == 7
    for command in commands:
        if "--resume" in command:
            (tmp_path / "found.jsonl").unlink()
        words = [sys.executable, "-m", "rempart.cli", *shlex.split(command)[1:]]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == (SOME_HITS if " match " in command else DONE), command + done.stderr
    for name in ("found.jsonl", "again.jsonl"):
        (said,) = map(json.loads, (tmp_path / name).read_text().splitlines())
        assert [hit["category"] for hit in said["hits"]] == ["A1"]


def test_the_keys_of_a_hit_are_those_documented(page: str) -> None:
    _, hits = section(page, "### JSON Lines").split("Each hit:")
    assert list(cells(hits)) == list(outputs._HIT_COLUMNS)
    assert set(TURNS) <= set(re.findall(r"\w+", cells(hits)["turn"]))
    assert set(CATEGORY_LEGALITY) <= set(re.findall(r"\w+", cells(hits)["category"]))


def test_the_keys_of_a_line_are_those_documented(page: str) -> None:
    lines, _ = section(page, "### JSON Lines").split("Each hit:")
    documented = list(cells(lines))
    source = Path(outputs.__file__).read_text()
    written = re.findall(r'"(\w+)": outcome|"(\w+)": _spelled|said\["(\w+)"\]', source)
    assert documented == [name for groups in written for name in groups if name]


def test_exit_codes_are_those_documented(page: str) -> None:
    assert {int(code) for code in cells(section(page, "## Exit codes"))} == {
        DONE, FAILED, 2, SOME_UNREADABLE, SOME_HITS, SOME_HITS + SOME_UNREADABLE, INTERRUPTED,
    }  # fmt: skip


def test_each_command_says_its_exit_codes_and_an_example() -> None:
    for command in ("match", "hash"):
        words = [sys.executable, "-m", "rempart.cli", command, "--help"]
        said = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout
        assert "Exit codes: 0 done" in said
        assert f"Example: rempart {command} " in said
