"""Run inside a made-up node: reports closed long ago, each with an address, two files, a message, its exact bytes."""

import json
import os
from datetime import UTC, datetime

import django

django.setup()

from django.db import transaction  # noqa: E402

from rempart.core.vocabulary import ItemKind, Source  # noqa: E402
from rempart.node import runtime  # noqa: E402
from rempart.node.audit import services as audit  # noqa: E402
from rempart.node.intake import reports  # noqa: E402
from rempart.node.intake.models import Message, Report, StoredFile  # noqa: E402
from rempart.node.intake.uploads import IncomingFile  # noqa: E402


class LongAgo:
    def now(self) -> datetime:
        return datetime(2016, 3, 2, 9, 0, tzinfo=UTC)


runtime.clock.cache_clear()
runtime.clock_from_environment = LongAgo


def store(report: Report, key: bytes, number: int) -> StoredFile:
    with IncomingFile("picture.jpg") as incoming:
        incoming.write(os.urandom(2000))
        hashes = incoming.commit()
    return StoredFile.objects.create(
        report=report,
        file_id=incoming.file_id,
        wrapped_key=reports.seal_file_key(report, key, incoming.file_id, incoming.key),
        size=hashes.size,
        md5=bytes.fromhex(hashes.md5),
        sha1=bytes.fromhex(hashes.sha1),
        sha256=bytes.fromhex(hashes.sha256),
        name_tag=number.to_bytes(32),
        received_at=runtime.clock().now(),
    )


@transaction.atomic
def make(number: int) -> None:
    item = reports.NewItem(ItemKind.URL, f"https://host.example/{number}")
    report = reports.create_report(reports.NewReport(Source.PUBLIC, (item,), "form", b"{}"))
    key = reports.key_of(report)
    files = [reports.FileItem(store(report, key, position)) for position in range(2)]
    reports.add_file_items(report, key, files, 1)
    sealed = runtime.vault().seal(key, b"a made-up message", reports.context(report, "message"))
    Message.objects.create(report=report, sealed=sealed, repeat_key=number.to_bytes(32), sent_at=runtime.clock().now())
    audit.record("report:received", f"report:{report.pk}", data={"source": "public", "items": 3, "kinds": ["url"]})
    Report.objects.filter(pk=report.pk).update(state="closed")
    audit.record("report:closed", f"report:{report.pk}", data={"from": "actioned"})


for number in range(int(os.environ["OLD_REPORTS"])):
    make(number)
print(json.dumps(Report.objects.count()))
