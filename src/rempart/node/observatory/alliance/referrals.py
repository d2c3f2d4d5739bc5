"""What was passed on to other authorities, and whether they answered."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext

from rempart.core.figures.document import ALL, FiguresDocument
from rempart.core.figures.releases import Value
from rempart.formats.tables import Table
from rempart.node.observatory import numbers, presenting
from rempart.node.observatory.alliance import pooling
from rempart.node.observatory.alliance.shown import (
    BY_KEY,
    MEASURED,
    Alliance,
    Grid,
    Panel,
    Shown,
    all_and_years,
    by_members,
    cell,
    defined,
    measured,
    require_period,
    told_by,
)

KEY = "referrals"
SENT, ANSWERED = "referrals_exported", "referrals_answered"


def shown(alliance: Alliance, period: str = "") -> Shown:
    asked = require_period(alliance, period)
    documents = alliance.publishing()
    sent, answered = pooling.total(documents, asked, SENT), pooling.middle(documents, asked, ANSWERED)
    targets = pooling.parts(documents, asked, SENT)
    rows = [
        measured(each.country, asked, key, each.value(asked, key), each.organisation)
        for each in documents
        for key in (SENT, ANSWERED)
    ]
    return Shown(
        key=KEY,
        title=gettext("Referrals and their answers"),
        claim=_claim(sent.value, answered.value),
        panels=(_targets(targets),) if any(value.number for value in targets.values()) else (),
        grid=_grid(documents, asked, sent.value, answered.value),
        table=Table(MEASURED, rows),
        definitions=defined(*(BY_KEY[key] for key in (SENT, ANSWERED))),
        references=by_members(alliance),
        notes=(told_by(sent.told, alliance),),
        period=period,
        periods=all_and_years(alliance),
    )


def summary(alliance: Alliance) -> str:
    documents = alliance.publishing()
    return _claim(pooling.total(documents, ALL, SENT).value, pooling.middle(documents, ALL, ANSWERED).value)


def _claim(sent: Value, answered: Value) -> str:
    if sent.number is None:
        return gettext("No member has published how many referrals it made.")
    text = gettext("{number} referrals went to other authorities.").format(number=cell(sent).text)
    if answered.number is None:
        return f"{text} {gettext('How many were answered is not published.')}"
    return f"{text} {_answered(answered.number)}"


def _answered(share: float) -> str:
    text = gettext("In the middle member that declares it, {share} were answered.")
    return text.format(share=numbers.percent(share))


def _targets(targets: Mapping[str, Value]) -> Panel:
    most = max(value.number or 0 for value in targets.values())
    rows = tuple(
        presenting.Row(
            presenting.part_name("referrals", name), cell(value).text, round(100 * (value.number or 0) / most, 2)
        )
        for name, value in targets.items()
    )
    return Panel(gettext("To whom they went"), bars=rows)


def _grid(documents: Sequence[FiguresDocument], asked: str, sent: Value, answered: Value) -> Grid:
    rows = [(gettext("All that publish it; the middle member’s share"), (cell(sent), cell(answered, BY_KEY[ANSWERED])))]
    rows += [
        (
            numbers.country_name(each.country),
            (cell(each.value(asked, SENT)), cell(each.value(asked, ANSWERED), BY_KEY[ANSWERED])),
        )
        for each in documents
    ]
    head = (gettext("Member"), gettext("Referrals sent"), gettext("Referrals answered"))
    return Grid(gettext("Referrals to other authorities"), head, tuple(rows))
