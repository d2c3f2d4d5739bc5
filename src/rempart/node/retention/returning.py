"""Pages opened from a case lead back to it: its number goes along as `back`."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def case_of(request: HttpRequest) -> int | None:
    """The case the page was opened from, if any. Its page asks by itself whether the person may open it."""
    text = request.POST.get("back", "") or request.GET.get("back", "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def done(request: HttpRequest, otherwise: str, *args: object) -> HttpResponse:
    """Where to go after an action: back to the case, or to the page called `otherwise`."""
    case = case_of(request)
    return redirect("casework:case", case) if case else redirect(otherwise, *args)
