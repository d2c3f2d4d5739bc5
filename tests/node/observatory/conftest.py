"""Stories written into the chain; what a process keeps of the count belongs to the last test."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from core.figures.streams import Story
from django.db import transaction

from rempart.node.audit import services as audit
from rempart.node.observatory import counting


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    counting._kept.clear()


@pytest.fixture
def write(clock) -> Callable[[Story], None]:
    """Record a story's events at their times; the clock then stands at the story's end."""

    def record(story: Story) -> None:
        with transaction.atomic():
            for fact in story.facts:
                clock.moment = fact.at
                audit.record(fact.action, fact.subject, actor=fact.actor, data=fact.data)
        clock.moment = story.at + timedelta(hours=1)

    return record
