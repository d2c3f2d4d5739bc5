"""What a process started ends with it, though it was killed and could tell nobody."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from rempart.adapters import lifeline

SOON = 60.0
WATCHING = """
import sys, time
from rempart.adapters import lifeline
lifeline.watch(int(sys.argv[1]))
print("ready", flush=True)
time.sleep(120)
"""
PARENT = """
import os, subprocess, sys, time
from rempart.adapters import lifeline
if sys.argv[1] == "held":
    words = lifeline.held([sys.executable, "-c", "print(1, flush=True); import time; time.sleep(120)"])
else:
    words = [sys.executable, "-c", sys.argv[2], str(os.getpid())]
child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(120)
"""


def is_gone(number: int) -> bool:
    try:
        return psutil.Process(number).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_for_the_end(number: int) -> None:
    deadline = time.monotonic() + SOON
    while not is_gone(number):
        assert time.monotonic() < deadline, "it outlived its parent"
        time.sleep(0.05)


@pytest.mark.parametrize("way", ["held", "watching"])
def test_a_child_of_a_killed_process_ends(way: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, way, WATCHING], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    try:
        time.sleep(1.5)
        assert not is_gone(child), "it ends with its parent, not before"
        parent.send_signal(signal.SIGKILL)
        parent.wait(SOON)
        wait_for_the_end(child)
    finally:
        parent.stdout.close()
        if not is_gone(child):
            os.kill(child, signal.SIGKILL)


def test_one_whose_parent_had_gone_already_does_not_begin(tmp_path: Path) -> None:
    """The number of a process that is not its parent stands for one that ended meanwhile."""
    written = tmp_path / "written"
    words = lifeline.held([sys.executable, "-c", f"open({str(written)!r}, 'w')"])
    words[3] = "1"
    assert subprocess.run(words).returncode == 1
    assert not written.exists()


def test_a_grandchild_finds_out_that_the_held_one_ended_before_it_looked() -> None:
    """It starts to watch when its parent has gone already."""
    late = (
        "import time; from rempart.adapters import lifeline; time.sleep(2); lifeline.watch_starter(); time.sleep(120)"
    )
    middle = (
        "import os, subprocess, sys\n"
        f"print(subprocess.Popen([sys.executable, '-c', {late!r}]).pid, flush=True)\n"
        "os._exit(0)"
    )
    done = subprocess.Popen(lifeline.held([sys.executable, "-c", middle]), stdout=subprocess.PIPE, text=True)
    assert done.stdout is not None
    with done.stdout as told:
        number = int(told.readline())
    done.wait(SOON)
    try:
        wait_for_the_end(number)
    finally:
        if not is_gone(number):
            os.kill(number, signal.SIGKILL)


def test_the_command_gets_its_words_and_its_code_is_told() -> None:
    program = "import sys; print(sys.argv[1:]); sys.exit(7)"
    done = subprocess.run(lifeline.held([sys.executable, "-c", program, "a b", ""]), capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (7, "['a b', '']\n")
