"""The auditor's view: the chain, newest first, its verification and its export. It shows no content."""

import zipfile
from tempfile import TemporaryFile
from typing import cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rempart.core.errors import IntegrityError
from rempart.core.permissions import Permission
from rempart.formats.audit_export import FORMATS
from rempart.node.audit import checkpoints, exporting, searching
from rempart.node.audit import services as audit
from rempart.node.staff import services as staff
from rempart.node.staff.access import person_of, requires

PAGE = 100
_PERSONAL = frozenset({"actor", "subject", "reference"})
"""Filters that look somebody or something up: that is an access, and an event."""


@requires(Permission.AUDIT_VIEW)
@require_GET
def chain(request: HttpRequest) -> HttpResponse:
    """Events, newest first, filtered by time, actor, name, subject and reference."""
    question = searching.read(request.GET.dict())
    before = request.GET.get("before", "")
    number, digest = audit.head()
    found = audit.latest(
        PAGE + 1,
        question.search,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else 0,
    )
    looked_up = sorted(_PERSONAL & set(question.asked))
    if looked_up and not before:
        with transaction.atomic():
            audit.record("audit:searched", "audit:chain", actor=person_of(request).actor, data={"by": looked_up})
    shown = found[:PAGE]
    names = staff.names_of({name for fact in shown for name in (fact.actor, fact.subject)})
    older = question.asked | {"before": str(shown[-1].seq) if shown else "0"}
    last = checkpoints.latest()
    context = {
        # Facts as pairs: one may be called "items", which a template would take for the mapping's method.
        "events": [
            (fact, list(fact.data.items()), names.get(fact.actor, ""), names.get(fact.subject, "")) for fact in shown
        ],
        "filters": question.typed,
        "wrong": question.wrong,
        "is_filtered": bool(question.asked),
        "is_later_page": bool(before),
        "older": f"?{urlencode(older)}" if len(found) > PAGE else "",
        "head_number": number,
        "head_digest": digest.hex(),
        "checkpoint": last,
        "may_export": person_of(request).may(Permission.AUDIT_EXPORT),
    }
    return render(request, "audit/list.html", context)


@requires(Permission.AUDIT_VIEW)
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Recompute the whole chain, compare it with the signed checkpoints, and say what was found."""
    try:
        found = audit.verify()
    except IntegrityError as error:
        messages.error(request, _("The chain is broken. %(where)s") % {"where": error}, extra_tags="danger")
    else:
        text = _("The chain of %(count)s events is whole; signed checkpoints stand for the first %(covered)s.")
        messages.success(request, text % {"count": found.events, "covered": found.covered}, extra_tags="done")
    return redirect("audit:list")


@requires(Permission.AUDIT_EXPORT)
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The events that fit, as a file and the signed note about it, in one archive."""
    question = searching.read(request.POST.dict())
    format = next((one for one in FORMATS if one == request.POST.get("format")), None)
    if format is None or question.wrong:
        messages.error(request, _("Choose a format and whole days, then export again."), extra_tags="danger")
        return redirect("audit:list")
    name = f"events.{format}"
    archive = TemporaryFile(dir=settings.HOME.run)  # noqa: SIM115 - the response closes it when it was sent
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        with packed.open(name, "w", force_zip64=True) as file:
            note = exporting.export(file, question.search, question.asked, format, actor=person_of(request).actor)
        packed.writestr(f"{name}.note", note)
    archive.seek(0)
    # A streamed answer; what guards views and sets headers treats it like any other.
    return cast(HttpResponse, FileResponse(archive, as_attachment=True, filename=f"rempart-events-{format}.zip"))
