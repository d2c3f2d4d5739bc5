"""The indicators: what each counts, once for what, over what, from where. The set is this project's proposal."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rempart.node.observatory.catalogue import Indicator, Measure, Origin
from rempart.node.observatory.declared_indicators import DECLARED

__all__ = [
    "COUNTED",
    "DECLARED",
    "EVENTS",
    "INDICATORS",
    "ORIGINS",
    "PERIOD",
    "PROPOSAL",
    "TARGETS",
    "Indicator",
    "Measure",
    "Origin",
]

_REPORT, _CONTENT = _("report"), _("content")
_REFERRAL, _HOURS = _("referral"), _("hours")
_ENTRY, _PROVIDER, _SIGNAL = _("list entry"), _("provider"), _("signal")
_NONE = _("None: this is a count.")
_CONTENT_ONCE = _("A content counts once, in the month of its first decision, with its result at the month’s close.")
_FIRST_NOTICE_ONCE = _("A content counts once, in the month of the first notice about it; reminders do not count.")
_REMOVAL_ONCE = _("A content counts once, in the month its removal was first confirmed.")
_ONCE_A_MONTH = _("A content counts once a month.")
_ASSESSED_OVER = _("All content assessed in the period.")
_TOLD_OVER = _("All content a host was first told of in the period, removed or not.")
_MEDIAN = _("Half of the cases took no longer.")
_P90 = _("Nine cases in ten took no longer (nearest rank; from ten cases on).")


def _hours(
    key: str, cell: str, names: tuple[Promise, Promise], once: Promise, over: Promise, parts: str = ""
) -> tuple[Indicator, ...]:
    return (
        Indicator(f"{key}_median", Measure.MEDIAN, cell, names[0], _HOURS, _MEDIAN, once, over, parts),
        Indicator(f"{key}_p90", Measure.P90, cell, names[1], _HOURS, _P90, once, over, parts),
    )


COUNTED: tuple[Indicator, ...] = (
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
        "self_reports",
        Measure.COUNT,
        "reports",
        _("Reports by people it concerns"),
        _REPORT,
        _("Reports by people who are shown in the material themselves, minors above all."),
        _("One act of one reporter is one report, however many addresses or files it names."),
        _NONE,
        part="victim_self",
        target="T3",
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
        parts="providers",
    ),
    Indicator(
        "providers_told",
        Measure.COUNT,
        "providers_told",
        _("Providers that were told"),
        _PROVIDER,
        _("Providers (networks) to which at least one first notice was sent."),
        _("A provider counts once a month; longer periods add the months up."),
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
        parts="providers",
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
        parts="providers",
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
        parts="providers",
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
        parts="providers",
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
        _ONCE_A_MONTH,
        _NONE,
    ),
    Indicator(
        "notices_refused",
        Measure.COUNT,
        "refused",
        _("Notices refused"),
        _CONTENT,
        _("Content about which the host refused to act."),
        _ONCE_A_MONTH,
        _NONE,
    ),
    Indicator(
        "notices_escalated",
        Measure.COUNT,
        "escalated",
        _("Notices escalated"),
        _CONTENT,
        _("Content that was passed on because its host did not act in time."),
        _ONCE_A_MONTH,
        _NONE,
    ),
    Indicator(
        "second_looks",
        Measure.COUNT,
        "second_looks",
        _("Second looks"),
        _CONTENT,
        _("Content that a second person was asked to look at before the decision."),
        _ONCE_A_MONTH,
        _NONE,
    ),
    Indicator(
        "signals_signed",
        Measure.COUNT,
        "signals",
        _("Signals shared with the alliance"),
        _SIGNAL,
        _("Signed statements on fingerprints that went into this member’s log."),
        _("A statement counts once, in the month it was signed."),
        _NONE,
    ),
    Indicator(
        "share_signals_wrong",
        Measure.SHARE,
        "wrong",
        _("Entries found wrong by platforms"),
        _ENTRY,
        _("Share of the list entries that platforms spoke about and called wrong: the rate of false positives."),
        _("An entry counts once a month for each platform, with the last thing it said."),
        _("All list entries that platforms spoke about in the period."),
    ),
    Indicator(
        "signals_recalled",
        Measure.COUNT,
        "recalled",
        _("Recalled by mistake of this node"),
        _CONTENT,
        _("Content whose fingerprints this node took back because listing them was a mistake."),
        _ONCE_A_MONTH,
        _NONE,
    ),
    Indicator(
        "police_holds",
        Measure.COUNT,
        "holds",
        _("Police holds"),
        _CONTENT,
        _("Content about which no notice was sent for a time, because police asked for it."),
        _ONCE_A_MONTH,
        _NONE,
        target="T2",
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
        target="T2",
    ),
)
INDICATORS: tuple[Indicator, ...] = (*COUNTED, *DECLARED)
TARGETS = {
    "T1": _("Identify victims; assist, support and protect them."),
    "T2": _("Investigate; identify and prosecute offenders."),
    "T3": _("Raise awareness of children, parents, educators and the community."),
    "T4": _("Reduce availability and re-victimisation."),
}
PERIOD = _("Calendar months (UTC). A month is final seven days after its end. Years and all time add up its figures.")
EVENTS = _("Events of this node.")
ORIGINS = {
    Origin.COUNTED: EVENTS,
    Origin.DECLARED: _("Declared by the member, with its source."),
    Origin.EXTERNAL: _("Published by others."),
}
PROPOSAL = _("This set of indicators is this project's proposal, not the alliance's own text.")
