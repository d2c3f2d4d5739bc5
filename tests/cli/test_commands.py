"""Every command as a user runs it: a process of its own, a data folder of its own."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest


class Shell:
    """Runs `rempart` in an environment that holds nothing but a data folder."""

    def __init__(self, home: Path) -> None:
        self.environment = {"PATH": os.environ["PATH"], "REMPART_HOME": str(home), "COLUMNS": "200"}

    def run(self, *words: str, code: int = 0, given: str = "") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "rempart.cli", *words],
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, done.stderr + done.stdout
        return done


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    made = Shell(tmp_path_factory.mktemp("cli") / "home")
    made.run("init")
    return made


def test_without_a_node_a_command_says_what_to_do(tmp_path: Path) -> None:
    done = Shell(tmp_path / "nothing").run("status", code=1)
    assert "rempart init" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        (),
        *[
            (group,)
            for group in ("platform", "reports", "lists", "audit", "staff", "jobs", "contacts", "run", "demo", "status")
        ],
    ],
)
def test_help_needs_no_node(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert "Usage" in Shell(tmp_path / "nothing").run(*command, "--help").stdout


def test_status_counts_by_state(shell: Shell) -> None:
    counts = json.loads(shell.run("status", "--json").stdout)
    assert {"reports", "items", "notices", "jobs"} <= set(counts)
    assert "jobs" in shell.run("status").stdout


def test_the_chain_is_verified_and_an_altered_one_is_refused(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "home")
    shell.run("init")
    shell.run("platform", "add", "Made-up platform")
    assert "1 event" in shell.run("audit", "verify").stdout
    import sqlite3

    with sqlite3.connect(tmp_path / "home" / "database.sqlite3") as database:
        database.execute("update audit_event set actor = 'staff:9'")
    assert "event 1" in shell.run("audit", "verify", code=1).stderr


def test_a_platform_gets_its_secret_once(shell: Shell) -> None:
    printed = shell.run("platform", "add", "Example Chat").stdout
    secret = next(line.split(":", 1)[1].strip() for line in printed.splitlines() if line.startswith("secret"))
    assert len(secret) >= 40
    assert secret not in shell.run("platform", "list").stdout
    assert "Example Chat" in shell.run("platform", "list").stdout


def test_a_list_from_its_import_to_its_mirror(shell: Shell, tmp_path: Path) -> None:
    hashes, wrong, mirror = tmp_path / "hashes.csv", tmp_path / "wrong.csv", tmp_path / "mirror"
    values = [hashlib.md5(f"made up {number}".encode()).hexdigest() for number in range(3)]
    hashes.write_text("\n".join(["md5", *values]))
    wrong.write_text(f"md5\n{values[0]}\nnonsense\n")
    shell.run("lists", "import", str(hashes), "--name", "A list", "--category", "national")
    printed = shell.run("platform", "add", "List reader").stdout
    username = next(line.split(":", 1)[1].strip() for line in printed.splitlines() if line.startswith("username"))
    refused = shell.run("lists", "grant", "A list", username, code=1).stderr
    assert "rempart lists terms" in refused
    assert "rempart lists terms" in shell.run("lists", "export", "A list", str(mirror), code=1).stderr
    assert "may be passed on" in shell.run("lists", "terms", "A list", "--may-share").stdout
    assert username in shell.run("lists", "grant", "A list", username).stdout
    assert "rempart platform list" in shell.run("lists", "grant", "A list", "nobody", code=1).stderr
    assert "Sequence 1: 1 files written, 0 removed." in shell.run("lists", "export", "A list", str(mirror)).stdout
    done = shell.run("lists", "withdraw", str(wrong), "--name", "A list", "--reason", "A stock photo", code=3)
    assert "1 entries withdrawn, 0 not on the list, 1 rejected." in done.stdout
    assert "line 3: " in done.stderr
    assert "nonsense" not in done.stderr + done.stdout
    assert "Sequence 2: 1 files written, 0 removed." in shell.run("lists", "export", "A list", str(mirror)).stdout
    assert json.loads((mirror / "list.json").read_bytes())["sequence"] == 2
    shown = shell.run("lists", "show").stdout
    assert [cell.strip() for cell in shown.splitlines()[-2].split("│")[3:8]] == ["yes", "2", "1", "yes", "1"]
    shell.run("lists", "revoke", "A list", username)
    assert "not have this list anyway" in shell.run("lists", "revoke", "A list", username, code=1).stderr
    assert "nobody" in shell.run("lists", "terms", "A list", "--no-share").stdout
    for words in (("terms", "No such list", "--may-share"), ("export", "No such list", str(mirror))):
        assert "rempart lists show" in shell.run("lists", *words, code=1).stderr
    assert "events" in shell.run("audit", "verify").stdout


def test_a_person_gets_a_link_and_no_password(shell: Shell) -> None:
    told, link = shell.run("staff", "add", "kim", "--role", "analyst").stdout.splitlines()
    assert told.startswith("For kim alone, once, until 20")
    assert re.fullmatch(r"http://localhost:8123/staff/enrol/[\w-]{43}", link)
    assert "taken" in shell.run("staff", "add", "kim", "--role", "analyst", code=1).stderr
    shell.run("staff", "add", "lee", "--role", "emperor", code=2)
    shell.run("staff", "add", "lee", "--role", "analyst", "--password", "correct horse battery staple", code=2)
    mixed = shell.run("staff", "add", "lee", "--role", "administrator", "--role", "analyst", code=1).stderr
    assert "sees content" in mixed
    assert "lee" not in shell.run("staff", "list").stdout


def test_a_new_link_replaces_the_old_one(shell: Shell) -> None:
    first = shell.run("staff", "add", "noa", "--role", "auditor", "--address", "https://staff.hotline.example/").stdout
    again = shell.run("staff", "enrol", "noa", "--reason", "Phone lost").stdout
    assert "https://staff.hotline.example/staff/enrol/" in first
    assert first.split("/enrol/")[1] != again.split("/enrol/")[1]
    assert "no open account" in shell.run("staff", "enrol", "nobody", "--reason", "x", code=1).stderr
    shell.run("staff", "enrol", "noa", code=2)


def test_roles_change_with_a_reason(shell: Shell) -> None:
    shell.run("staff", "add", "mia", "--role", "analyst")
    shell.run("staff", "roles", "mia", "--role", "senior_analyst", code=2)
    assert (
        "senior_analyst" in shell.run("staff", "roles", "mia", "--role", "senior_analyst", "--reason", "Trained").stdout
    )
    assert "mia: senior_analyst (not set up yet)" in shell.run("staff", "list").stdout
    assert (
        "already" in shell.run("staff", "roles", "mia", "--role", "senior_analyst", "--reason", "Again", code=1).stderr
    )
    assert "reason" in shell.run("staff", "roles", "mia", "--role", "auditor", "--reason", " ", code=1).stderr


def test_contacts_are_set_listed_and_forgotten(shell: Shell) -> None:
    assert "No contact yet" in shell.run("contacts", "list").stdout
    shell.run("contacts", "host", "https://www.host.example/page", "--mail", "abuse@host.example")
    shell.run("contacts", "host", "AS64496", "--http", "https://abuse.host.example/xarf", "--language", "fr")
    shell.run("contacts", "country", "br", "Made-up bureau")
    listed = shell.run("contacts", "list").stdout
    assert "host.example abuse@host.example en" in listed
    assert "AS64496" in listed
    assert "BR Made-up bureau" in listed
    shell.run("contacts", "host", "host.example", "--remove")
    assert "abuse@host.example" not in shell.run("contacts", "list").stdout
    assert "no contact" in shell.run("contacts", "host", "host.example", "--remove", code=1).stderr
    shell.run("contacts", "host", "host.example", code=1)
    shell.run("contacts", "host", "host.example", "--mail", "nonsense", code=1)
    shell.run("contacts", "country", "ZZ", "nowhere", code=1)


def test_no_step_was_given_up(shell: Shell) -> None:
    assert "No step" in shell.run("jobs", "failed").stdout
    assert "0 steps" in shell.run("jobs", "retry").stdout


def test_a_development_node_refuses_to_listen_beyond_loopback(shell: Shell) -> None:
    shell.environment["REMPART_MODE"] = "dev"
    assert "loopback" in shell.run("run", "--host", "0.0.0.0", code=1).stderr
    del shell.environment["REMPART_MODE"]


def test_what_acts_outside_does_not_fall_back_to_development(shell: Shell) -> None:
    assert "REMPART_HOSTS" in shell.run("worker", code=1).stderr
    assert "REMPART_HOSTS" in shell.run("run", code=1).stderr


def test_an_account_is_listed_and_closed(shell: Shell) -> None:
    shell.run("staff", "add", "sam", "--role", "auditor")
    assert "sam: auditor (not set up yet)" in shell.run("staff", "list").stdout
    shell.run("staff", "close", "sam", "--reason", "Left")
    assert "sam: auditor (closed)" in shell.run("staff", "list").stdout
    assert "no open account" in shell.run("staff", "close", "sam", "--reason", "Left", code=1).stderr


def test_the_nodes_public_key_is_printed(shell: Shell) -> None:
    printed = dict(line.split(":", 1) for line in shell.run("key").stdout.splitlines())
    public = bytes.fromhex(printed["public key"].strip())
    assert len(public) == 32
    assert printed["key id"].strip() == hashlib.sha256(public).hexdigest()[:16]


def test_production_refuses_to_start_without_host_names(shell: Shell) -> None:
    environment = {**shell.environment, "REMPART_MODE": "production"}
    done = subprocess.run(
        [sys.executable, "-m", "rempart.cli", "status"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "REMPART_HOSTS" in done.stderr
