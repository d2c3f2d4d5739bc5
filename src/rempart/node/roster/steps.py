"""The step that asks other members for newer versions of the roster."""

import logging
from datetime import datetime, timedelta

from django.conf import settings

from rempart.core.errors import RempartError
from rempart.node import runtime
from rempart.node.jobs import services as jobs
from rempart.node.roster import fetching, services

log = logging.getLogger("rempart.roster")
EVERY = timedelta(minutes=1)
"""Or as often as the members' logs are looked at, where that is seldomer."""


@jobs.step("roster")
def learn(subject: str) -> jobs.Effects:
    """A suspension reaches every node within minutes; an unsound or expired roster changes nothing."""
    current = services.current_roster()
    found = fetching.newer(current, fetching.getting(runtime.asker())) if current else []

    def effects() -> datetime:
        try:
            if found:
                services.adopt(found)
        except RempartError as error:
            log.warning("a roster was not adopted: %s", type(error).__name__)
        return runtime.clock().now() + max(EVERY, timedelta(seconds=settings.FOLLOW_SECONDS))

    return effects


def ask_for_repeating_steps() -> None:
    """Due at once whenever a worker starts."""
    jobs.wake("roster", "members")
