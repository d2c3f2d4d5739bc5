"""Stopping with real signals: what is in flight is finished, nothing is left running, nothing acknowledged is lost."""

import http.client
import os
import signal
import threading
from contextlib import closing
from pathlib import Path

import httpx
import psutil
import pytest
from matcher.serving import Service, children, code, running, until, write_list
from signals.pictures import encoded, scene

SOON = 20.0


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    return write_list(tmp_path / "hotline.csv", [("pdq", code(1), "baseline")])


def family(service: Service) -> list[psutil.Process]:
    return psutil.Process(service.process.pid).children(recursive=True)


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes)


class HalfSent:
    """An upload of which the second half is still to come."""

    def __init__(self, service: Service) -> None:
        self._body = encoded(scene(400, 300, seed=9), "PNG")
        self._connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        self._connection.putrequest("POST", "/v1/media")
        self._connection.putheader("Content-Length", str(len(self._body)))
        self._connection.endheaders()
        self._connection.send(self._body[: len(self._body) // 2])

    def finish(self) -> int:
        self._connection.send(self._body[len(self._body) // 2 :])
        answer = self._connection.getresponse()
        answer.read()
        return answer.status

    def close(self) -> None:
        self._connection.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_is_finished(tmp_path: Path, listed: Path, number: signal.Signals) -> None:
    with running([listed], tmp_path / "data", workers=2) as service, closing(HalfSent(service)) as upload:
        started = family(service)
        with service.client() as other:  # by now the service has read the first half
            assert other.get("/health/ready").status_code == 200
        service.process.send_signal(number)
        until(lambda: "stopping" in service.output, SOON)
        until(lambda: not accepts(service), SOON)
        assert service.process.poll() is None
        assert upload.finish() == 200
        assert service.process.wait(SOON) == 0
        assert all_gone(started)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_still_starting_stops_at_once(tmp_path: Path, listed: Path, number: signal.Signals) -> None:
    """It was told before it listened to signals; killed only when it may take no longer (30 s), it is too late."""
    with running([listed], tmp_path / "data", workers=2, wait=False) as service:
        until(lambda: len(service.workers()) == 2, SOON, service)
        started = family(service)
        service.process.send_signal(number)
        assert service.process.wait(SOON) == 0
        assert all_gone(started)


def accepts(service: Service) -> bool:
    try:
        httpx.get(f"{service.url}/health/live", trust_env=False, timeout=5)
    except httpx.TransportError:
        return False
    return True


def test_it_says_that_it_is_not_ready_and_answers_on_until_the_balancer_knows(tmp_path: Path, listed: Path) -> None:
    with running([listed], tmp_path / "data", "--drain", "30") as service, service.client() as client:
        service.process.terminate()
        until(lambda: client.get("/health/ready").status_code == 503, SOON)
        assert "stopping" in client.get("/health/ready").json()["detail"]
        answer = client.post("/v1/lookup", json={"items": [{"pdq": code(1).hex()}]})
        assert answer.json()["results"][0]["verdict"] == "match"
        service.process.terminate()  # a second signal hurries
        assert service.process.wait(SOON) == 0


def test_look_ups_until_the_end_are_answered_or_never_taken(tmp_path: Path, listed: Path) -> None:
    """Under load and without a drain no answer is cut off and none is an error; what waited in line is turned away."""
    statuses: list[int] = []
    broken: list[httpx.TransportError] = []
    with running([listed], tmp_path / "data", workers=2) as service:

        def ask() -> None:
            while True:
                try:
                    # A connection for each: one that is kept idle may be closed at any time, as with any server.
                    with service.client() as client:
                        answer = client.post("/v1/lookup", json={"items": [{"pdq": code(1).hex()}]})
                    statuses.append(answer.status_code)
                except httpx.ConnectError:
                    return
                except httpx.TransportError as error:
                    broken.append(error)
                    return

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for each in threads:
            each.start()
        until(lambda: len(statuses) > 20, SOON, service)
        assert service.stop() == 0
        for each in threads:
            each.join(SOON)
    assert set(statuses) == {200}
    assert not [error for error in broken if "incomplete" in str(error) or "complete message" in str(error)]


def test_when_the_parent_is_killed_nothing_is_left(tmp_path: Path, listed: Path) -> None:
    with running([listed], tmp_path / "data", workers=2) as service:
        with service.client() as client:
            client.post("/v1/media", content=encoded(scene(), "PNG"))  # so that there is a decoder too
        started = family(service)
        assert len(started) >= 4
        service.process.kill()
        until(lambda: all_gone(started), SOON)


def test_when_the_web_server_ends_the_parent_says_so(tmp_path: Path, listed: Path) -> None:
    with running([listed], tmp_path / "data", workers=2) as service:
        with service.client() as client:
            client.post("/v1/media", content=encoded(scene(), "PNG"))  # so that there is a decoder too
        started = family(service)
        [server] = children(service.process.pid)
        os.kill(server, signal.SIGKILL)
        assert service.process.wait(SOON) not in (0, None)
        assert "The web server ended" in service.output
        # Its workers, whom it could not tell, and their decoders.
        until(lambda: all_gone(started), SOON)


def test_when_both_are_killed_at_once_nothing_is_left(tmp_path: Path, listed: Path) -> None:
    with running([listed], tmp_path / "data", workers=2) as service:
        started = family(service)
        [server] = children(service.process.pid)
        for number in (service.process.pid, server):
            os.kill(number, signal.SIGKILL)
        until(lambda: all_gone(started), SOON)


def test_feedback_that_was_acknowledged_outlives_a_crash(tmp_path: Path, listed: Path) -> None:
    opinions = [{"list": "hotline", "entry": str(number), "outcome": "confirmed"} for number in range(25)]
    with running([listed], tmp_path / "data") as service, service.client() as client:
        for opinion in opinions:
            assert client.post("/v1/feedback", json=opinion).status_code == 201
        for process in family(service):
            process.kill()
        service.process.kill()
        service.process.wait()
    with running([listed], tmp_path / "data") as service, service.client() as client:
        kept = client.get("/v1/feedback").json()["records"]
        assert [record["entry"] for record in kept] == [opinion["entry"] for opinion in opinions]
