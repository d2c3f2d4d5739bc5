"""A hostile sender: swelling, deep, oversized and slow requests against the calls, and against a running server."""

import contextlib
import gzip
import io
import json
import os
import signal
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from node.stored import stored

from rempart.adapters.home import Home
from rempart.cli.node import HEADER_MILLISECONDS, web_command
from rempart.node.intake import services
from rempart.node.intake.models import StoredFile

REPORTS = "/api/v1/reports"


def entities(levels: int) -> bytes:
    each = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, levels + 1))
    return b'<!DOCTYPE report [<!ENTITY l0 "ha">' + each + b"]><report><x>&l%d;</x></report>" % levels


BOMBS = {
    "entities in entities": entities(9),
    "one long entity, often": b'<!DOCTYPE r [<!ENTITY a "'
    + b"a" * 50_000
    + b'">]><report>'
    + b"&a;" * 20_000
    + b"</report>",
    "a file of the node": b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><report>&x;</report>',
    "an address inside": b'<!DOCTYPE r [<!ENTITY x SYSTEM "http://127.0.0.1:1/x">]><report>&x;</report>',
    "a foreign DTD": b'<!DOCTYPE report SYSTEM "http://127.0.0.1:1/x.dtd"><report/>',
    "entities of parameters": b'<!DOCTYPE r [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><report/>',
    "depth": b"<report>" + b"<a>" * 100_000,
    "elements": b"<report>" + b"<a/>" * 200_000 + b"</report>",
    "attributes": b"<report " + b" ".join(b'a%d="1"' % n for n in range(200_000)) + b"/>",
    "UTF-16": entities(9).decode().encode("utf-16"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", BOMBS)
def test_an_xml_bomb_is_refused_at_once_and_leaves_nothing(platform_client, name: str) -> None:
    before, began = stored(), time.monotonic()
    for call in ("submit", "fileinfo"):
        code, answer = platform_client.call(call, BOMBS[name], content_type="text/xml")
        assert code >= 4000, answer
    assert time.monotonic() - began < 5
    assert stored() == before


@pytest.mark.django_db
def test_a_body_that_would_swell_is_not_unpacked(platform_client) -> None:
    """Neither face knows compressed bodies: the bytes are what they are, and are no document."""
    before = stored()
    packed = gzip.compress(b" " * 20_000_000 + b"{}")
    answer = platform_client.post(
        REPORTS, packed, content_type="application/json", headers={"content-encoding": "gzip"}
    )
    assert answer.status_code == 400
    assert "UTF-8 JSON" in answer.json()["error"]["advice"]
    code, _ = platform_client.call(
        "submit", gzip.compress(b"<report/>"), content_type="text/xml", headers={"content-encoding": "gzip"}
    )
    assert code == 4110
    assert stored() == before


@pytest.mark.django_db
def test_an_uploaded_archive_is_kept_as_it_is_and_opened_by_nobody(platform_client, make_xml, drain) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.bin", b"\0" * 30_000_000)
    assert len(packed.getvalue()) < 100_000
    report_id = platform_client.submit(make_xml())
    platform_client.upload(report_id, packed.getvalue(), "pictures.zip")
    assert platform_client.finish(report_id) == 0
    drain()
    row = StoredFile.objects.get()
    assert row.size == len(packed.getvalue())
    assert b"".join(services.file_bytes(row.pk)) == packed.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 100_000, 400),
        (b'{"items": ' + b"[" * 100_000, 400),
        (b'{"items": [' + b'{"kind": "text", "value": "x"},' * 200_000, 413),
        (b'"' + b"x" * 6_000_000 + b'"', 413),
        (b"9" * 100_000, 400),
        (json.dumps({"additional_info": "x" * 50_001}).encode(), 422),
        (json.dumps({"items": [{"kind": "text", "value": "x"}] * 5_001}).encode(), 422),
    ],
)
def test_json_too_deep_or_too_large_is_refused(platform_client, body: bytes, status: int) -> None:
    before = stored()
    answer = platform_client.post(REPORTS, body, content_type="application/json")
    assert answer.status_code == status, answer.content
    assert answer.json()["error"]["advice"]
    assert stored() == before


@pytest.mark.django_db
def test_a_form_with_too_many_fields_is_refused(client) -> None:
    before = stored()
    many = {f"field{number}": "x" for number in range(1000)}
    assert client.post("/en/report/", many).status_code == 400
    assert client.post("/en/report/", {"addresses": "x" * 6_000_000}).status_code == 400
    assert stored() == before


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The machine surface as `rempart run` starts it, with two processes; its port."""
    home = Home(tmp_path_factory.mktemp("slow") / "home")
    home.create()
    environment = {**os.environ, "REMPART_HOME": str(home.path), "REMPART_MODE": "test", "REMPART_DATABASE": ""}
    subprocess.run([Path(os.sys.executable), "-m", "rempart.cli", "migrate"], env=environment, check=True, timeout=120)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    command = web_command("127.0.0.1", port, 2)
    command[command.index("--http1-header-read-timeout") + 1] = "700"
    process = subprocess.Popen(command, env={**environment, "REMPART_SURFACE": "machine"})
    try:
        deadline = time.monotonic() + 60
        while not healthy(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def healthy(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=3) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return connection.recv(100).startswith(b"HTTP/1.1 200")
    return False


def test_heads_that_never_end_are_cut_off_and_nobody_waits(server: int) -> None:
    """Slow loris: two hundred clients that begin a request and send a byte now and then."""
    assert 1_000 <= HEADER_MILLISECONDS <= 30_000
    slow = [socket.create_connection(("127.0.0.1", server), timeout=5) for _ in range(200)]
    for connection in slow:
        connection.sendall(b"POST /ispws/submit HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
    assert healthy(server)
    deadline = time.monotonic() + 4
    cut = 0
    for connection in slow:
        with contextlib.suppress(OSError):
            while time.monotonic() < deadline:
                connection.sendall(b"a")
                connection.settimeout(0.2)
                with contextlib.suppress(TimeoutError):
                    if not connection.recv(1000):
                        break
        with contextlib.suppress(OSError):
            connection.settimeout(0.2)
            cut += connection.recv(1000) == b""
        connection.close()
    assert healthy(server)
    assert cut > 150


def test_a_head_beyond_all_measure_is_refused(server: int) -> None:
    with socket.create_connection(("127.0.0.1", server), timeout=5) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 5_000_000 + b"\r\n\r\n")
        with contextlib.suppress(OSError):
            assert not connection.recv(100).startswith(b"HTTP/1.1 200")
    assert healthy(server)
