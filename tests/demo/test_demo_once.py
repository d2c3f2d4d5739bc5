"""The demonstration as anybody starts it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from demo.year.recounting import differences

from rempart.adapters.home import Home
from rempart.demo.abroad import STORIES
from rempart.demo.journeys import JOURNEYS
from rempart.demo.year.making import EVENTS, FIGURES

REMPART = (sys.executable, "-m", "rempart.cli")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "REMPART_HOME": str(tmp_path / "demo")}


@pytest.mark.slow
def test_every_journey_ends_as_it_should(tmp_path: Path, environment: dict[str, str]) -> None:
    port = free_port()
    command = [*REMPART, "demo", "--once", "--port", str(port), "--year-reports", "20000"]
    played = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=420)
    assert played.returncode == 0, played.stdout[-6000:] + played.stderr[-2000:]
    total = len(JOURNEYS) + len(STORIES)
    assert f"{total} of {total} journeys ended as they should." in played.stdout
    assert re.search(r"48 members published at least 19,[89]\d\d reports in 20\d\d", played.stdout)
    assert not is_open(port)
    assert list((tmp_path / "demo" / "fr" / "outbox" / "referrals").glob("*.json"))
    for member in ("fr", "nl", "de"):
        home = tmp_path / "demo" / member
        checked = subprocess.run(
            [*REMPART, "log", "fsck", str(home / "log")], env=environment, capture_output=True, text=True, timeout=60
        )
        assert checked.returncode == 0, checked.stderr
        Home(home).check()
        verified = subprocess.run(
            [*REMPART, "audit", "verify"],
            env={**environment, "REMPART_HOME": str(home), "REMPART_MODE": "demo"},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert verified.returncode == 0, verified.stderr
    year = tmp_path / "demo" / "year"
    assert differences(year / EVENTS, year / FIGURES) == []


@pytest.mark.slow
def test_an_interrupted_demonstration_leaves_nothing_running(environment: dict[str, str]) -> None:
    port = free_port()
    command = [*REMPART, "demo", "--port", str(port), "--year-reports", "0"]
    playing = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while not is_open(port) and time.monotonic() < deadline and playing.poll() is None:
            time.sleep(0.1)
        assert is_open(port)
        playing.send_signal(signal.SIGINT)
        assert playing.wait(60) == 130
        assert not is_open(port)
    finally:
        if playing.poll() is None:
            playing.kill()
            playing.wait()


def test_a_taken_port_is_named_before_anything_is_made(tmp_path: Path, environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [*REMPART, "demo", "--once", "--port", str(taken.getsockname()[1])]
        refused = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    assert "--port" in refused.stderr
    assert not (tmp_path / "demo").exists()
