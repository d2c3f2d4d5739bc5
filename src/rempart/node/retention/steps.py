"""Steps that repeat by themselves: let go what is due, and look what comes next."""

from datetime import datetime, timedelta

from rempart.node.jobs import services as jobs
from rempart.node.retention import running
from rempart.node.runtime import clock

EVERY = timedelta(days=1)
_AT_ONCE = 200
"""Reports a step erases before others get their turn."""
_ALL = "all"


@jobs.step("retain")
def retain(subject: str) -> jobs.Effects:
    """Erase what is due. Each report is a transaction of its own: a step that is killed goes on where it was."""
    gone = running.run(_AT_ONCE)
    is_full = gone.total() >= _AT_ONCE

    def effects() -> datetime:
        return clock().now() + (timedelta() if is_full else EVERY)

    return effects


@jobs.step("survey-retention")
def survey(subject: str) -> jobs.Effects:
    """Keep for the page what is due, held and waiting."""
    lines = running.survey()

    def effects() -> datetime:
        running.keep_survey(lines)
        return clock().now() + EVERY

    return effects


def ask_for_repeating_steps() -> None:
    """Called when a worker starts; due at once, also after a failure that had ended them."""
    for kind in ("retain", "survey-retention"):
        jobs.wake(kind, _ALL)
