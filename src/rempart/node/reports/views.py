"""Staff pages: editions made, published and withdrawn; what authorities declared for transparency reports."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rempart.core.errors import Conflict, NotFound, RempartError
from rempart.core.permissions import Permission
from rempart.node.reports import editions, legal_templates, making, serving, sources, stating
from rempart.node.reports.forms import KINDS, OrderForm, StatementForm
from rempart.node.reports.legal_templates import Template
from rempart.node.reports.making import Kind, Order
from rempart.node.reports.texts import LANGUAGES
from rempart.node.runtime import clock
from rempart.node.staff.access import person_of, requires

_SHOWN = 100


@requires(Permission.FIGURES_INTERNAL)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Editions, and the form for a new one for who may make it."""
    year = clock().now().year - 1
    return _overview(request, OrderForm(initial={"year": year, "language": _language()}))


@requires(Permission.FIGURES_INTERNAL)
@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """The list alone, fetched anew while an edition is being made."""
    return render(request, "reports/_editions.html", _list(request))


@requires(Permission.REPORTS_MAKE)
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for an edition."""
    form = OrderForm(request.POST)
    if not form.is_valid():
        return _overview(request, form, status=422)
    try:
        editions.ask(person_of(request), form.order(settings.COUNTRY))
    except RempartError as error:
        return _overview(request, form, error=error, status=422)
    messages.success(request, _("The report is being made. It appears in the list."), extra_tags="done")
    return redirect("reports:overview")


@requires(Permission.REPORTS_MAKE)
@require_POST
def publish(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Let everybody read it, or take it back."""
    is_back = request.POST.get("what") == "withdraw"
    try:
        (editions.withdraw if is_back else editions.publish)(person_of(request), edition_id)
    except NotFound:
        raise Http404 from None
    except Conflict as error:
        return _overview(request, OrderForm(), error=error, status=409)
    said = _("Withdrawn: nobody outside reads it any more.") if is_back else _("Published.")
    messages.success(request, said, extra_tags="done")
    return redirect("reports:overview")


@requires(Permission.FIGURES_INTERNAL)
@require_GET
def download(request: HttpRequest, edition_id: int, form: str) -> HttpResponse:
    """A file of an edition, published or not."""
    try:
        name, data = editions.file(edition_id, form)
    except NotFound:
        raise Http404 from None
    return serving.answer(request, data, name, form)


@requires(Permission.FIGURES_INTERNAL)
@require_GET
def statements(request: HttpRequest, kind: str, year: int) -> HttpResponse:
    """What is declared for a transparency report."""
    template, error = _template(kind, year)
    if template is None:
        return _overview(request, OrderForm(initial={"kind": kind, "year": year}), error=error, status=422)
    counted = _counted(template, year)
    form = StatementForm(template, template.say(_language()), stating.declared(kind, year), counted)
    return _statements(request, template, year, form)


@requires(Permission.REPORTS_MAKE)
@require_POST
def state(request: HttpRequest, kind: str, year: int) -> HttpResponse:
    """Keep what is declared now."""
    template, error = _template(kind, year)
    if template is None:
        return _overview(request, OrderForm(initial={"kind": kind, "year": year}), error=error, status=422)
    counted = _counted(template, year)
    form = StatementForm(template, template.say(_language()), stating.declared(kind, year), counted, request.POST)
    if not form.is_valid():
        return _statements(request, template, year, form, status=422)
    try:
        count = stating.state(person_of(request), kind, year, form.statements(), form.cleaned_data["by"])
    except RempartError as found:
        return _statements(request, template, year, form, error=found, status=422)
    said = _("Kept, with your name and the time.") if count else _("Nothing changed.")
    messages.success(request, said, extra_tags="done")
    return redirect("reports:statements", kind, year)


def _overview(
    request: HttpRequest, form: OrderForm, *, error: RempartError | None = None, status: int = 200
) -> HttpResponse:
    year = clock().now().year - 1
    kinds = [(kind, KINDS[Kind(kind)]) for kind in legal_templates.KINDS]
    context = {"form": form, "error": error, "legal_kinds": kinds, "last_year": year, **_list(request)}
    return render(request, "reports/overview.html", context, status=status)


def _list(request: HttpRequest) -> dict[str, object]:
    found = editions.latest(_SHOWN)
    return {
        "editions": [(each, KINDS[Kind(each.kind)]) for each in found],
        "is_waiting": any(each.is_waiting for each in found),
        "may_make": person_of(request).may(Permission.REPORTS_MAKE),
    }


def _statements(
    request: HttpRequest,
    template: Template,
    year: int,
    form: StatementForm,
    *,
    error: RempartError | None = None,
    status: int = 200,
) -> HttpResponse:
    own = template.say(_language())
    history = [
        (own.get(f"fields.{field}.title", field), *more) for field, *more in stating.history(template.kind, year)
    ]
    context = {
        "template": template,
        "name": own("name"),
        "year": year,
        "form": form,
        "history": history,
        "counted": [own(f"fields.{field.key}.title") for field in template.fields if field.key in form.counted],
        "error": error,
        "may_make": person_of(request).may(Permission.REPORTS_MAKE),
    }
    return render(request, "reports/statements.html", context, status=status)


def _template(kind: str, year: int) -> tuple[Template | None, RempartError | None]:
    if kind not in legal_templates.KINDS:
        raise Http404
    try:
        return legal_templates.find(kind, year, legal_templates.own_folder()), None
    except RempartError as error:
        return None, error


def _counted(template: Template, year: int) -> set[str]:
    """Fields that published figures give, so that nobody declares them."""
    order = Order(Kind(template.kind), settings.COUNTRY, year, _language())
    return making.counted(template, order, sources.gather(clock().now()))


def _language() -> str:
    language = (get_language() or "en")[:2]
    return language if language in LANGUAGES else "en"
