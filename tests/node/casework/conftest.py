"""Reports that come in, the steps of recognition and casework, and what the chain tells of them."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module

import pytest
from django.db import transaction
from node.casework.pages import address, enter, picture

from rempart.core.vocabulary import ItemKind, Role, Source
from rempart.formats.hash_csv import HashRow
from rempart.node.audit import services as audit
from rempart.node.intake import reports
from rempart.node.intake.models import Platform, Report, ReportItem, StoredFile
from rempart.node.intake.pointing import point_to
from rempart.node.intake.uploads import IncomingFile
from rempart.node.jobs import services as jobs
from rempart.node.jobs.steps import STEP_MODULES
from rempart.node.lists.importing import import_rows
from rempart.node.runtime import clock as node_clock

__all__ = ["address", "enter", "picture"]
OWN_KINDS = ("fingerprint", "triage", "rematch", "follow", "lease", "act")


@dataclass
class Upload:
    """A file of a report; `found_at` is the position of the item it was found at."""

    data: bytes
    viewed: bool | None = True
    found_at: int | None = None


@pytest.fixture
def upload() -> type[Upload]:
    return Upload


@pytest.fixture
def submit(db, clock) -> Callable[..., int]:
    """Let a report come in as intake does; returns its id."""

    def store(report: Report, key: bytes, upload: Upload) -> StoredFile:
        with IncomingFile("picture.jpg") as incoming:
            incoming.write(upload.data)
            hashes = incoming.commit()
        return StoredFile.objects.create(
            report=report,
            file_id=incoming.file_id,
            wrapped_key=reports.seal_file_key(report, key, incoming.file_id, incoming.key),
            size=hashes.size,
            md5=bytes.fromhex(hashes.md5),
            sha1=bytes.fromhex(hashes.sha1),
            sha256=bytes.fromhex(hashes.sha256),
            viewed_by_platform=upload.viewed,
            name_tag=secrets.token_bytes(32),
            received_at=node_clock().now(),
        )

    @transaction.atomic
    def come_in(
        *items: tuple[str, str],
        files: Sequence[Upload | bytes] = (),
        source: Source = Source.PUBLIC,
        facts: dict[str, bool] | None = None,
        platform: Platform | None = None,
    ) -> int:
        named = tuple(point_to(ItemKind(kind), value, "Example Chat", {}) for kind, value in items)
        report = reports.create_report(
            reports.NewReport(source, named, "form", b"as it came in", facts=facts or {}, platform=platform)
        )
        key = reports.key_of(report)
        places = list(ReportItem.objects.filter(report=report).order_by("position"))
        uploads = [upload if isinstance(upload, Upload) else Upload(upload) for upload in files]
        rows = [
            reports.FileItem(
                store(report, key, upload),
                found_at=places[upload.found_at].pk if upload.found_at is not None else None,
            )
            for upload in uploads
        ]
        reports.add_file_items(report, key, rows, len(places))
        reports.receive(report, "public")
        return report.pk

    return come_in


@pytest.fixture
def work(db) -> Iterator[Callable[[], int]]:
    """Do the due steps of recognition and casework (none that touches hosts) until none is due.

    Whatever the test did, the chain of events verifies after it.
    """
    for name in STEP_MODULES:
        import_module(name)

    def run() -> int:
        done = 0
        while claims := jobs.claim(16, OWN_KINDS):
            done += len(claims)
            assert all([jobs.perform(held) for held in claims])
            assert done < 1000, "steps keep asking for one another"
        return done

    yield run
    audit.verify()


@pytest.fixture
def listed(db, clock) -> Callable[..., int]:
    """Import fingerprints to a list; returns its id."""

    def put(name: str, category: str, *hashes: dict, settles: bool = True) -> int:
        rows = [HashRow(line, one) for line, one in enumerate(hashes, start=2)]
        return import_rows(name, category, rows, settles=settles).list_id

    return put


@pytest.fixture
def told() -> Callable[..., list[tuple[str, str, dict]]]:
    """Events whose action begins so, in order: (action, subject, data)."""

    def read(prefix: str = "", subject: str | None = None) -> list[tuple[str, str, dict]]:
        facts = audit.events(subject=subject)
        return [(fact.action, fact.subject, fact.data) for fact in facts if fact.action.startswith(prefix)]

    return read


@pytest.fixture
def second_senior(people):
    """Another senior analyst, for what Sacha may not do alone."""
    from rempart.node.staff.models import StaffMember

    return StaffMember.objects.create_user("serge", "correct horse battery staple", [Role.SENIOR_ANALYST], "Serge")
