"""Step: what waits in the queue is matched again after a list changed; what is known now leaves it."""

from rempart.core.errors import NotFound
from rempart.node.casework.models import Case
from rempart.node.casework.recognition import look_up
from rempart.node.intake import services as intake
from rempart.node.jobs import services as jobs
from rempart.node.lists import services as lists


@jobs.step("rematch")
def rematch(subject: str) -> jobs.Effects:
    """Subject: a list's id. Only finds what the list knows; triage of the reports that name it does the rest."""
    try:
        name = lists.name_of(int(subject))
    except NotFound:
        return jobs.nothing
    recogniser = lists.recogniser()
    waiting = Case.objects.exclude(state=Case.State.DECIDED).filter(content__fingerprints__isnull=False)
    known = [
        content_id
        for content_id in waiting.values_list("content_id", flat=True).distinct()
        if any(one.list_name == name for one in look_up(recogniser, content_id))
    ]

    def effects() -> None:
        for content_id in known:
            for report_id in intake.report_ids_with_content(content_id):
                jobs.wake("triage", report_id)

    return effects
