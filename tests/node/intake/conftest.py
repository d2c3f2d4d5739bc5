"""A platform's client, as tests of both faces use it."""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from rempart.formats.cybertipline.builder import build_report
from rempart.formats.cybertipline.model import IpEvent, Person
from rempart.formats.cybertipline.vocabulary import IncidentType
from rempart.node.intake import platforms
from rempart.node.intake.models import Platform

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class PlatformClient:
    """Speaks the way existing clients do; answers are (response code, body)."""

    platform: Platform
    headers: dict[str, str]
    client: Client

    def post(self, path: str, *args: Any, **kwargs: Any) -> Any:
        return self.client.post(path, *args, headers={**self.headers, **kwargs.pop("headers", {})}, **kwargs)

    def get(self, path: str) -> Any:
        return self.client.get(path, headers=self.headers)

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        response = self.post(f"/ispws/{name}", *args, **kwargs)
        assert response.status_code == 200
        assert response["Content-Type"] == "application/xml"
        code = re.search(rb"<responseCode>(\d+)</responseCode>", response.content)
        assert code is not None
        return int(code[1]), response.content

    def submit(self, body: bytes) -> int:
        code, answer = self.call("submit", body, content_type="text/xml; charset=utf-8")
        assert code == 0, answer
        return int(re.search(rb"<reportId>(\d+)</reportId>", answer)[1])

    def upload(self, report_id: int, data: bytes, name: str = "a.jpg") -> str:
        code, answer = self.call("upload", {"id": str(report_id), "file": SimpleUploadedFile(name, data)})
        assert code == 0, answer
        return re.search(rb"<fileId>([0-9a-f]{32})</fileId>", answer)[1].decode()

    def finish(self, report_id: int) -> int:
        return self.call("finish", {"id": str(report_id)})[0]


def xml_report(mark: str = "1", **changes: Any) -> bytes:
    """A complete, benign report; `mark` makes its bytes its own."""
    seen = IpEvent("192.0.2.7", "Upload", NOON, port=4711)
    values: dict[str, Any] = {
        "incident_type": IncidentType.CHILD_PORNOGRAPHY,
        "incident_at": NOON,
        "reporter": Person(first_name="Ana", last_name="Reporter"),
        "platform": "Example Chat",
        "urls": [f"https://media.example/p/{mark}"],
        "suspects": [Person(esp_user_id=f"user-{mark}", ip_events=(seen,))],
        "additional_info": "Found by hash matching.",
    }
    return build_report(**(values | changes))


def new_platform(name: str) -> PlatformClient:
    username, secret = platforms.add_platform(name)
    token = base64.b64encode(f"{username}:{secret}".encode()).decode()
    platform = Platform.objects.get(username=username)
    return PlatformClient(platform, {"authorization": f"Basic {token}"}, Client())


@pytest.fixture
def platform_client(db: None) -> PlatformClient:
    return new_platform("Example Chat")


@pytest.fixture
def other_client(db: None) -> PlatformClient:
    return new_platform("Other Chat")


@pytest.fixture
def make_xml() -> Any:
    return xml_report


@pytest.fixture
def add_client(db: None) -> Any:
    return new_platform
