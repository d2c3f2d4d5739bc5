"""The step "resolve": find a decided content's host, then ask who is competent."""

from datetime import datetime, timedelta

from rempart.node.casework import services as casework
from rempart.node.hosting import services
from rempart.node.jobs import services as jobs
from rempart.node.runtime import clock

TRY_AGAIN = timedelta(minutes=15)
MAX_FAILURES = 8
"""After that many looks in a row that nobody could answer, the content is routed as of unknown place."""


@jobs.step("resolve")
def resolve(subject: str) -> jobs.Effects:
    content_id = int(subject)
    if not casework.content(content_id).locator:
        return lambda: jobs.wake("route", content_id)
    places = services.look(content_id)

    def effects() -> datetime | None:
        observed = services.keep(content_id, places)
        if observed.place.outcome == "failed" and services.failures_in_row(content_id) < MAX_FAILURES:
            return clock().now() + TRY_AGAIN
        jobs.wake("route", content_id)
        return None

    return effects
