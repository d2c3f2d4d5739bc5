"""Figures in words: a claim over each, numbers as the visitor's language writes them, bars and tables beside it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rempart.core.figures.folding import OTHER_KIND
from rempart.core.figures.releases import Status, Value
from rempart.core.figures.releasing import UNKNOWN
from rempart.node.observatory import numbers
from rempart.node.observatory.indicators import INDICATORS, Indicator, Measure
from rempart.node.observatory.services import ALL, CountryTable, Figures

_CLAIMS = {
    "reports_received": _("{number} reports were received."),
    "content_assessed": _("{number} pieces of content were assessed."),
    "share_illegal": _("{number} of the assessed content was illegal."),
    "share_settled_unseen": _("{number} of it was settled without anybody having to look."),
    "illegal_content": _("{number} pieces of illegal content were found."),
    "notices_sent": _("Hosts were told of {number} pieces of content."),
    "hours_report_to_notice_median": _("Half of the first notices went out within {number} of the first report."),
    "content_removed": _("{number} pieces of content are confirmed as removed."),
    "hours_notice_to_removal_median": _("Half of what was removed was gone within {number} of the first notice."),
    "hours_report_to_removal_median": _("Half of what was removed was gone within {number} of the first report."),
    "share_removed_72h": _("{number} was gone within 72 hours of the first notice."),
    "still_reachable": _("{number} pieces of content can still be reached."),
    "content_reappeared": _("{number} pieces of content came back after their removal."),
    "referrals_exported": _("{number} referrals went to other authorities."),
}
_NOTHING = {
    "reports_received": _("No report was received."),
    "content_assessed": _("No content was assessed."),
    "illegal_content": _("No illegal content was found."),
    "notices_sent": _("No host was told."),
    "content_removed": _("No removal was confirmed."),
    "still_reachable": _("Nothing is known to be reachable any more."),
    "content_reappeared": _("Nothing came back."),
    "referrals_exported": _("No referral was made."),
}
_SECTIONS: tuple[tuple[str, Promise, tuple[tuple[str, ...], ...]], ...] = (
    ("in", _("What came in"), (("reports_received",), ("content_assessed",))),
    ("decided", _("What was decided"), (("share_illegal",), ("share_settled_unseen",), ("illegal_content",))),
    (
        "removed",
        _("How long it took"),
        (
            ("notices_sent",),
            ("hours_report_to_notice_median", "hours_report_to_notice_p90"),
            ("content_removed",),
            ("hours_notice_to_removal_median", "hours_notice_to_removal_p90"),
            ("hours_report_to_removal_median", "hours_report_to_removal_p90"),
            ("share_removed_72h", "share_removed_24h", "share_removed_7d"),
        ),
    ),
    ("left", _("What is left"), (("still_reachable",), ("content_reappeared",))),
    ("others", _("Who else was told"), (("referrals_exported",),)),
)
_OF_HOURS = {Measure.MEDIAN: _("Half of them"), Measure.P90: _("Nine in ten")}
HEADLINE = ("reports_received", "share_settled_unseen", "hours_notice_to_removal_median")
PART_NAMES = {
    "public": _("The public"),
    "victim_self": _("People it concerns"),
    "platform": _("Platforms"),
    "member": _("Other members"),
    "police": _("Police"),
    "proactive": _("Own search"),
    "web_address": _("Web addresses"),
    "onion_address": _("Onion addresses"),
    "file": _("Files"),
    OTHER_KIND: _("Accounts, channels, streams and texts"),
    "non_member": _("Authorities of other countries"),
    UNKNOWN: _("Not known"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A bar and a line of a table; `percent` is the length of the bar."""

    label: str
    text: str
    percent: float
    behind: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One claim with what stands behind it."""

    key: str
    claim: str
    note: str
    rows: tuple[Row, ...]
    definitions: tuple[tuple[Promise, Promise], ...]
    first: Indicator
    has_parts: bool


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: Promise
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Headline:
    label: str
    text: str


def sections(figures: Figures) -> tuple[Section, ...]:
    return tuple(
        Section(key, title, tuple(_block(figures, keys) for keys in groups)) for key, title, groups in _SECTIONS
    )


def headlines(figures: Figures) -> tuple[Headline, ...]:
    """What is known of the three figures that tell most."""
    chosen = [figures.figure(key) for key in HEADLINE]
    return tuple(
        Headline(str(figure.indicator.name), as_text(figure.indicator, figure.value))
        for figure in chosen
        if figure.value.number is not None
    )


def country_rows(table: CountryTable) -> list[tuple[str, list[str]]]:
    """Countries and their counts a month; an empty text is what is not shown."""
    return [
        (
            part_name("countries", country),
            ["" if value.number is None else numbers.number(value.number) for value in values],
        )
        for country, values in table.rows.items()
    ]


def period_name(period: str) -> str:
    if period == ALL:
        return gettext("All time")
    return period if len(period) == 4 else numbers.month_name(period)


def part_name(table: str, key: str) -> str:
    if table == "countries" and key != UNKNOWN:
        return numbers.country_name(key)
    return str(PART_NAMES.get(key, key))


def label_of(indicator: Indicator) -> Promise:
    """The indicator's name beside others of its kind."""
    return _OF_HOURS.get(indicator.measure, indicator.name)


def as_text(indicator: Indicator, value: Value) -> str:
    """The value as read; empty where there is none."""
    if value.number is None:
        return ""
    if indicator.measure is Measure.SHARE:
        return numbers.percent(value.number)
    if indicator.is_hours:
        return numbers.duration(value.number)
    text = numbers.number(value.number)
    return numbers.at_least(text) if value.status is Status.PARTIAL else text


def _block(figures: Figures, keys: tuple[str, ...]) -> Block:
    chosen = [figures.figure(key) for key in keys]
    first = chosen[0]
    in_order = sorted(chosen, key=lambda figure: INDICATORS.index(figure.indicator))
    has_parts = bool(first.indicator.parts) and first.indicator.measure in (Measure.COUNT, Measure.STOCK)
    if has_parts:
        rows = _bars([(part_name(first.indicator.parts, key), value, None) for key, value in first.parts.items()])
    elif first.indicator.measure in (Measure.COUNT, Measure.STOCK):
        rows = ()
    else:
        rows = _bars([(str(label_of(figure.indicator)), figure.value, figure.indicator) for figure in in_order])
    return Block(
        key=keys[0],
        claim=_claim(first.indicator, first.value),
        note=_note(first.value, first.parts_are_whole),
        rows=rows,
        definitions=tuple((label_of(each.indicator), each.indicator.definition) for each in in_order),
        first=first.indicator,
        has_parts=has_parts,
    )


def _bars(rows: list[tuple[str, Value, Indicator | None]]) -> tuple[Row, ...]:
    """Shares fill the bar by themselves; counts and hours are drawn against the largest of them."""
    most = max((value.number or 0 for _label, value, _indicator in rows), default=0) or 1
    return tuple(
        Row(
            label,
            (as_text(indicator, value) if indicator else _part_text(value)) or gettext("not shown"),
            round(100 * (value.number or 0) / (1 if indicator and indicator.measure is Measure.SHARE else most), 2),
            "" if value.behind is None or indicator is None else numbers.number(value.behind),
        )
        for label, value, indicator in rows
    )


def _part_text(value: Value) -> str:
    if value.number is None:
        return ""
    text = numbers.number(value.number)
    return numbers.at_least(text) if value.status is Status.PARTIAL else text


def _claim(indicator: Indicator, value: Value) -> str:
    if value.status is Status.NOT_AVAILABLE:
        return gettext("{name}: nothing to count from yet.").format(name=indicator.name)
    if value.number is None:
        return gettext("{name}: too few cases to be shown.").format(name=indicator.name)
    if not value.number and value.status is Status.SHOWN and indicator.key in _NOTHING:
        return str(_NOTHING[indicator.key])
    claim = str(_CLAIMS[indicator.key]).format(number=as_text(indicator, value))
    return claim[:1].upper() + claim[1:]


def _note(value: Value, parts_are_whole: bool) -> str:
    if value.status is Status.PARTIAL:
        return gettext("Months with too few cases are left out.")
    if not parts_are_whole and value.number is not None:
        return gettext("Some of the parts are too small to be shown.")
    return ""
