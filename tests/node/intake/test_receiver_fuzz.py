"""The XML receiver under anything at all: always an answer with a code, and a refused call leaves nothing behind.

`python benchmarks/fuzz_receiver.py` runs the same with 20,000 cases and more (`FUZZ_CASES`).
"""

import os
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from node.stored import stored

from rempart.formats.cybertipline.schema import schema_text
from rempart.formats.cybertipline.vocabulary import FileAnnotation, IncidentType
from rempart.node.intake import services
from rempart.node.intake.models import Original, PlatformSubmission, Report

pytestmark = pytest.mark.django_db
CASES = int(os.environ.get("FUZZ_CASES", "150"))
fuzzed = settings(
    max_examples=CASES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
NAMES = sorted(set(re.findall(rb'(?:element|attribute) name="(\w+)"', schema_text())))
BOMB = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
PROLOGUES = [
    b"",
    b'<?xml version="1.0" encoding="UTF-8"?>',
    b'<?xml version="1.0" encoding="UTF-16"?>',
    b'<?xml version="1.1"?>',
    b'<?xml version="1.0" encoding="UTF-7"?>',
    b"\xef\xbb\xbf",
    b"<!DOCTYPE report>",
    b'<!DOCTYPE report [<!ENTITY l0 "ha">' + BOMB + b"]>",
    b'<!DOCTYPE report [<!ENTITY l1 SYSTEM "file:///etc/hostname">]>',
    b'<!DOCTYPE report SYSTEM "http://127.0.0.1:1/report.dtd">',
    b"<?xml-stylesheet href='http://127.0.0.1:1/x.xsl'?>",
    b"<!-- a remark -->",
]
VALUES = [
    *(str(word).encode() for word in (*IncidentType, *FileAnnotation)),
    b"2026-03-01T12:00:00Z",
    b"2026-03-01T12:00:00+99:99",
    b"0000-00-00T00:00:00Z",
    b"9999-12-31T23:59:59.999999999-14:00",
    b"192.0.2.7",
    b"2001:db8::7",
    b"999.1.1.1",
    b"https://media.example/p/1",
    b"http://[::1",
    b"javascript:alert(1)",
    b"true",
    b"1",
    b"-1",
    b"99999999999999999999999999",
    b"1e999",
    b"NaN",
    b"",
    b" ",
    b"&l1;",
    b"&l11;",
    b"&#0;",
    b"&#xD800;",
    b"&#x10FFFF;",
    b"]]>",
    b"<![CDATA[<report>]]>",
    b"\xff\xfe",
    "\u202e\u0000e\u0301".encode(),
    b"'; DROP TABLE intake_report; --",
    b"A" * 60_000,
]
values = st.sampled_from(VALUES) | st.text(max_size=30).map(lambda text: text.encode("utf-8", "surrogatepass"))
names = st.sampled_from(NAMES) | st.text(st.characters(codec="ascii"), min_size=1, max_size=8).map(str.encode)
attributes = st.lists(st.tuples(names, values), max_size=2).map(
    lambda pairs: b"".join(b' %s="%s"' % (name, value.replace(b'"', b"")) for name, value in pairs)
)


def element(children: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.builds(
        lambda name, given, inside, closed: b"<%s%s>%s%s" % (name, given, inside, b"</%s>" % name if closed else b""),
        names,
        attributes,
        st.lists(children, max_size=4).map(b"".join),
        st.sampled_from([True] * 9 + [False]),
    )


trees = st.recursive(values, element, max_leaves=12)
ROOTS = [b"report", b"fileDetails", b"reportResponse", b"x:report xmlns:x='urn:x'"]
SUMMARY = (
    b"<incidentSummary><incidentType>Child Sex Tourism</incidentType>"
    b"<incidentDateTime>2026-03-01T12:00:00Z</incidentDateTime></incidentSummary>"
)
grown = st.builds(
    lambda prologue, root, known, inside: b"%s<%s>%s%s</%s>" % (prologue, root, known, inside, root.split()[0]),
    st.sampled_from(PROLOGUES),
    st.sampled_from([b"report"] * 6 + ROOTS),
    st.sampled_from([SUMMARY, SUMMARY, b""]),
    st.lists(trees, max_size=4).map(b"".join),
)


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """A good document, cut, repeated, overwritten or spliced a few times."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.sampled_from([0, 1, 2, 8, 60]))
        kind = draw(st.sampled_from(["cut", "put", "twice", "end"]))
        if kind == "cut":
            del data[at : at + length]
        elif kind == "twice":
            data[at:at] = data[at : at + length]
        elif kind == "end":
            del data[at:]
        else:
            data[at : at + length] = draw(st.sampled_from(VALUES) | st.binary(max_size=8))
    return bytes(data)


def code_of(answer: bytes) -> int:
    return int(re.search(rb"<responseCode>(\d+)</responseCode>", answer)[1])


@pytest.fixture
def caller(platform_client, settings):
    """A platform that is not slowed; failures of the node are answers, as in use."""
    settings.PLATFORM_RATE = 1e9
    platform_client.client.raise_request_exception = False
    return platform_client


def ask(caller, name: str, *args, **kwargs) -> tuple[int, bytes]:
    """One call: answered 200 with a code that is no failure of the node, or nothing was stored and the test fails."""
    before = stored()
    response = caller.post(f"/ispws/{name}", *args, **kwargs)
    assert response.status_code == 200, response.status_code
    code = code_of(response.content)
    assert code == 0 or code >= 2000, f"the node failed with {code}"
    if code:
        assert stored() == before, f"a call refused with {code} left something"
    return code, response.content


def whole_report(answer: bytes, body: bytes) -> None:
    """What was accepted is there whole: the row, the exact bytes, an open submission, items that open."""
    report_id = int(re.search(rb"<reportId>(\d+)</reportId>", answer)[1])
    assert PlatformSubmission.objects.get(pk=report_id).phase == "open"
    assert Original.objects.filter(report=report_id).count() == 1
    assert services.original(report_id, "report.xml") == body
    services.items(report_id)


@fuzzed
@given(data=st.data(), style=st.sampled_from(["grown", "grown", "grown", "damaged", "bytes"]))
def test_any_document_is_taken_whole_or_not_at_all(caller, make_xml, data, style) -> None:
    body = data.draw({"grown": grown, "damaged": damaged(make_xml()), "bytes": st.binary(max_size=300)}[style])
    kind = data.draw(st.sampled_from(["text/xml", "application/xml", "text/plain", "", "multipart/x"]))
    before = Report.objects.count()
    code, answer = ask(caller, "submit", body, content_type=kind)
    if code == 0:
        assert Report.objects.count() - before in (0, 1)
        whole_report(answer, body)


@settings(fuzzed, max_examples=max(50, CASES // 10))
@given(
    name=st.sampled_from(["fileinfo", "finish", "retract", "upload", "submit"]),
    body=grown | st.binary(max_size=200) | st.dictionaries(st.sampled_from(["id", "file", "x"]), st.text(max_size=30)),
    kind=st.sampled_from(
        ["text/xml", "multipart/form-data", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
    ),
)
def test_any_body_on_any_call_is_refused_without_a_trace(caller, name, body, kind) -> None:
    if isinstance(body, dict):
        code, _ = ask(caller, name, body)
    else:
        code, _ = ask(caller, name, body, content_type=kind)
    assert code or name == "submit"


@settings(fuzzed, max_examples=max(50, CASES // 10))
@given(
    data=st.binary(max_size=500),
    name=st.text(max_size=300).filter(lambda text: "\0" not in text),
    number=st.sampled_from(["own", "0", "-1", "9" * 19, "9" * 40, "x", "", "1 2", "\u0661"]),
    cut=st.booleans(),
)
def test_any_upload_is_kept_whole_or_not_at_all(caller, make_xml, data, name, number, cut) -> None:
    report_id = caller.submit(make_xml())
    shown = str(report_id) if number == "own" else number
    if cut:
        body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + data
        ask(caller, "upload", body, content_type="multipart/form-data; boundary=x")
        return
    file = SimpleUploadedFile("a", data)
    file._name = name
    code, answer = ask(caller, "upload", {"id": shown, "file": file})
    if code == 0:
        assert number == "own"
        file_id = re.search(rb"<fileId>([0-9a-f]{32})</fileId>", answer)[1].decode()
        from rempart.node.intake.models import StoredFile

        row = StoredFile.objects.get(file_id=file_id)
        assert b"".join(services.file_bytes(row.pk)) == data
