"""Starts that are refused, each in words that say what to do, and what is said of those that are not."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from matcher.serving import client_block, code, command, running, write_clients, write_list
from outside_world import free_port

from rempart.matcher.settings import Settings


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    return write_list(tmp_path / "hotline.csv", [("pdq", code(1), "baseline")])


def refused(listed: Path | str, folder: Path, *options: str, port: int | None = None) -> str:
    folder.mkdir(mode=0o700, exist_ok=True)
    ended = subprocess.run(
        command([listed], port or free_port(), folder, *options), capture_output=True, text=True, timeout=60
    )
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    return ended.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "service.example"])
def test_without_clients_it_stays_on_loopback(tmp_path: Path, listed: Path, host: str) -> None:
    told = refused(listed, tmp_path / "data", "--host", host)
    assert "without clients the service answers anyone" in told
    assert "--clients" in told


def test_a_clients_file_that_others_can_read(tmp_path: Path, listed: Path) -> None:
    clients = write_clients(tmp_path / "clients.toml", client_block("one")[1])
    clients.chmod(0o644)
    assert "chmod 600" in refused(listed, tmp_path / "data", "--clients", str(clients))


def test_a_clients_file_that_cannot_be_used(tmp_path: Path, listed: Path) -> None:
    clients = write_clients(tmp_path / "clients.toml", "[[client]]\n")
    assert "clients file cannot be used" in refused(listed, tmp_path / "data", "--clients", str(clients))
    assert "cannot be read" in refused(listed, tmp_path / "data", "--clients", str(tmp_path / "nowhere.toml"))


def test_a_folder_that_others_can_use(tmp_path: Path, listed: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    assert "chmod 700" in refused(listed, folder)


def test_a_port_that_is_taken(tmp_path: Path, listed: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = refused(listed, tmp_path / "data", port=taken.getsockname()[1])
    assert "cannot listen there" in told


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "nowhere.csv", tmp_path / "data")


def test_a_second_service_on_the_same_folder(tmp_path: Path, listed: Path) -> None:
    with running([listed], tmp_path / "data") as service:
        refused(listed, tmp_path / "data")
        assert service.is_ready()


def test_it_says_what_is_open_and_what_is_not(tmp_path: Path, listed: Path) -> None:
    with running([listed], tmp_path / "open") as service:
        assert f"The match service answers at {service.url} with hotline." in service.output
        assert "anyone on this machine may ask" in service.output
    clients = write_clients(tmp_path / "clients.toml", client_block("one")[1])
    with running([listed], tmp_path / "closed", "--clients", str(clients)) as service:
        assert "anyone on this machine" not in service.output


def test_settings_survive_the_way_to_the_server_process(tmp_path: Path) -> None:
    settings = Settings(lists=("a.csv",), folder=tmp_path, clients=tmp_path / "clients.toml", poll_seconds=1.5)
    assert Settings.from_json(settings.to_json()) == settings


def test_a_key_is_shown_once_and_never_written(tmp_path: Path, listed: Path) -> None:
    """What the command prints goes into the file as it is; the key itself goes elsewhere."""
    made = subprocess.run(
        [sys.executable, "-m", "rempart.cli", "matcher-key", "example-chat"], capture_output=True, text=True, check=True
    )
    key = made.stderr.splitlines()[0].removeprefix("key: ")
    assert key not in made.stdout
    clients = write_clients(tmp_path / "clients.toml", made.stdout)
    with running([listed], tmp_path / "data", "--clients", str(clients)) as service, service.client(key) as client:
        assert client.get("/v1/lists").status_code == 200
        assert key not in service.output
