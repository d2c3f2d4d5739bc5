"""Kill a run of retention at random instants: each report is whole or erased, and the next run finishes the rest.

A file that is gone while its row says it is there never occurs; a file whose row is gone is deleted by the next run.
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from scenarios.test_crash import Nursery

pytestmark = pytest.mark.slow

REPORTS = 40
LEAST_KILLS = 12
HERE = Path(__file__).parent
CHANCE = random.Random(19951120)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    made = {
        "PATH": os.environ["PATH"],
        "REMPART_HOME": str(tmp_path / "home"),
        "REMPART_MODE": "test",
        "DJANGO_SETTINGS_MODULE": "rempart.node.settings",
        "OLD_REPORTS": str(REPORTS),
    }
    program(made, "-m", "rempart.cli", "init")
    assert json.loads(program(made, str(HERE / "old_reports.py"))) == REPORTS
    return made


def program(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def look(environment: dict[str, str]) -> dict:
    return json.loads(program(environment, str(HERE / "retention_state.py")))


def test_a_run_that_is_killed_leaves_each_report_whole_or_erased(environment) -> None:
    before = look(environment)
    assert before["states"] == ["whole"] * REPORTS
    seen: Counter[str] = Counter()
    kills = 0
    with Nursery(environment) as nursery:
        # A run passes some thirty points before its first report and sixty in each; the last run ends by itself.
        while nursery.run("retain", CHANCE.randint(1, 250))["killed"]:
            kills += 1
            if kills % 4 == 0:
                state = look(environment)
                seen.update(state["states"])
                assert set(state["states"]) <= {"whole", "erased"}
                # A file that no row names is one the next run deletes by its remnant, or deleted already.
                assert state["rows"] <= state["blobs"] <= state["rows"] + state["remnants"]
    assert kills >= LEAST_KILLS
    assert seen["erased"]
    assert seen["whole"]
    told = json.loads(program(environment, "-m", "rempart.cli", "retention", "run", "--json"))
    after = look(environment)
    assert after["states"] == ["erased"] * REPORTS
    assert (after["blobs"], after["rows"], after["remnants"]) == (0, 0, 0)
    assert after["events"] == before["events"] + REPORTS
    assert sum(row["erased"] for row in told) <= REPORTS
    assert json.loads(program(environment, "-m", "rempart.cli", "retention", "run", "--dry-run", "--json")) == []
    assert "whole" in program(environment, "-m", "rempart.cli", "audit", "verify")
