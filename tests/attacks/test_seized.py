"""The thief of the disk, the stolen laptop, the state that seizes the machine: what the bytes give away.

Made-up marks are sent in through every door; then the raw files of the data folder are searched for them.
"""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from node.intake.public_walk import SAME_ORIGIN, Walk

from rempart.adapters.vault import Vault
from rempart.core.errors import IntegrityError
from rempart.formats.cybertipline.model import Person
from rempart.node.intake import reports, services
from rempart.node.intake.models import Report, StoredFile

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
VISITOR = {
    **SAME_ORIGIN,
    "User-Agent": "mark-of-a-browser/1.0",
    "Referer": "https://mark-of-a-referrer.example/",
    "Accept-Language": "en, xx-mark-of-a-language",
    "X-Forwarded-For": "203.0.113.77",
    "Cookie": "mark=mark-of-a-cookie",
}
WRITTEN = "mark-of-what-was-written"
FILE = b"mark-of-a-files-bytes " * 1000
NAME = "mark-of-a-file-name.jpg"
PERSON = Person(first_name="Mark-of-a-person", esp_user_id="mark-of-an-account", emails=())


def raw() -> bytes:
    """All that a thief reads: the database with its journal, and the vault; or the tables' own bytes on PostgreSQL."""
    connection.close()
    found = [path for path in settings.HOME.path.rglob("*") if path.is_file() and "keys" not in path.parts]
    everything = b"".join(path.read_bytes() for path in found)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names():
                cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
                everything += "\n".join(row for (row,) in cursor.fetchall()).encode()
    return everything


def reported() -> str:
    """A whole public report with a message; its code."""
    client = Client(headers=VISITOR, REMOTE_ADDR="203.0.113.77")
    walk = Walk("/en/report/", client).go_on(what="addresses").go_on(addresses=f"https://a.example/{WRITTEN}")
    code = walk.go_on().go_on().send().code
    page = client.post("/en/receipt/", {"code": code})
    sent = {"code": code, "action": "message", "ticket": page.context["ticket"], "text": f"{WRITTEN} too"}
    assert client.post("/en/receipt/", sent).status_code == 200
    return code


def test_a_public_report_is_not_in_the_bytes_of_the_disk(from_elsewhere) -> None:
    code = reported()
    report = Report.objects.get()
    assert [text for _, text in services.read_messages(report.pk)] == [f"{WRITTEN} too"]
    taken = raw()
    assert report.reference.encode() in taken, "these are not the bytes of the node"
    for mark in (WRITTEN, code, " ".join(code[at : at + 4] for at in range(0, 16, 4))):
        assert mark.encode() not in taken


def test_nothing_of_the_visitor_is_anywhere(from_elsewhere, caplog) -> None:
    """No seizure and no order brings out what was never kept: no address, browser, referrer, cookie or account."""
    reported()
    taken = raw() + caplog.text.encode()
    for mark in ("203.0.113.77", "mark-of-a-browser", "mark-of-a-referrer", "mark-of-a-language", "mark-of-a-cookie"):
        assert mark.encode() not in taken


def test_a_platforms_report_is_not_in_the_bytes_of_the_disk(platform_client, make_xml) -> None:
    report_id = platform_client.submit(make_xml(WRITTEN, suspects=[PERSON], additional_info=WRITTEN))
    upload = {"id": str(report_id), "file": SimpleUploadedFile(NAME, FILE)}
    assert platform_client.call("upload", upload)[0] == 0
    assert platform_client.finish(report_id) == 0
    taken = raw()
    for mark in (WRITTEN, NAME, "Mark-of-a-person", "mark-of-an-account", "mark-of-a-files-bytes"):
        assert mark.encode() not in taken
    secret = platform_client.headers["authorization"].removeprefix("Basic ").encode()
    assert secret not in taken


def test_another_nodes_key_or_none_opens_nothing(platform_client, make_xml, tmp_path: Path) -> None:
    report_id = platform_client.submit(make_xml())
    platform_client.upload(report_id, FILE)
    row = StoredFile.objects.get()
    stolen = tmp_path / "vault"
    shutil.copytree(settings.HOME.vault, stolen)
    for wrong in (bytes(32), settings.HOME.keys.lookup, settings.HOME.keys.receipt, settings.HOME.keys.sealing):
        thief = Vault(stolen, wrong, 10**9)
        with pytest.raises(IntegrityError):
            thief.unwrap(bytes(row.report.wrapped_key), row.report.reference)
        with pytest.raises(IntegrityError):
            thief.read_all(wrong, row.file_id)
    assert Vault(stolen, settings.HOME.keys.vault, 10**9).read_all(reports.open_file_key(row), row.file_id) == FILE


def test_an_erased_report_stays_shut_for_who_has_every_key(platform_client, make_xml, tmp_path: Path) -> None:
    """The vault's files as a backup holds them, and today's keys and database: the report's own key is gone."""
    report_id = platform_client.submit(make_xml())
    platform_client.upload(report_id, FILE)
    row = StoredFile.objects.get()
    before = bytes(row.wrapped_key)
    backup = tmp_path / "vault"
    shutil.copytree(settings.HOME.vault, backup)
    assert platform_client.call("retract", {"id": str(report_id)})[0] == 0
    report = Report.objects.get(pk=report_id)
    vault = Vault(backup, settings.HOME.keys.vault, 10**9)
    key = vault.unwrap(bytes(report.wrapped_key), report.reference)
    with pytest.raises(IntegrityError):
        vault.open(key, before, reports.context(report, f"file-key/{row.file_id}"))
    assert not StoredFile.objects.exists()
