"""What `bench_intake` sends: complete reports over keep-alive connections, each with its own mark."""

import base64
import http.client
import io
import json
import os
import re
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image

from rempart.formats.cybertipline.builder import build_report
from rempart.formats.cybertipline.model import IpEvent, Person
from rempart.formats.cybertipline.vocabulary import IncidentType

_MARK = "0123456789abcdef"
_BOUNDARY = "rempart-benchmark-boundary"


@dataclass
class Load:
    """What one face is sent, with a mark that makes each report its own."""

    headers: dict[str, str]
    report: bytes
    image: bytes


@dataclass
class Result:
    face: str
    database: str
    reports: int
    seconds: float
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: int = 0
    node_cpu: float = 0.0
    load_cpu: float = 0.0

    @property
    def rate(self) -> float:
        return self.reports / self.seconds


def noise_jpeg(size: int = 200_000) -> bytes:
    """A JPEG of random noise of about `size` bytes."""
    side = 420
    pixels = np.random.default_rng(7).integers(0, 256, (side, side, 3), dtype=np.uint8)
    best = b""
    for quality in range(50, 100):
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
        best = buffer.getvalue()
        if len(best) >= size:
            break
    return best


def make_load(username: str, secret: str, *, xml: bool) -> Load:
    token = base64.b64encode(f"{username}:{secret}".encode()).decode()
    seen = IpEvent("192.0.2.7", "Upload", datetime.now(UTC), port=4711)
    if xml:
        body = build_report(
            incident_type=IncidentType.CHILD_PORNOGRAPHY,
            incident_at=datetime.now(UTC),
            reporter=Person(first_name="Ana", last_name="Reporter", emails=("safety@chat.example",)),
            platform="Example Chat",
            urls=[f"https://media.example/p/{_MARK}"],
            suspects=[Person(esp_user_id=_MARK, screen_name="someone", ip_events=(seen,))],
            additional_info="Found by hash matching; the account is suspended.",
        )
    else:
        body = json.dumps(
            {
                "occurred_at": datetime.now(UTC).isoformat(),
                "items": [{"kind": "url", "value": f"https://media.example/p/{_MARK}"}],
                "suspects": [
                    {
                        "user_id": _MARK,
                        "screen_name": "someone",
                        "ip_events": [{"ip": "192.0.2.7", "at": datetime.now(UTC).isoformat(), "port": 4711}],
                    }
                ],
                "additional_info": "Found by hash matching; the account is suspended.",
            }
        ).encode()
    return Load({"Authorization": f"Basic {token}"}, body, noise_jpeg())


Send = Callable[[str, str, bytes, dict[str, str]], bytes]


def _unique(load: Load) -> tuple[bytes, bytes]:
    mark = secrets.token_hex(8).encode()
    return load.report.replace(_MARK.encode(), mark), load.image + mark


def report_by_xml(load: Load, send: Send) -> None:
    report, image = _unique(load)
    answer = send("submit", "/ispws/submit", report, {**load.headers, "Content-Type": "text/xml; charset=utf-8"})
    number = re.search(rb"<reportId>(\d+)<", answer)
    if number is None:
        raise RuntimeError("submit was refused")
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="id"\r\n\r\n{number[1].decode()}\r\n'
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode()
    body = head + image + f"\r\n--{_BOUNDARY}--\r\n".encode()
    form = {**load.headers, "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
    if b"<responseCode>0<" not in send("upload", "/ispws/upload", body, form):
        raise RuntimeError("upload was refused")
    done = {**load.headers, "Content-Type": "application/x-www-form-urlencoded"}
    if b"<responseCode>0<" not in send("finish", "/ispws/finish", b"id=" + number[1], done):
        raise RuntimeError("finish was refused")


def report_by_json(load: Load, send: Send) -> None:
    report, image = _unique(load)
    answer = send("submit", "/api/v1/reports", report, {**load.headers, "Content-Type": "application/json"})
    number = json.loads(answer)["id"]
    send("upload", f"/api/v1/reports/{number}/files", image, {**load.headers, "Content-Type": "image/jpeg"})
    done = json.loads(send("finish", f"/api/v1/reports/{number}/finish", b"", load.headers))
    if len(done["files"]) != 1:
        raise RuntimeError("finish was refused")


FACES: dict[str, tuple[bool, Callable[[Load, Send], None]]] = {
    "CyberTipline XML": (True, report_by_xml),
    "JSON API": (False, report_by_json),
}


def cpu_seconds(process: int) -> float:
    """Processor time a process and all its living descendants have used (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    for task in Path(f"/proc/{process}/task").iterdir():
        used += sum(cpu_seconds(int(child)) for child in (task / "children").read_text().split())
    return used


def drive(port: int, load: Load, one: Callable[[Load, Send], None], reports: int, clients: int) -> Result:
    """Send `reports` complete reports over `clients` keep-alive connections."""
    result = Result("", "", reports, 0.0)
    left = iter(range(reports))
    lock = threading.Lock()

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

        def send(name: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
            begun = time.perf_counter()
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            answer = response.read()
            taken = time.perf_counter() - begun
            with lock:
                result.times[name].append(taken)
                result.errors += response.status >= 300
            return answer

        while True:
            with lock:
                if next(left, None) is None:
                    break
            one(load, send)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.seconds = time.perf_counter() - begun
    return result
