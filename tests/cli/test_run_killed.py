"""`rempart run` and its web server, killed, leave no process behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from outside_world import free_port

SOON = 90.0


@pytest.fixture
def node(tmp_path: Path) -> Iterator[psutil.Process]:
    """A node that serves with two web processes and a worker."""
    port = free_port()
    environ = {"PATH": os.environ["PATH"], "REMPART_HOME": str(tmp_path / "home"), "REMPART_MODE": "dev"}
    command = [sys.executable, "-m", "rempart.cli", "run", "--port", str(port), "--web-processes", "2"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    node = psutil.Process(process.pid)
    try:
        # The web server with its two, and the worker; they may be starting still, which is the harder case.
        until(lambda: len([one for one in node.children(recursive=True) if _runs(one)]) >= 4, process, tmp_path)
        yield node
    finally:
        process.terminate()
        process.wait(SOON)


def _runs(process: psutil.Process) -> bool:
    """Whether it has become what it will be."""
    try:
        return "rempart.adapters.lifeline" not in process.cmdline()
    except psutil.Error:
        return False


def until(condition, process: "subprocess.Popen[bytes] | None" = None, folder: Path | None = None) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        said = (folder / "log").read_text() if folder else ""
        assert process is None or process.poll() is None, said
        assert time.monotonic() < deadline, said or "it did not happen in time"
        time.sleep(0.1)


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


def test_when_it_is_killed_nothing_is_left(node: psutil.Process) -> None:
    started = node.children(recursive=True)
    node.send_signal(signal.SIGKILL)
    until(lambda: all_gone(started))


def test_when_its_web_server_is_killed_nothing_is_left(node: psutil.Process) -> None:
    started = node.children(recursive=True)
    [server] = [one for one in node.children() if "rempart.node.wsgi:application" in one.cmdline()]
    server.send_signal(signal.SIGKILL)
    until(lambda: all_gone(started))
