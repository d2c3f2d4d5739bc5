"""`rempart init | run | worker | migrate | key`: a node's folder, processes and identity."""

import ipaddress
import os
import signal
import subprocess
import sys
import time
from typing import Annotated

import typer

from rempart.adapters import lifeline
from rempart.adapters.home import Home
from rempart.cli.node_setup import setup
from rempart.core.errors import UnsafeStart
from rempart.node.serving import check_served

STOP_SECONDS = 15.0
HEADER_MILLISECONDS = 10_000
WEB_PROCESSES = 4
"""Twice as many as the smallest machine's two cores: some wait for the disk while others work."""


def register(app: typer.Typer) -> None:
    """Add these commands at the top level."""
    app.command()(init)
    app.command()(run)
    app.command()(worker)
    app.command()(migrate)
    app.command()(key)


def init() -> None:
    """Make the data folder with its secrets, and the database.

    Example: REMPART_HOME=/srv/rempart rempart init
    """
    home = Home.from_environment()
    home.create()
    setup()
    _migrate()
    typer.echo(f"The node in {home.path} is ready.")


def migrate() -> None:
    """Bring the database to this version's shape.

    Example: rempart migrate
    """
    setup()
    _migrate()


def _migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def worker() -> None:
    """Do due steps until told to stop; several workers may run beside each other.

    Example: rempart worker
    """
    # A worker serves nobody and needs every secret, whatever the processes beside it serve.
    os.environ["REMPART_SURFACE"] = "all"
    setup(acts_outside=True)
    from rempart.node.jobs.worker import Worker

    Worker().run()


def run(
    port: Annotated[int, typer.Option(min=1, max=65535, help="TCP port.")] = 8123,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    web_processes: Annotated[int, typer.Option(min=1, max=64, help="Web processes.")] = WEB_PROCESSES,
    worker_processes: Annotated[int, typer.Option(min=0, max=64, help="Worker processes.")] = 1,
) -> None:
    """Serve the node and do its steps until interrupted. Sets it up first if there is none.

    Example: rempart run --port 8123
    """
    os.environ.setdefault("REMPART_MODE", "production")
    _refuse_open_development(host)
    init()
    check_served(os.environ["REMPART_MODE"], os.environ.get("REMPART_SURFACE", "all"))
    with_processes = [web_command(host, port, web_processes), *[_worker_command()] * worker_processes]
    typer.echo(_welcome(host, port))
    raise typer.Exit(supervise(with_processes))


def _refuse_open_development(host: str) -> None:
    """A development node has no TLS and one surface for all: it must not be reachable from outside."""
    mode = os.environ["REMPART_MODE"]
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if mode != "production" and not loopback:
        raise UnsafeStart(
            f"a node in {mode} mode listens on loopback only, not on {host}.",
            where="--host",
            advice="Set REMPART_MODE=production and REMPART_HOSTS, behind a proxy that ends TLS.",
        )


def _welcome(host: str, port: int) -> str:
    address, mode = f"http://{host}:{port}", os.environ["REMPART_MODE"]
    surfaces = {
        "public": f"  Public    {address}/",
        "staff": f"  Staff     {address}/staff/     (first: rempart staff add NAME --role analyst)",
        "machine": f"  Machines  {address}/ispws  {address}/api/v1  (first: rempart platform add NAME)",
    }
    served = os.environ.get("REMPART_SURFACE", "all")
    lines = [
        "",
        f"  This node runs in {mode.upper()} MODE." if mode != "production" else "  This node runs.",
        *[line for name, line in surfaces.items() if served in {name, "all"}],
        "  Stop with Ctrl+C.",
        "",
    ]
    return "\n".join(lines)


def key() -> None:
    """Print the node's public key (Ed25519), by which others verify its referrals.

    Example: rempart key
    """
    from rempart.adapters.signing import Signer

    signer = Signer(Home.from_environment().keys.signing)
    typer.echo(f"key id:     {signer.key_id}\npublic key: {signer.public_key.hex()}")


def web_command(host: str, port: int, processes: int = WEB_PROCESSES) -> list[str]:
    """Serves the surface that REMPART_SURFACE names.

    One thread a process, if there are several: threads hold each other up at the interpreter's lock. A single
    process gets a second one, so that a slow request does not keep all others waiting.
    """
    return [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        host,
        "--port",
        str(port),
        "--workers",
        str(processes),
        "--blocking-threads",
        "1" if processes > 1 else "2",
        "--no-ws",
        # A client that sends its request's head byte by byte is cut off; the proxy does the same for bodies.
        "--http1-header-read-timeout",
        str(HEADER_MILLISECONDS),
        # Not warnings: the server warns of more processes than cores, which are wanted here.
        "--log-level",
        "error",
        "rempart.node.wsgi:application",
    ]


def _worker_command() -> list[str]:
    return [sys.executable, "-m", "rempart.cli", "worker"]


def supervise(commands: list[list[str]]) -> int:
    """Run processes until one ends or this one is told to stop; then stop them all. Returns an exit code.

    If this process is killed, the kernel ends them.
    """
    processes = [subprocess.Popen(lifeline.held(command)) for command in commands]
    stopping = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda signum, frame: stopping.append(signum))
    try:
        while not stopping and all(process.poll() is None for process in processes):
            time.sleep(0.1)
        return 0 if stopping else 1
    finally:
        stop(processes)


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask processes to end, and end those that do not in time."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
