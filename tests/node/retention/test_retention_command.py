"""`rempart retention` as an operator runs it."""

import json

import pytest
from node.retention.conftest import NOTHING, closed, holdings  # noqa: F401
from typer.testing import CliRunner

from rempart.cli.main import app

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def run():
    def command(*words: str) -> str:
        done = CliRunner().invoke(app, ["retention", *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    return command


def test_a_dry_run_lists_what_would_go_and_changes_nothing(run, closed, clock):  # noqa: F811
    assert "Nothing is due" in run("run", "--dry-run")
    report = closed()
    clock.advance(days=50)
    told = run("run", "--dry-run")
    assert "report_files by report_files-rule: 1 due, 0 held" in told
    assert "report by report-rule: 0 due, 0 held, 1 later (the first 2026-06-10)" in told
    assert told.endswith("1 would be erased now. The earliest next date is 2026-05-01.\n")
    found = {row["kind"]: row for row in json.loads(run("run", "--dry-run", "--json"))}
    assert found["report_files"]["due"] == 1
    assert found["report"]["next_at"] == "2026-06-10T09:00:00+00:00"
    assert holdings(report)["files"] == 1


def test_a_run_erases_and_says_what(run, closed, clock):  # noqa: F811
    report = closed()
    clock.advance(days=100)
    assert run("run") == "report by report-rule: 1 erased\n1 erased.\n"
    assert holdings(report) == NOTHING
    assert run("run") == "Nothing was due.\n"
    assert json.loads(run("run", "--json")) == []


def test_rules_are_listed_with_their_reasons(run, clock):
    told = run("rules")
    assert "From 2026-01-01, in force:" in told
    assert "exposures-rule: exposures, 400 days. For a test." in told
    (version,) = json.loads(run("rules", "--json"))
    assert version["in_force"] is True
    assert {rule["kind"] for rule in version["rules"]} >= {"report", "exposures"}
