"""The step that counts on, keeps what was counted, and declares the figures to the other members."""

from datetime import datetime, timedelta

from rempart.node.jobs import services as jobs
from rempart.node.observatory import counting, members_figures
from rempart.node.runtime import clock

EVERY = timedelta(hours=1)


@jobs.step("figures")
def count_on(subject: str) -> jobs.Effects:
    """Counting is done outside the step's transaction: it keeps itself, whole or not at all, and goes on from there."""
    now = clock().now()
    counting.keep(now)

    def effects() -> datetime:
        members_figures.declare_own(now)
        return clock().now() + EVERY

    return effects


def ask_for_repeating_steps() -> None:
    """Due at once whenever a worker starts."""
    jobs.wake("figures", "all")
