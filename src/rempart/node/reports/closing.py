"""What stands at the end of every yearly report: commitments, the decade before, the method, definitions, contact."""

from rempart.node.observatory.services import PERIOD, PROPOSAL, ExternalPoint, ExternalSeries, Indicator, definition
from rempart.node.reports.figures import Figures
from rempart.node.reports.paper import Cell, Columns, Definition, Facts, Line, Section, Table, Text
from rempart.node.reports.sources import Published
from rempart.node.reports.texts import Texts

_LEAST_DRAWN = 4
"""A course of fewer known years is told in the table alone."""
_SHARE = "share"


def sections(published: Published, figures: Figures, year: int) -> tuple[Section, ...]:
    say = figures.say
    return (
        *_decade(published, say),
        _method(published, say),
        _definitions(published, figures),
        contact(published, say),
    )


def words(say: Texts) -> dict[str, str]:
    """What both layouts write themselves."""
    names = ("contents", "page", "address")
    return {name: say(f"words.{name}") for name in names}


def commitments(published: Published, country: str, year: int, say: Texts) -> tuple[Section, ...]:
    """A member's commitments with their status; every member's where no country is named."""
    found = [each for each in published.commitments if not country or each.country == country]
    if not found:
        return (Section("commitments", say("commitments.title"), (Text(say("commitments.none")),)),)
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
