"""Staff pages: how far each language is, and reading its translation sentence by sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rempart.core.errors import Conflict, InputError, NotFound
from rempart.core.permissions import Permission
from rempart.node import tongues
from rempart.node.languages import reviewing
from rempart.node.languages.reviewing import Entry, Standing
from rempart.node.pages import page_number, pages
from rempart.node.phrases import Text
from rempart.node.staff.access import person_of, requires

PAGE = 50
STANDINGS: Mapping[str, Text] = MappingProxyType(
    {
        Standing.MACHINE: gettext_lazy("By a machine"),
        Standing.SHIPPED: gettext_lazy("By people"),
        Standing.CONFIRMED: gettext_lazy("Confirmed"),
        Standing.CORRECTED: gettext_lazy("Corrected"),
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    entry: Entry
    standing: Text
    address: str


@requires(Permission.TRANSLATIONS_CONFIRM)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Every language and how much of it a person has read."""
    return render(request, "languages/list.html", {"languages": reviewing.progress()})


@requires(Permission.TRANSLATIONS_CONFIRM)
@require_GET
def language(request: HttpRequest, language: str) -> HttpResponse:
    """The sentences of one language, those nobody has read first shown."""
    filters = {name: request.GET.get(name, "").strip()[:100] for name in ("show", "text")}
    try:
        found = _filtered(reviewing.entries(language), filters)
    except NotFound as error:
        raise Http404 from error
    page = page_number(request)
    shown = found[(page - 1) * PAGE : page * PAGE]
    context = {
        "language": language,
        "name": tongues.english_name(language),
        "direction": tongues.direction(language),
        "rows": [_row(language, entry, filters) for entry in shown],
        "filters": filters,
        "standings": STANDINGS.items(),
        "total": len(found),
        "pages": pages(page, len(found), PAGE, filters),
        "next_unread": _next(language, found, "", filters),
    }
    return render(request, "languages/language.html", context)


@requires(Permission.TRANSLATIONS_CONFIRM)
@require_http_methods(["GET", "HEAD", "POST"])
def sentence(request: HttpRequest, language: str, key: str) -> HttpResponse:
    """One sentence: read it, confirm or correct it, and go on to the next."""
    filters = {name: request.GET.get(name, "").strip()[:100] for name in ("show", "text")}
    try:
        entry = reviewing.entry(language, key)
    except NotFound as error:
        raise Http404 from error
    if request.method != "POST":
        return _sentence(request, language, entry, filters)
    text = request.POST.getlist("text")
    try:
        reviewing.say(person_of(request), language, key, text, _whole(request.POST.get("seen", "")))
    except (InputError, Conflict) as error:
        problem = f"{error.what[:1].upper()}{error.what[1:]} {error.advice}"
        return _sentence(request, language, entry, filters, text=text, problem=problem)
    messages.success(request, _("Kept. Visitors read it so within seconds."), extra_tags="done")
    found = _filtered(reviewing.entries(language), filters)
    return redirect(_next(language, found, key, filters) or reverse("languages:language", args=[language]))


@requires(Permission.TRANSLATIONS_CONFIRM)
@require_POST
def undo(request: HttpRequest, number: int) -> HttpResponse:
    """Take back the last word on a sentence."""
    try:
        word = reviewing.undo(person_of(request), number)
    except Conflict as error:
        messages.error(request, f"{error.what[:1].upper()}{error.what[1:]} {error.advice}", extra_tags="attention")
        return redirect("languages:list")
    messages.success(request, _("Undone. What was there before counts again."), extra_tags="done")
    return redirect("languages:sentence", language=word.language, key=word.key)


def _sentence(
    request: HttpRequest,
    language: str,
    entry: Entry,
    filters: Mapping[str, str],
    *,
    text: list[str] | None = None,
    problem: str = "",
) -> HttpResponse:
    found = _filtered(reviewing.entries(language), filters)
    context = {
        "language": language,
        "name": tongues.english_name(language),
        "direction": tongues.direction(language),
        "entry": entry,
        "standing": STANDINGS[entry.standing],
        "texts": text if text is not None else list(entry.text),
        "problem": problem,
        "history": reviewing.history(language, entry.sentence.key),
        "list_address": _with(reverse("languages:language", args=[language]), filters),
        "next_address": _next(language, found, entry.sentence.key, filters),
        "left": sum(each.standing is Standing.MACHINE for each in found),
    }
    return render(request, "languages/sentence.html", context, status=422 if problem else 200)


def _filtered(entries: list[Entry], filters: Mapping[str, str]) -> list[Entry]:
    wanted, text = filters["show"], filters["text"].casefold()
    return [
        entry
        for entry in entries
        if (not wanted or entry.standing == wanted)
        and (not text or text in "\n".join((*entry.sentence.english, *entry.text)).casefold())
    ]


def _next(language: str, found: list[Entry], key: str, filters: Mapping[str, str]) -> str:
    """The address of the next sentence that nobody has read, in the order of the pages; empty where there is none."""
    order = {one.sentence.key: place for place, one in enumerate(reviewing.entries(language))}
    here = order.get(key, -1)
    unread = [each for each in found if each.standing is Standing.MACHINE and each.sentence.key != key]
    after = [each for each in unread if order[each.sentence.key] > here]
    chosen = next(iter(after or unread), None)
    return _address(language, chosen, filters) if chosen else ""


def _row(language: str, entry: Entry, filters: Mapping[str, str]) -> Row:
    return Row(entry, STANDINGS[entry.standing], _address(language, entry, filters))


def _address(language: str, entry: Entry, filters: Mapping[str, str]) -> str:
    return _with(reverse("languages:sentence", args=[language, entry.sentence.key]), filters)


def _with(address: str, filters: Mapping[str, str]) -> str:
    chosen = {name: value for name, value in filters.items() if value}
    return f"{address}?{urlencode(chosen)}" if chosen else address


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
