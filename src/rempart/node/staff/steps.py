"""Housekeeping of logins."""

from datetime import datetime, timedelta

from django.core.management import call_command

from rempart.node.jobs import services as jobs
from rempart.node.runtime import clock
from rempart.node.staff import attempts, enrolment, link_requests, logins

EVERY = timedelta(days=1)


@jobs.step("clear-sessions")
def clear_sessions(subject: str) -> jobs.Effects:
    """Delete the sessions of logins that ended, links that are over, old requests, and counts of wrong attempts."""

    def effects() -> datetime:
        call_command("clearsessions")
        logins.forget_old()
        enrolment.forget_old()
        link_requests.forget_old()
        attempts.forget_old()
        return clock().now() + EVERY

    return effects


def ask_for_repeating_steps() -> None:
    jobs.enqueue("clear-sessions", "all")
