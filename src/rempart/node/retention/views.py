"""Staff pages: what is due by which rule, and requests to erase one person's data."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted, RempartError
from rempart.core.permissions import Permission
from rempart.core.retention import LegalBasis
from rempart.node.retention import requests, returning, running, wording
from rempart.node.retention.forms import RequestForm
from rempart.node.runtime import clock
from rempart.node.staff.access import person_of, requires

_DECIDED_SHOWN = 50


@requires(Permission.RETENTION_VIEW)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """What the worker found due, held and waiting at its last look, and the rules in force; counts only."""
    person, now = person_of(request), clock().now()
    version, found = settings.RETENTION_RULES.at(now), running.kept_survey()
    lines = [
        {**line, "kind": wording.KINDS[str(line["kind"])], "next_at": _moment(line["next_at"])}
        for line in (found[1] if found else [])
    ]
    context = {
        "looked_at": found[0] if found else None,
        "lines": lines,
        "version": version,
        "rules": [(rule, wording.KINDS[rule.kind]) for rule in (version.rules if version else ())],
        "coming": [one for one in settings.RETENTION_RULES.versions if one.starts_at > now],
        "may_request": person.may(Permission.ERASURE_REQUEST),
        "may_hold": person.may(Permission.PRESERVATION_HOLD),
        "may_redact": person.may(Permission.TEXT_REDACT),
    }
    return render(request, "retention/overview.html", context)


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None


@requires(Permission.ERASURE_REQUEST)
@require_GET
def requests_page(request: HttpRequest) -> HttpResponse:
    """What waits for a decision, the form for a new request, and the last decisions."""
    return _requests(request, RequestForm(initial={"reference": request.GET.get("reference", "")[:20]}))


@requires(Permission.ERASURE_REQUEST)
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for an erasure; another person decides."""
    form = RequestForm(request.POST)
    if not form.is_valid():
        return _requests(request, form, status=422)
    given = form.cleaned_data
    subject, basis = requests.Subject(given["subject"]), LegalBasis(given["basis"])
    try:
        number = requests.ask(person_of(request), subject, form.named, basis, given["reason"])
    except RempartError as error:
        return _requests(request, form, error=error, status=_status(error))
    messages.success(request, _("Asked. A colleague decides about it."), extra_tags="done")
    return returning.done(request, "retention:request", number)


def _requests(
    request: HttpRequest, form: RequestForm, *, error: RempartError | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "waiting": [_shown(one) for one in requests.waiting()],
        "decided": [_shown(one) for one in requests.decided(_DECIDED_SHOWN)],
        "form": form,
        "error": error,
        "back": returning.case_of(request),
    }
    return render(request, "retention/requests.html", context, status=status)


@requires(Permission.ERASURE_REQUEST)
@require_GET
def request_page(request: HttpRequest, request_id: int) -> HttpResponse:
    """One request; the decision for who may take it and did not ask."""
    return _request(request, request_id)


@requires(Permission.ERASURE_APPROVE)
@require_POST
def decide(request: HttpRequest, request_id: int) -> HttpResponse:
    """Erase, or refuse to, with a reason."""
    choice, reason = request.POST.get("decision"), request.POST.get("reason", "")[:2000]
    try:
        if choice == "approve":
            count = requests.approve(person_of(request), request_id, reason)
            said = ngettext("%(count)s report is erased.", "%(count)s reports are erased.", count) % {"count": count}
        elif choice == "refuse":
            requests.refuse(person_of(request), request_id, reason)
            said = _("Refused: nothing is erased.")
        else:
            raise InputError("the decision is missing.", where="decision", advice="Use one of the two buttons.")
    except NotFound:
        raise Http404 from None
    except RempartError as error:
        return _request(request, request_id, error=error, reason=reason, status=_status(error))
    messages.success(request, said, extra_tags="done")
    return returning.done(request, "retention:request", request_id)


def _request(
    request: HttpRequest, request_id: int, *, error: RempartError | None = None, reason: str = "", status: int = 200
) -> HttpResponse:
    try:
        found = requests.get(request_id)
    except NotFound:
        raise Http404 from None
    person = person_of(request)
    is_open = found.state == requests.State.REQUESTED
    context = {
        **_shown(found),
        "references": requests.references(request_id),
        "obstacles": requests.obstacles(request_id) if is_open else [],
        "notes": requests.notes(request_id) if is_open else None,
        "back": returning.case_of(request),
        "is_own": found.requested_by_id == person.pk,
        "may_decide": is_open and person.may(Permission.ERASURE_APPROVE) and found.requested_by_id != person.pk,
        "is_open": is_open,
        "error": error,
        "given_reason": reason,
    }
    return render(request, "retention/request.html", context, status=status)


def _shown(found: requests.RequestView) -> dict[str, Any]:
    return {
        "found": found,
        "subject": wording.SUBJECTS[found.subject],
        "basis": wording.BASES[found.basis],
        "state": wording.STATES[found.state],
    }


def _status(error: RempartError) -> int:
    """What HTTP calls it; a missing report is a wrong input of the form that named it."""
    return 409 if isinstance(error, Conflict) else 403 if isinstance(error, NotPermitted) else 422
