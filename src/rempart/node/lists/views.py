"""The lists this node matches against, and adding to them."""

from collections.abc import Iterable, Iterator

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rempart.core.errors import Conflict, InputError
from rempart.core.permissions import Permission
from rempart.formats.hash_csv import read_hash_csv
from rempart.formats.rows import RejectedRow
from rempart.formats.vics import read_vics
from rempart.node.exchange import services as exchange
from rempart.node.lists import services
from rempart.node.lists.feedback import entries_with_feedback
from rempart.node.lists.forms import ImportForm
from rempart.node.lists.importing import Imported, Row, import_rows
from rempart.node.staff.access import person_of, requires

SHOWN_REJECTIONS = 50
SHOWN_FEEDBACK = 200


@requires(Permission.LISTS_VIEW)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Every list with its counts; the import form for those who may use it."""
    return _page(request, ImportForm())


@requires(Permission.LISTS_MANAGE)
@require_GET
def feedback(request: HttpRequest) -> HttpResponse:
    """What platforms say of entries, here and at other members, without a fingerprint."""
    context = {"entries": entries_with_feedback(most=SHOWN_FEEDBACK), "received": exchange.received(SHOWN_FEEDBACK)}
    return render(request, "lists/feedback.html", context)


@requires(Permission.LISTS_MANAGE)
@require_POST
def import_file(request: HttpRequest) -> HttpResponse:
    """Add an uploaded file's entries; what was rejected is named line by line."""
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    rejected: list[RejectedRow] = []
    try:
        result = _import(form, person_of(request).actor, rejected)
    except (Conflict, InputError) as error:
        form.add_error(error.where if error.where in form.fields else "file", f"{error.what} {error.advice}")
        return _page(request, form, status=422)
    if rejected:
        return _page(request, ImportForm(), result=result, rejected=rejected)
    messages.success(
        request,
        _("%(added)s entries added, %(present)s present already.") % {"added": result.added, "present": result.present},
        extra_tags="done",
    )
    return redirect("lists:list")


def _import(form: ImportForm, actor: str, rejected: list[RejectedRow]) -> Imported:
    chosen = form.cleaned_data
    return import_rows(
        chosen["name"],
        chosen["category"],
        _rows(chosen["file"]),
        settles=chosen["settles"],
        source=(chosen["file"].name or "")[:200],
        actor=actor,
        on_rejected=rejected.append,
    )


def _rows(upload: UploadedFile) -> Iterable[Row]:
    if (upload.name or "").lower().endswith(".json"):
        return read_vics(upload.read())
    return read_hash_csv(_lines(upload))


def _lines(upload: UploadedFile) -> Iterator[str]:
    # A byte that is no UTF-8 spoils its own line only.
    return (line.decode("utf-8", errors="replace") for line in upload)


def _page(
    request: HttpRequest,
    form: ImportForm,
    *,
    result: Imported | None = None,
    rejected: list[RejectedRow] | None = None,
    status: int = 200,
) -> HttpResponse:
    lists = services.all_lists()
    context = {
        "lists": lists,
        "entries": sum(facts.entries for facts in lists),
        "form": form,
        "may_import": person_of(request).may(Permission.LISTS_MANAGE),
        "result": result,
        "rejected": (rejected or [])[:SHOWN_REJECTIONS],
    }
    return render(request, "lists/list.html", context, status=status)
