"""`rempart figures`: a file written by one member's node and taken in by another's."""

import json
from pathlib import Path

import pytest
from cli.test_commands import Shell


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    made = Shell(tmp_path_factory.mktemp("figures") / "home")
    made.run("init")
    return made


def test_declaring_and_listing(shell: Shell) -> None:
    shell.run("figures", "declare", "victims_identified", "2025", "128", "--source", "Annual report 2025")
    shell.run("figures", "declare", "convictions", "2025", "-", "--source", "Annual report 2025")
    listed = shell.run("figures", "declare", "--list").stdout
    assert "2025: 128" in listed
    assert "2025: not_available" in listed
    assert "number" in shell.run("figures", "declare", "convictions", "2025", "many", code=1).stderr
    assert "source" in shell.run("figures", "declare", "convictions", "2025", "7", code=1).stderr


def test_a_file_of_one_member_counts_at_another(shell: Shell, tmp_path: Path) -> None:
    written = tmp_path / "figures-fr.json"
    shell.run("figures", "export", str(written))
    document = json.loads(written.read_text())
    assert document["format"] == "rempart figures 1"
    assert "own figures" in shell.run("figures", "import", str(written), code=1).stderr
    other, wrong = tmp_path / "figures-nl.json", tmp_path / "wrong.json"
    other.write_text(json.dumps(document | {"country": "NL"}))
    wrong.write_text("{}")
    done = shell.run("figures", "import", str(other), str(wrong), code=3)
    assert "NL" in done.stdout
    assert "wrong.json" in done.stderr


def test_counting_anew(shell: Shell) -> None:
    assert json.loads(shell.run("figures", "recount", "--json").stdout)["counted_to_event"] >= 0
