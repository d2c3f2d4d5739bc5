"""The README's table of commands is what `rempart --help` says."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from rempart.cli.main import app


def commands(command: Any, path: Sequence[str]) -> Iterator[tuple[str, str, Any]]:
    """Every command by its whole name, with the first paragraph of its help."""
    if children := getattr(command, "commands", None):
        for name, child in children.items():
            yield from commands(child, [*path, name])
    else:
        yield " ".join(path), " ".join((command.help or "").split("\n\n")[0].split()), command


ALL = list(commands(typer.main.get_command(app), ["rempart"]))


def test_the_readme_lists_every_command(read, rows) -> None:
    table = rows(read("README.md"), "rempart [^`]+")
    assert {name: cells[0] for name, cells in table.items()} == {name: text for name, text, _ in ALL}


def test_the_readme_lists_every_command_once(read) -> None:
    named = re.findall(r"^\| `(rempart [^`]+)` \|", read("README.md"), re.M)
    assert sorted(named) == sorted({*named})
    assert len(named) == len(ALL)


def test_commands_in_documents_exist(document: Path) -> None:
    """`rempart platform add "Example Chat"` names a command, and every option in it is one of its own."""
    known = {name: {option for each in command.params for option in each.opts} for name, _, command in ALL}
    groups = {name.rsplit(" ", 1)[0] for name in known if name.count(" ") == 2}
    text = document.read_text(encoding="utf-8")
    for line in re.findall(r"(?:`|bin/|^|=\w+ +)(rempart [a-z][^`\n#]*)", text, re.M):
        words = line.split()
        name = " ".join(words[: 3 if " ".join(words[:2]) in groups else 2])
        if name == "rempart figures 1":  # the name of a format
            continue
        assert name in known or name in groups, line
        used = set(re.findall(r"--[a-z][a-z-]*", line)) - {"--help"}
        assert used <= known.get(name, set()), line


@pytest.mark.parametrize(("name", "command"), [(name, command) for name, _, command in ALL])
def test_every_command_explains_itself(name: str, command: Any) -> None:
    assert (command.help or "").strip()
