"""What members promised and what became of it, from the parts of the register that they publish."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext, pgettext

from rempart.core.errors import NotFound
from rempart.core.register.part import Commitment, Status
from rempart.formats.tables import Column, Kind, Row, Table
from rempart.node import tongues
from rempart.node.charts import stack
from rempart.node.charts.stack import Bar, Part
from rempart.node.observatory import numbers
from rempart.node.observatory.alliance.shown import Alliance, Cell, Grid, Panel, Reference, Shown
from rempart.node.observatory.indicators import TARGETS

KEY = "commitments"
KEPT, PARTLY, RUNNING, UNKEPT, WITHDRAWN = "kept", "partly", "running", "unkept", "withdrawn"
_DRAWN = (KEPT, PARTLY, RUNNING, UNKEPT)
_OUTCOMES = {
    Status.KEPT: KEPT,
    Status.PARTLY_KEPT: PARTLY,
    Status.NOT_KEPT: UNKEPT,
    Status.WITHDRAWN: WITHDRAWN,
}
COLUMNS = (
    Column("member", Kind.TEXT, "The member's ISO 3166-1 code."),
    Column("number", Kind.INTEGER, "The member's own number of the commitment."),
    Column("target", Kind.TEXT, "T1 to T4, the alliance's four targets."),
    Column("title", Kind.TEXT, "In the member's words."),
    Column("language", Kind.TEXT, "The language of the title."),
    Column("starts", Kind.DATE, "When it starts.", is_nullable=True),
    Column("ends", Kind.DATE, "When it is to be done.", is_nullable=True),
    Column("status", Kind.TEXT, "As the member states it."),
    Column("status_on", Kind.DATE, "Since when."),
    Column("outcome", Kind.TEXT, "kept, partly, running, withdrawn, or unkept: not kept, or over without an answer."),
    Column("evidence", Kind.INTEGER, "How many pieces of evidence the member names."),
)


def shown(alliance: Alliance, period: str = "") -> Shown:
    if period:
        raise NotFound("commitments are shown as they stand today.", where="period", advice="Leave the period out.")
    found = _all(alliance)
    members = len(alliance.members(alliance.today))
    told = sum(bool(part.commitments) for part in alliance.parts.values())
    return Shown(
        key=KEY,
        title=gettext("Commitments kept"),
        claim=_claim(found, alliance.today),
        panels=(_targets(found, alliance.today),) if _counted(found, alliance.today) else (),
        grid=_grid(alliance),
        table=Table(COLUMNS, _rows(alliance)),
        definitions=(
            (
                gettext("Kept"),
                gettext("The member says so, and names evidence that anybody can read."),
            ),
            (
                gettext("Not kept, or no answer"),
                gettext("The member says so, or the time is over and nobody has said what became of it."),
            ),
        ),
        references=(Reference(gettext("The register of members, as they publish it"), reverse("members:list")),),
        notes=(
            gettext("{told} of {all} members have published commitments here.").format(told=told, all=members),
            gettext("A member with many commitments kept may have promised little. Numbers do not weigh promises."),
        ),
    )


def summary(alliance: Alliance) -> str:
    return _claim(_all(alliance), alliance.today)


def outcome(commitment: Commitment, on: date) -> str:
    """What became of it, as far as anybody can tell on that day."""
    if commitment.is_overdue(on):
        return UNKEPT
    return _OUTCOMES.get(commitment.status, RUNNING)


def words() -> dict[str, str]:
    return {
        KEPT: gettext("Kept"),
        PARTLY: gettext("Partly kept"),
        RUNNING: gettext("Planned or under way"),
        UNKEPT: gettext("Not kept, or no answer"),
        WITHDRAWN: pgettext("commitment", "Withdrawn"),
    }


def _all(alliance: Alliance) -> list[Commitment]:
    return [each for part in alliance.parts.values() for each in part.commitments]


def _counted(found: Iterable[Commitment], on: date) -> Counter[str]:
    return Counter(outcome(each, on) for each in found)


def _claim(found: Sequence[Commitment], on: date) -> str:
    counts = _counted(found, on)
    due = counts[KEPT] + counts[PARTLY] + counts[UNKEPT]
    if not found:
        return gettext("No member has published a commitment here.")
    if not due:
        return gettext("{number} commitments are published; none has come to its end.").format(number=len(found))
    return gettext("Of {due} commitments that have come to their end, {kept} were kept and {partly} in part.").format(
        due=due, kept=counts[KEPT], partly=counts[PARTLY]
    )


def _targets(found: Sequence[Commitment], on: date) -> Panel:
    bars = [_bar("commitments-all", gettext("All targets"), found, on)]
    for key, name in TARGETS.items():
        bars.append(_bar(f"commitments-{key.lower()}", str(name), [each for each in found if each.target == key], on))
    named = words()
    legend = tuple((stack.swatch(place, f"outcome-{place}"), named[key]) for place, key in enumerate(_DRAWN))
    rows = tuple((bar.label, stack.draw(bar), note) for bar, note in bars)
    return Panel(gettext("What became of commitments, by target"), legend=legend, rows=rows, style="wordy")


def _bar(key: str, label: str, found: Sequence[Commitment], on: date) -> tuple[Bar, str]:
    counts, named = _counted(found, on), words()
    whole = sum(counts[each] for each in _DRAWN)
    parts = tuple(
        Part(named[each], counts[each] / whole if whole else 0.0, numbers.number(counts[each])) for each in _DRAWN
    )
    return Bar(key, label, parts if whole else (), gettext("none")), numbers.number(whole)


def _grid(alliance: Alliance) -> Grid:
    named, rows = words(), []
    for code in sorted(alliance.parts, key=numbers.country_key):
        counts = _counted(alliance.parts[code].commitments, alliance.today)
        if counts:
            rows.append((tongues.country_name(code), tuple(Cell(numbers.number(counts[each])) for each in named)))
    return Grid(gettext("Commitments by member"), (gettext("Member"), *named.values()), tuple(rows))


def _rows(alliance: Alliance) -> list[Row]:
    return [
        (
            code,
            each.number,
            str(each.target),
            each.title,
            part.language,
            each.starts,
            each.ends,
            str(each.status),
            each.status_on,
            outcome(each, alliance.today),
            len(each.evidence),
        )
        for code, part in sorted(alliance.parts.items())
        for each in part.commitments
    ]
