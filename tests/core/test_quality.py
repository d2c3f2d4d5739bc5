from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.core.quality import QualityFacts, assess_quality

COMPLETE = QualityFacts(
    files=3,
    files_viewed=3,
    files_with_view_statement=3,
    has_incident_time=True,
    has_suspect_identifier=True,
    has_ip_with_time=True,
    ip_has_port=True,
    has_url=True,
    has_file_or_url=True,
    viral_or_meme_flagged=False,
    deviations=0,
    has_additional_info=True,
)
FLAGS = [
    "has_incident_time",
    "has_suspect_identifier",
    "has_ip_with_time",
    "ip_has_port",
    "has_url",
    "has_file_or_url",
    "has_additional_info",
]


@st.composite
def reports(draw: st.DrawFn) -> QualityFacts:
    files = draw(st.integers(0, 20))
    return QualityFacts(
        files=files,
        files_viewed=draw(st.integers(0, files)),
        files_with_view_statement=draw(st.integers(0, files)),
        viral_or_meme_flagged=draw(st.none() | st.booleans()),
        deviations=draw(st.integers(0, 50)),
        **{flag: draw(st.booleans()) for flag in FLAGS},
    )


@given(reports())
def test_the_score_is_what_the_findings_leave(facts: QualityFacts) -> None:
    quality = assess_quality(facts)
    assert quality.score == max(0, 100 - sum(finding.points for finding in quality.findings))
    assert all(finding.points > 0 and finding.text.endswith(".") for finding in quality.findings)


@given(reports(), st.sampled_from(FLAGS))
def test_telling_more_never_lowers_the_score(facts: QualityFacts, flag: str) -> None:
    without = assess_quality(replace(facts, **{flag: False}))
    assert assess_quality(replace(facts, **{flag: True})).score >= without.score


@given(reports())
def test_any_file_not_viewed_is_mentioned(facts: QualityFacts) -> None:
    codes = {finding.code for finding in assess_quality(facts).findings}
    assert ("files_not_viewed" in codes) == (facts.files_viewed < facts.files)
    assert ("no_view_statement" in codes) == (facts.files_with_view_statement < facts.files)


def test_a_complete_report_needs_no_advice() -> None:
    assert assess_quality(COMPLETE).score == 100
    assert assess_quality(COMPLETE).findings == ()


def test_a_complete_text_report_loses_nothing_for_having_no_files() -> None:
    text_only = replace(COMPLETE, files=0, files_viewed=0, files_with_view_statement=0, viral_or_meme_flagged=None)
    assert assess_quality(text_only).score == 100


def test_an_empty_report_scores_low() -> None:
    assert assess_quality(QualityFacts(deviations=20)).score <= 10


@pytest.mark.parametrize(
    ("change", "code", "points"),
    [
        ({"files_viewed": 2}, "files_not_viewed", 5),
        ({"files_with_view_statement": 0}, "no_view_statement", 10),
        ({"has_incident_time": False}, "no_incident_time", 15),
        ({"has_suspect_identifier": False}, "no_suspect_identifier", 15),
        ({"has_ip_with_time": False}, "no_ip_with_time", 20),
        ({"ip_has_port": False}, "no_ip_port", 5),
        ({"has_url": False}, "no_url", 5),
        ({"has_file_or_url": False}, "nothing_to_assess", 25),
        ({"viral_or_meme_flagged": None}, "viral_unknown", 5),
        ({"deviations": 3}, "deviations", 6),
        ({"deviations": 300}, "deviations", 10),
        ({"has_additional_info": False}, "no_additional_info", 5),
    ],
)
def test_each_omission_has_its_finding(change: dict[str, int | bool | None], code: str, points: int) -> None:
    (finding,) = assess_quality(replace(COMPLETE, **change)).findings  # type: ignore[arg-type]
    assert (finding.code, finding.points) == (code, points)


@pytest.mark.parametrize(
    "change", [{"files": -1}, {"files_viewed": 4}, {"files_with_view_statement": 4}, {"deviations": -1}]
)
def test_counts_that_contradict_each_other_are_refused(change: dict[str, int]) -> None:
    with pytest.raises(InputError):
        assess_quality(replace(COMPLETE, **change))  # type: ignore[arg-type]
