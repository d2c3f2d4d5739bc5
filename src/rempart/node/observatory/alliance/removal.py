"""How long it takes until content is gone, by member and, where members tell it, by provider; and how much is."""

from collections.abc import Mapping, Sequence
from statistics import median

from django.utils.translation import gettext

from rempart.core.figures.document import ALL, FiguresDocument
from rempart.core.figures.releases import OTHER, Status, Value
from rempart.core.figures.releasing import UNKNOWN
from rempart.formats.tables import Table
from rempart.node import tongues
from rempart.node.charts import multiples, ranges, stack
from rempart.node.charts.ranges import Span
from rempart.node.charts.scales import linear
from rempart.node.charts.stack import Bar, Part
from rempart.node.observatory import numbers, presenting
from rempart.node.observatory.alliance import pooling
from rempart.node.observatory.alliance.shown import (
    BY_KEY,
    MEASURED,
    Alliance,
    Cell,
    Grid,
    MeasuredRow,
    Panel,
    Shown,
    all_and_years,
    by_members,
    by_others,
    cell,
    defined,
    measured,
    require_period,
    told_by,
)
from rempart.node.observatory.external import ExternalSeries
from rempart.node.observatory.external_titles import title

TIME_KEY, SHARE_KEY = "removal-time", "removal-share"
MEDIAN, P90 = "hours_notice_to_removal_median", "hours_notice_to_removal_p90"
SHARES = ("share_removed_24h", "share_removed_72h", "share_removed_7d")
_OTHERS = ("inhope_days_to_removal", "days_to_removal_outside_inhope", "arachnid_days_p90")
_MONTHS = 12
_MOST_PROVIDERS = 20


def time(alliance: Alliance, period: str = "") -> Shown:
    asked = require_period(alliance, period)
    documents = alliance.publishing()
    middle = pooling.middle(documents, asked, MEDIAN)
    others = [each for each in alliance.external if each.key in _OTHERS]
    told = [each for each in documents if each.value(asked, MEDIAN).number is not None]
    providers = _by_provider(documents, asked)
    panels = [_spans(told, asked), _over_time(told, asked)] if told else []
    if providers:
        panels.insert(1, _providers(providers))
    return Shown(
        key=TIME_KEY,
        title=gettext("Time to removal"),
        claim=_time_claim(middle),
        panels=tuple(panels),
        grid=_time_grid(documents, asked),
        table=Table(MEASURED, [*_rows(documents, asked, (MEDIAN, P90)), *_provider_rows(documents, asked)]),
        definitions=(
            *defined(BY_KEY[MEDIAN], BY_KEY[P90]),
            (
                gettext("All members together"),
                gettext("Times of members are not added up. The middle member stands for all."),
            ),
        ),
        references=(*by_members(alliance), *by_others(*others)),
        notes=(
            told_by(middle.told, alliance),
            *_published(others),
        ),
        period=period,
        periods=all_and_years(alliance),
    )


def share(alliance: Alliance, period: str = "") -> Shown:
    asked = require_period(alliance, period)
    documents = alliance.publishing()
    pooled = [pooling.share(documents, asked, key) for key in SHARES]
    together = _bar("share-all", gettext("All that publish it"), [each.value for each in pooled])
    bars = [
        _bar(f"share-{each.country}", tongues.country_name(each.country), [each.value(asked, key) for key in SHARES])
        for each in documents
    ]
    return Shown(
        key=SHARE_KEY,
        title=gettext("Removed in a day, in three, in a week"),
        claim=_share_claim(pooled[1].value, pooled[2].value),
        panels=(_stacks([together, *bars]),) if together.parts else (),
        grid=_share_grid(documents, asked, [each.value for each in pooled]),
        table=Table(MEASURED, _rows(documents, asked, SHARES)),
        definitions=defined(*(BY_KEY[key] for key in SHARES)),
        references=by_members(alliance),
        notes=(told_by(max(each.told for each in pooled), alliance),),
        period=period,
        periods=all_and_years(alliance),
    )


def share_of_all(alliance: Alliance) -> Panel | None:
    """The one bar of all members, for the overview; none where nothing is published."""
    documents = alliance.publishing()
    together = _bar(
        "share-all", gettext("All that publish it"), [pooling.share(documents, ALL, key).value for key in SHARES]
    )
    return _stacks([together]) if together.parts else None


def _published(others: Sequence[ExternalSeries]) -> tuple[str, ...]:
    """What others said of it, for comparison by eye."""
    found = [
        f"{title(each)}, {point.year}: {numbers.duration(point.value * 24)}"
        for each in others
        for point in each.points
        if point.value is not None
    ]
    return (gettext("Published by others. {list}.").format(list="; ".join(found)),) if found else ()


def time_summary(alliance: Alliance) -> str:
    return _time_claim(pooling.middle(alliance.publishing(), ALL, MEDIAN))


def share_summary(alliance: Alliance) -> str:
    documents = alliance.publishing()
    return _share_claim(*(pooling.share(documents, ALL, key).value for key in SHARES[1:]))


def _time_claim(middle: pooling.Pooled) -> str:
    if middle.value.number is None:
        return gettext("No member has published how long removal takes.")
    return gettext("In the middle member, half of what was removed was gone within {time} of the first notice.").format(
        time=numbers.duration(middle.value.number)
    )


def _spans(told: Sequence[FiguresDocument], asked: str) -> Panel:
    spans = tuple(
        _span(f"span-{each.country}", each.country, each.value(asked, MEDIAN), each.value(asked, P90)) for each in told
    )
    on = ranges.scale(spans)
    names = tuple(numbers.duration(hours) for hours in on.ticks)
    rows = [("", ranges.axis(on, names), "")]
    rows += [(span.label, ranges.draw(span, on), span.text) for span in spans]
    return Panel(
        gettext("From first notice to removal, by member"),
        note=gettext("The dot is the middle case. The line ends where nine in ten were gone. Members stand by name."),
        rows=tuple(rows),
    )


def _span(key: str, country: str, near: Value, far: Value) -> Span:
    half = numbers.hours(near.number or 0)
    words = half if far.number is None else f"{half} – {numbers.hours(far.number)}"
    return Span(key, tongues.country_name(country), near.number or 0, far.number, words)


def _by_provider(documents: Sequence[FiguresDocument], asked: str) -> dict[str, list[Value]]:
    """What members tell of single providers; the largest of them, by name."""
    found: dict[str, list[Value]] = {}
    for each in documents:
        for name, value in each.parts(asked, MEDIAN).items():
            if value.number is not None and name not in (OTHER, UNKNOWN):
                found.setdefault(name, []).append(value)
    largest = sorted(found, key=lambda name: (-sum(value.behind or 0 for value in found[name]), name))
    return {name: found[name] for name in sorted(largest[:_MOST_PROVIDERS], key=str.casefold)}


def _providers(found: Mapping[str, Sequence[Value]]) -> Panel:
    middles = {name: median([value.number or 0 for value in values]) for name, values in found.items()}
    most = max(middles.values()) or 1
    bars = tuple(
        presenting.Row(name, numbers.hours(hours), round(100 * hours / most, 2)) for name, hours in middles.items()
    )
    note = gettext("Half of what was removed was gone within this time. A provider is shown from ten cases on.")
    return Panel(gettext("From first notice to removal, by provider"), bars=bars, note=note)


def _provider_rows(documents: Sequence[FiguresDocument], asked: str) -> list[MeasuredRow]:
    return [
        measured(each.country, asked, MEDIAN, value, each.organisation, name)
        for each in documents
        for name, value in each.parts(asked, MEDIAN).items()
    ]


def _over_time(told: Sequence[FiguresDocument], asked: str) -> Panel:
    """The months of the year, or the last twelve; one scale for all."""
    months = sorted({month for each in told for month in each.months() if asked == ALL or month.startswith(asked)})
    months = months[-_MONTHS:]
    labels = tuple(numbers.month_name(month, "LLL yy") for month in months)
    on = linear([value for each in told for month in months if (value := each.value(month, MEDIAN).number)])
    rows = []
    for each in told:
        values = [each.value(month, MEDIAN) for month in months]
        texts = tuple("" if value.number is None else numbers.hours(value.number) for value in values)
        name = tongues.country_name(each.country)
        drawing = multiples.draw(
            f"months-{each.country}", name, labels, tuple(value.number for value in values), texts, on
        )
        rows.append((name, drawing, next((words for words in reversed(texts) if words), "")))
    return Panel(
        gettext("Half of removals, month by month"),
        note=gettext("All members on one scale, up to {time}. The number is the last month that is told.").format(
            time=numbers.hours(on.high)
        ),
        rows=tuple(rows),
        style="multiples",
    )


def _time_grid(documents: Sequence[FiguresDocument], asked: str) -> Grid:
    rows = tuple(
        (
            tongues.country_name(each.country),
            (
                cell(each.value(asked, MEDIAN), BY_KEY[MEDIAN]),
                cell(each.value(asked, P90), BY_KEY[P90]),
                cell(_behind(each.value(asked, MEDIAN))),
            ),
        )
        for each in documents
    )
    head = (gettext("Member"), gettext("Half of them"), gettext("Nine in ten"), gettext("Count behind it"))
    return Grid(gettext("From first notice to removal"), head, rows)


def _behind(value: Value) -> Value:
    return Value(value.behind, Status.SHOWN if value.behind is not None else value.status)


def _share_claim(three_days: Value, week: Value) -> str:
    if three_days.number is None:
        return gettext("No member has published which share is removed in time.")
    text = gettext("{share} of content was gone within 72 hours of the first notice.").format(
        share=numbers.percent(three_days.number)
    )
    if week.number is None:
        return text
    rest = gettext("After 7 days {share} was not.").format(share=numbers.percent(1 - week.number))
    return f"{text} {rest}"


def _bar(key: str, label: str, values: Sequence[Value]) -> Bar:
    """The steps between the three shares; they can be drawn only where all three are of the same cases."""
    known = [value.number for value in values if value.number is not None]
    is_one_whole = len({value.behind for value in values}) == 1 and sorted(known) == known
    if len(known) < len(values) or not is_one_whole:
        return Bar(key, label, (), gettext("not available"))
    edges = [0.0, *known, 1.0]
    parts = tuple(
        Part(name, high - low, numbers.percent(high - low))
        for name, low, high in zip(_steps(), edges, edges[1:], strict=False)
    )
    return Bar(key, label, parts)


def _steps() -> tuple[str, ...]:
    return (gettext("within 24 hours"), gettext("24 to 72 hours"), gettext("3 to 7 days"), gettext("later or not"))


def _stacks(bars: Sequence[Bar]) -> Panel:
    legend = tuple((stack.swatch(place, f"legend-{place}"), name) for place, name in enumerate(_steps()))
    shown = [bar for bar in bars if bar.parts]
    rows = (
        ("", "", gettext("within 72 hours")),
        *((bar.label, stack.draw(bar), numbers.percent(sum(part.share for part in bar.parts[:2]))) for bar in shown),
    )
    missing = ", ".join(bar.label for bar in bars if not bar.parts)
    note = gettext("Not drawn, because a part is not published: {members}.").format(members=missing) if missing else ""
    return Panel(gettext("When content was gone, of all that a host was told of"), legend=legend, rows=rows, note=note)


def _share_grid(documents: Sequence[FiguresDocument], asked: str, pooled: Sequence[Value]) -> Grid:
    def cells(values: Sequence[Value]) -> tuple[Cell, ...]:
        return (
            *(cell(value, BY_KEY[key]) for key, value in zip(SHARES, values, strict=True)),
            cell(_behind(values[1])),
        )

    rows = [(gettext("All that publish it"), cells(pooled))]
    rows += [
        (tongues.country_name(each.country), cells([each.value(asked, key) for key in SHARES])) for each in documents
    ]
    head = (gettext("Member"), gettext("24 hours"), gettext("72 hours"), gettext("7 days"), gettext("Count behind it"))
    return Grid(gettext("Share that is gone within a time of the first notice"), head, tuple(rows))


def _rows(documents: Sequence[FiguresDocument], asked: str, keys: Sequence[str]) -> list[MeasuredRow]:
    return [
        measured(each.country, asked, key, each.value(asked, key), each.organisation)
        for each in documents
        for key in keys
    ]
