"""An answer as the page shows it: the claim, charts, tables, and what was assumed."""

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from rempart.core.projection import Band
from rempart.node.charts import lines
from rempart.node.planning import wording
from rempart.node.planning.services import Answer
from rempart.planning.planning import Outcome, Plan, Point
from rempart.planning.situation import Situation

_MARKS = ("a", "b", "c")


def assumptions(answer: Answer) -> list[tuple[Promise, float, Promise]]:
    """Every value the plan started from, and where it comes from."""
    return [
        (question.label, wording.shown(name, getattr(answer.situation, name)), wording.ORIGINS[answer.origins[name]])
        for name, question in wording.QUESTIONS.items()
    ]


def findings(plan: Plan) -> dict[str, object]:
    outcomes = (plan.base, *plan.changes)
    return {
        "claim": wording.claim(plan),
        "changes": [wording.change(one) for one in plan.changes],
        "need": wording.need(plan),
        "warnings": warnings(plan.base.situation),
        "chart": _chart(plan),
        "legend": [(lines.shape(mark), wording.VARIANTS[one.key]) for mark, one in zip(_MARKS, outcomes, strict=True)],
        "columns": [wording.VARIANTS[one.key] for one in outcomes],
        "months": [(point.month, _cells(outcomes, point.month)) for point in plan.base.points],
        "ends": [(wording.VARIANTS[one.key], *_end(one)) for one in outcomes],
    }


def warnings(situation: Situation) -> list[Promise]:
    return [wording.WARNINGS[key] for key in situation.warnings()]


def _cells(outcomes: tuple[Outcome, ...], month: int) -> list[str]:
    return [wording.said(one.points[month - 1].waiting) for one in outcomes]


def _end(outcome: Outcome) -> tuple[str, str, str, str]:
    """Waiting, days of the oldest, the median wait of the last month, children."""
    end = outcome.end
    wait = wording.said(outcome.wait_days, 1) if outcome.wait_days else _("nothing was decided")
    return wording.said(end.waiting), wording.said(end.oldest_days), wait, wording.said(end.children)


def _chart(plan: Plan) -> SafeString:
    """What waits at each month's end; the band is that of the situation as it is."""
    outcomes = (plan.base, *plan.changes)
    return lines.draw(
        lines.Lines(
            key="plan-waiting",
            title=_("Reports that wait"),
            description=_("At the end of each month, with the range that eight runs of ten keep within."),
            labels=tuple(str(point.month) for point in plan.base.points),
            series=tuple(_series(one, mark) for one, mark in zip(outcomes, _MARKS, strict=True)),
            said=wording.number,
            band=lines.Range(_("Range"), *_edges(plan.base.points)),
        )
    )


def _series(outcome: Outcome, mark: str) -> lines.Series:
    values = tuple(point.waiting.middle for point in outcome.points)
    return lines.Series(
        str(wording.VARIANTS[outcome.key]), values, tuple(wording.number(value) for value in values), mark
    )


def _edges(points: tuple[Point, ...]) -> tuple[lines.Values, lines.Values]:
    bands: list[Band] = [point.waiting for point in points]
    return tuple(band.low for band in bands), tuple(band.high for band in bands)
