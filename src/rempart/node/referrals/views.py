"""Staff pages: what waits for a person's decision before it may leave, and where every referral stands."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rempart.core.errors import Conflict, InputError, NotFound
from rempart.core.permissions import Permission
from rempart.core.vocabulary import ReferralState
from rempart.node.casework import services as casework
from rempart.node.intake import services as intake
from rempart.node.pages import page_number, pages
from rempart.node.people import Person
from rempart.node.referrals import services
from rempart.node.register.services import country_name
from rempart.node.staff.access import person_of, requires


@requires(Permission.REFERRAL_VIEW)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """What waits for a decision first, then all others."""
    filters = {name: request.GET.get(name, "").strip()[:12] for name in ("state", "country")}
    page = page_number(request)
    rows, total = services.overview(filters, page)
    counts = services.counts()
    person = person_of(request)
    context = {
        "to_decide": _visible_to(person, services.to_decide()),
        "rows": _visible_to(person, rows),
        "filters": filters,
        "is_filtered": any(filters.values()),
        "states": [(str(state), counts.get(state, 0)) for state in ReferralState if state != ReferralState.PROPOSED],
        "pages": pages(page, total, services.PAGE, filters),
    }
    return render(request, "referrals/list.html", context)


@requires(Permission.REFERRAL_VIEW)
@require_GET
def detail(request: HttpRequest, referral_id: int) -> HttpResponse:
    """The facts of one referral; the decision for those who may take it."""
    return _page(request, referral_id)


@requires(Permission.REFERRAL_DECIDE)
@require_POST
def decide(request: HttpRequest, referral_id: int) -> HttpResponse:
    """Forward or withdraw, with a reason and, to forward, a legal basis."""
    choice = request.POST.get("decision")
    forward = choice == "forward"
    reason, basis = request.POST.get("reason", "")[:2000], request.POST.get("legal_basis", "")[:300]
    try:
        if choice not in ("forward", "withdraw"):
            raise InputError("the decision is missing.", where="decision", advice="Use one of the two buttons.")
        _visible(request, referral_id)
        services.decide(person_of(request), referral_id, forward, reason, basis)
    except NotFound:
        raise Http404 from None
    except (Conflict, InputError) as error:
        return _page(request, referral_id, error=error, status=422 if isinstance(error, InputError) else 409)
    said = _("Decided: the referral is forwarded.") if forward else _("Decided: the referral is withdrawn.")
    messages.success(request, said, extra_tags="done")
    return redirect("referrals:detail", referral_id)


@requires(Permission.REFERRAL_DECIDE)
@require_POST
def withdraw(request: HttpRequest, referral_id: int) -> HttpResponse:
    """Take a referral back while its file is not written."""
    try:
        _visible(request, referral_id)
        services.withdraw(person_of(request), referral_id, request.POST.get("reason", "")[:2000])
    except NotFound:
        raise Http404 from None
    except (Conflict, InputError) as error:
        return _page(request, referral_id, error=error, status=422 if isinstance(error, InputError) else 409)
    messages.success(request, _("The referral is withdrawn."), extra_tags="done")
    return redirect("referrals:detail", referral_id)


def _visible(request: HttpRequest, referral_id: int) -> services.ReferralView:
    """Raises NotFound, also for one about a content or report that is restricted and closed to this person."""
    referral = services.get(referral_id)
    if not _visible_to(person_of(request), [referral]):
        raise NotFound("there is no such referral.", where="referral")
    return referral


def _visible_to(person: Person, rows: Iterable[services.ReferralView]) -> list[services.ReferralView]:
    found = list(rows)
    contents = casework.hidden_from(person, (row.content_id for row in found if row.content_id))
    reports = casework.hidden_reports(person)
    return [row for row in found if row.content_id not in contents and row.report_id not in reports]


def _page(
    request: HttpRequest, referral_id: int, *, error: Conflict | InputError | None = None, status: int = 200
) -> HttpResponse:
    try:
        referral = _visible(request, referral_id)
    except NotFound:
        raise Http404 from None
    person = person_of(request)
    may_decide = person.may(Permission.REFERRAL_DECIDE)
    context = {
        "referral": referral,
        "country": country_name(referral.country) if referral.country else "",
        "content": casework.content(referral.content_id) if referral.content_id else None,
        "report": intake.report(referral.report_id) if referral.report_id else None,
        "may_decide": may_decide and referral.state is ReferralState.PROPOSED,
        "may_withdraw": may_decide and referral.state is ReferralState.QUEUED,
        "may_open_case": person.may(Permission.QUEUE_VIEW),
        "given": request.POST,
        "error": error,
    }
    return render(request, "referrals/detail.html", context, status=status)
