"""What stands at the end of every yearly report: commitments, the decade before, the method, definitions, contact."""

from rempart.node.observatory.services import EVENTS, PERIOD, PROPOSAL, ExternalSeries, Indicator
from rempart.node.reports.figures import Figures
from rempart.node.reports.paper import Block, Cell, Columns, Definition, Facts, Line, Section, Table, Text
from rempart.node.reports.sources import Published
from rempart.node.reports.texts import Texts

_LEAST_DRAWN = 4
"""A course of fewer known years is told in the table alone."""


def sections(published: Published, figures: Figures, year: int) -> tuple[Section, ...]:
    say = figures.say
    contact = Section("contact", say("contact.title"), (Facts(_contact(published, say)),))
    return (*_decade(published, say), _method(published, say), _definitions(published, figures), contact)


def words(say: Texts) -> dict[str, str]:
    """What both layouts write themselves."""
    names = ("contents", "page", "figures_of", "before", "address", "table", "not_shown", "gap")
    return {name: say(f"words.{name}") for name in names}


def commitments(published: Published, country: str, year: int, say: Texts) -> tuple[Section, ...]:
    """A member's commitments with their status, or the alliance's ("" as country) counted; nothing where none is known."""
    found = [each for each in published.commitments if not country or each.country == country]
    if not found:
        return (Section("commitments", say("commitments.title"), (Text(say("commitments.none"), "note"),)),)
    rows = tuple(
        (
            Cell(published.name(each.country, say.language) if not country else each.target),
            Cell(each.text),
            Cell(each.time_frame),
            Cell(say.get(f"commitments.{each.status}", each.status)),
        )
        for each in found
    )
    heads = ("member" if not country else "target", "action", "until", "status")
    named = tuple((say(f"commitments.{head}"), False) for head in heads)
    table = Table(say("commitments.caption", year=year), named, rows)
    return (Section("commitments", say("commitments.title"), (table,), new_page=True),)


def _decade(published: Published, say: Texts) -> tuple[Section, ...]:
    if not published.external:
        return ()
    blocks: list[Block] = [Text(say("decade.lead"))]
    for series in published.external:
        blocks += _series(series, say)
    return (Section("decade", say("decade.title"), tuple(blocks), new_page=True),)


def _series(series: ExternalSeries, say: Texts) -> list[Block]:
    known = [point for point in series.points if point.value is not None]
    if len(known) < _LEAST_DRAWN:
        return [_points(series, say)]
    most = max(point.value or 0 for point in known) or 1
    lines = tuple(
        Line(
            str(point.year),
            Cell(_point_text(point.value, point.is_at_least, say), point.value),
            None if point.value is None else point.value / most,
        )
        for point in series.points
    )
    return [Columns(f"{series.title} ({series.unit})", lines, say.number(most)), _points(series, say)]


def _points(series: ExternalSeries, say: Texts) -> Table:
    rows = tuple(
        (
            Cell(str(point.year)),
            Cell(_point_text(point.value, point.is_at_least, say), point.value),
            Cell(f"{point.source.publisher}, {point.source.title} ({point.source.year})" if point.source else "–"),
        )
        for point in series.points
        if point.value is not None
    )
    heads = ((say("decade.year"), False), (series.unit, True), (say("decade.source"), False))
    return Table(series.title, heads, rows)


def _point_text(value: float | None, is_at_least: bool, say: Texts) -> str:
    if value is None:
        return say("words.not_available")
    text = say.number(value)
    return say("words.at_least", number=text) if is_at_least else text


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
    return Definition(
        indicator.key,
        str(indicator.name),
        str(indicator.definition),
        (
            (say("definitions.unit"), str(indicator.unit)),
            (say("definitions.once"), str(indicator.once)),
            (say("definitions.over"), str(indicator.over)),
            (say("definitions.source"), str(EVENTS)),
        ),
        published.address(indicator.key),
    )


def _contact(published: Published, say: Texts) -> tuple[tuple[str, str], ...]:
    return (
        (say("contact.organisation"), published.organisation),
        (say("contact.mail"), published.mail),
        (say("contact.data"), published.site + "/open-data/"),
        (say("contact.software"), say("contact.rempart")),
    )
