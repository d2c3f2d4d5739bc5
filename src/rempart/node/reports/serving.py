"""Files of reports over HTTP, for staff and for everybody."""

import base64
import hashlib

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from rempart.node.reports import printing

TYPES = {
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8; header=present",
}


def answer(request: HttpRequest, data: bytes, name: str, form: str) -> HttpResponse:
    """The file under its name. An HTML edition may use the styles inside it, by their digest, and nothing else."""
    how = "inline" if form in ("pdf", "html") else "attachment"
    response = HttpResponse(
        data, content_type=TYPES[form], headers={"Content-Disposition": f'{how}; filename="{name}"'}
    )
    if form != "html":
        return response
    digest = base64.b64encode(hashlib.sha256(printing.style_of(data)).digest()).decode()

    def given(_request: HttpRequest) -> HttpResponseBase:
        return response

    csp_replace({"style-src": [f"'sha256-{digest}'"]})(given)(request)
    return response
