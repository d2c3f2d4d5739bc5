"""Staff pages: where every notice stands, and the answers hosts gave by other ways than removing."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rempart.core.errors import Conflict, InputError, NotFound
from rempart.core.permissions import Permission
from rempart.core.reports import NOTICE_MOVES
from rempart.core.vocabulary import NoticeState
from rempart.node.casework import services as casework
from rempart.node.hosting import services as hosting
from rempart.node.notices import services
from rempart.node.pages import page_number, pages
from rempart.node.register.services import country_name
from rempart.node.staff.access import person_of, requires


@requires(Permission.NOTICE_VIEW)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Notices by state, each with what comes next and when."""
    filters = {name: request.GET.get(name, "").strip()[:12] for name in ("state", "country")}
    page = page_number(request)
    rows, total = services.overview(filters, page)
    hosts, counts = casework.hosts_of(row.content_id for row in rows), services.counts()
    hidden = casework.hidden_from(person_of(request), hosts)
    context = {
        "rows": [(row, hosts[row.content_id]) for row in rows if row.content_id not in hidden],
        "filters": filters,
        "is_filtered": any(filters.values()),
        "states": [(str(state), counts.get(state, 0)) for state in NoticeState],
        "pages": pages(page, total, services.PAGE, filters),
        "total": total,
    }
    return render(request, "notices/list.html", context)


@requires(Permission.NOTICE_VIEW)
@require_GET
def detail(request: HttpRequest, notice_id: int) -> HttpResponse:
    """One notice: what is known, what was sent, what every look found."""
    return _page(request, notice_id)


@requires(Permission.NOTICE_MANAGE)
@require_POST
def acknowledge(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Note that the host confirmed receipt."""
    try:
        _visible(request, notice_id)
        services.acknowledge(person_of(request), notice_id)
    except NotFound:
        raise Http404 from None
    except Conflict as error:
        return _page(request, notice_id, error=error, status=409)
    messages.success(request, _("Noted: the host confirmed receipt."), extra_tags="done")
    return redirect("notices:detail", notice_id)


@requires(Permission.NOTICE_MANAGE)
@require_POST
def refuse(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Note that the host refuses; the notice is escalated next."""
    try:
        _visible(request, notice_id)
        services.refuse(person_of(request), notice_id, request.POST.get("reason", "")[:2000])
    except NotFound:
        raise Http404 from None
    except (Conflict, InputError) as error:
        return _page(request, notice_id, error=error, status=422 if isinstance(error, InputError) else 409)
    messages.success(request, _("Noted: the host refuses. The notice is escalated next."), extra_tags="done")
    return redirect("notices:detail", notice_id)


@dataclass(frozen=True, slots=True)
class _Looks:
    """Looks in a row that found the same, the newest run first."""

    first_at: datetime
    last_at: datetime
    number: int
    found: services.CheckFacts


def _looks(checks: list[services.CheckFacts]) -> list[_Looks]:
    runs = [list(run) for _, run in groupby(checks, lambda one: (one.availability, one.status, one.how))]
    return [_Looks(run[-1].at, run[0].at, len(run), run[0]) for run in runs]


def _visible(request: HttpRequest, notice_id: int) -> services.NoticeView:
    """Raises NotFound, also for a notice about a content that is restricted and closed to this person."""
    notice = services.get(notice_id)
    if casework.hidden_from(person_of(request), [notice.content_id]):
        raise NotFound("there is no such notice.", where="notice")
    return notice


def _page(
    request: HttpRequest, notice_id: int, *, error: Conflict | InputError | None = None, status: int = 200
) -> HttpResponse:
    try:
        notice = _visible(request, notice_id)
    except NotFound:
        raise Http404 from None
    person = person_of(request)
    may_answer = person.may(Permission.NOTICE_MANAGE)
    following = NOTICE_MOVES[notice.state]
    context = {
        "notice": notice,
        "content": casework.content(notice.content_id),
        "country": country_name(notice.country) if notice.country else "",
        "attempts": services.attempts(notice_id),
        "looks": _looks(services.checks(notice_id)),
        "observations": hosting.history(notice.content_id),
        "may_acknowledge": may_answer and NoticeState.ACKNOWLEDGED in following,
        "may_refuse": may_answer and NoticeState.REFUSED in following,
        "may_open_case": person.may(Permission.QUEUE_VIEW),
        "error": error,
    }
    return render(request, "notices/detail.html", context, status=status)
