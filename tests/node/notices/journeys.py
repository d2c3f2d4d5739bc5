"""Steps of a notice on its journey, and what came of them."""

import email
import json
from email.policy import SMTP as MAIL_POLICY

import pytest

from rempart.node.audit import services as audit
from rempart.node.jobs import services as jobs
from rempart.node.jobs.models import Job
from rempart.node.jobs.steps import load_steps
from rempart.node.notices import services

KINDS = ("resolve", "route", "notice", "export")


@pytest.fixture
def work(clock):
    """Do every due step of this part of the journey; with hours, hour by hour."""
    load_steps()

    def due() -> None:
        for _ in range(200):
            claims = jobs.claim(kinds=KINDS)
            if not claims:
                return
            for held in claims:
                jobs.perform(held)
                assert Job.objects.get(pk=held.job_id).last_error == ""
        raise AssertionError("steps keep asking for one another")

    def run(hours: int = 0) -> None:
        due()
        for _ in range(hours):
            clock.advance(hours=1)
            due()

    return run


@pytest.fixture
def begin(decided, work):
    """A decided content on its way; returns its number."""

    def start(**given) -> int:
        content = decided(**given)
        jobs.wake("resolve", content)
        work()
        return content

    return start


def notice(content: int) -> services.NoticeView:
    found = services.for_content(content)
    assert found is not None
    return found


def told(action: str) -> list[dict]:
    return [event.data for event in audit.events(actions=[action])]


def parts(message: bytes) -> tuple[email.message.EmailMessage, dict]:
    mail = email.message_from_bytes(message, policy=MAIL_POLICY)
    (document,) = [part for part in mail.iter_parts() if part.get_content_type() == "application/json"]
    return mail, json.loads(document.get_content())


def run_one(kind: str) -> None:
    (held,) = jobs.claim(1, kinds=[kind])
    assert jobs.perform(held)
