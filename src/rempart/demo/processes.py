"""The node's processes and commands, as anybody would start them."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Start:
    """A node to start: its port, the file for what its processes say, and its environment (None: this process's)."""

    port: int
    log: Path
    environment: Mapping[str, str] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def running_nodes(*starts: Start) -> Iterator[None]:
    """`rempart run` for each, side by side, until the block ends; it begins once all answer."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for start in starts:
            processes.append(_begin(start))
        for start, process in zip(starts, processes, strict=True):
            _wait_for(start, process)
        yield
    finally:
        for process in processes:
            if process.poll() is None:
                process.terminate()
        for process in processes:
            _stop(process)


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 on which nothing listens."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [probe.getsockname()[1] for probe in probes]


def _begin(start: Start) -> "subprocess.Popen[bytes]":
    command = [*_REMPART, "run", "--port", str(start.port), "--web-processes", "1"]
    with start.log.open("ab") as output:
        # A session of its own: Ctrl+C reaches this process alone, which then stops the nodes in order.
        return subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=start.environment,
        )


def _wait_for(start: Start, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{start.base}/en/", trust_env=False, timeout=5).status_code == 200:
                return
        time.sleep(0.1)
    raise OutsideFailure("the node did not start.", where=str(start.log), advice="The log says why.")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
