"""Public pages: what to do, what to read and to print, and whom to call."""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rempart.core.errors import NotFound
from rempart.node.guidance import lines, pages
from rempart.node.guidance.advice import ADVICE
from rempart.node.guidance.awareness import AWARENESS
from rempart.node.guidance.written import Written


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    shown = {"advice": pages.advice_entries(), "awareness": pages.awareness_entries()}
    return render(request, "guidance/list.html", shown)


@require_safe
def advice(request: HttpRequest, who: str) -> HttpResponse:
    return _page(request, ADVICE, who, pages.advice_entries)


@require_safe
def awareness(request: HttpRequest, key: str) -> HttpResponse:
    return _page(request, AWARENESS, key, pages.awareness_entries, to_print=True)


def _page(
    request: HttpRequest,
    known: Mapping[str, Written],
    key: str,
    entries: Callable[[], list[pages.Entry]],
    *,
    to_print: bool = False,
) -> HttpResponse:
    page = known.get(key)
    if page is None:
        raise Http404
    shown = {
        "page": page,
        "ways": pages.buttons(page),
        "others": pages.others(page, entries()),
        "to_print": to_print,
    }
    return render(request, "guidance/page.html", shown)


@require_safe
def help_lines(request: HttpRequest) -> HttpResponse:
    """Every member; the lines of this node's own country at the top."""
    found = lines.countries()
    own = next((country for country in found if country.code == settings.COUNTRY), None)
    return render(request, "guidance/help.html", {"countries": found, "own": own})


@require_safe
def help_lines_of(request: HttpRequest, code: str) -> HttpResponse:
    try:
        country = lines.country(code.upper())
    except NotFound as error:
        raise Http404 from error
    return render(request, "guidance/help_of.html", {"country": country})
