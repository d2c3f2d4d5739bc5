"""A browser without script at the screens of casework, and what it finds there."""

import hashlib
import re

import pytest
from django.test import Client
from signals.pictures import encoded, scene

from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_values import normalise
from rempart.node.audit import services as audit
from rempart.node.casework.models import Content

PICTURE = encoded(scene(seed=4))
BASELINE = {"legality": "baseline", "age_band": "infant", "offences": ["distribution"]}
NATIONAL = {"legality": "national", "age_band": "pubescent", "offences": ["distribution", "trade"]}
REST = {"gender": "not_determined", "site_type": "not_applicable", "commerciality": "not_determined", "note": ""}


@pytest.fixture
def enter(people):
    """A browser of one of the cast, logged in; CSRF is enforced as in real life."""

    def log_in(name: str) -> "Browser":
        client = Client(enforce_csrf_checks=True)
        client.force_login(people[name])
        return Browser(client)

    return log_in


class Browser:
    """Keeps the token a browser takes from the page it stands on."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, path: str, **more):
        return self.client.get(path, **more)

    def post(self, path: str, data: dict | None = None, *, follow: bool = False, page: str = "/staff/queue/"):
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.client.get(page).content.decode())
        sent = {**(data or {}), "csrfmiddlewaretoken": token[1] if token else ""}
        return self.client.post(path, sent, follow=follow)


@pytest.fixture
def address(submit, work) -> int:
    submit(("url", "https://host.example/one?q=1"))
    work()
    return Content.objects.get().pk


@pytest.fixture
def picture(submit, work, upload) -> int:
    submit(files=[upload(PICTURE)])
    work()
    return Content.objects.get(kind="file").pk


def at(content_id: int, act: str = "") -> str:
    return f"/staff/cases/{content_id}/{act}"


def text(response) -> str:
    """The words of a page, without tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def actions(subject: str) -> list[tuple[str, str]]:
    return [(fact.action, fact.actor) for fact in audit.events(subject=subject)]


def normalise_sha256(data: bytes) -> dict:
    return {FingerprintType.SHA256: normalise(FingerprintType.SHA256, hashlib.sha256(data).hexdigest())}
