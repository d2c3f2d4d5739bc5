"""Staff pages: what this node said of which content, what others say of it, and taking it back."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from rempart.core.errors import Conflict, InputError, NotFound
from rempart.core.permissions import Permission
from rempart.exchange.signals import Reason
from rempart.node.casework import services as casework
from rempart.node.exchange import canaries, opinions, recalling, showing, wording
from rempart.node.exchange.forms import RecallForm
from rempart.node.exchange.opinions import Others
from rempart.node.exchange.showing import SignalFacts
from rempart.node.pages import page_number, pages
from rempart.node.phrases import LEGALITIES, Text
from rempart.node.staff.access import person_of, requires


@dataclass(frozen=True, slots=True)
class Row:
    """One signal in words; `style` repeats its state in colour."""

    facts: SignalFacts
    kind: Text
    action: Text
    category: Text
    state: Text
    style: str
    reason: Text


@requires(Permission.SIGNALS_VIEW)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """What was signed, what waits, what a canary stopped and what is still to decide."""
    filters = {name: request.GET.get(name, "").strip()[:12] for name in showing.FILTERS}
    page, person, counts = page_number(request), person_of(request), showing.counts()
    found, total = showing.overview(filters, page, casework.closed_to(person))
    context = {
        "rows": [_row(one) for one in found],
        "filters": filters,
        "is_filtered": any(filters.values()),
        "states": [(state, text, counts[state]) for state, text in wording.STATES.items()],
        "categories": [(name, LEGALITIES[name]) for name in showing.categories()],
        "kinds": [(kind, wording.KINDS[kind]) for kind in showing.kinds()],
        "pages": pages(page, total, showing.PAGE, filters),
        "total": total,
        "stopped": canaries.stopped(),
        "proposed": opinions.proposed(),
    }
    return render(request, "exchange/list.html", context)


@requires(Permission.SIGNALS_VIEW)
@require_GET
def content(request: HttpRequest, content_id: int) -> HttpResponse:
    """One content: what this node says of it, and what other members do."""
    return _page(request, content_id)


@requires(Permission.SIGNALS_RECALL)
def recall(request: HttpRequest, content_id: int) -> HttpResponse:
    """What would be taken back, and the form; a post takes it back."""
    _visible(request, content_id)
    form = RecallForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and not form.is_valid():
        status = 422
    elif request.method == "POST":
        given = form.cleaned_data
        try:
            count = recalling.recall(person_of(request), content_id, Reason(given["reason"]), given["why"])
        except InputError as error:
            form.add_error(error.where if error.where in form.fields else None, f"{error.what} {error.advice}")
            status = 422
        except Conflict as error:
            return _page(request, content_id, error=error, status=409)
        else:
            messages.success(request, _recalled(count), extra_tags="done")
            return redirect("exchange:content", content_id)
    rows = [_row(one) for one in showing.of_content(content_id)]
    context = {"content_id": content_id, "rows": rows, "form": form}
    return render(request, "exchange/recall.html", context, status=status)


@requires(Permission.SIGNALS_RECALL)
@require_POST
def dispute(request: HttpRequest, content_id: int) -> HttpResponse:
    """Tell the members that this node found the content lawful."""
    _visible(request, content_id)
    try:
        opinions.dispute(person_of(request), content_id)
    except Conflict as error:
        return _page(request, content_id, error=error, status=409)
    messages.success(request, _("The dispute goes out with the next batch."), extra_tags="done")
    return redirect("exchange:content", content_id)


def _recalled(count: int) -> str:
    if not count:
        return _("Nothing had left yet; now nothing will.")
    told = ngettext(
        "%(count)s fingerprint is withdrawn ahead of all other signals.",
        "%(count)s fingerprints are withdrawn ahead of all other signals.",
        count,
    )
    return told % {"count": count}


def _visible(request: HttpRequest, content_id: int) -> casework.ContentFacts:
    """404 for a content that is not there, or closed to this person."""
    try:
        facts = casework.content(content_id)
    except NotFound:
        raise Http404 from None
    if casework.hidden_from(person_of(request), [content_id]):
        raise Http404
    return facts


def _page(request: HttpRequest, content_id: int, *, error: Conflict | None = None, status: int = 200) -> HttpResponse:
    facts, may_recall = _visible(request, content_id), person_of(request).may(Permission.SIGNALS_RECALL)
    said = showing.of_content(content_id)
    others = opinions.by_kind(opinions.prints_of(content_id))
    if not said and not others:
        raise Http404
    context = {
        "content_id": content_id,
        "result": LEGALITIES[facts.legality] if facts.legality else "",
        "rows": [_row(one) for one in said],
        "others": _together(others),
        "is_stopped": any(one.state == "stopped" for one in said),
        "may_recall": may_recall and showing.stands(said),
        "may_dispute": may_recall and _may_dispute(facts, said, [each for _, each in others]),
        "may_open_case": person_of(request).may(Permission.QUEUE_VIEW),
        "error": error,
    }
    return render(request, "exchange/content.html", context, status=status)


def _together(others: list[tuple[str, Others]]) -> list[tuple[str, Others]]:
    """Kinds of fingerprints of which others say the same, under one head."""
    kinds: dict[Others, list[str]] = {}
    for kind, found in others:
        kinds.setdefault(found, []).append(str(wording.KINDS[kind]))
    return [(", ".join(names), found) for found, names in kinds.items()]


def _may_dispute(facts: casework.ContentFacts, said: list[SignalFacts], others: list[Others]) -> bool:
    is_lawful = facts.legality is not None and str(facts.legality) == "not_illegal" and str(facts.basis) == "analyst"
    spoken = {one.kind for one in said if one.action == "dispute" and one.state in ("waiting", "signed")}
    return is_lawful and not spoken and any(found.listing for found in others)


def _row(one: SignalFacts) -> Row:
    return Row(
        facts=one,
        kind=wording.KINDS[one.kind],
        action=wording.ACTIONS[one.action],
        category=LEGALITIES.get(one.category, one.category),
        state=wording.STATES[one.state],
        style=wording.STATE_STYLES.get(one.state, ""),
        reason=wording.REASONS.get(one.reason, one.reason),
    )
