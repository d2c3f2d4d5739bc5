"""The platform API in JSON: one call for a report without files, or submit, files, finish."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.http import HttpRequest
from ninja import HeaderEx, NinjaAPI, P, PathEx, Query, Status

from rempart.core.clients import Scope
from rempart.core.errors import Conflict, InputError
from rempart.formats.cybertipline.model import QualityInputs
from rempart.node.intake import progress, services, submissions
from rempart.node.intake.api import reading, schemas
from rempart.node.intake.api.edge import JsonParser, PlatformAuth, guard
from rempart.node.intake.api.lists import router as lists
from rempart.node.intake.models import Platform
from rempart.node.intake.reports import NewReport
from rempart.node.intake.submissions import Opened
from rempart.node.intake.turns import turn
from rempart.node.intake.uploads import IncomingFile, VaultUploadHandler

_BODY_TAG = b"rempart api body 1\n"
_KEY_TAG = b"rempart api key 1\n"
_CHUNK_SIZE = 256 * 1024
_MAX_KEY = 255
ReportId = PathEx[int, P(ge=1, le=submissions.MAX_REPORT_ID)]

api = NinjaAPI(
    title="Rempart: reports by platforms",
    version="1",
    description="Report what a platform found. Open a report, upload its files, finish it: only then does it count. "
    "And follow the lists that this node passes on to the platform.",
    docs_url=None,
    urls_namespace="platform-api",
    auth=PlatformAuth(Scope.REPORT),
    parser=JsonParser(),
)
guard(api)
api.add_router("/lists", lists, auth=PlatformAuth(Scope.LISTS))
_ERRORS = {code: schemas.ErrorOut for code in (400, 401, 403, 404, 409, 413, 422, 429)}


def _platform(request: HttpRequest) -> Platform:
    platform: Platform = request.auth  # type: ignore[attr-defined]
    return platform


@api.post("/reports", response={201: schemas.OpenedOut, 200: schemas.OpenedOut, **_ERRORS}, summary="Open a report")
def submit(
    request: HttpRequest,
    report: schemas.ReportIn,
    idempotency_key: HeaderEx[str | None, P(alias="Idempotency-Key", max_length=_MAX_KEY)] = None,
) -> Status[dict[str, object]]:
    """201 when new; 200 with the first report when the same body or key came before, within the repeat window."""
    platform, body = _platform(request), request.body
    new, inputs = reading.read_submission(body, report)
    key = _repeat_key(body, idempotency_key)
    if report.finish:
        with turn(), transaction.atomic():
            opened = _open(platform, new, inputs, key, body)
            _finish(platform, opened.report_id)
    else:
        opened = _open(platform, new, inputs, key, body)
    phase = "finished" if report.finish else "open"
    answer = {"id": opened.report_id, "reference": opened.reference, "repeated": opened.repeated, "phase": phase}
    return Status(200 if opened.repeated else 201, answer)


def _open(platform: Platform, new: NewReport, inputs: QualityInputs, key: bytes, body: bytes) -> Opened:
    opened = submissions.open_submission(platform, new, inputs, key)
    if opened.repeated and services.original(opened.report_id, reading.REPORT_PART) != body:
        raise Conflict(
            "this key was used for another report.", where="Idempotency-Key", advice="Use a new key for each report."
        )
    return opened


def _repeat_key(body: bytes, key: str | None) -> bytes:
    return hashlib.sha256(_BODY_TAG + body if key is None else _KEY_TAG + key.encode()).digest()


def _finish(platform: Platform, report_id: ReportId) -> list[str]:
    """Finishing again is answered like the first time: a client that missed the answer may repeat the call."""
    try:
        return submissions.finish(platform, report_id, reading.items_from_people, reading.REPORT_PART)
    except submissions.AlreadyFinished as error:
        return list(error.file_ids)


@api.post("/reports/{int:report_id}/files", response={201: schemas.FileOut, **_ERRORS}, summary="Upload a file")
def add_file(
    request: HttpRequest, report_id: ReportId, details: Query[schemas.FileDetailsIn]
) -> Status[dict[str, object]]:
    """The file as the raw body, or as the field `file` of multipart/form-data; what is known of it in the query."""
    platform = _platform(request)
    with _receive(request, details.name) as incoming:
        added = submissions.add_file(platform, report_id, incoming)
    if details.model_fields_set - {"name"}:
        submissions.set_file_details(platform, report_id, added.file_id, reading.read_statement(details))
    return Status(201, {"file_id": added.file_id, "md5": added.md5})


@contextmanager
def _receive(request: HttpRequest, name: str) -> Iterator[IncomingFile]:
    if request.content_type == "multipart/form-data":
        with VaultUploadHandler(request, "file") as handler:
            request.upload_handlers = [handler]
            # Reading the form is what drives the upload.
            found = request.POST is not None and handler.incoming
            if not found:
                raise InputError("there is no whole file in the field `file`.", where="file", advice="Send it again.")
            yield found
        return
    with IncomingFile(name) as incoming:
        size = 0
        while chunk := request.read(_CHUNK_SIZE):
            size += len(chunk)
            incoming.write(chunk)
        if size != int(request.META.get("CONTENT_LENGTH") or 0):
            raise InputError("the file was cut off.", where="body", advice="Send it again.")
        yield incoming


@api.post("/reports/{int:report_id}/finish", response={200: schemas.FinishedOut, **_ERRORS}, summary="Finish a report")
def finish(request: HttpRequest, report_id: ReportId) -> dict[str, object]:
    """From here on the report counts; it cannot be changed or retracted any more."""
    return {"id": report_id, "phase": "finished", "files": _finish(_platform(request), report_id)}


@api.post(
    "/reports/{int:report_id}/retract", response={200: schemas.RetractedOut, **_ERRORS}, summary="Retract a report"
)
def retract(request: HttpRequest, report_id: ReportId) -> dict[str, object]:
    """Withdraw a report before it is finished; what it held is erased."""
    submissions.retract(_platform(request), report_id)
    return {"id": report_id, "phase": "retracted"}


@api.get("/reports/{int:report_id}", response={200: schemas.StatusOut, **_ERRORS}, summary="How far a report is")
def read_progress(request: HttpRequest, report_id: ReportId) -> progress.Progress:
    return progress.progress(_platform(request), report_id)


@api.get("/reports/{int:report_id}/quality", response={200: schemas.QualityOut, **_ERRORS}, summary="Report quality")
def read_quality(request: HttpRequest, report_id: ReportId) -> dict[str, object]:
    """What would make the next report more useful."""
    found = progress.quality(_platform(request), report_id)
    findings = [
        {
            "code": finding["code"],
            "points": int(finding.get("points", 0)),
            "where": finding.get("where", ""),
            "advice": finding["text"],
        }
        for finding in found.findings
    ]
    return {"score": found.score, "findings": findings}


@api.get("/reports/{int:report_id}/feedback", response={200: schemas.FeedbackOut, **_ERRORS}, summary="The outcome")
def read_feedback(request: HttpRequest, report_id: ReportId) -> progress.FeedbackFound:
    return progress.feedback(_platform(request), report_id)
