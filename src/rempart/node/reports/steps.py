"""The step that makes an edition."""

from rempart.core.errors import RempartError
from rempart.node.jobs import services as jobs
from rempart.node.reports import editions, making, sources, stating
from rempart.node.runtime import clock


@jobs.step(editions.JOB)
def make(subject: str) -> jobs.Effects:
    """Make an edition. What cannot be reported on is told on the page; it is no failure of the step."""
    pk = int(subject)
    order = editions.waiting(pk)
    if order is None:
        return jobs.nothing
    try:
        made = making.make(order, sources.gather(clock().now()), stating.declared(order.kind, order.year))
    except RempartError as error:
        problem = str(error)
        return lambda: editions.fail(pk, problem)
    return lambda: editions.keep(pk, made.files, made.pages)
