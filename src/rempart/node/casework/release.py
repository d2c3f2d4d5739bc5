"""Evidence that leaves the node: requested by one person, approved by another, taken once (`core.release`)."""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from rempart.core import release as rules
from rempart.core.errors import Conflict, InputError, IntegrityError, NotFound
from rempart.core.permissions import Permission
from rempart.core.release import ReleaseFacts, ReleaseState
from rempart.formats.signed_json import canonical_json, sign_document
from rempart.node.audit import services as audit
from rempart.node.casework import access
from rempart.node.casework.models import Release, ReleaseFile
from rempart.node.intake import services as intake
from rempart.node.people import Person, require_permission, roles_of
from rempart.node.runtime import clock, signer

MANIFEST = "manifest.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class FileLine:
    """`size` in bytes."""

    content_id: int
    size: int


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """A release for those who may know of all its contents. `digest` stands for its files, in hexadecimal."""

    id: int
    state: ReleaseState
    recipient: str
    legal_basis: str
    reason: str
    requested_by_id: int
    requested_by: str
    requested_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    digest: str
    files: list[FileLine]


@transaction.atomic
def request(person: Person, content_ids: Iterable[int], recipient: str, legal_basis: str, reason: str) -> int:
    """Ask that the files of these contents leave; returns the release's number.

    Raises NotPermitted (also where one is restricted), InputError without recipient, legal basis, reason or files.
    """
    _take_part(person, Permission.EVIDENCE_REQUEST)
    _check_texts(recipient=recipient, legal_basis=legal_basis, reason=reason)
    numbers = sorted(set(content_ids))
    if not 1 <= len(numbers) <= rules.MAX_FILES:
        raise InputError(f"a release holds 1 to {rules.MAX_FILES} files.", where="contents", advice="Split it.")
    files = [_file_of(person, number) for number in numbers]
    row = Release.objects.create(
        requested_by_id=person.pk,
        requested_at=clock().now(),
        recipient=recipient.strip()[:200],
        legal_basis=legal_basis.strip()[:300],
        reason=reason.strip(),
        digest=rules.set_digest((file.sha256, file.size) for file in files),
    )
    ReleaseFile.objects.bulk_create(
        ReleaseFile(release=row, content_id=number, stored_file=file.id, sha256=file.sha256, size=file.size)
        for number, file in zip(numbers, files, strict=True)
    )
    # Reasons may name people: they stay with the release and out of the chain.
    audit.record("release:requested", f"release:{row.pk}", actor=person.actor, data={"files": len(files)})
    return row.pk


@transaction.atomic
def decide(person: Person, release_id: int, approve: bool, digest: str, reason: str) -> None:
    """A second person approves or refuses exactly the files they were shown: `digest` is that of the page.

    Raises NotPermitted to the requester, Conflict when it is too late or the set is another, InputError without reason.
    """
    _take_part(person, Permission.EVIDENCE_APPROVE)
    _check_texts(reason=reason)
    row = _locked(person, release_id)
    now = clock().now()
    rules.check_decision(_facts(row), person.pk, _bytes_of(digest), _digest_now(row), now)
    row.approved, row.decided_by_id, row.decided_at = approve, person.pk, now
    row.decision_reason = reason.strip()
    row.save(update_fields=["approved", "decided_by", "decided_at", "decision_reason"])
    audit.record("release:approved" if approve else "release:refused", f"release:{row.pk}", actor=person.actor)


@transaction.atomic
def take(person: Person, release_id: int, digest: str) -> Iterator[bytes]:
    """Use the approval up and return the archive in chunks: the files, then the signed manifest.

    Raises NotPermitted to anybody but the requester, Conflict unless it is approved, unused, in time and this set.
    An archive without its manifest was cut off and is not the evidence.
    """
    _take_part(person, Permission.EVIDENCE_REQUEST)
    row = _locked(person, release_id)
    now = clock().now()
    rules.check_taking(_facts(row), person.pk, _bytes_of(digest), _digest_now(row), now)
    files = list(row.files.order_by("content_id"))
    for line in files:
        stored = intake.file(line.stored_file)
        if stored.viewed_by_platform is not True:
            require_permission(person, Permission.FILE_UNSEAL)
            audit.record("file:unsealed", f"report:{stored.report_id}", actor=person.actor, reason=row.reason)
    Release.objects.filter(pk=row.pk, taken_at__isnull=True).update(taken_at=now)
    audit.record("release:taken", f"release:{row.pk}", actor=person.actor, data={"files": len(files)})
    return _archive(files, _manifest(row, files, now))


def get(person: Person, release_id: int) -> ReleaseView:
    """Raises NotPermitted, NotFound, and Restricted where one of its contents is closed to the person."""
    _take_part(person, Permission.EVIDENCE_REQUEST)
    return _view(_visible(person, release_id))


def latest(person: Person, count: int = 50) -> list[ReleaseView]:
    """Newest first, without those of which the person may not know everything."""
    _take_part(person, Permission.EVIDENCE_REQUEST)
    rows = list(_rows().order_by("-pk")[:count])
    hidden = access.hidden_from(person, {file.content_id for row in rows for file in row.files.all()})
    return [_view(row) for row in rows if not hidden & {file.content_id for file in row.files.all()}]


def _take_part(person: Person, permission: Permission) -> None:
    require_permission(person, permission)
    rules.check_part(roles_of(person))


def _check_texts(**texts: str) -> None:
    for name, text in texts.items():
        if not text.strip():
            raise InputError("this is missing.", where=name, advice="Write it in a sentence; it is kept.")


def _file_of(person: Person, content_id: int) -> intake.FileFacts:
    access.require(person, content_id)
    files = intake.files_with_content(content_id)
    if not files:
        raise InputError(f"C-{content_id} has no file.", where="contents", advice="Leave it out.")
    return next((file for file in files if file.viewed_by_platform), files[0])


def _rows() -> QuerySet[Release]:
    return Release.objects.select_related("requested_by", "decided_by").prefetch_related("files")


def _visible(person: Person, release_id: int) -> Release:
    row = _rows().filter(pk=release_id).first()
    if row is None:
        raise NotFound("there is no such release.", where="release")
    for file in row.files.all():
        access.require(person, file.content_id)
    return row


def _locked(person: Person, release_id: int) -> Release:
    """Locked to the end of the transaction, so that two takers cannot both find it unused."""
    _visible(person, release_id)
    return Release.objects.select_for_update().get(pk=release_id)


def _facts(row: Release) -> ReleaseFacts:
    return ReleaseFacts(
        row.requested_by_id, row.requested_at, row.approved, row.decided_by_id, row.decided_at, row.taken_at
    )


def _digest_now(row: Release) -> bytes:
    """Of the files as they are recorded with their reports, not as the request wrote them down.

    Raises Conflict when what was requested is no longer what is there.
    """
    lines = list(row.files.all())
    stored = [intake.file(line.stored_file) for line in lines]
    found = rules.set_digest((file.sha256, file.size) for file in stored)
    if found != bytes(row.digest):
        raise Conflict("the files changed since they were requested.", where="release", advice="Request them anew.")
    return found


def _bytes_of(digest: str) -> bytes:
    try:
        return bytes.fromhex(digest)
    except ValueError:
        return b""


def _manifest(row: Release, files: list[ReleaseFile], taken_at: datetime) -> bytes:
    document = {
        "kind": "evidence",
        "release": row.pk,
        "organisation": settings.ORGANISATION,
        "country": settings.COUNTRY,
        "recipient": row.recipient,
        "legal_basis": row.legal_basis,
        "taken_at": taken_at.isoformat(),
        "set": bytes(row.digest).hex(),
        "files": [
            {"name": _name(file), "content": file.content_id, "sha256": bytes(file.sha256).hex(), "size": file.size}
            for file in files
        ],
    }
    return sign_document(canonical_json(document), signer().sign, signer().key_id)


def _name(file: ReleaseFile) -> str:
    return f"C-{file.content_id}.bin"


class _Sink(io.RawIOBase):
    """Where the archive is written: kept until drained, never on a disk."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._kept += data
        return len(data)

    def drain(self) -> bytes:
        taken = bytes(self._kept)
        self._kept.clear()
        return taken


def _archive(files: list[ReleaseFile], manifest: bytes) -> Iterator[bytes]:
    """Each file is hashed on its way; one that is not what was approved ends the archive before its manifest."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            seen = hashlib.sha256()
            with archive.open(zipfile.ZipInfo(_name(file), _EPOCH), "w", force_zip64=True) as entry:
                for chunk in intake.file_bytes(file.stored_file):
                    seen.update(chunk)
                    entry.write(chunk)
                    yield sink.drain()
            if seen.digest() != bytes(file.sha256):
                raise IntegrityError("a file is not the one that was approved.", where=_name(file))
        archive.writestr(zipfile.ZipInfo(MANIFEST, _EPOCH), manifest)
    yield sink.drain()


def _view(row: Release) -> ReleaseView:
    files = sorted(row.files.all(), key=lambda file: file.content_id)
    return ReleaseView(
        id=row.pk,
        state=rules.state(_facts(row), clock().now()),
        recipient=row.recipient,
        legal_basis=row.legal_basis,
        reason=row.reason,
        requested_by_id=row.requested_by_id,
        requested_by=str(row.requested_by),
        requested_at=row.requested_at,
        decided_by=str(row.decided_by) if row.decided_by else "",
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
        digest=bytes(row.digest).hex(),
        files=[FileLine(file.content_id, file.size) for file in files],
    )
