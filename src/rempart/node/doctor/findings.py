"""A finding, and what a list of them means for whoever runs the node. No framework, no I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

FORMAT = "rempart doctor 1"
WRONG, DOUBTFUL = 1, 3


class Severity(StrEnum):
    """`ok` and `info` need nothing; a warning is for this week; an error is for now."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


_ORDER = list(Severity)


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` is a stable name, `what` a fact without protected data, `advice` what to do (empty when nothing)."""

    check: str
    severity: Severity
    what: str
    advice: str = ""


def ok(check: str, what: str) -> Finding:
    return Finding(check, Severity.OK, what)


def info(check: str, what: str, advice: str = "") -> Finding:
    return Finding(check, Severity.INFO, what, advice)


def warning(check: str, what: str, advice: str) -> Finding:
    return Finding(check, Severity.WARNING, what, advice)


def error(check: str, what: str, advice: str) -> Finding:
    return Finding(check, Severity.ERROR, what, advice)


def worst(findings: Iterable[Finding]) -> Severity:
    """The severity of the gravest finding; `ok` of none."""
    return max((finding.severity for finding in findings), key=_ORDER.index, default=Severity.OK)


def exit_code(findings: Iterable[Finding]) -> int:
    """1 when something is wrong, 3 when something is doubtful, else 0."""
    return {Severity.ERROR: WRONG, Severity.WARNING: DOUBTFUL}.get(worst(findings), 0)


def document(findings: Sequence[Finding]) -> dict[str, object]:
    """The stable form for programs; names and severities keep their meaning."""
    rows = [
        {"check": one.check, "severity": str(one.severity), "what": one.what, "advice": one.advice} for one in findings
    ]
    return {"format": FORMAT, "worst": str(worst(findings)), "findings": rows}


def span(duration: timedelta) -> str:
    """A duration in the largest unit that fits, such as "3 hours"."""
    seconds = int(duration.total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"
