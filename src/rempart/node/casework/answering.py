"""What pages of casework say when a service refuses."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.core.permissions import Permission
from rempart.node.casework.access import Restricted
from rempart.node.staff.access import person_of

View = Callable[..., HttpResponse]


def answers(view: View) -> View:
    """Turn what the services refuse into pages: unknown 404, not allowed 403, changed meanwhile a message.

    Only views of one content may meet `Restricted`.
    """

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, **kwargs)
        except NotFound as error:
            return render(request, "casework/refused.html", {"title": _("Nothing here"), "error": error}, status=404)
        except Restricted as error:
            return restricted_page(request, kwargs["content_id"], error)
        except NotPermitted as error:
            return render(request, "casework/refused.html", {"title": _("Not allowed"), "error": error}, status=403)
        except Conflict as error:
            messages.warning(request, sentence(error), extra_tags="attention")
            if "content_id" in kwargs:
                return redirect("casework:case", kwargs["content_id"])
            return redirect("casework:queue")

    return guarded


def restricted_page(
    request: HttpRequest, content_id: int, error: Restricted, problem: str = "", status: int = 403
) -> HttpResponse:
    """That the case exists, and the way in for those who may break the glass."""
    may_break = person_of(request).may(Permission.CASE_BREAK_GLASS)
    context = {"content_id": content_id, "error": error, "may_break": may_break, "problem": problem}
    return render(request, "casework/restricted.html", context, status=status)


def sentence(error: Conflict | InputError) -> str:
    what = f"{error.what[:1].upper()}{error.what[1:]}"
    return f"{what} {error.advice}".strip()
