"""A node that would run unsafely does not start, and says what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rempart.adapters.home import Home

SAFE = {
    "REMPART_MODE": "production",
    "REMPART_HOSTS": "hotline.example",
    "REMPART_ORGANISATION": "Made-up hotline",
    "REMPART_NOTICE_SENDER": "notices@hotline.invalid",
}


def start(home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "REMPART_HOME": str(home), **settings}
    return subprocess.run(
        [sys.executable, "-m", "rempart.cli", "audit", "verify"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = Home(tmp_path / "home")
    home.create()
    migrated = subprocess.run(
        [sys.executable, "-m", "rempart.cli", "migrate"],
        env={"PATH": os.environ["PATH"], "REMPART_HOME": str(home.path), **SAFE},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert migrated.returncode == 0, migrated.stderr
    return home.path


def test_a_safe_node_starts(folder: Path) -> None:
    assert start(folder, **SAFE).returncode == 0


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"REMPART_MODE": "production"}, "REMPART_HOSTS"),
        ({**SAFE, "REMPART_HOSTS": "*"}, "REMPART_HOSTS"),
        ({**SAFE, "REMPART_NOTICE_SENDER": "notices@hotline.example"}, "REMPART_NOTICE_SENDER"),
        ({**SAFE, "REMPART_MODE": "debug"}, "REMPART_MODE"),
        ({**SAFE, "REMPART_SURFACE": "everything"}, "REMPART_SURFACE"),
        ({**SAFE, "REMPART_DATABASE": "mysql://somewhere/x"}, "REMPART_DATABASE"),
        ({**SAFE, "REMPART_SECRETARIAT": "https://secretariat.example"}, "REMPART_SECRETARIAT"),
        ({**SAFE, "REMPART_DNS_TABLE": "table.json"}, "REMPART_DNS_TABLE"),
        ({**SAFE, "REMPART_NETWORKS": "table.json"}, "REMPART_NETWORKS"),
        ({**SAFE, "REMPART_CONNECT_TABLE": "table.json"}, "REMPART_CONNECT_TABLE"),
        ({**SAFE, "REMPART_CLOCK": "2026-01-01T00:00:00+00:00;3600"}, "REMPART_CLOCK"),
        ({**SAFE, "REMPART_PRIORITY_RULES": "no-such-file.json"}, "REMPART_PRIORITY_RULES"),
        ({**SAFE, "REMPART_RETENTION_RULES": "no-such-file.toml"}, "REMPART_RETENTION_RULES"),
        (
            {**SAFE, "REMPART_RETENTION_RULES": os.devnull},
            "REMPART_RETENTION_RULES: the retention rules cannot be used",
        ),
        ({**SAFE, "REMPART_NOTICE_PLAN": "{"}, "REMPART_NOTICE_PLAN"),
        ({**SAFE, "REMPART_TOR_PROXY": "http://127.0.0.1:9050"}, "Tor proxy"),
    ],
)
def test_an_unsafe_or_unreadable_setting_is_named(folder: Path, settings: dict[str, str], named: str) -> None:
    done = start(folder, **settings)
    assert done.returncode == 1, done.stdout
    assert named in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "secret", ["vault.key", "receipt.key", "lookup.key", "django.key", "signing.key", "log.key", "roster.key"]
)
def test_a_secret_that_is_missing_short_or_open_to_others_stops_the_start(folder: Path, secret: str) -> None:
    key = folder / "keys" / secret
    key.chmod(0o644)
    assert secret in start(folder, **SAFE).stderr
    key.chmod(0o600)
    whole = key.read_bytes()
    key.write_bytes(whole[:5])
    assert secret in start(folder, **SAFE).stderr
    key.unlink()
    done = start(folder, **SAFE)
    assert done.returncode == 1
    assert secret in done.stderr
