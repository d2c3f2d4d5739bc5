"""Staff pages: choose a text, read it with a reason, remove a passage for good."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rempart.core.errors import InputError, NotFound, NotPermitted, RempartError
from rempart.core.permissions import Permission
from rempart.core.redaction import Ground
from rempart.node.retention import redaction, returning, wording
from rempart.node.retention.forms import RedactionForm
from rempart.node.staff.access import person_of, requires


@requires(Permission.TEXT_REDACT)
@require_GET
def texts(request: HttpRequest) -> HttpResponse:
    """The texts of one report, by its reference, without what they say."""
    reference = request.GET.get("report", "").strip()[:20]
    found, status = [], 200
    error: RempartError | None = None
    if reference:
        try:
            found = [(one, wording.TEXTS[one.kind]) for one in redaction.texts(person_of(request), reference)]
        except NotFound as failed:
            error, status = failed, 422
        except NotPermitted as failed:
            error, status = failed, 403
    context = {"reference": reference, "texts": found, "error": error, "back": returning.case_of(request)}
    return render(request, "retention/texts.html", context, status=status)


@requires(Permission.TEXT_REDACT)
@require_GET
def text(request: HttpRequest, kind: str, text_id: int) -> HttpResponse:
    """Asks why the text is read."""
    return _page(request, kind, text_id)


@requires(Permission.TEXT_REDACT)
@require_POST
def read(request: HttpRequest, kind: str, text_id: int) -> HttpResponse:
    """The text and the form to remove a passage; reading a message is an event."""
    reason = request.POST.get("reason", "")[:500]
    try:
        shown = redaction.read(person_of(request), redaction.kind_of(kind), text_id, reason)
    except NotFound:
        raise Http404 from None
    except InputError as error:
        return _page(request, kind, text_id, error=error, status=422)
    except NotPermitted as error:
        return _page(request, kind, text_id, error=error, status=403)
    return _page(request, kind, text_id, shown=shown, form=RedactionForm())


@requires(Permission.TEXT_REDACT)
@require_POST
def redact(request: HttpRequest, kind: str, text_id: int) -> HttpResponse:
    """Remove a passage for good."""
    form = RedactionForm(request.POST)
    try:
        which = redaction.kind_of(kind)
        if not form.is_valid():
            return _page(request, kind, text_id, form=form, status=422)
        given = form.cleaned_data
        redaction.redact(person_of(request), which, text_id, given["passage"], Ground(given["ground"]), given["reason"])
    except NotFound:
        raise Http404 from None
    except InputError as error:
        return _page(request, kind, text_id, form=form, error=error, status=422)
    except NotPermitted as error:
        return _page(request, kind, text_id, error=error, status=403)
    messages.success(request, _("The passage is removed for good."), extra_tags="done")
    return returning.done(request, "retention:text", kind, text_id)


def _page(
    request: HttpRequest,
    kind: str,
    text_id: int,
    *,
    shown: str | None = None,
    form: RedactionForm | None = None,
    error: RempartError | None = None,
    status: int = 200,
) -> HttpResponse:
    if kind not in wording.TEXTS:
        raise Http404
    context: dict[str, Any] = {
        "kind": kind,
        "kind_name": wording.TEXTS[kind],
        "text_id": text_id,
        "shown": shown,
        "form": form,
        "error": error,
        "back": returning.case_of(request),
    }
    return render(request, "retention/text.html", context, status=status)
