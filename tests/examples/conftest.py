"""The examples as a reader would start them: real processes, a real match service, generated pictures."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest
from matcher.serving import Service, client_block, running, until, write_clients, write_list
from outside_world import free_port
from signals.pictures import encoded, scene

from rempart.signals.fingerprint import pdq

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
sys.path.append(str(EXAMPLES))


@pytest.fixture(autouse=True)
def _logging(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node set up before in this process has switched off every logger that is not its own."""
    monkeypatch.setattr(logging.getLogger("screening"), "disabled", False)


@pytest.fixture(scope="session")
def listed() -> bytes:
    return encoded(scene(), "PNG")


@pytest.fixture(scope="session")
def other() -> bytes:
    return encoded(scene(seed=2), "PNG")


@pytest.fixture(scope="session")
def hash_list(tmp_path_factory: pytest.TempPathFactory, listed: bytes) -> Path:
    path = tmp_path_factory.mktemp("list") / "Example list.csv"
    return write_list(path, [("pdq", pdq(listed)[0], "baseline"), ("md5", bytes(16), "national")])


@pytest.fixture(scope="session")
def matching(tmp_path_factory: pytest.TempPathFactory, hash_list: Path) -> Iterator[tuple[Service, str]]:
    """A match service with clients, and the key of one that sees no distance."""
    folder = tmp_path_factory.mktemp("service")
    key, block = client_block("example-forum")
    clients = write_clients(folder / "clients.toml", block)
    with running([hash_list], folder / "data", "--clients", str(clients)) as service:
        yield service, key


@pytest.fixture
def environment(matching: tuple[Service, str], tmp_path: Path) -> dict[str, str]:
    """What every example reads; it holds what it cannot screen."""
    service, key = matching
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(EXAMPLES),
        "SCREEN_URL": service.url,
        "SCREEN_KEY": key,
        "SCREEN_FOLDER": str(tmp_path / "screening"),
        "SCREEN_UNDECIDED": "hold",
        "UPLOADS_FOLDER": str(tmp_path / "published"),
    }


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[str], list[bytes]]:
    """The files in `quarantine` or `waiting`."""
    return lambda place: sorted(path.read_bytes() for path in (tmp_path / "screening" / place).glob("*.bin"))


@pytest.fixture
def serving(tmp_path: Path) -> Callable[..., AbstractContextManager[httpx.Client]]:
    """An ASGI or WSGI example on a real server, and a client of it."""

    @contextmanager
    def start(target: str, interface: str, environment: dict[str, str], ready: str) -> Iterator[httpx.Client]:
        port, log = free_port(), tmp_path / "server.log"
        command = [sys.executable, "-m", "granian", "--interface", interface, "--port", str(port), target]
        with log.open("wb") as out:
            process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, cwd=tmp_path)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:

                def answers() -> bool:
                    assert process.poll() is None, log.read_text()
                    try:
                        return client.get(ready).status_code != 503
                    except httpx.TransportError:
                        return False

                until(answers, 30)
                yield client
        finally:
            process.terminate()
            process.wait(30)

    return start
