"""What everybody may read: the page of published reports, and their files at addresses that stay."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from rempart.core.errors import NotFound
from rempart.node.reports import editions, serving
from rempart.node.reports.forms import KINDS
from rempart.node.reports.making import Kind

_public = cache_control(public=True, max_age=60)


@_public
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Published editions, the newest year first."""
    found = [(each, KINDS[Kind(each.kind)]) for each in editions.published()]
    return render(request, "reports/public.html", {"editions": found})


@_public
@require_safe
def file(request: HttpRequest, name: str, form: str) -> HttpResponse:
    """A file of a published edition."""
    try:
        data = editions.published_file(name, form)
    except NotFound:
        raise Http404 from None
    return serving.answer(request, data, f"{name}.{form}", form)
