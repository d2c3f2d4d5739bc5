"""The node's processes and commands, as anybody would start them."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from rempart.core.errors import OutsideFailure, UnsafeStart

START_SECONDS = 60.0
STOP_SECONDS = 20.0
_REMPART = (sys.executable, "-m", "rempart.cli")


@dataclass(frozen=True, slots=True)
class Output:
    """What a command wrote to standard output and standard error."""

    out: str
    err: str


def refuse_taken_port(port: int) -> None:
    """Raise UnsafeStart when something listens on the port already."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError as error:
        raise UnsafeStart(
            f"port {port} of this machine is taken.",
            where="--port",
            advice="Stop what uses it, or choose another port.",
        ) from error


def rempart(*commands: Sequence[str], accepted: tuple[int, ...] = (0,)) -> list[Output]:
    """Run `rempart` commands side by side; OutsideFailure with its words when one ends otherwise than accepted."""
    started = [
        subprocess.Popen([*_REMPART, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for command in commands
    ]
    outputs = []
    for command, process in zip(commands, started, strict=True):
        out, err = process.communicate()
        if process.returncode not in accepted:
            raise OutsideFailure(
                f"it ended with {process.returncode}: {(err or out).strip()[-500:]}", where=f"rempart {command[0]}"
            )
        outputs.append(Output(out, err))
    return outputs


@contextlib.contextmanager
def running_node(port: int, log: Path) -> Iterator[str]:
    """`rempart run` until the block ends; yields the node's address once it answers."""
    command = [*_REMPART, "run", "--port", str(port), "--web-processes", "1"]
    with log.open("ab") as output:
        # A session of its own: Ctrl+C reaches this process alone, which then stops the node in order.
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
        )
        try:
            base = f"http://127.0.0.1:{port}"
            _wait_for(base, process, log)
            yield base
        finally:
            _stop(process)


def _wait_for(base: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{base}/en/", trust_env=False, timeout=5).status_code == 200:
                return
        time.sleep(0.1)
    raise OutsideFailure("the node did not start.", where=str(log), advice="The log says why.")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
