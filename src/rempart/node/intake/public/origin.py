"""A POST must come from our own pages, told without a cookie.

The public form keeps no session, so there is nothing a forged request could borrow; what remains is another site
using its visitors as unwitting reporters. Browsers say where a request comes from: `Sec-Fetch-Site`, or else `Origin`.
Both may be missing or `null` (old browsers; our own `no-referrer` policy makes `Origin` null): then nothing says that
the request is foreign, and a report is not refused for the age of a browser.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

_OWN = frozenset({"same-origin", "none"})
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def is_foreign(request: HttpRequest) -> bool:
    """Whether the browser says that another site sent this request."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in _OWN
    origin = request.headers.get("Origin")
    return origin not in (None, "null", f"{request.scheme}://{request.get_host()}")


def own_pages_only(view: View[P]) -> View[P]:
    """Refuse a POST that another site sent. Takes the place of the CSRF cookie, which public pages never set."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method == "POST" and is_foreign(request):
            return render(request, "403.html", status=403)
        return view(request, *args, **kwargs)

    return csrf_exempt(checked)
