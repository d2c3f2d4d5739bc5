"""What a node may choose for its casework, and the nonsense it does not start with."""

import json
import os
import subprocess
import sys

import pytest

_ASK = (
    "from rempart.node import settings as s;"
    "print(s.PRIORITY_RULES.source_public, s.CLAIM_MINUTES, s.EXPOSURE_RULES.images_per_day)"
)


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _ASK], env={**os.environ, **environment}, capture_output=True, text=True, timeout=60
    )


def test_without_a_choice_the_defaults_count():
    assert start().stdout.split() == ["5", "30", "100"]


def test_a_nodes_own_weights_and_claim_time(tmp_path):
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"source_public": 41}))
    assert start(REMPART_PRIORITY_RULES=str(rules), REMPART_CLAIM_MINUTES="5").stdout.split() == ["41", "5", "100"]


def test_a_nodes_own_budget_of_viewing(tmp_path):
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"images_per_day": 12, "may_go_on": False}))
    assert start(REMPART_EXPOSURE_RULES=str(rules)).stdout.split()[-1] == "12"


@pytest.mark.parametrize("name", ["REMPART_PRIORITY_RULES", "REMPART_EXPOSURE_RULES"])
@pytest.mark.parametrize("text", ["{", "[]", '{"no_such_rule": 1}'])
def test_rules_that_make_no_sense_stop_the_start(tmp_path, name, text):
    rules = tmp_path / "rules.json"
    rules.write_text(text)
    answer = start(**{name: str(rules)})
    assert answer.returncode
    assert f"UnsafeStart: {name}" in answer.stderr


def test_a_missing_rules_file_stops_the_start(tmp_path):
    assert "UnsafeStart: REMPART_PRIORITY_RULES" in start(REMPART_PRIORITY_RULES=str(tmp_path / "none.json")).stderr


@pytest.mark.parametrize("minutes", ["0", "x"])
def test_a_claim_time_that_makes_no_sense_stops_the_start(minutes):
    assert "UnsafeStart: REMPART_CLAIM_MINUTES" in start(REMPART_CLAIM_MINUTES=minutes).stderr


@pytest.mark.parametrize("seconds", ["-1", "3601", "x", "1.5"])
def test_a_time_to_undo_that_makes_no_sense_stops_the_start(seconds):
    assert "UnsafeStart: REMPART_UNDO_SECONDS" in start(REMPART_UNDO_SECONDS=seconds).stderr
