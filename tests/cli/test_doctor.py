"""`rempart doctor`: a sound node is found sound, and each fault is found, explained and told by the exit code."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from cli.node_program import FILL, run

SAFE = {
    "REMPART_MODE": "production",
    "REMPART_HOSTS": "hotline.example",
    "REMPART_ORGANISATION": "Made-up hotline",
    "REMPART_NOTICE_SENDER": "notices@hotline.invalid",
    "REMPART_SMTP": "relay.hotline.example:587",
}


class Patient:
    """A node that lacks nothing but what a test takes away."""

    def __init__(self, root: Path) -> None:
        self.root, self.home = root, root / "home"
        self.environment = {
            "PATH": os.environ["PATH"],
            "COLUMNS": "300",
            "REMPART_HOME": str(self.home),
            "REMPART_CHECKPOINT_COPY": str(root / "copy"),
            **SAFE,
        }

    def do(self, *words: str, code: int | None = 0, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "rempart.cli", *words],
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert code is None or done.returncode == code, done.stderr + done.stdout
        return done.stdout

    def examined(self, code: int | None = None, **more: str) -> dict[str, dict]:
        document = json.loads(self.do("doctor", "--json", code=code, **more))
        assert document["format"] == "rempart doctor 1"
        return {finding["check"]: finding for finding in document["findings"]}

    def sql(self, text: str) -> None:
        with sqlite3.connect(self.home / "database.sqlite3") as database:
            database.execute(text)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once; each test gets a copy."""
    root = tmp_path_factory.mktemp("sound")
    (root / "copy").mkdir()
    made = Patient(root)
    made.do("init")
    run(FILL, {**made.environment, "REMPART_MODE": "test"}, COUNT=1, SIZE=1)
    made.do("backup", str(root / "backup"), "--keys", str(root / "keys"))
    made.do("audit", "checkpoint")
    run(FILL, {**made.environment, "REMPART_MODE": "test"}, COUNT=1, SIZE=1)
    return root


@pytest.fixture
def patient(sound: Path, tmp_path: Path) -> Patient:
    shutil.copytree(sound, tmp_path / "node")
    return Patient(tmp_path / "node")


def bad(found: dict[str, dict]) -> dict[str, str]:
    return {name: one["severity"] for name, one in found.items() if one["severity"] in ("warning", "error")}


def job(kind: str, state: str) -> str:
    """A step that has been due since January."""
    return (
        "INSERT INTO jobs_job (kind, subject, state, priority, due_at, attempts, lease_token, lease_until, last_error,"
        f" created_at) VALUES ('{kind}', 'x', '{state}', 0, '2026-01-01', 0, '', 0, '', '2026-01-01')"
    )


def test_a_sound_node(patient: Patient) -> None:
    found = patient.examined()
    # Whether tests run as root, on a full disk or without a worker says nothing about the node.
    assert set(bad(found)) <= {"owner", "disk", "worker"}
    assert found["vault"]["severity"] == "ok"
    assert found["checkpoint_copy"]["severity"] == "ok"


def test_every_finding_that_asks_for_something_says_what(patient: Patient) -> None:
    found = patient.examined(REMPART_SMTP="", REMPART_CHECKPOINT_COPY="")
    assert {"mail", "checkpoint_copy"} <= set(bad(found))
    assert all(found[name]["advice"] for name in bad(found))


def test_the_table_for_people_says_the_same(patient: Patient) -> None:
    printed = patient.do("doctor", code=None, REMPART_SMTP="")
    assert "No mail relay is set" in printed
    assert "REMPART_SMTP" in printed


def test_nothing_is_changed(patient: Patient) -> None:
    before = (patient.home / "checkpoints" / "audit.notes").read_bytes()
    events = patient.do("audit", "verify")
    patient.examined()
    assert patient.do("audit", "verify") == events
    assert (patient.home / "checkpoints" / "audit.notes").read_bytes() == before


def test_an_error_outweighs_warnings_in_the_exit_code(patient: Patient) -> None:
    (patient.home / "keys" / "vault.key").chmod(0o644)
    found = patient.examined(code=1, REMPART_SMTP="")
    assert found["folder"]["severity"] == "error"
    assert "chmod 600" in found["folder"]["advice"]


def test_a_node_that_refuses_to_start_is_told_so(patient: Patient) -> None:
    found = patient.examined(code=1, REMPART_HOSTS="")
    assert "REMPART_HOSTS" in found["start"]["what"]
    assert "database" not in found


def test_no_node_at_all(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "REMPART_HOME": str(tmp_path / "nothing")}
    done = subprocess.run(
        [sys.executable, "-m", "rempart.cli", "doctor", "--json"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["worst"] == "error"


def test_made_up_modes_are_doubtful(patient: Patient) -> None:
    found = patient.examined(REMPART_MODE="dev")
    assert found["mode"]["severity"] == "warning"
    assert found["cookies"]["severity"] == "info"


@pytest.mark.parametrize(
    ("statement", "check", "severity"),
    [
        ("DELETE FROM django_migrations WHERE app = 'audit' AND name = '0002_genesis'", "database", "error"),
        ("UPDATE audit_event SET actor = 'staff:9' WHERE seq = (SELECT max(seq) FROM audit_event)", "chain", "error"),
        ("DELETE FROM audit_event WHERE seq = (SELECT max(seq) FROM audit_event)", "chain", "error"),
        ("UPDATE intake_storedfile SET wrapped_key = zeroblob(60)", "vault", "error"),
        ("UPDATE intake_report SET wrapped_key = zeroblob(60)", "vault", "error"),
        (job("x", "waiting"), "worker", "error"),
        (job("x", "failed"), "steps", "warning"),
        (job("checkpoint", "failed"), "steps", "error"),
    ],
)
def test_a_fault_in_the_database_is_found(patient: Patient, statement: str, check: str, severity: str) -> None:
    patient.sql(statement)
    found = patient.examined()
    assert found[check]["severity"] == severity, found
    assert found[check]["advice"]


def test_checkpoints_that_differ_from_their_copy_are_found(patient: Patient) -> None:
    (patient.home / "checkpoints" / "audit.notes").write_bytes(b"")
    assert patient.examined(code=1)["checkpoint_copy"]["severity"] == "error"


def test_a_secret_open_to_others_is_found_without_being_told(patient: Patient) -> None:
    secret = patient.root / "relay"
    secret.write_text("made-up secret")
    secret.chmod(0o640)
    named = {"REMPART_SMTP_USER": "node", "REMPART_SMTP_PASSWORD_FILE": str(secret)}
    found = patient.examined(code=1, **named)
    assert found["secrets"]["severity"] == "error"
    assert "made-up secret" not in json.dumps(found)


def test_notices_in_the_clear_are_found(patient: Patient) -> None:
    assert patient.examined(code=1, REMPART_SMTP_STARTTLS="0")["mail"]["severity"] == "error"
