"""One decision for identical content: preview, decide, undo."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from rempart.core.errors import InputError
from rempart.core.permissions import Permission
from rempart.node import phrases
from rempart.node.casework import alike, related, services, wording
from rempart.node.casework.answering import answers, sentence
from rempart.node.staff.access import person_of, requires


@requires(Permission.CASE_ASSESS)
@require_GET
@answers
def preview(request: HttpRequest, content_id: int) -> HttpResponse:
    """What would be decided alike. Nothing is chosen that is not shown here."""
    return _page(request, content_id)


def _page(request: HttpRequest, content_id: int, problem: str = "", status: int = 200) -> HttpResponse:
    content, person = services.content(content_id), person_of(request)
    found = alike.preview(person, content_id)
    context = {
        "content_id": content_id,
        "found": found,
        "legality": phrases.LEGALITIES[found.legality] if found else "",
        "rows": related.identical(content_id, content.locator, person),
        "open_ids": found.open_ids if found else [],
        "may_undo": alike.may_undo(person, content_id),
        "problem": problem,
    }
    return render(request, "casework/alike.html", context, status=status)


@requires(Permission.CASE_ASSESS)
@require_POST
@answers
def decide(request: HttpRequest, content_id: int) -> HttpResponse:
    services.content(content_id)
    chosen = [
        int(text) for text in request.POST.getlist("cases") if text.isascii() and text.isdigit() and len(text) < 19
    ]
    try:
        results = alike.decide(person_of(request), content_id, chosen)
    except InputError as error:
        return _page(request, content_id, sentence(error), status=422)
    for one, result in results.items():
        said = _("C-%(number)s: %(result)s.") % {"number": one, "result": wording.ALIKE[result]}
        messages.success(request, said, extra_tags="attention" if result is alike.Result.PASSED_OVER else "done")
    return redirect("casework:alike", content_id)


@requires(Permission.CASE_ASSESS)
@require_POST
@answers
def undo(request: HttpRequest, content_id: int) -> HttpResponse:
    services.content(content_id)
    undone = alike.undo(person_of(request), content_id)
    said = ngettext("%(number)s decision undone.", "%(number)s decisions undone.", undone) % {"number": undone}
    messages.success(request, said, extra_tags="done" if undone else "attention")
    return redirect("casework:alike", content_id)
