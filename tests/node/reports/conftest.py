"""Reports of a node that counted a January."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from core.figures.streams import example
from django.db import transaction
from django.test import Client

from rempart.node.audit import services as audit

NOW = datetime(2027, 1, 20, 9, tzinfo=UTC)


@pytest.fixture
def counted(db, clock) -> None:
    """January 2026, as its events tell it; it is January 2027 now."""
    with transaction.atomic():
        for fact in example().facts:
            clock.moment = fact.at
            audit.record(fact.action, fact.subject, data=fact.data)
    clock.moment = NOW


@pytest.fixture
def as_(people) -> Callable[[str], Client]:
    """A browser in which one of the cast has logged in."""

    def log_in(name: str) -> Client:
        client = Client()
        client.force_login(people[name])
        return client

    return log_in
