"""The queue: its list, how it stands, saved views, the next case, search."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rempart.core.errors import InputError
from rempart.core.permissions import Permission
from rempart.node.casework import access, case_page, holds, listing, queue, related, saved_views, searching, wording
from rempart.node.casework.answering import answers, sentence
from rempart.node.casework.forms import FilterForm, SearchForm
from rempart.node.casework.listing import Place
from rempart.node.people import Person
from rempart.node.staff.access import person_of, requires

PAGE = 50


@requires(Permission.QUEUE_VIEW)
@require_GET
def queue_list(request: HttpRequest) -> HttpResponse:
    """What waits, most urgent first; what waits for this person's second look before it."""
    person = person_of(request)
    form = FilterForm(request.GET)
    chosen, filters = form.chosen(), form.filters(person)
    after, before = _place(request, "after"), _place(request, "before")
    found = listing.page(filters, person, PAGE, after=after, before=before)
    standing = _standing(person)
    views = saved_views.of(person)
    context = {
        **standing,
        "form": form,
        "chosen": chosen,
        "lines": case_page.lines(found.rows, person),
        "total": listing.total(filters, person) if chosen else standing["open_cases"],
        "most_counted": listing.MOST_COUNTED,
        "for_me": case_page.waiting_for(person) if not (chosen or after or before) else [],
        "before": _address(chosen, "before", found.before),
        "after": _address(chosen, "after", found.after),
        "may_claim": person.may(Permission.CASE_CLAIM),
        "overdue_holds": _known_to(person, holds.all_standing(overdue_only=True)),
        "openings": access.openings_to_note(person),
        "views": views,
        "has_own_views": any(not view.owner for view in views),
    }
    return render(request, "casework/queue.html", context)


@requires(Permission.QUEUE_VIEW)
@require_GET
def progress(request: HttpRequest) -> HttpResponse:
    """The fragment that the queue's script fetches again and again: how the queue and its deadlines stand."""
    return render(request, "casework/progress.html", _standing(person_of(request)))


def _known_to(person: Person, found: list[holds.HoldFacts]) -> list[holds.HoldFacts]:
    hidden = access.hidden_from(person, [hold.content_id for hold in found])
    return [hold for hold in found if hold.content_id not in hidden]


def _standing(person: Person) -> dict[str, object]:
    now = listing.progress(person)
    return {
        "counts": [(wording.STATES[name], count) for name, count in now.by_state.items()],
        "open_cases": sum(now.by_state.values()),
        "standing": now,
    }


def _place(request: HttpRequest, name: str) -> Place | None:
    """Where the list goes on; what is no place begins at the start."""
    try:
        return Place.read(request.GET.get(name, ""))
    except InputError:
        return None


def _address(chosen: dict[str, str], name: str, place: Place | None) -> str:
    return f"?{urlencode({**chosen, name: str(place)})}" if place else ""


@requires(Permission.CASE_CLAIM)
@require_POST
def next_item(request: HttpRequest) -> HttpResponse:
    """Take the most urgent case this person may take."""
    taken = queue.next_case(person_of(request))
    if taken is None:
        messages.info(request, _("Nothing waits for you. New cases appear here as reports come in."))
        return redirect("casework:queue")
    return redirect("casework:case", taken.content_id)


@requires(Permission.QUEUE_VIEW)
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the filters that were chosen under a name."""
    chosen = FilterForm(request.POST).chosen()
    try:
        saved_views.save(person_of(request), request.POST.get("name", ""), chosen)
    except InputError as error:
        messages.warning(request, sentence(error), extra_tags="attention")
    else:
        messages.success(request, _("View kept. Only you see it until you share it."), extra_tags="done")
    return redirect(f"{request.path.removesuffix('views')}?{urlencode(chosen)}")


@requires(Permission.QUEUE_VIEW)
@require_POST
@answers
def change_view(request: HttpRequest, view_id: int) -> HttpResponse:
    """Share, unshare or remove one's own view."""
    person, what = person_of(request), request.POST.get("what", "")
    if what == "remove":
        saved_views.remove(person, view_id)
        messages.success(request, _("View removed."), extra_tags="done")
    elif what in ("share", "unshare"):
        saved_views.share(person, view_id, what == "share")
        said = _("Colleagues see this view now.") if what == "share" else _("Only you see this view now.")
        messages.success(request, said, extra_tags="done")
    return redirect("casework:queue")


@requires(Permission.QUEUE_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
@answers
def search(request: HttpRequest) -> HttpResponse:
    """The form, and in the answer to it what was found. What was looked for is neither in an address nor shown."""
    if request.method != "POST":
        return render(request, "casework/search.html", {"form": SearchForm()})
    form = SearchForm(request.POST)
    form.is_valid()
    context: dict[str, object] = {"form": SearchForm(initial={"by": request.POST.get("by", "")})}
    try:
        found = searching.search(person_of(request), request.POST.get("q", ""), form.cleaned_data.get("by", ""))
    except InputError as error:
        return render(request, "casework/search.html", {**context, "problem": sentence(error)}, status=422)
    context |= {"found": found, "as": wording.SEARCH_BY[found.by], "most_counted": related.MOST_COUNTED}
    return render(request, "casework/search.html", context)
