"""When each definition came and how it changed. A final month keeps the value it was published with."""

from datetime import date

from rempart.node.observatory.catalogue import Indicator, Measure, Origin, Revision

_FIRST, _SECOND = date(2026, 11, 22), date(2026, 11, 29)
_NEW_IN_THE_SECOND = frozenset(
    {
        "self_reports",
        "providers_told",
        "notices_refused",
        "notices_escalated",
        "second_looks",
        "signals_signed",
        "share_signals_wrong",
        "signals_recalled",
        "police_holds",
    }
)


def revisions(indicator: Indicator) -> tuple[Revision, ...]:
    """Oldest first; in English, as in the files."""
    if indicator.origin is Origin.DECLARED or indicator.key in _NEW_IN_THE_SECOND:
        return (Revision(_SECOND, "Defined."),)
    found = [Revision(_FIRST, "Defined.")]
    if indicator.measure in (Measure.MEDIAN, Measure.P90):
        found.append(Revision(_SECOND, "Computed in thousandths of an hour; halves of a tenth are rounded up."))
    if indicator.parts == "providers":
        found.append(Revision(_SECOND, "Broken down by provider; few cases of one hold back shares of all."))
    return tuple(found)
