"""The indicators: what each counts, once for what, over what, from where. The set is this project's proposal."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Measure(StrEnum):
    """COUNT and STOCK are whole numbers, SHARE is 0..1, MEDIAN and P90 are hours."""

    COUNT = "count"
    STOCK = "stock"
    SHARE = "share"
    MEDIAN = "median"
    P90 = "p90"


@dataclass(frozen=True, slots=True)
class Indicator:
    """`source` names what a month's release holds; `parts` the table that breaks the count down, if one does.

    `once` is the de-duplication rule, `over` the denominator (what the count behind the value counts).
    """

    key: str
    measure: Measure
    source: str
    name: Promise
    unit: Promise
    definition: Promise
    once: Promise
    over: Promise
    parts: str = ""

    @property
    def is_hours(self) -> bool:
        return self.measure in (Measure.MEDIAN, Measure.P90)


_REPORT, _CONTENT = _("report"), _("content")
_REFERRAL, _HOURS = _("referral"), _("hours")
_NONE = _("None: this is a count.")
_CONTENT_ONCE = _("A content counts once, in the month of its first decision, with its result at the month’s close.")
_FIRST_NOTICE_ONCE = _("A content counts once, in the month of the first notice about it; reminders do not count.")
_REMOVAL_ONCE = _("A content counts once, in the month its removal was first confirmed.")
_ASSESSED_OVER = _("All content assessed in the period.")
_TOLD_OVER = _("All content a host was first told of in the period, removed or not.")
_MEDIAN = _("Half of the cases took no longer.")
_P90 = _("Nine cases in ten took no longer (nearest rank; from ten cases on).")


def _hours(
    key: str, source: str, names: tuple[Promise, Promise], once: Promise, over: Promise
) -> tuple[Indicator, ...]:
    return (
        Indicator(f"{key}_median", Measure.MEDIAN, source, names[0], _HOURS, _MEDIAN, once, over),
        Indicator(f"{key}_p90", Measure.P90, source, names[1], _HOURS, _P90, once, over),
    )


INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "reports_received",
        Measure.COUNT,
        "reports",
        _("Reports received"),
        _REPORT,
        _("Reports that were accepted, from whomever they came."),
        _("One act of one reporter is one report, however many addresses or files it names."),
        _NONE,
        parts="reports",
    ),
    Indicator(
        "content_assessed",
        Measure.COUNT,
        "assessed",
        _("Content assessed"),
        _CONTENT,
        _("Unique content that was decided on, by people or because it was known already."),
        _CONTENT_ONCE,
        _NONE,
        parts="assessed",
    ),
    Indicator(
        "share_illegal",
        Measure.SHARE,
        "illegal",
        _("Share illegal"),
        _CONTENT,
        _("Share of the assessed content that is illegal: by the international baseline or by national law."),
        _CONTENT_ONCE,
        _ASSESSED_OVER,
    ),
    Indicator(
        "illegal_content",
        Measure.COUNT,
        "illegal",
        _("Illegal content by hosting country"),
        _CONTENT,
        _("Illegal content by the country that hosted it when it was found; unknown where no country can be told."),
        _CONTENT_ONCE,
        _NONE,
        parts="countries",
    ),
    Indicator(
        "share_settled_unseen",
        Measure.SHARE,
        "unseen",
        _("Settled without viewing"),
        _CONTENT,
        _("Share of the assessed content that a list or an earlier decision settled, without anybody viewing it."),
        _CONTENT_ONCE,
        _ASSESSED_OVER,
    ),
    Indicator(
        "notices_sent",
        Measure.COUNT,
        "notices",
        _("Content hosts were told of"),
        _CONTENT,
        _("Content about which a first notice was sent to whoever hosts it."),
        _FIRST_NOTICE_ONCE,
        _NONE,
    ),
    *_hours(
        "hours_report_to_notice",
        "report_to_notice",
        (_("Hours from report to notice, median"), _("Hours from report to notice, 90th percentile")),
        _FIRST_NOTICE_ONCE,
        _("First notices sent in the period, counted from the first report of the content."),
    ),
    Indicator(
        "content_removed",
        Measure.COUNT,
        "removed",
        _("Removals confirmed"),
        _CONTENT,
        _("Content of which repeated checks found that it is gone."),
        _REMOVAL_ONCE,
        _NONE,
    ),
    *_hours(
        "hours_notice_to_removal",
        "notice_to_removal",
        (_("Hours from notice to removal, median"), _("Hours from notice to removal, 90th percentile")),
        _REMOVAL_ONCE,
        _("Removals confirmed in the period of content whose host had been told, counted from the first notice."),
    ),
    *_hours(
        "hours_report_to_removal",
        "report_to_removal",
        (_("Hours from report to removal, median"), _("Hours from report to removal, 90th percentile")),
        _REMOVAL_ONCE,
        _("Removals confirmed in the period, counted from the first report of the content."),
    ),
    Indicator(
        "share_removed_24h",
        Measure.SHARE,
        "within_24h",
        _("Removed within 24 hours"),
        _CONTENT,
        _("Share of content gone within 24 hours of the first notice; what is still there counts as not removed."),
        _FIRST_NOTICE_ONCE,
        _TOLD_OVER,
    ),
    Indicator(
        "share_removed_72h",
        Measure.SHARE,
        "within_72h",
        _("Removed within 72 hours"),
        _CONTENT,
        _("Share of content gone within 72 hours of the first notice; what is still there counts as not removed."),
        _FIRST_NOTICE_ONCE,
        _TOLD_OVER,
    ),
    Indicator(
        "share_removed_7d",
        Measure.SHARE,
        "within_7d",
        _("Removed within 7 days"),
        _CONTENT,
        _("Share of content gone within 7 days of the first notice; what is still there counts as not removed."),
        _FIRST_NOTICE_ONCE,
        _TOLD_OVER,
    ),
    Indicator(
        "still_reachable",
        Measure.STOCK,
        "reachable",
        _("Still reachable"),
        _CONTENT,
        _("Content prepared for a notice that the last telling check before the period’s end found reachable."),
        _("A content counts once."),
        _NONE,
    ),
    Indicator(
        "content_reappeared",
        Measure.COUNT,
        "reappeared",
        _("Reappeared"),
        _CONTENT,
        _("Content that was gone and came back at its address."),
        _("A content counts once a month."),
        _NONE,
    ),
    Indicator(
        "referrals_exported",
        Measure.COUNT,
        "referrals",
        _("Referrals to other authorities"),
        _REFERRAL,
        _("Referrals that left this node for another member, another country's authority or the police."),
        _("The same content or report and the same authority are one referral."),
        _NONE,
        parts="referrals",
    ),
)
PERIOD = _("Calendar months (UTC). A month is final seven days after its end. Years and all time add up its figures.")
EVENTS = _("Events of this node.")
PROPOSAL = _("This set of indicators is this project's proposal, not the alliance's own text.")
