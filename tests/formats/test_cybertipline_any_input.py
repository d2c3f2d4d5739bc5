"""Whatever is sent to the tolerant reader: it reads, or refuses with an error of its own."""

import pytest
from formats.cybertipline_cases import file_details, report
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.formats.cybertipline.document import Rejected
from rempart.formats.cybertipline.findings import MAX_FINDINGS
from rempart.formats.cybertipline.reader import read_file_details, read_report
from rempart.formats.cybertipline.vocabulary import IncidentType


@given(st.binary(max_size=300))
def test_random_bytes_raise_only_input_errors(body: bytes) -> None:
    for read in (read_report, read_file_details):
        with pytest.raises(InputError):
            read(body)


NAMES = st.sampled_from(
    ["report", "incidentSummary", "incidentType", "incidentDateTime", "reporter", "victim", "victimPerson", "age",
     "ipCaptureEvent", "ipAddress", "dateTime", "port", "associatedAccount", "phone", "number", "internetDetails",
     "webPageIncident", "url", "emailIncident", "batchedReport", "fileDetails", "reportId", "fileId", "unknown"]
)  # fmt: skip
TEXTS = st.sampled_from(
    ["", "true", "99999999999999999999999", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "１２",
     "2024-02-30T00:00:00Z", "192.0.2.1", "http://[", "Child Sex Tourism", "&#x1F600;", "&lt;"]
)  # fmt: skip


@st.composite
def trees(draw: st.DrawFn, depth: int = 4) -> str:
    name = draw(NAMES)
    inside = "".join(draw(st.lists(trees(depth=depth - 1), max_size=4))) if depth else ""
    attribute = draw(st.sampled_from(["", ' type="x"', ' countryCallingCode="+1"', ' p:q="1" xmlns:p="urn:x"']))
    return f"<{name}{attribute}>{draw(TEXTS)}{inside}</{name}>"


@given(trees(), st.booleans())
@settings(max_examples=200)
def test_any_tree_is_read_or_refused(tree: str, as_file: bool) -> None:
    bodies = (
        (file_details(tree), tree.encode())
        if as_file
        else (report(tree, extra=tree, after_reporter=tree), tree.encode())
    )
    for body in bodies:
        try:
            parsed = read_file_details(body) if as_file else read_report(body)
        except Rejected:
            continue
        assert len(parsed.findings) <= MAX_FINDINGS + 1


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
@settings(max_examples=300)
def test_damaged_documents_are_read_or_refused(position: int, noise: bytes) -> None:
    whole = report(
        "<internetDetails><webPageIncident><url>https://a.example/</url></webPageIncident></internetDetails>"
    )
    at = position % len(whole)
    try:
        parsed = read_report(whole[:at] + noise + whole[at + len(noise) :])
    except Rejected:
        return
    assert parsed.incident_type is IncidentType.SEX_TRAFFICKING
