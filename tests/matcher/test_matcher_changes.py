"""Lists that change while look-ups run: files, feeds, whole new snapshots, sources that fail, restarts."""

import base64
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from matcher.serving import Feed, Service, client_block, code, flipped, running, until, write_clients, write_list

SOON = 20.0  # a shared machine; benchmarks say how soon it is


def verdict(client: httpx.Client, value: bytes) -> str:
    answer = client.post("/v1/lookup", json={"items": [{"pdq": value.hex()}]})
    assert answer.status_code == 200, answer.text
    return answer.json()["results"][0]["verdict"]


def all_workers_say(service: Service, value: bytes, expected: str) -> Callable[[], bool]:
    """Eight connections in a row: with two workers one that lags would be met."""

    def agreed() -> bool:
        for _ in range(8):
            with service.client() as fresh:
                if verdict(fresh, value) != expected:
                    return False
        return True

    return agreed


def state_of(client: httpx.Client, name: str) -> str:
    told = {one["name"]: one["state"] for one in client.get("/v1/lists").json()["lists"]}
    return told.get(name, "absent")


def test_a_file_that_is_replaced(tmp_path: Path) -> None:
    old, new = code(1), code(2)
    path = write_list(tmp_path / "hotline.csv", [("pdq", old, "baseline")])
    with running([path], tmp_path / "data", workers=2) as service:
        write_list(path, [("pdq", new, "not_illegal")])
        until(all_workers_say(service, new, "not_illegal"), SOON, service)
        until(all_workers_say(service, old, "no_match"), SOON, service)
        write_list(path, [("pdq", new, "baseline")])  # the entry stays, its category changes
        until(all_workers_say(service, new, "match"), SOON, service)


def test_a_feed_that_adds_withdraws_and_begins_anew(tmp_path: Path) -> None:
    first, second, third = code(1), code(2), code(3)
    feed = Feed(tmp_path / "feed", "Example list", [first])
    with running([feed.folder], tmp_path / "data", workers=2) as service:
        feed.add(second)
        until(all_workers_say(service, second, "match"), SOON, service)
        feed.withdraw(1)
        until(all_workers_say(service, first, "no_match"), SOON, service)
        feed.begin_anew([third])
        until(all_workers_say(service, third, "match"), SOON, service)
        until(all_workers_say(service, second, "no_match"), SOON, service)
        with service.client() as client:
            [hit] = client.post("/v1/lookup", json={"items": [{"pdq": third.hex()}]}).json()["results"][0]["hits"]
            assert (hit["list"], hit["source"], hit["confirmations"]) == ("Example list", "made up", 2)


@pytest.mark.parametrize("by_file", [True, False])
def test_a_mirror_with_a_key_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_file: bool) -> None:
    feed = Feed(tmp_path / "feed", "Example list", [code(1)])
    secret = "example-chat:made-up-secret"
    options = ["--poll", "0.1"]
    if by_file:
        (tmp_path / "node.key").touch(mode=0o600)
        (tmp_path / "node.key").write_text(secret + "\n")
        options += ["--list-key-file", str(tmp_path / "node.key")]
    else:
        monkeypatch.setenv("REMPART_LIST_KEY", secret)
    with mirror(feed.folder, secret) as url, running([url], tmp_path / "data", *options, workers=2) as service:
        feed.add(code(2))
        until(all_workers_say(service, code(2), "match"), SOON, service)
        for worker in service.workers():
            assert secret.encode() not in Path(f"/proc/{worker}/environ").read_bytes()
        assert secret not in service.output
        with service.client() as client:
            assert url not in client.get("/v1/lists").text + client.get("/metrics").text


@contextmanager
def mirror(folder: Path, secret: str) -> Iterator[str]:
    expected = "Basic " + base64.b64encode(secret.encode()).decode()

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers["Authorization"] != expected:
                self.send_error(401)
                return
            super().do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.slow
def test_no_look_up_fails_or_wavers_while_the_lists_are_written_anew(tmp_path: Path) -> None:
    """So many changes that generations follow one another, under constant look-ups on several connections."""
    stays, never = code(1), code(2)
    feed = Feed(tmp_path / "feed", "Example list", [stays, *(code(seed) for seed in range(10, 1500))])
    over = threading.Event()
    seen: list[tuple[str, str]] = []
    failures: list[object] = []

    def ask(service: Service) -> None:
        with service.client() as client:
            while not over.is_set():
                items = [{"pdq": flipped(stays, 31).hex()}, {"pdq": never.hex()}]
                try:
                    results = client.post("/v1/lookup", json={"items": items}).json()["results"]
                    seen.append((results[0]["verdict"], results[1]["verdict"]))
                except Exception as error:
                    failures.append(error)

    with running([feed.folder], tmp_path / "data", workers=2) as service:
        asking = [threading.Thread(target=ask, args=(service,)) for _ in range(3)]
        for each in asking:
            each.start()
        generations = {(tmp_path / "data/lists/CURRENT").stat().st_ino}
        for round_number in range(4):
            added = [code(10_000 * (round_number + 1) + seed) for seed in range(2500)]
            feed.add(*added)
            until(all_workers_say(service, added[-1], "match"), SOON, service)
            generations.add((tmp_path / "data/lists/CURRENT").stat().st_ino)
        before = len(seen)
        until(lambda: len(seen) > before + 50 or failures, SOON, service)
        over.set()
        for each in asking:
            each.join()
        assert len(generations) > 1
    assert not failures
    assert set(seen) == {("match", "no_match")}


def test_a_source_that_fails_keeps_its_list(tmp_path: Path) -> None:
    known, other = code(1), code(2)
    path = write_list(tmp_path / "hotline.csv", [("pdq", known, "baseline")])
    feed = Feed(tmp_path / "feed", "Feed", [other])
    with running([path, feed.folder], tmp_path / "data") as service, service.client() as client:
        (feed.folder / "list.json").write_text("{}")
        path.unlink()
        until(lambda: state_of(client, "hotline") == state_of(client, "Feed") == "failing", SOON, service)
        assert (verdict(client, known), verdict(client, other)) == ("match", "match")
        metrics = client.get("/metrics").text
        assert 'rempart_matcher_source_up{source="hotline.csv"} 0.0' in metrics
        assert client.get("/health/ready").status_code == 200
        assert str(tmp_path) not in client.get("/v1/lists").text
        write_list(path, [("pdq", code(3), "baseline")])
        until(lambda: state_of(client, "hotline") == "current", 40, service)
        assert verdict(client, code(3)) == "match"


def test_a_restart_answers_from_what_it_held_while_the_source_is_away(tmp_path: Path) -> None:
    feed = Feed(tmp_path / "feed", "Feed", [code(1)])
    with running([feed.folder], tmp_path / "data") as service:
        assert service.stop() == 0
    shutil.move(feed.folder / "list.json", tmp_path / "kept.json")
    with running([feed.folder], tmp_path / "data") as service, service.client() as client:
        assert verdict(client, code(1)) == "match"
        assert state_of(client, "Feed") == "failing"


def test_not_ready_until_the_lists_are_loaded(tmp_path: Path) -> None:
    """The first list cannot be read yet."""
    path = tmp_path / "hotline.csv"
    path.write_text("no,header,here\n")
    with running([path], tmp_path / "data", wait=False) as service:
        until(lambda: is_live(service), SOON, service)
        with service.client() as client:
            refused = client.get("/health/ready")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert client.post("/v1/lookup", json={"items": [{"md5": "0" * 32}]}).status_code == 503
            assert "rempart_matcher_ready 0.0" in client.get("/metrics").text
            write_list(path, [("pdq", code(1), "baseline")])
            service.wait_ready()
            assert verdict(client, code(1)) == "match"


def is_live(service: Service) -> bool:
    try:
        return httpx.get(f"{service.url}/health/live", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_two_sources_of_one_list_are_refused(tmp_path: Path) -> None:
    lists = [Feed(tmp_path / name, "Same name", [code(1)]).folder for name in ("one", "two")]
    with running(lists, tmp_path / "data", wait=False) as service:
        assert service.process.wait(SOON) != 0
        assert "Two sources have a list of this name" in service.output


def test_a_changed_clients_file_counts_without_a_restart(tmp_path: Path) -> None:
    path = write_list(tmp_path / "hotline.csv", [("pdq", code(1), "baseline")])
    (old, first), (new, second) = client_block("one"), client_block("two")
    clients = write_clients(tmp_path / "clients.toml", first)
    with running([path], tmp_path / "data", "--clients", str(clients)) as service:

        def status(key: str) -> int:
            with service.client(key) as client:
                return client.get("/v1/lists").status_code

        assert (status(old), status(new)) == (200, 401)
        write_clients(clients, second)
        until(lambda: (status(old), status(new)) == (401, 200), SOON, service)
        write_clients(clients, "[[client]]\nname = 1\n")  # a mistake: what was last good goes on
        until(lambda: "this worker keeps what it has" in service.output, SOON, service)
        assert (status(old), status(new)) == (401, 200)


@pytest.mark.parametrize("count", [1, 3])
def test_a_worker_that_was_killed_is_replaced(tmp_path: Path, count: int) -> None:
    path = write_list(tmp_path / "hotline.csv", [("pdq", code(1), "baseline")])
    with running([path], tmp_path / "data", workers=2) as service:
        for _ in range(count):
            victim = service.workers()[0]
            os.kill(victim, signal.SIGKILL)
            until(lambda gone=victim: gone not in service.workers() and len(service.workers()) == 2, SOON, service)
        deadline = time.monotonic() + SOON
        while time.monotonic() < deadline:
            try:
                if all_workers_say(service, code(1), "match")():
                    break
            except (httpx.TransportError, AssertionError):  # a worker that starts is not ready at once
                continue
        assert all_workers_say(service, code(1), "match")()
