"""What stands at the end of every yearly report: commitments, the decade before, the method, definitions, contact."""

from collections import Counter
from collections.abc import Mapping, Sequence

from rempart.core.register.part import Commitment, Status
from rempart.node.observatory.services import PERIOD, PROPOSAL, ExternalPoint, ExternalSeries, Indicator, definition
from rempart.node.reports.figures import Figures
from rempart.node.reports.paper import Cell, Columns, Definition, Facts, Line, Section, Table, Text
from rempart.node.reports.sources import Published
from rempart.node.reports.texts import Texts, place_of

_LEAST_DRAWN = 4
"""A course of fewer known years is told in the table alone."""
_SHARE = "share"
_MANY = 12
"""A longer table of commitments begins a page."""


def sections(published: Published, figures: Figures, year: int) -> tuple[Section, ...]:
    say = figures.say
    return (
        *_decade(published, say),
        _method(published, say),
        contact(published, say),
        _definitions(published, figures),
    )


def words(say: Texts) -> dict[str, str]:
    """What both layouts write themselves."""
    names = ("contents", "page", "address")
    return {name: say(f"words.{name}") for name in names}


def commitments(published: Published, country: str, say: Texts) -> Section:
    """A member's commitments, one by one; the alliance's, where no country is named, counted by member and status."""
    title = say("commitments.title")
    found = {code: each for code, each in published.commitments.items() if not country or code == country}
    if not found:
        return Section("commitments", title, (Text(say("commitments.none")),))
    table = (_listed if country else _counted)(published, found, say)
    note = Text(say("commitments.note" if country else "commitments.counted"))
    return Section("commitments", title, (note, table), new_page=len(table.rows) > _MANY)


def _listed(published: Published, found: Mapping[str, Sequence[Commitment]], say: Texts) -> Table:
    rows = tuple(
        (
            Cell(str(each.target)),
            Cell(each.title),
            Cell(" – ".join(say.day(day) for day in (each.starts, each.ends) if day) or "–"),
            Cell(say(f"commitments.{each.status}")),
        )
        for all_of_one in found.values()
        for each in all_of_one
    )
    heads = tuple((say(f"commitments.{head}"), False) for head in ("target", "what", "time", "status"))
    return Table(say("commitments.caption"), heads, rows)


def _counted(published: Published, found: Mapping[str, Sequence[Commitment]], say: Texts) -> Table:
    counts = {
        published.name(code, say.language): Counter(each.status for each in all_of_one)
        for code, all_of_one in found.items()
    }
    whole = sum(counts.values(), Counter[Status]())
    lines = [*sorted(counts.items(), key=lambda item: place_of(item[0])), (say("commitments.all"), whole)]
    rows = tuple(
        (Cell(name), *(Cell(say.number(count[status]), count[status]) for status in Status)) for name, count in lines
    )
    heads = ((say("commitments.member"), False), *((say(f"commitments.{status}"), True) for status in Status))
    return Table(say("commitments.caption"), heads, rows)


def _decade(published: Published, say: Texts) -> tuple[Section, ...]:
    """Others' figures: a course where enough years are known, and one table of every point with its source."""
    drawn = tuple(_course(series, say) for series in published.external if len(_known(series)) >= _LEAST_DRAWN)
    rows = tuple(
        (
            Cell(series.title),
            Cell(str(point.year)),
            Cell(_point_text(series, point, say), point.value),
            Cell(f"{point.source.publisher}: {point.source.title} ({point.source.year})" if point.source else "–"),
        )
        for series in published.external
        for point in _known(series)
    )
    if not rows:
        return ()
    heads = tuple((say(f"decade.{head}"), head == "value") for head in ("what", "year", "value", "source"))
    table, note = Table(say("decade.caption"), heads, rows), Text(say("decade.note"), "note")
    return (Section("decade", say("decade.title"), (Text(say("decade.lead")), note, *drawn, table), new_page=True),)


def _known(series: ExternalSeries) -> list[ExternalPoint]:
    return [point for point in series.points if point.value is not None]


def _course(series: ExternalSeries, say: Texts) -> Columns:
    most = max(point.value or 0 for point in _known(series)) or 1
    lines = tuple(
        Line(
            str(point.year),
            Cell(_point_text(series, point, say), point.value),
            None if point.value is None else point.value / most,
        )
        for point in series.points
    )
    return Columns(f"{series.title} ({series.unit})", lines, say.number(most))


def _point_text(series: ExternalSeries, point: ExternalPoint, say: Texts) -> str:
    if point.value is None:
        return say("words.not_available")
    text = say.percent(point.value) if series.unit == _SHARE else say.number(point.value)
    return say("words.at_least", number=text) if point.is_at_least else text


def _method(published: Published, say: Texts) -> Section:
    return Section(
        "method",
        say("method.title"),
        (
            Text(say("method.published")),
            Text(say("method.disclosure", threshold=published.threshold)),
            Text(say("method.words")),
            Text(str(PERIOD)),
            Text(say("method.completeness")),
            Text(str(PROPOSAL), "note"),
        ),
        new_page=True,
    )


def _definitions(published: Published, figures: Figures) -> Section:
    say = figures.say
    blocks = tuple(_definition(published, indicator, say) for indicator in figures.indicators.values())
    return Section("definitions", say("definitions.title"), (Text(say("definitions.lead")), *blocks), new_page=True)


def _definition(published: Published, indicator: Indicator, say: Texts) -> Definition:
    told = definition(indicator)
    return Definition(
        indicator.key,
        told["name"],
        told["definition"],
        (
            (say("definitions.unit"), told["unit"]),
            (say("definitions.once"), told["deduplication"]),
            (say("definitions.over"), told["denominator"]),
            (say("definitions.source"), say.get(f"definitions.{told['source']}", told["source"])),
        ),
        published.address(indicator.key),
    )


def contact(published: Published, say: Texts) -> Section:
    """Whom to ask."""
    lines = (
        (say("contact.organisation"), published.organisation),
        (say("contact.mail"), published.mail),
        (say("contact.data"), published.site + "/open-data/"),
        (say("contact.software"), say("contact.rempart")),
    )
    return Section("contact", say("contact.title"), (Facts(lines),))
