"""How useful a platform's report is to those who must act on it, given back to the platform with advice."""

from collections.abc import Iterator
from dataclasses import dataclass

from rempart.core.errors import InputError

FULL_SCORE = 100
_DEVIATIONS_MOST = 10


@dataclass(frozen=True, slots=True)
class QualityFacts:
    """Counted from one report. `viral_or_meme_flagged` is None when the platform did not say."""

    files: int = 0
    files_viewed: int = 0
    files_with_view_statement: int = 0
    has_incident_time: bool = False
    has_suspect_identifier: bool = False
    has_ip_with_time: bool = False
    ip_has_port: bool = False
    has_url: bool = False
    has_file_or_url: bool = False
    viral_or_meme_flagged: bool | None = None
    deviations: int = 0
    has_additional_info: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What is missing: `points` were lost for it, `text` says what would make the next report better."""

    code: str
    points: int
    text: str


@dataclass(frozen=True, slots=True)
class Quality:
    """`score` is 0..100: 100 less the findings' points."""

    score: int
    findings: tuple[Finding, ...]


def assess_quality(facts: QualityFacts) -> Quality:
    """Score a platform's report. Raises InputError when the counts contradict each other."""
    _check(facts)
    findings = tuple(f for f in (*_file_findings(facts), *_context_findings(facts)) if f.points)
    return Quality(max(0, FULL_SCORE - sum(finding.points for finding in findings)), findings)


def _file_findings(facts: QualityFacts) -> Iterator[Finding]:
    if not facts.files:
        return
    unstated = facts.files - facts.files_with_view_statement
    yield Finding(
        "no_view_statement",
        _share(10, unstated, facts.files),
        f"{unstated} of {facts.files} files do not say whether a person viewed them. State it for each file: "
        "it decides who may open the file without a warrant.",
    )
    unviewed = facts.files - facts.files_viewed
    yield Finding(
        "files_not_viewed",
        _share(15, unviewed, facts.files),
        f"{unviewed} of {facts.files} files were not viewed. They stay sealed here; view files before reporting "
        "where your rules allow it.",
    )
    if facts.viral_or_meme_flagged is None:
        yield Finding("viral_unknown", 5, "Say whether the file is viral or a meme, so that urgent cases come first.")


def _context_findings(facts: QualityFacts) -> Iterator[Finding]:
    if not facts.has_incident_time:
        yield Finding("no_incident_time", 15, "Give the date and time of the incident, with its time zone.")
    if not facts.has_suspect_identifier:
        yield Finding(
            "no_suspect_identifier", 15, "Give an identifier of the reported account: user ID, e-mail address or phone."
        )
    if not facts.has_ip_with_time:
        yield Finding("no_ip_with_time", 20, "Give the IP address used, its port, and the time it was seen.")
    elif not facts.ip_has_port:
        yield Finding("no_ip_port", 5, "Give the port beside the IP address: shared addresses need it.")
    if not facts.has_file_or_url:
        yield Finding("nothing_to_assess", 25, "Attach the file or give the URL of what is reported.")
    if not facts.has_url:
        yield Finding("no_url", 5, "Give the URL where the content was found.")
    if not facts.has_additional_info:
        yield Finding("no_additional_info", 5, "Describe what happened in the additional information.")
    yield Finding(
        "deviations",
        min(2 * facts.deviations, _DEVIATIONS_MOST),
        f"{facts.deviations} fields deviate from the format. The findings in the answer name them.",
    )


def _share(points: int, part: int, whole: int) -> int:
    """Rounded up, so that nothing missing goes without a finding."""
    return -(-points * part // whole)


def _check(facts: QualityFacts) -> None:
    counts = (facts.files, facts.files_viewed, facts.files_with_view_statement, facts.deviations)
    if min(counts) < 0 or max(facts.files_viewed, facts.files_with_view_statement) > facts.files:
        raise InputError(
            "the counts contradict each other.",
            where="report quality",
            advice="Count viewed files and view statements among the report's files.",
        )
