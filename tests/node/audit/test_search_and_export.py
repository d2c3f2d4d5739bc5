"""The auditor finds events by time, actor, name, subject and reference, and takes them along for others to check."""

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client

from rempart.adapters import signing
from rempart.core.errors import IntegrityError
from rempart.core.vocabulary import ItemKind, Source
from rempart.formats.audit_export import read_export_note
from rempart.formats.signed_note import Key, open_note
from rempart.node import runtime
from rempart.node.audit import checkpoints, searching
from rempart.node.audit import services as audit
from rempart.node.audit.checking import check
from rempart.node.audit.exporting import ORIGIN
from rempart.node.intake import reports
from rempart.node.intake.models import Report, ReportItem
from rempart.node.intake.pointing import point_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def aude(people) -> Client:
    client = Client()
    client.force_login(people["aude"])
    return client


@pytest.fixture
def told(people, clock) -> None:
    """Three days of events; numbers 1 to 6."""
    ana, ben = people["ana"].actor, people["ben"].actor
    for day in range(3):
        with transaction.atomic():
            audit.record("case:claimed", f"case:{day}", actor=ana)
            audit.record("message:read", f"report:{day}", actor=ben, reason="=HYPERLINK(1) à propos")
        clock.advance(days=1)


def found(**given: str) -> list[int]:
    question = searching.read(given)
    return [fact.seq for fact in reversed(audit.latest(100, question.search))]


@pytest.mark.usefixtures("told")
class TestSearch:
    def test_without_a_question_everything(self):
        assert found() == [1, 2, 3, 4, 5, 6]

    def test_by_day_and_the_last_one_is_included(self):
        assert found(since="2026-03-03") == [3, 4, 5, 6]
        assert found(until="2026-03-03") == [1, 2, 3, 4]
        assert found(since="2026-03-03", until="2026-03-03") == [3, 4]

    @pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "9999-12-31", "2026-03-03T00:00"])
    def test_what_is_no_day_is_said_and_left_out(self, text):
        question = searching.read({"since": text})
        assert question.wrong == ("since",)
        assert found(since=text) == found()

    def test_by_actor_name_and_subject(self, people):
        assert found(actor=people["ana"].actor) == [1, 3, 5]
        assert found(action="message:") == [2, 4, 6]
        assert found(subject="report:") == [2, 4, 6]
        assert found(subject="report:", actor=people["ana"].actor) == []

    def test_by_a_number_of_whatever_kind(self):
        assert found(reference="1") == [3, 4]
        assert found(reference="case:1") == [3]
        assert found(reference="12") == []

    def test_an_unknown_reference_fits_nothing(self):
        assert found(reference="R-NOTHING") == []

    def test_a_part_of_the_name_is_not_a_pattern(self):
        assert found(action="%") == []
        assert found(subject="report_") == []


def test_a_reports_reference_stands_for_its_content_and_cases(clock, db):
    with transaction.atomic():
        items = (point_to(ItemKind.URL, "https://host.example/1", "", {}),)
        report = reports.create_report(reports.NewReport(Source.PUBLIC, items, "form", b"as it came in"))
        reports.receive(report, "public")
    from rempart.node.casework.models import Content

    content = Content.objects.create(kind="url", key=bytes(32), first_seen_at=clock.now())
    ReportItem.objects.filter(report=report).update(content=content)
    with transaction.atomic():
        audit.record("content:first_seen", f"content:{content.pk}")
        audit.record("case:claimed", f"case:{content.pk}")
        audit.record("case:claimed", "case:424242")
    reference = Report.objects.get().reference
    subjects = {fact.subject for fact in audit.latest(100, searching.read({"reference": reference}).search)}
    assert subjects == {f"report:{report.pk}", f"content:{content.pk}", f"case:{content.pk}"}


@pytest.mark.usefixtures("told")
class TestPage:
    def test_filters_stay_in_the_form_and_in_the_next_page(self, aude, people):
        with transaction.atomic():
            for number in range(120):
                audit.record("case:claimed", f"case:{number}", actor=people["ana"].actor)
        page = aude.get("/staff/audit/", {"action": "case:", "since": "2026-03-02"}).content.decode()
        assert 'value="2026-03-02"' in page
        assert "since=2026-03-02" in page
        assert "before=" in page

    def test_looking_somebody_up_is_an_event_and_says_not_whom(self, aude, people):
        aude.get("/staff/audit/", {"actor": people["ana"].actor})
        [fact] = audit.events(actions=["audit:searched"])
        assert (fact.actor, fact.data) == (people["aude"].actor, {"by": ["actor"]})
        aude.get("/staff/audit/", {"action": "case:"})
        assert len(list(audit.events(actions=["audit:searched"]))) == 1

    def test_a_wrong_day_is_said(self, aude):
        page = aude.get("/staff/audit/", {"until": "soon"}).content.decode()
        assert "could not be read" in page
        assert 'aria-invalid="true"' in page

    def test_the_last_checkpoint_is_told(self, aude):
        assert "No signed checkpoint" in aude.get("/staff/audit/").content.decode()
        checkpoints.write()
        assert "stands for the first 6 events" in aude.get("/staff/audit/").content.decode()

    def test_a_whole_chain_and_a_broken_one_are_told(self, aude, attacker):
        checkpoints.write()
        page = aude.post("/staff/audit/verify", follow=True).content.decode()
        assert "whole; signed checkpoints stand for the first 6" in page
        attacker.edit(2)
        attacker.recompute()
        page = aude.post("/staff/audit/verify", follow=True).content.decode()
        assert "event 2" in page


def unpacked(response) -> tuple[str, bytes, str]:
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        name, note = archive.namelist()
        assert note == f"{name}.note"
        return name, archive.read(name), archive.read(note).decode()


@pytest.mark.usefixtures("told")
class TestExport:
    def export(self, aude: Client, **given: str) -> tuple[str, bytes, str]:
        return unpacked(aude.post("/staff/audit/export", given))

    def test_lines_of_json_hold_the_events(self, aude):
        name, data, _ = self.export(aude, format="jsonl", action="message:")
        rows = [json.loads(line) for line in data.splitlines()]
        assert name == "events.jsonl"
        assert [row["seq"] for row in rows] == [2, 4, 6]
        assert rows[0]["reason"] == "=HYPERLINK(1) à propos"

    def test_a_spreadsheet_takes_no_cell_for_a_formula(self, aude):
        _, data, _ = self.export(aude, format="csv", action="message:")
        rows = list(csv.DictReader(io.StringIO(data.decode())))
        assert [row["seq"] for row in rows] == ["2", "4", "6"]
        assert rows[0]["reason"] == "'=HYPERLINK(1) à propos"

    @pytest.mark.parametrize("format", ["jsonl", "csv"])
    def test_the_note_names_the_file_and_the_head(self, aude, format):
        seq, digest = audit.head()
        _, data, note = self.export(aude, format=format, action="case:")
        text, _ = open_note(note, [Key(ORIGIN, runtime.signer().public_key)], signing.verify)
        said = read_export_note(text)
        assert said.sha256 == hashlib.sha256(data).hexdigest()
        assert (said.events, said.chain_seq, said.chain_digest) == (3, seq, digest)
        assert said.filter == {"action": "case:"}

    def test_it_is_an_event_that_says_not_what_was_looked_for(self, aude, people):
        self.export(aude, format="csv", actor=people["ana"].actor)
        [fact] = audit.events(actions=["audit:exported"])
        assert fact.actor == people["aude"].actor
        assert fact.data == {"format": "csv", "events": 3, "through": 6, "filters": ["actor"]}

    def test_without_a_format_nothing_leaves(self, aude):
        for given in ({}, {"format": "xml"}, {"format": "csv", "since": "soon"}):
            assert aude.post("/staff/audit/export", given).status_code == 302
        assert not list(audit.events(actions=["audit:exported"]))

    @pytest.mark.parametrize("person", ["ana", "sacha", "adam", "stan", "lin", "luis", "vera"])
    def test_nobody_else_takes_events_along(self, people, person):
        client = Client()
        client.force_login(people[person])
        assert client.post("/staff/audit/export", {"format": "csv"}).status_code == 403


@pytest.mark.usefixtures("told")
class TestCheckedElsewhere:
    @pytest.fixture
    def file(self, aude, tmp_path: Path) -> Path:
        _, data, note = unpacked(aude.post("/staff/audit/export", {"format": "jsonl"}))
        path = tmp_path / "events.jsonl"
        path.write_bytes(data)
        (tmp_path / "events.jsonl.note").write_text(note)
        return path

    def check(self, file: Path, key: bytes | None = None):
        return check(file, file.with_name(f"{file.name}.note").read_text(), key or runtime.signer().public_key)

    def test_the_whole_chain_is_recomputed(self, file):
        checked = self.check(file)
        assert checked.whole_chain
        assert checked.note.events == 6

    def test_a_selection_is_not_taken_for_the_whole(self, aude, tmp_path):
        _, data, note = unpacked(aude.post("/staff/audit/export", {"format": "jsonl", "action": "case:"}))
        (tmp_path / "some.jsonl").write_bytes(data)
        assert not check(tmp_path / "some.jsonl", note, runtime.signer().public_key).whole_chain

    def test_a_changed_file_is_found(self, file):
        file.write_bytes(file.read_bytes().replace(b"case:1", b"case:2"))
        with pytest.raises(IntegrityError, match="altered"):
            self.check(file)

    def test_a_shorter_file_is_found(self, file):
        file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))
        with pytest.raises(IntegrityError, match="altered"):
            self.check(file)

    def test_another_nodes_key_does_not_verify(self, file):
        with pytest.raises(IntegrityError):
            self.check(file, bytes(range(32)))

    def test_a_checkpoint_is_no_note_about_a_file(self, file):
        checkpoints.write()
        [point] = checkpoints.own_file().whole().decode().split("\n\n\n")[:1]
        with pytest.raises(IntegrityError):
            check(file, point.rstrip("\n") + "\n", runtime.signer().public_key)
