"""The yearly report: a member's own edition, and the alliance's."""

from collections.abc import Sequence

from rempart.core.errors import InputError
from rempart.node.observatory.services import Measure
from rempart.node.reports import closing
from rempart.node.reports.answers import verdicts
from rempart.node.reports.figures import Figures, bars
from rempart.node.reports.paper import Bars, Block, Cards, Cell, Columns, Line, Paper, Section, Table, Text
from rempart.node.reports.sources import Published
from rempart.node.reports.texts import Texts, place_of

_HEADLINE = ("reports_received", "content_assessed", "share_removed_72h", "hours_notice_to_removal_median")
_BESIDE = ("reports_received", "content_assessed", "share_removed_72h", "hours_notice_to_removal_median")
_BY_MONTH = ("reports_received", "content_assessed", "notices_sent", "content_removed", "share_removed_72h")
_MOST_PARTS = 12


def member(published: Published, country: str, year: int, say: Texts) -> Paper:
    """A member's edition. Raises InputError for a member without figures, or a year without any."""
    document = published.documents.get(country)
    if document is None:
        raise InputError(
            "no figures of this member are published here.", where=country, advice=_known(published.documents)
        )
    _require_year(document.periods(), year, country)
    figures = Figures((document,), published.indicators, say)
    name = published.name(country, say.language)
    share = published.completeness(country, year)
    final = say("cover.final" if document.is_final(str(year)) else "cover.not_final")
    cover = (
        (say("cover.organisation"), document.organisation),
        (say("cover.counted_to"), say.day(document.counted_to)),
        (say("cover.completeness"), say.percent(share)),
        (say("cover.state"), final),
    )
    return _paper(published, figures, year, name, document.organisation, cover, _of_member(published, figures, year))


def alliance(published: Published, year: int, say: Texts) -> Paper:
    """The alliance's edition, from the figures of all members that published any for the year."""
    known = {code: each for code, each in published.documents.items() if str(year) in each.periods()}
    if not known:
        raise InputError(
            "no member has published figures for this year.", where=str(year), advice="Choose a year with figures."
        )
    members = max(len(published.members_at(year)), len(known))
    # Never read as one member's own, even where one alone has published.
    figures = Figures(tuple(known.values()), published.indicators, say, max(members, 2))
    complete = sum(published.completeness(code, year) for code in known) / members
    cover = (
        (say("cover.members"), say.number(members)),
        (say("cover.publishing"), say.number(len(known))),
        (say("cover.counted_to"), say.day(max(each.counted_to for each in known.values()))),
        (say("cover.completeness"), say.percent(complete)),
    )
    sections = _of_alliance(published, figures, year)
    return _paper(published, figures, year, say("cover.alliance"), say("cover.alliance"), cover, sections)


def _paper(
    published: Published,
    figures: Figures,
    year: int,
    name: str,
    author: str,
    cover: tuple[tuple[str, str], ...],
    middle: Sequence[Section],
) -> Paper:
    say = figures.say
    answers = verdicts(figures, year)
    answer = Section(
        "answer",
        say("answer.title"),
        (Text(say("answer.lead"), "lead"), *answers, Text(say("answer.note"), "note")),
        new_page=True,
    )
    return Paper(
        say.language,
        say("cover.title", year=year),
        name,
        author,
        max(each.counted_to for each in figures.documents),
        cover,
        say("cover.summary"),
        (answer, *middle, *closing.sections(published, figures, year)),
        closing.words(say),
    )


def _of_member(published: Published, figures: Figures, year: int) -> tuple[Section, ...]:
    say = figures.say
    return (
        Section("year", say("year.title"), (_cards(figures, year), *_came_in(figures, year)), new_page=True),
        Section("removed", say("removed.title"), _removed(figures, year), new_page=True),
        closing.commitments(published, figures.documents[0].country, say),
        Section("indicators", say("indicators.title"), (_indicators(figures, year),), new_page=True),
        Section("months", say("months.title"), (_months(figures, year),)),
    )


def _of_alliance(published: Published, figures: Figures, year: int) -> tuple[Section, ...]:
    say = figures.say
    counted = say("alliance.counted", count=len(figures.documents), of=figures.members)
    return (
        Section(
            "year",
            say("year.title"),
            (Text(counted), _cards(figures, year), *_came_in(figures, year)),
            new_page=True,
        ),
        Section("removed", say("removed.title"), _removed(figures, year), new_page=True),
        closing.commitments(published, "", say),
        Section("beside", say("beside.title"), _beside(published, figures, year), new_page=True),
        Section(
            "indicators", say("indicators.title"), (Text(say("alliance.pooled")), _indicators(figures, year)), True
        ),
    )


def _cards(figures: Figures, year: int) -> Cards:
    chosen = [key for key in _HEADLINE if figures.members == 1 or figures.indicators[key].measure is not Measure.MEDIAN]
    return Cards(tuple(figures.line(str(year), key) for key in chosen))


def _came_in(figures: Figures, year: int) -> tuple[Block, ...]:
    say = figures.say
    return (
        figures.columns(year, "reports_received", say("year.by_month", year=year)),
        *_parts(figures, year, "reports_received", say("year.by_source")),
        *_parts(figures, year, "illegal_content", say("year.by_country")),
    )


def _removed(figures: Figures, year: int) -> tuple[Block, ...]:
    say = figures.say
    steps = [key for key in ("share_removed_24h", "share_removed_72h", "share_removed_7d") if key in figures.indicators]
    shares = tuple(
        Line(line.label, line.cell, line.cell.number) for line in (figures.line(str(year), key) for key in steps)
    )
    course: Columns = figures.columns(year, "share_removed_72h", say("removed.by_month", year=year))
    providers = _parts(figures, year, "share_removed_72h", say("removed.by_provider"))
    return Text(say("removed.lead")), Bars(say("removed.steps"), shares), course, *providers


def _parts(figures: Figures, year: int, key: str, caption: str) -> tuple[Block, ...]:
    parts = figures.parts(str(year), key)
    if not parts:
        return (Text(say_missing(figures, caption), "note"),)
    indicator = figures.indicators[key]
    lines = bars(
        indicator.measure,
        [
            Line(part_name(indicator.parts, part, figures.say), figures.as_cell(value, str(year), key, part))
            for part, value in list(parts.items())[:_MOST_PARTS]
        ],
    )
    more = figures.say("year.more", count=len(parts) - _MOST_PARTS) if len(parts) > _MOST_PARTS else ""
    return (Bars(caption, lines, more),)


def say_missing(figures: Figures, caption: str) -> str:
    """In place of a chart whose table nobody published."""
    return figures.say("year.no_parts", caption=caption)


def part_name(table: str, key: str, say: Texts) -> str:
    """A part as readers call it: a country by its name, a source of reports in words, a provider as it is."""
    if table == "countries" and f"parts.{key}" not in say.sentences:
        return say.country(key)
    return say.get(f"parts.{key}", key)


def _indicators(figures: Figures, year: int) -> Table:
    """Every indicator, this year and the year before, with the count behind it."""
    say, rows = figures.say, []
    for key, indicator in figures.indicators.items():
        value = figures.value(str(year), key)
        behind = "–" if value.behind is None or indicator.measure is Measure.COUNT else say.number(value.behind)
        now, before = figures.as_cell(value, str(year), key), figures.cell(str(year - 1), key)
        rows.append((Cell(str(indicator.name)), now, before, Cell(behind)))
    heads = (
        (say("indicators.name"), False),
        (str(year), True),
        (str(year - 1), True),
        (say("indicators.behind"), True),
    )
    return Table(say("indicators.caption", year=year), heads, tuple(rows), say("indicators.note"))


def _months(figures: Figures, year: int) -> Table:
    say, document = figures.say, figures.documents[0]
    keys = [key for key in _BY_MONTH if key in figures.indicators]
    rows = tuple(
        (
            Cell(say.month(month)),
            *(figures.cell(month, key) for key in keys),
            Cell(say(_state(month in document.periods(), document.is_final(month)))),
        )
        for month in figures.months(year)
    )
    heads = (
        (say("months.month"), False),
        *((str(figures.indicators[key].name), True) for key in keys),
        (say("months.state"), False),
    )
    return Table(say("months.caption", year=year), heads, rows, say("months.note"))


def _state(is_published: bool, is_final: bool) -> str:
    return "months.final" if is_final else "months.running" if is_published else "months.missing"


def _beside(published: Published, figures: Figures, year: int) -> tuple[Block, ...]:
    """Members in the order of their names, each with the completeness of its data: no ranking."""
    say, rows = figures.say, []
    names = {
        code: published.name(code, say.language) for code in published.members_at(year) | published.documents.keys()
    }
    for code, name in sorted(names.items(), key=lambda item: place_of(item[1])):
        document = published.documents.get(code)
        if document is None or str(year) not in document.periods():
            rows.append((Cell(name), Cell(say("beside.nothing")), *(Cell("–") for _key in _BESIDE)))
            continue
        own = Figures((document,), figures.indicators, say)
        share = say.percent(published.completeness(code, year))
        rows.append((Cell(name), Cell(share), *(own.cell(str(year), key) for key in _BESIDE)))
    heads = (
        (say("beside.member"), False),
        (say("beside.completeness"), True),
        *((str(figures.indicators[key].name), True) for key in _BESIDE),
    )
    table = Table(say("beside.caption", year=year), heads, tuple(rows))
    return Text(say("beside.lead")), Text(say("beside.note"), "note"), table


def _require_year(periods: Sequence[str], year: int, country: str) -> None:
    if str(year) not in periods:
        years = sorted(period for period in periods if len(period) == len("2026"))
        advice = f"Choose {', '.join(years)}." if years else "Publish figures first."
        raise InputError(f"no figures are published for {year}.", where=country, advice=advice)


def _known(documents: object) -> str:
    codes = ", ".join(sorted(map(str, documents))) if isinstance(documents, dict) else ""
    return f"Known: {codes}." if codes else "None is known yet."
