"""Programs that tests run in a process of their own on a node's data folder."""

import subprocess
import sys
from pathlib import Path

FILL = """
import secrets, django; django.setup()
from django.db import transaction
from rempart.core.vocabulary import ItemKind, Source
from rempart.node.intake import reports
from rempart.node.intake.models import ReportItem, StoredFile
from rempart.node.intake.pointing import point_to
from rempart.node.intake.uploads import IncomingFile
from rempart.node.runtime import clock
for number in range(COUNT):
    with transaction.atomic():
        items = (point_to(ItemKind.URL, f"https://host.example/{number}", "", {}),)
        report = reports.create_report(reports.NewReport(Source.PUBLIC, items, "form", f"bytes {number}".encode()))
        key = reports.key_of(report)
        with IncomingFile("picture.jpg") as incoming:
            incoming.write(f"made up {number} ".encode() * SIZE)
            hashes = incoming.commit()
        stored = StoredFile.objects.create(
            report=report, file_id=incoming.file_id, size=hashes.size, received_at=clock().now(),
            wrapped_key=reports.seal_file_key(report, key, incoming.file_id, incoming.key),
            md5=bytes.fromhex(hashes.md5), sha1=bytes.fromhex(hashes.sha1), sha256=bytes.fromhex(hashes.sha256),
            viewed_by_platform=True, name_tag=secrets.token_bytes(32),
        )
        reports.add_file_items(report, key, [reports.FileItem(stored, found_at=None)], 1)
        reports.receive(report, "public")
"""

OPEN = """
import hashlib, json, django; django.setup()
from rempart.node.audit import services as audit
from rempart.node.intake import services as intake
from rempart.node.intake.models import Report, StoredFile
def whole(f):
    return hashlib.sha256(b"".join(intake.file_bytes(f.pk))).digest() == bytes(f.sha256)
files = [whole(f) for f in StoredFile.objects.all()]
all_reports = list(Report.objects.order_by("pk"))
print(json.dumps({
    "values": [item.value for report in all_reports for item in intake.items(report.pk)],
    "originals": [intake.original(report.pk, "form").decode() for report in all_reports],
    "files": len(files), "whole": sum(files), "events": audit.head()[0],
    "actions": [fact.action for fact in audit.events()],
}))
"""


def run(program: str, environment: dict[str, str], **values: int) -> str:
    """Run a program with these names set; returns what it printed."""
    text = "\n".join([*(f"{name} = {value}" for name, value in values.items()), program])
    named = {"DJANGO_SETTINGS_MODULE": "rempart.node.settings", "REMPART_MODE": "test", **environment}
    done = subprocess.run([sys.executable, "-c", text], env=named, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
