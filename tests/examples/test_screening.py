"""The shared part of the examples: both ways of asking, and what is kept of what is not published."""

import json
import os
import re
import socket
import stat
import threading
from collections import deque
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import screening
from embedded import ByLibrary
from hypothesis import given
from hypothesis import strategies as st
from matcher.serving import write_list
from outside_world import free_port
from screening import ByService, Desk, Entry, Screening, Undecided, Verdict
from signals.pictures import claimed_png, encoded, scene

UPLOADS = {
    "the listed file": (encoded(scene(), "PNG"), Verdict.MATCH),
    "the listed picture, smaller": (encoded(scene().resize((200, 150)), quality=60), Verdict.MATCH),
    "another picture": (encoded(scene(seed=2), "PNG"), Verdict.CLEAR),
    "a flat picture": (encoded(scene().resize((1, 1)).resize((300, 300)), "PNG"), Verdict.CLEAR),
    "no picture": (b"a letter", Verdict.CLEAR),
    "nothing": (b"", Verdict.CLEAR),
    "more pixels than are decoded": (claimed_png(60_000, 60_000), Verdict.UNDECIDED),
}


@pytest.fixture(scope="module")
def by_library(hash_list):
    screen = ByLibrary([str(hash_list)])
    yield screen
    screen.close()


@pytest.mark.parametrize("name", UPLOADS)
def test_both_ways_give_the_same_answer(matching, by_library, name):
    service, key = matching
    data, verdict = UPLOADS[name]
    asked, embedded = ByService(service.url, key).screen(data), by_library.screen(data)
    assert (asked.verdict, embedded.verdict) == (verdict, verdict)
    assert asked.entries == embedded.entries
    if verdict is Verdict.MATCH:
        (entry,) = asked.entries
        assert (entry.list, entry.category, entry.match) == ("Example list", "baseline", "near")


@pytest.fixture
def hanging():
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_service_that_hangs_is_gone_or_refuses_decides_nothing(matching, listed, hanging, caplog):
    service, key = matching
    screens = {
        "hangs": ByService(hanging, key, seconds=0.1),
        "is gone": ByService(f"http://127.0.0.1:{free_port()}", key),
        "has no such address": ByService(service.url + "/elsewhere", key),
        "does not know the key": ByService(service.url, "wrong"),
    }
    assert {name: screen.screen(listed).verdict for name, screen in screens.items()} == dict.fromkeys(
        screens, Verdict.UNDECIDED
    )
    assert len(caplog.records) == 4
    assert not re.search(r"[0-9a-f]{32}|wrong", caplog.text)


@pytest.fixture
def busy():
    """A server that gives the answers put into it, one a request; `after` is what its Retry-After says."""
    answers: deque[tuple[int, str]] = deque()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            status, after = answers.popleft()
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            if after:
                self.send_header("Retry-After", after)
            self.end_headers()
            self.wfile.write(b'{"verdict": "none", "hits": []}')

        def log_message(self, *_):
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", answers
        server.shutdown()


@pytest.mark.parametrize(
    ("answers", "verdict", "asked"),
    [
        ([(429, "0"), (503, "1"), (200, "")], Verdict.CLEAR, 3),
        ([(429, "9"), (200, "")], Verdict.UNDECIDED, 1),
        ([(503, ""), (200, "")], Verdict.UNDECIDED, 1),
        ([(503, "soon"), (200, "")], Verdict.UNDECIDED, 1),
    ],
)
def test_a_busy_service_is_asked_again_when_it_says(busy, answers, verdict, asked):
    url, waiting = busy
    waiting.extend(answers)
    assert ByService(url, seconds=5).screen(b"bytes").verdict is verdict
    assert len(answers) - len(waiting) == asked


@given(st.binary() | st.builds(json.dumps, st.recursive(st.none() | st.text(), st.lists)).map(str.encode))
def test_an_answer_that_is_not_understood_is_never_clear(body):
    assert screening._understood(body).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("url", ["127.0.0.1:8124", "file:///list", "http://"])
def test_an_address_that_is_none_stops_the_start(url):
    with pytest.raises(ValueError, match="SCREEN_URL"):
        ByService(url)


def test_the_choice_for_undecided_uploads_has_no_default(environment):
    for value in ({}, {"SCREEN_UNDECIDED": ""}, {"SCREEN_UNDECIDED": "perhaps"}):
        given = {name: text for name, text in environment.items() if name != "SCREEN_UNDECIDED"} | value
        with pytest.raises((KeyError, ValueError)):
            screening.desk_of(given)


def test_a_changed_list_is_followed_and_one_that_cannot_be_read_stays(tmp_path, listed, hash_list, caplog):
    path = tmp_path / "list.csv"
    path.write_bytes(hash_list.read_bytes())
    with closing(ByLibrary([str(path)], follow_every=0)) as screen:
        assert screen.screen(listed).verdict is Verdict.MATCH
        path.unlink()
        assert screen.screen(listed).verdict is Verdict.MATCH
        assert "stays as it was" in caplog.text
        write_list(path, [("md5", bytes(16), "national")])
        assert screen.screen(listed).verdict is Verdict.CLEAR


def test_the_environment_chooses_the_way(hash_list, environment, listed):
    embedded = screening.screen_of({"SCREEN_LISTS": os.pathsep.join([str(hash_list)])})
    assert isinstance(embedded, ByLibrary)
    with closing(embedded):
        assert isinstance(screening.screen_of(environment), ByService)
        assert embedded.screen(listed).verdict is Verdict.MATCH


class Scripted:
    """Answers what it is told to."""

    def __init__(self, *verdicts: Verdict) -> None:
        self.verdicts = list(verdicts)

    def screen(self, data: bytes) -> Screening:
        verdict = self.verdicts.pop(0)
        return Screening(verdict, (Entry("Example list", "1", "national", "", "exact"),) * (verdict is Verdict.MATCH))


@pytest.mark.parametrize(
    ("verdict", "undecided", "can_wait", "admitted", "quarantined", "waiting"),
    [
        (Verdict.CLEAR, Undecided.HOLD, True, True, 0, 0),
        (Verdict.MATCH, Undecided.HOLD, True, False, 1, 0),
        (Verdict.MATCH, Undecided.PUBLISH, False, False, 1, 0),
        (Verdict.UNDECIDED, Undecided.HOLD, True, False, 0, 1),
        (Verdict.UNDECIDED, Undecided.PUBLISH, True, True, 0, 1),
        (Verdict.UNDECIDED, Undecided.HOLD, False, False, 0, 0),
        (Verdict.UNDECIDED, Undecided.PUBLISH, False, True, 0, 0),
    ],
)
def test_where_an_upload_goes(tmp_path, kept, verdict, undecided, can_wait, admitted, quarantined, waiting):
    desk = Desk(Scripted(verdict), tmp_path / "screening", undecided)
    assert desk.admit("upload-1", b"bytes", can_wait=can_wait) is admitted
    assert (len(kept("quarantine")), len(kept("waiting"))) == (quarantined, waiting)


@pytest.mark.parametrize("verdict", [Verdict.CLEAR, Verdict.MATCH])
def test_what_waits_is_screened_again_until_it_is_decided(tmp_path, kept, verdict):
    desk = Desk(Scripted(Verdict.UNDECIDED, Verdict.UNDECIDED, verdict), tmp_path / "screening", Undecided.HOLD)
    desk.admit("upload-1", b"bytes")
    assert list(desk.again()) == []
    assert list(desk.again()) == [("upload-1", b"bytes", verdict is Verdict.CLEAR)]
    assert kept("waiting") == []
    assert kept("quarantine") == [b"bytes"] * (verdict is Verdict.MATCH)


def test_what_was_decided_and_not_carried_out_is_told_again(tmp_path):
    desk = Desk(Scripted(Verdict.UNDECIDED, Verdict.CLEAR, Verdict.CLEAR), tmp_path, Undecided.HOLD)
    desk.admit("upload-1", b"bytes")
    decided = desk.again()
    assert next(decided)[0] == "upload-1"
    decided.close()  # as a crash while publishing would
    assert [reference for reference, _, _ in desk.again()] == ["upload-1"]


def test_what_is_kept_is_its_owners_alone_and_names_no_fingerprint(tmp_path, matching, listed, kept):
    service, key = matching
    desk = Desk(ByService(service.url, key), tmp_path / "screening", Undecided.HOLD)
    for _ in range(2):  # a repetition replaces itself
        assert not desk.admit("../upload 1", listed)
    assert kept("quarantine") == [listed]
    place = tmp_path / "screening" / "quarantine"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()} == {0o600}
    (record,) = place.glob("*.json")
    told = json.loads(record.read_text())
    assert set(told) == {"reference", "kept_at", "verdict", "entries", "why"}
    assert set(told["entries"][0]) == {"list", "entry", "category", "source", "match"}
    assert told["reference"] == "../upload 1"
    assert not re.search(r"[0-9a-f]{64}", record.read_text())


def test_each_example_is_short():
    for path in Path(screening.__file__).parent.rglob("*.py"):
        most = 200 if path.name in {"screening.py", "footprint.py"} else 120
        assert len(path.read_text().splitlines()) <= most, path.name
