"""Step: a report's state follows from what became of its contents; a platform is told what its report led to."""

from django.core.exceptions import ObjectDoesNotExist

from rempart.core.reports import NoticeOutcome, Progress, moves_to_derived
from rempart.core.vocabulary import Legality, ReportState
from rempart.node.casework import services as casework
from rempart.node.intake import services as intake
from rempart.node.jobs import services as jobs
from rempart.node.notices import services as notices
from rempart.node.referrals import services as referrals


@jobs.step("follow")
def follow(subject: str) -> jobs.Effects:
    """Subject: a report's id."""
    report_id = int(subject)

    def effects() -> None:
        try:
            state = intake.report(report_id).state
        except ObjectDoesNotExist:
            return
        if state is ReportState.RECEIVED:
            return
        contents = [_progress(content_id) for content_id in intake.content_ids_of(report_id)]
        for new in moves_to_derived(state, contents):
            intake.move(report_id, new)
        outcome = _outcome(contents)
        if outcome is not None:
            intake.give_feedback(report_id, outcome, useful=outcome != Legality.NOT_ILLEGAL)

    return effects


def _progress(content_id: int) -> Progress:
    notice = NoticeOutcome(notices.outcome(content_id))
    return casework.progress(content_id, notice, tuple(referrals.outcomes(content_id)))


def _outcome(contents: list[Progress]) -> str | None:
    """One word for a platform: illegal as soon as one content is, anything else when all are decided."""
    said = [content.legality for content in contents]
    if any(legality is not None and legality.is_illegal for legality in said):
        return "illegal"
    if not said or None in said:
        return None
    return str(Legality.UNDETERMINED if Legality.UNDETERMINED in said else Legality.NOT_ILLEGAL)
