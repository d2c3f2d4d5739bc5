"""examples/upload_gate between a client and software that takes uploads, both real."""

import base64
import json
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytest.importorskip("python_multipart", reason="the example needs python-multipart")


@dataclass
class Software:
    """What stands behind the gate; it keeps what reached it."""

    port: int
    reached: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def parts(self) -> dict[str, tuple[str | None, str | None, bytes]]:
        """Of the last form: name to file name, type and content."""
        _, _, headers, body = self.reached[-1]
        form = message_from_bytes(f"Content-Type: {headers['content-type']}\r\n\r\n".encode() + body, policy=HTTP)
        return {
            part.get_param("name", header="content-disposition"): (
                part.get_filename(),
                part["content-type"],
                part.get_payload(decode=True),
            )
            for part in form.iter_parts()
        }


@pytest.fixture
def software():
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.server.software.reached.append((self.command, self.path, headers, body))
            self.send_response(202)
            for name, value in (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Content-Type", "application/json")):
                self.send_header(name, value)
            self.send_header("Content-Length", "13")
            self.end_headers()
            self.wfile.write(b'{"id": "224"}')

        do_GET = do_POST = do_PATCH = answer

        def log_message(self, *arguments: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.software = Software(server.server_port)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.software
        server.shutdown()
        thread.join()


@pytest.fixture
def gate(serving, environment, software):
    settings = environment | {"GATE_UPSTREAM": f"http://127.0.0.1:{software.port}"}
    with serving("upload_gate.gate:app", "asgi", settings, "/health") as client:
        software.reached.clear()
        yield client


REFUSAL = {"error": "Validation failed: File content type is invalid, File is invalid"}


def data_url(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode()


def test_a_form_passes_as_it_was_understood(gate, software, other):
    headers = {"Authorization": "Bearer made-up", "Host": "social.example", "X-Forwarded-Proto": "https"}
    answer = gate.post(
        "/api/v2/m%C3%A9dia%20?a=%2f&b=1",
        headers=headers,
        data={"description": "Größe", "focus": "0.0,0.0"},
        files={"file": ("holiday ü.png", other, "image/png")},
    )
    assert (answer.status_code, answer.json(), answer.headers.get_list("set-cookie")) == (
        202,
        {"id": "224"},
        ["a=1", "b=2"],
    )
    ((method, path, seen, _),) = software.reached
    assert (method, path) == ("POST", "/api/v2/m%C3%A9dia%20?a=%2f&b=1")
    assert {name: seen[name.lower()] for name in headers} == headers
    assert software.parts["file"][1:] == ("image/png", other)
    assert software.parts["description"] == (None, None, "Größe".encode())
    assert software.parts["focus"][2] == b"0.0,0.0"


@pytest.mark.parametrize(
    "body",
    [
        lambda data: {"files": {"file": ("holiday.png", data, "image/png")}},
        lambda data: {"files": {"thumbnail": ("a", b"text"), "file": ("b", data, "text/plain")}},
        lambda data: {"files": {"avatar": (None, data_url(data))}},
        lambda data: {"data": {"avatar": data_url(data)}},
        lambda data: {"data": {"avatar": " DATA:image/png;BASE64 ," + data_url(data).partition(",")[2]}},
        lambda data: {"json": {"account": [{"avatar": data_url(data)}]}},
    ],
)
def test_a_listed_picture_reaches_nobody_however_it_is_sent(gate, software, listed, other, kept, body):
    answer = gate.patch("/api/v1/accounts/update_credentials", headers={"X-Request-Id": "made-up-1"}, **body(listed))
    assert (answer.status_code, answer.json()) == (422, REFUSAL)
    assert software.reached == []
    assert kept("quarantine") == [listed]
    assert gate.patch("/api/v1/accounts/update_credentials", **body(other)).status_code == 202
    assert len(software.reached) == 1


def test_a_kept_file_leads_to_the_request(gate, listed, tmp_path):
    gate.post("/api/v2/media", headers={"X-Request-Id": "made-up-1"}, files={"file": listed})
    (record,) = (tmp_path / "screening" / "quarantine").glob("*.json")
    assert json.loads(record.read_text())["reference"] == "made-up-1/0"


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"bytes", "image/png", 415),
        (b"bytes", "multipart/form-data", 400),
        (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n', "multipart/form-data", 400),
        (b"{", "application/json", 400),
        (b'{"avatar": "data:image/png;base64,A"}', "application/json", 400),
    ],
)
def test_what_is_not_understood_is_refused(gate, software, content, kind, status):
    assert gate.post("/api/v2/media", content=content, headers={"Content-Type": kind}).status_code == status
    assert software.reached == []


def test_a_body_of_unknown_length_is_refused(gate, software):
    answer = gate.post("/api/v2/media", content=iter([b"bytes"]), headers={"Content-Type": "application/json"})
    assert answer.status_code == 411
    assert software.reached == []


def test_what_has_no_body_passes(gate, software):
    assert gate.get("/api/v1/media/224").status_code == 202
    assert [(method, path) for method, path, _, _ in software.reached] == [("GET", "/api/v1/media/224")]


@pytest.mark.parametrize(("undecided", "status"), [("hold", 422), ("publish", 202)])
def test_without_the_service_the_choice_counts(serving, environment, software, other, kept, undecided, status):
    settings = environment | {
        "GATE_UPSTREAM": f"http://127.0.0.1:{software.port}",
        "SCREEN_URL": "http://127.0.0.1:9",
        "SCREEN_UNDECIDED": undecided,
    }
    with serving("upload_gate.gate:app", "asgi", settings, "/health") as gate:
        assert gate.post("/api/v2/media", files={"file": other}).status_code == status
    assert kept("waiting") == kept("quarantine") == []


def test_without_the_software_it_says_so(serving, environment, other):
    settings = environment | {"GATE_UPSTREAM": "http://127.0.0.1:9"}
    with serving("upload_gate.gate:app", "asgi", settings, "/health") as gate:
        assert gate.post("/api/v2/media", files={"file": other}).status_code == 502
