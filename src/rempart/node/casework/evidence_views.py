"""The release of evidence: request, a second person's decision, one taking."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.core.permissions import Permission
from rempart.core.release import ReleaseState
from rempart.node.casework import release, wording
from rempart.node.casework.answering import sentence
from rempart.node.casework.care_forms import ReleaseForm
from rempart.node.staff.access import person_of, requires

View = Callable[..., HttpResponse]


def _answers(view: View) -> View:
    """Unknown 404, not allowed or restricted 403."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFound as error:
            return render(request, "casework/refused.html", {"title": _("Nothing here"), "error": error}, status=404)
        except NotPermitted as error:
            return render(request, "casework/refused.html", {"title": _("Not allowed"), "error": error}, status=403)

    return guarded


@requires(Permission.EVIDENCE_REQUEST)
@require_http_methods(["GET", "POST"])
@_answers
def releases(request: HttpRequest) -> HttpResponse:
    """What was requested, and the form to request; nothing leaves from here."""
    person = person_of(request)
    form = ReleaseForm(request.POST) if request.method == "POST" else ReleaseForm(initial=_asked(request))
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            number = release.request(
                person, chosen["contents"], chosen["recipient"], chosen["legal_basis"], chosen["reason"]
            )
            return redirect("evidence:detail", number)
        except InputError as error:
            form.add_error(error.where if error.where in form.fields else None, sentence(error))
    rows = [(one, wording.RELEASES[one.state]) for one in release.latest(person)]
    return render(request, "casework/releases.html", {"rows": rows, "form": form}, status=422 if form.errors else 200)


def _asked(request: HttpRequest) -> dict[str, str]:
    case = request.GET.get("case", "")
    return {"contents": f"C-{case}"} if case.isascii() and case.isdigit() and len(case) < 19 else {}


@requires(Permission.EVIDENCE_REQUEST)
@require_GET
@_answers
def release_page(request: HttpRequest, release_id: int) -> HttpResponse:
    return _release_page(request, release_id)


def _release_page(request: HttpRequest, release_id: int, problem: str = "", status: int = 200) -> HttpResponse:
    person = person_of(request)
    found = release.get(person, release_id)
    is_mine = found.requested_by_id == person.pk
    context = {
        "release": found,
        "state": wording.RELEASES[found.state],
        "may_decide": found.state is ReleaseState.REQUESTED and not is_mine and person.may(Permission.EVIDENCE_APPROVE),
        "may_take": found.state is ReleaseState.APPROVED and is_mine,
        "waits_for_other": found.state is ReleaseState.REQUESTED and is_mine,
        "problem": problem,
    }
    return render(request, "casework/release.html", context, status=status)


@requires(Permission.EVIDENCE_APPROVE, recent=True)
@require_POST
@_answers
def decide(request: HttpRequest, release_id: int) -> HttpResponse:
    """Approve or refuse the set of files whose digest the page carried."""
    given = request.POST
    digest, reason = given.get("digest", "")[:64], given.get("reason", "")[:1000]
    try:
        if given.get("decision") not in ("approve", "refuse"):
            raise InputError("the decision is missing.", where="decision", advice="Use one of the two buttons.")
        release.decide(person_of(request), release_id, given["decision"] == "approve", digest, reason)
    except (Conflict, InputError) as error:
        return _release_page(request, release_id, sentence(error), 422 if isinstance(error, InputError) else 409)
    return redirect("evidence:detail", release_id)


@requires(Permission.EVIDENCE_REQUEST, recent=True)
@require_POST
@_answers
def take(request: HttpRequest, release_id: int) -> HttpResponse:
    """The archive, once; in chunks, kept by nothing on the way."""
    try:
        chunks = release.take(person_of(request), release_id, request.POST.get("digest", "")[:64])
    except Conflict as error:
        return _release_page(request, release_id, sentence(error), 409)
    headers = {
        "Content-Disposition": f'attachment; filename="release-{release_id}.zip"',
        "Cache-Control": "no-store",
    }
    # Guards pass any answer on; Django types streamed ones apart.
    return cast(HttpResponse, StreamingHttpResponse(chunks, content_type="application/zip", headers=headers))
