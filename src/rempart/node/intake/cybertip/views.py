"""The calls of the CyberTipline Reporting API; paths and answers as its existing clients expect them."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from rempart.formats.cybertipline.document import Rejected
from rempart.formats.cybertipline.responses import done_response, report_response
from rempart.formats.cybertipline.schema import schema_text
from rempart.formats.cybertipline.vocabulary import Code
from rempart.node.intake import submissions
from rempart.node.intake.cybertip import reading
from rempart.node.intake.cybertip.edge import call, done_answer, read_id, respond
from rempart.node.intake.models import Platform
from rempart.node.intake.uploads import NoFiles, VaultUploadHandler

_REPEAT_TAG = b"rempart cybertip submit 1\n"


@call("GET")
def status(request: HttpRequest, platform: Platform) -> bytes:
    return report_response(Code.OK)


@call("GET")
def xsd(request: HttpRequest, platform: Platform) -> bytes:
    return schema_text()


@call("POST", failure=Code.SAVE_FAILED)
def submit(request: HttpRequest, platform: Platform) -> bytes:
    body = request.body
    report, inputs = reading.read_submission(body)
    repeat_key = hashlib.sha256(_REPEAT_TAG + body).digest()
    opened = submissions.open_submission(platform, report, inputs, repeat_key)
    return report_response(Code.OK, report_id=opened.report_id)


@call("POST", failure=Code.FILE_UPLOAD_FAILED)
def upload(request: HttpRequest, platform: Platform) -> bytes:
    with VaultUploadHandler(request, "file") as handler:
        request.upload_handlers = [handler]
        report_id = read_id(request, request.POST.get("id", ""))
        if handler.incoming is None:
            raise Rejected(
                Code.INVALID_REQUEST, "There is no whole file in the field `file`.", advice="Send multipart/form-data."
            )
        added = submissions.add_file(platform, report_id, handler.incoming)
    return report_response(Code.OK, report_id=report_id, file_id=added.file_id, md5=added.md5)


@call("POST", failure=Code.UPDATE_FAILED)
def fileinfo(request: HttpRequest, platform: Platform) -> bytes:
    report_id, file_id, statement = reading.read_statement(request.body)
    submissions.set_file_details(platform, report_id, file_id, statement)
    return report_response(Code.OK, report_id=report_id)


@call("POST", failure=Code.UPDATE_FAILED, answer=done_answer)
def finish(request: HttpRequest, platform: Platform) -> bytes:
    report_id = _form_id(request)
    try:
        numbers = submissions.finish(platform, report_id, reading.items_from_people, reading.REPORT_PART)
    except submissions.AlreadyFinished as error:
        return done_response(error.code, report_id, error.file_ids)
    return done_response(Code.OK, report_id, numbers)


@call("POST", failure=Code.UPDATE_FAILED)
def retract(request: HttpRequest, platform: Platform) -> bytes:
    report_id = _form_id(request)
    submissions.retract(platform, report_id)
    return report_response(Code.OK, report_id=report_id)


def _form_id(request: HttpRequest) -> int:
    request.upload_handlers = [NoFiles(request)]
    return read_id(request, request.POST.get("id", ""))


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponse:
    return respond(report_response(Code.RESOURCE_NOT_FOUND), 404)
