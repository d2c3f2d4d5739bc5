"""Time as people's codes and logins see it, and ways in through the pages."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.test import Client
from node.conftest import APP_SECRET, PASSWORD, next_code

from rempart.core.vocabulary import Role
from rempart.node.audit import services as audit
from rempart.node.staff import moment, services
from rempart.node.staff.models import StaffMember


class Hours:
    """The real time of a test, moved by `pass_`."""

    def __init__(self) -> None:
        self.moved = timedelta()

    def pass_(self, **duration: float) -> None:
        self.moved += timedelta(**duration)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.moved


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    """Logins, pauses and links see time pass; codes do not: their time is the processor's."""
    hours = Hours()
    monkeypatch.setattr(moment, "now", hours.now)
    return hours


@pytest.fixture
def alma(people) -> StaffMember:
    """A second administrator, whose account works."""
    alma = StaffMember.objects.create_user("alma", PASSWORD, [Role.ADMINISTRATOR], "Alma Administrator")
    Authenticator.objects.create(user=alma, type="totp", data={"secret": encrypt(APP_SECRET)})
    return alma


@pytest.fixture
def log_in(people) -> Callable[..., Client]:
    """A client that came in by name, password and code."""

    def enter(name: str, client: Client | None = None) -> Client:
        client = client or Client()
        client.post("/staff/login", {"username": name, "password": PASSWORD})
        response = client.post("/staff/login/factor", {"code": next_code(name)})
        assert response["Location"] == "/staff/", response.content
        return client

    return enter


@pytest.fixture
def invited(db, clock) -> str:
    """The path of a new person's link."""
    return services.add_person("nina", [Role.ANALYST], "Nina New").path


def told(*, since: int = 0) -> list[tuple[str, str]]:
    """Names and actors of the events about staff."""
    return [(one.action, one.actor) for one in audit.events(after=since) if one.action.startswith("staff:")]


def titled(response) -> str:
    return " ".join(re.search(r"<title>(.*?)</title>", response.content.decode(), re.S)[1].split())
