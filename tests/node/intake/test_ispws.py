"""The CyberTipline face over HTTP, as existing clients use it."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from rempart.core.vocabulary import ItemKind
from rempart.formats.cybertipline.builder import build_file_details
from rempart.formats.cybertipline.vocabulary import ReportAnnotation
from rempart.node.audit import services as audit
from rempart.node.intake import services, submissions
from rempart.node.intake.models import Original, PlatformSubmission, Report, StoredFile
from rempart.node.jobs.models import Job

pytestmark = pytest.mark.django_db
XML = {"content_type": "text/xml; charset=utf-8"}


def test_the_whole_journey(platform_client, make_xml):
    body = make_xml()
    report_id = platform_client.submit(body)
    file_id = platform_client.upload(report_id, b"benign bytes " * 1000)
    details = build_file_details(
        report_id=report_id, file_id=file_id, viewed=True, location_of_file="https://media.example/p/1#top"
    )
    assert platform_client.call("fileinfo", details, **XML)[0] == 0
    code, answer = platform_client.call("finish", {"id": str(report_id)})
    assert code == 0
    root = etree.fromstring(answer)
    assert root.tag == "reportDoneResponse"
    assert [element.text for element in root.iterfind("files/fileId")] == [file_id]

    url, file = services.items(report_id)
    assert (url.kind, url.value) == (ItemKind.URL, "https://media.example/p/1")
    assert file.found_at_id == url.id
    assert file.file.viewed_by_platform is True
    assert b"".join(services.file_bytes(file.file.id)) == b"benign bytes " * 1000
    assert services.original(report_id, "report.xml") == body
    assert services.original(report_id, "fileinfo.xml") == details
    assert services.report(report_id).quality is not None
    assert Job.objects.get(kind="fingerprint").subject == str(file.file.id)
    received = list(audit.events(actions=["report:received"]))
    assert [(fact.subject, fact.data) for fact in received] == [
        (f"report:{report_id}", {"source": "platform", "items": 2, "kinds": ["file", "url"]})
    ]
    assert received[0].actor == platform_client.platform.actor


def test_nothing_counts_before_finish(platform_client, make_xml):
    platform_client.upload(platform_client.submit(make_xml()), b"x")
    assert not list(audit.events(actions=["report:received"]))
    assert not Job.objects.filter(kind__in=["fingerprint", "triage"]).exists()
    assert services.counts()["reports"] == {"open": 1}


def test_status_and_xsd(platform_client):
    for name, root in (("status", "reportResponse"), ("xsd", "{http://www.w3.org/2001/XMLSchema}schema")):
        response = platform_client.get(f"/ispws/{name}")
        assert response.status_code == 200
        assert response["Content-Type"] == "application/xml"
        assert re.fullmatch(r"[0-9a-f]{32}", response["Request-ID"])
        assert etree.fromstring(response.content).tag == root


@pytest.mark.parametrize("path", ["status", "xsd", "submit", "upload", "fileinfo", "finish", "retract"])
def test_without_a_credential_nothing_is_answered(db, path):
    for method in ("get", "post"):
        response = getattr(Client(), method)(f"/ispws/{path}")
        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Basic")
        assert b"<responseCode>2000<" in response.content
    assert (b"<reportDoneResponse>" in response.content) == (path == "finish")


def test_the_wrong_method_and_an_unknown_path(platform_client):
    for path in ("submit", "upload", "fileinfo", "finish", "retract"):
        response = platform_client.get(f"/ispws/{path}")
        assert response.status_code == 200
        assert b"<responseCode>4000<" in response.content
    assert platform_client.call("status", {})[0] == 4000
    unknown = platform_client.get("/ispws/nothing")
    assert unknown.status_code == 404
    assert b"<responseCode>1210<" in unknown.content


@pytest.mark.parametrize("as_form", ["urlencoded", "multipart"])
def test_finish_and_retract_come_in_both_forms(platform_client, make_xml, as_form):
    def send(name, report_id):
        if as_form == "multipart":
            return platform_client.call(name, {"id": str(report_id)})[0]
        return platform_client.call(name, f"id={report_id}", content_type="application/x-www-form-urlencoded")[0]

    assert send("finish", platform_client.submit(make_xml("1"))) == 0
    assert send("retract", platform_client.submit(make_xml("2"))) == 0


def test_a_failing_finish_is_a_done_response_with_the_number(platform_client, make_xml):
    for sent, answered in (("987654", 987654), ("no number", 0), ("9" * 30, 0), ("-1", 0), ("٣", 0)):
        code, answer = platform_client.call("finish", {"id": sent})
        root = etree.fromstring(answer)
        assert root.tag == "reportDoneResponse"
        assert code != 0
        assert root.findtext("reportId") == str(answered)
    assert platform_client.call("finish", {})[0] == 4000
    assert platform_client.call("finish", {"id": "12", "file": SimpleUploadedFile("a", b"x")})[0] == 5001


def test_finishing_twice_says_so_and_names_the_files_again(platform_client, make_xml):
    report_id = platform_client.submit(make_xml())
    file_id = platform_client.upload(report_id, b"x")
    assert platform_client.finish(report_id) == 0
    code, answer = platform_client.call("finish", {"id": str(report_id)})
    assert code == 5102
    assert file_id.encode() in answer
    assert len(list(audit.events(actions=["report:received"]))) == 1


def test_a_finished_report_takes_nothing_more(platform_client, make_xml):
    report_id = platform_client.submit(make_xml())
    file_id = platform_client.upload(report_id, b"x")
    platform_client.finish(report_id)
    upload = platform_client.call("upload", {"id": str(report_id), "file": SimpleUploadedFile("b", b"y")})
    details = build_file_details(report_id=report_id, file_id=file_id, viewed=True)
    assert upload[0] == 5102
    assert platform_client.call("fileinfo", details, **XML)[0] == 5102
    assert platform_client.call("retract", {"id": str(report_id)})[0] == 5102


def test_another_platforms_report_does_not_exist(platform_client, other_client, make_xml):
    report_id = platform_client.submit(make_xml())
    file_id = platform_client.upload(report_id, b"x")
    details = build_file_details(report_id=report_id, file_id=file_id, viewed=True)
    assert other_client.finish(report_id) == 5001
    assert other_client.call("retract", {"id": str(report_id)})[0] == 5001
    assert other_client.call("fileinfo", details, **XML)[0] == 5001
    assert other_client.call("upload", {"id": str(report_id), "file": SimpleUploadedFile("b", b"y")})[0] == 5001
    own = other_client.submit(make_xml())
    assert own != report_id
    wrong = build_file_details(report_id=own, file_id=file_id, viewed=True)
    assert other_client.call("fileinfo", wrong, **XML)[0] == 5002


def test_a_repeated_submit_gets_the_first_number(platform_client, make_xml, clock):
    first = platform_client.submit(make_xml())
    clock.advance(hours=23)
    assert platform_client.submit(make_xml()) == first
    clock.advance(hours=2)
    again = platform_client.submit(make_xml())
    assert again != first
    assert platform_client.submit(make_xml()) == again
    assert platform_client.submit(make_xml("other")) not in {first, again}


def test_after_a_retraction_the_same_body_is_a_new_report(platform_client, make_xml):
    first = platform_client.submit(make_xml())
    assert platform_client.call("retract", {"id": str(first)})[0] == 0
    assert platform_client.submit(make_xml()) != first


def test_a_repeated_upload_is_one_file(platform_client, make_xml, home):
    report_id = platform_client.submit(make_xml())
    file_id = platform_client.upload(report_id, b"same", "a.jpg")
    before = {path for path in home.vault.rglob("*") if path.is_file()}
    assert platform_client.upload(report_id, b"same", "a.jpg") == file_id
    assert {path for path in home.vault.rglob("*") if path.is_file()} == before
    assert platform_client.upload(report_id, b"same", "b.jpg") != file_id
    assert platform_client.upload(platform_client.submit(make_xml("2")), b"same", "a.jpg") != file_id
    assert StoredFile.objects.filter(report=report_id).count() == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 4110),
        (b"<report>", 4110),
        (b"\xff\xfe\x00", 4110),
        (b'<!DOCTYPE report [<!ENTITY a "b">]><report>&a;</report>', 4110),
        (b"<other/>", 4100),
        (b"<report/>", 4100),
        (b"<report>" + b"<a>" * 80 + b"</a>" * 80 + b"</report>", 4000),
        (b"<report>" + b" " * (4 * 1024 * 1024) + b"</report>", 4000),
        (b" " * (5 * 1024 * 1024 + 1), 4000),
    ],
)
def test_broken_documents_have_their_codes(platform_client, body, code):
    assert platform_client.call("submit", body, **XML)[0] == code
    assert not Report.objects.exists()


def test_broken_uploads(platform_client, make_xml, settings, home):
    report_id = platform_client.submit(make_xml())
    form = {"content_type": "multipart/form-data; boundary=b"}
    cut = (
        f'--b\r\nContent-Disposition: form-data; name="id"\r\n\r\n{report_id}\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf a fi'
    )
    assert platform_client.call("upload", cut.encode(), **form)[0] == 4000
    assert platform_client.call("upload", b"nonsense", **form)[0] == 4000
    assert platform_client.call("upload", b"", content_type="multipart/form-data")[0] == 4000
    assert platform_client.call("upload", b"id=1", content_type="application/x-www-form-urlencoded")[0] == 4000
    assert platform_client.call("upload", {"id": str(report_id)})[0] == 4000
    empty = {"id": str(report_id), "file": SimpleUploadedFile("a", b"")}
    assert platform_client.call("upload", empty)[0] == 4200
    assert not StoredFile.objects.exists()
    assert not [path for path in home.vault.rglob("*.tmp")]


def test_the_file_may_come_before_the_number_and_further_files_are_read_past(platform_client, make_xml):
    report_id = platform_client.submit(make_xml())
    body = (
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nfirst\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\nsecond\r\n'
        f'--b\r\nContent-Disposition: form-data; name="id"\r\n\r\n{report_id}\r\n'
        '--b\r\nContent-Disposition: form-data; name="other"; filename="c"\r\n\r\nthird\r\n--b--\r\n'
    )
    assert platform_client.call("upload", body.encode(), content_type="multipart/form-data; boundary=b")[0] == 0
    stored = StoredFile.objects.get()
    assert b"".join(services.file_bytes(stored.pk)) == b"first"


def test_a_file_over_the_limit_is_refused_and_leaves_nothing(platform_client, make_xml, home, monkeypatch):
    from rempart.node.runtime import vault

    monkeypatch.setattr(vault(), "_max_bytes", 1000)
    report_id = platform_client.submit(make_xml())
    before = {path for path in home.vault.rglob("*") if path.is_file()}
    answer = platform_client.call("upload", {"id": str(report_id), "file": SimpleUploadedFile("a", b"x" * 1001)})
    assert answer[0] == 4200
    assert {path for path in home.vault.rglob("*") if path.is_file()} == before


def test_no_plaintext_reaches_the_disk(platform_client, make_xml, home):
    secret = b"a sentence that must stay readable for nobody " * 2000
    report_id = platform_client.submit(make_xml())
    platform_client.upload(report_id, secret, "tell-tale-name.jpg")
    stored = [path.read_bytes() for path in home.path.rglob("*") if path.is_file() and "database" not in path.name]
    assert not any(b"must stay readable" in data for data in stored)
    row = StoredFile.objects.get()
    assert b"tell-tale" not in bytes(row.sealed_details) + bytes(row.name_tag)


def test_unforeseen_failures_become_code_1000_and_tell_nothing(platform_client, make_xml, monkeypatch, caplog):
    def explode(*args):
        raise RuntimeError("192.0.2.99 is in here")

    monkeypatch.setattr(submissions, "open_submission", explode)
    code, answer = platform_client.call("submit", make_xml(), **XML)
    assert code == 1000
    assert b"192.0.2.99" not in answer
    assert "192.0.2.99" not in caplog.text


def test_a_disk_that_refuses_is_told_as_such(platform_client, make_xml, monkeypatch):
    from rempart.adapters import vault as adapter

    def full(*args):
        raise OSError(28, "No space left on device")

    report_id = platform_client.submit(make_xml())
    monkeypatch.setattr(adapter.os, "fsync", full)
    answer = platform_client.call("upload", {"id": str(report_id), "file": SimpleUploadedFile("a", b"x")})
    assert answer[0] == 1111
    assert not StoredFile.objects.exists()


def test_a_retracted_report_is_erased(platform_client, make_xml, home, django_capture_on_commit_callbacks):
    report_id = platform_client.submit(make_xml())
    file_id = platform_client.upload(report_id, b"x")
    key = bytes(Report.objects.get().wrapped_key)
    with django_capture_on_commit_callbacks(execute=True):
        assert platform_client.call("retract", {"id": str(report_id)})[0] == 0
    assert not Original.objects.exists()
    assert not StoredFile.objects.exists()
    assert not list(home.vault.rglob(file_id))
    row = Report.objects.get()
    assert bytes(row.wrapped_key) != key
    assert (row.state, row.closed_reason) == ("closed", "retracted")
    assert services.items(report_id) == []
    assert [fact.action for fact in audit.events(subject=f"report:{report_id}")] == ["report:retracted"]
    assert platform_client.finish(report_id) == 5101
    assert platform_client.call("retract", {"id": str(report_id)})[0] == 5101


MUTATIONS = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from(["cut", "insert", "flip", "double"]), st.binary(min_size=1, max_size=9)),
    min_size=1,
    max_size=6,
)


def mutate(body: bytes, steps: list[tuple[float, str, bytes]]) -> bytes:
    for share, how, data in steps:
        at = int(share * len(body))
        if how == "cut":
            body = body[:at] + body[at + len(data) * 3 :]
        elif how == "insert":
            body = body[:at] + data + body[at:]
        elif how == "flip":
            body = body[:at] + data + body[at + len(data) :]
        else:
            body = body[:at] + body[max(0, at - 30) :]
    return body


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=MUTATIONS, path=st.sampled_from(["submit", "fileinfo", "upload", "finish", "retract"]))
def test_whatever_is_sent_the_answer_is_xml_with_a_code(platform_client, make_xml, steps, path):
    whole = {
        "submit": make_xml(escalation="Soon.", annotations=[ReportAnnotation.SPAM]),
        "fileinfo": build_file_details(report_id=1, file_id="0" * 32, viewed=True, additional_info="words"),
    }.get(
        path,
        b'--b\r\nContent-Disposition: form-data; name="id"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; '
        b'name="file"; filename="a"\r\n\r\ndata\r\n--b--\r\n',
    )
    kind = "text/xml" if path in {"submit", "fileinfo"} else "multipart/form-data; boundary=b"
    code, answer = platform_client.call(path, mutate(whole, steps), content_type=kind)
    root = etree.fromstring(answer)
    assert code != 1000
    if root.tag == "reportResponse":
        assert root.findtext("responseDescription")
    else:
        assert (root.tag, path) == ("reportDoneResponse", "finish")


def test_phases_are_recorded(platform_client, make_xml, clock):
    report_id = platform_client.submit(make_xml())
    opened = clock.now()
    ended = clock.advance(minutes=5)
    platform_client.finish(report_id)
    row = PlatformSubmission.objects.get()
    assert (row.opened_at, row.changed_at, row.ended_at, row.phase) == (opened, ended, ended, "finished")
    assert Report.objects.get().received_at == ended
