"""docs/matcher.md: its commands run against a real service, its answers are the service's, its tables are complete."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from matcher.serving import Service, client_block, running, write_clients, write_list
from signals.pictures import encoded, scene

from rempart.cli.main import app
from rempart.matcher.app import CALLS
from rempart.matcher.clients import Clients, Right
from rempart.matcher.openapi import document
from rempart.matcher.wire import FeedbackReason, Reason, Verdict
from rempart.signals.fingerprint import pdq

PAGE = "docs/matcher.md"
PICTURE = scene(640, 480, seed=5)
VARIES = {"size"}  # of the picture, with the version of its encoder


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / PAGE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def served(page: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str, Path]]:
    """The service on the page's own CSV and a picture, its client's key, and the folder commands run in."""
    folder = tmp_path_factory.mktemp("page")
    [listed] = re.findall(r"^```csv\n(.*?)^```$", page, re.M | re.S)
    (folder / "hotline.csv").write_text(listed)
    write_list(folder / "pictures.csv", [("pdq", pdq(encoded(PICTURE, "PNG"))[0], "baseline")])
    (folder / "upload.jpg").write_bytes(encoded(PICTURE, "JPEG", quality=90))
    key, block = client_block("example-chat")
    clients = write_clients(folder / "clients.toml", block)
    lists = [folder / "hotline.csv", folder / "pictures.csv"]
    with running(lists, folder / "data", "--clients", str(clients)) as service:
        yield service, key, folder


def fits(shown: object, told: object) -> bool:
    """What the page shows is what was told; `…` stands for anything."""
    if isinstance(shown, dict) and isinstance(told, dict):
        return shown.keys() == told.keys() and all(key in VARIES or fits(shown[key], told[key]) for key in shown)
    if isinstance(shown, list) and isinstance(told, list):
        return len(shown) == len(told) and all(map(fits, shown, told))
    return shown == told or (shown == "…" and isinstance(told, str))


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page's commands need curl")
def test_the_commands_give_the_answers(page: str, served: tuple[Service, str, Path]) -> None:
    service, key, folder = served
    environment = {**os.environ, "MATCHER": service.url, "KEY": key, "no_proxy": "*"}
    pairs = re.findall(r"^```sh\n(curl .*?)^```\n+^```json\n(.*?)^```$", page, re.M | re.S)
    assert len(pairs) == page.count("curl -s")
    for command, answer in pairs:
        done = subprocess.run(["sh", "-ec", command], cwd=folder, env=environment, capture_output=True, timeout=30)
        told = json.loads(done.stdout)
        assert fits(json.loads(answer), told), f"{command}\n{json.dumps(told, indent=2)}"


def test_the_python_example_runs(run_blocks, repository: Path, served: tuple[Service, str, Path]) -> None:
    service, key, _ = served
    names = run_blocks(repository / PAGE, matcher=service.url, key=key)
    assert names["answer"]["found"]


def test_the_clients_file_is_one(page: str, tmp_path: Path) -> None:
    [block] = re.findall(r"^```toml\n(.*?)^```$", page, re.M | re.S)
    client = Clients.read(write_clients(tmp_path / "clients.toml", block)).by_name["example-chat"]
    assert (client.radius, client.list_radius, client.lists) == (31, {"industry": 20}, ("hotline", "industry"))


def test_the_tables_are_complete(page: str, rows) -> None:
    assert set(rows(page, "[a-z_]+")) >= {*map(str, Right), *map(str, Verdict), *map(str, Reason)}
    command = typer.main.get_command(app).commands["matcher"]
    assert set(rows(page, "--[a-z-]+")) == {option for each in command.params for option in each.opts} - {"--help"}
    assert set(rows(page, "(?:GET|POST) /shield/[^`]+")) == {
        f"{each.method} {each.path}" for each in CALLS if each.path.startswith("/shield")
    }
    for path in (each.path for each in CALLS):
        assert f"{path}`" in page or f"$MATCHER{path}" in page, path
    for reason in FeedbackReason:
        assert f"`{reason}`" in page


def test_every_status_is_explained(page: str, rows) -> None:
    described = {
        status
        for path in json.loads(document())["paths"].values()
        for call in path.values()
        for status in call["responses"]
        if not status.startswith("2")
    }
    assert set(rows(page, "[45][0-9]{2}")) == described | {"404", "405"}  # of addresses that are no calls


def test_every_metric_is_explained(page: str, rows, served: tuple[Service, str, Path], tmp_path: Path) -> None:
    listed = write_list(tmp_path / "hotline.csv", [("md5", bytes(range(16)), "A1")])
    with running([listed], tmp_path / "data") as service, service.client() as client:
        opinion = {"list": "hotline", "entry": "1", "outcome": "confirmed"}
        client.post("/v1/feedback", json=opinion)
        client.post("/v1/lookup", json={"items": [{"md5": "0" * 32}]})
        told = {
            re.sub(r"_(bucket|count|sum)$", "", line.split("{")[0].split(" ")[0])
            for line in client.get("/metrics").text.splitlines()
            if not line.startswith("#")
        }
    assert set(rows(page, "rempart_[a-z_]+")) == told
