"""`rempart plan` as a user runs it."""

import json
from pathlib import Path

import pytest
from cli.test_commands import Shell


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    made = Shell(tmp_path_factory.mktemp("plan") / "home")
    made.run("init")
    return made


def test_a_plan_is_told_and_can_be_repeated(shell: Shell) -> None:
    words = ("plan", "analysts=2", "reports_per_day=80", "months=3", "recognised=40%", "--runs", "8", "--seed", "7")
    told = shell.run(*words).stdout
    assert "After 3 months" in told
    assert "One analyst more:" in told
    assert "--seed 7 makes them again" in told
    one, other = (json.loads(shell.run(*words, "--json").stdout) for _each in range(2))
    assert one == other
    assert one["runs"] == 8
    values = {row["name"]: (row["value"], row["origin"]) for row in one["values"]}
    assert values["recognised"] == (0.4, "given")
    assert values["hours"] == (4.0, "assumed")


def test_the_values_are_listed(shell: Shell, tmp_path: Path) -> None:
    listed = json.loads(shell.run("plan", "--values", "--json").stdout)
    assert {"reports_per_day", "second_look", "reports_per_child"} <= {row["name"] for row in listed}
    assert "What it rests on" in shell.run("plan", "--values").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["analists=2"], "is no value of a plan"),
        (["analysts"], "is no value of a plan"),
        (["analysts=two"], "is no number"),
        (["analysts=0"], "is not in 1 to 200"),
        (["reports_per_day=90000"], "more than one plan can follow"),
    ],
)
def test_what_cannot_be_planned_is_said(shell: Shell, words: list[str], said: str) -> None:
    assert said in shell.run("plan", *words, code=1).stderr


def test_a_warning_stands_on_standard_error(shell: Shell) -> None:
    done = shell.run("plan", "analysts=1", "reports_per_day=2", "months=1", "--runs", "8")
    assert "nobody can take a second look" in done.stderr
