"""Staff pages that change the register: forms, and the steps from a draft to a publication."""

from collections.abc import Callable
from dataclasses import replace

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.core.permissions import Permission
from rempart.core.register.members import Member
from rempart.core.register.part import with_commitment
from rempart.node.register import editing, facts, showing, stated
from rempart.node.register.forms import CommitmentForm, ContactForm, FactsForm, LanguageForm
from rempart.node.register.views import found_member, show_member
from rempart.node.staff.access import person_of, requires

_REFUSED = (Conflict, InputError, NotFound, NotPermitted)
_form = require_http_methods(["GET", "POST"])


@requires(Permission.REGISTER_EDIT)
@_form
def commitment(request: HttpRequest, code: str, number: int = 0) -> HttpResponse:
    """A new commitment, or the one with that number."""
    member = found_member(code)
    part = stated.working_part(member.code)
    before = part.commitment(number) if number else None
    if number and before is None:
        raise Http404
    form = CommitmentForm(request.POST) if request.method == "POST" else None
    if form is None:
        shown = CommitmentForm.of(before) if before else CommitmentForm(initial={"status_on": facts.today()})
        return _show_form(request, member, shown, _("Commitment"))
    chosen = number or part.next_number

    def save() -> None:
        changed = with_commitment(part, form.commitment(chosen, before))
        editing.edit(changed, actor=person_of(request).actor, what=f"commitment {chosen}")

    return _saved(request, member, form, save, _("Commitment"))


@requires(Permission.REGISTER_EDIT)
@_form
def contact(request: HttpRequest, code: str, number: int = -1) -> HttpResponse:
    """A new contact, or the one at that place of the part; `remove` takes it out."""
    member = found_member(code)
    part = stated.working_part(member.code)
    if number >= len(part.contacts):
        raise Http404
    before = part.contacts[number] if number >= 0 else None
    if request.method != "POST":
        shown = ContactForm.of(before) if before else ContactForm(initial={"checked_on": facts.today()})
        return _show_form(request, member, shown, _("Contact"), may_remove=before is not None)
    form, is_removed = ContactForm(request.POST), before is not None and "remove" in request.POST

    def save() -> None:
        kept = list(part.contacts)
        place = number if before is not None else len(kept)
        kept[place : place + 1] = [] if is_removed else [form.contact()]
        editing.edit(replace(part, contacts=tuple(kept)), actor=person_of(request).actor, what="contacts")

    return _saved(request, member, form, save, _("Contact"), needs_form=not is_removed)


@requires(Permission.REGISTER_EDIT)
@_form
def language(request: HttpRequest, code: str) -> HttpResponse:
    """The language of the part's texts."""
    member = found_member(code)
    part = stated.working_part(member.code)
    if request.method != "POST":
        return _show_form(request, member, LanguageForm(initial={"language": part.language}), _("Language"))
    form = LanguageForm(request.POST)

    def save() -> None:
        changed = replace(part, language=form.cleaned_data["language"])
        editing.edit(changed, actor=person_of(request).actor, what="language")

    return _saved(request, member, form, save, _("Language"))


@requires(Permission.REGISTER_EDIT)
@_form
def member_facts(request: HttpRequest, code: str) -> HttpResponse:
    """Number and dates of a member, at the secretariat."""
    member = found_member(code)
    if not facts.is_secretariat():
        raise Http404
    if request.method != "POST":
        return _show_form(request, member, FactsForm.of(member), _("Dated facts"))
    form = FactsForm(request.POST)

    def save() -> None:
        editing.set_facts(form.member(member), actor=person_of(request).actor)

    return _saved(request, member, form, save, _("Dated facts"))


@requires(Permission.REGISTER_EDIT)
@require_POST
def submit(request: HttpRequest, code: str) -> HttpResponse:
    key = request.POST.get("round", "")[:40]
    return _stepped(request, code, lambda country, actor: editing.submit(country, key, actor=actor), _("Submitted."))


@requires(Permission.REGISTER_EDIT)
@require_POST
def take_back(request: HttpRequest, code: str) -> HttpResponse:
    return _stepped(
        request, code, lambda country, actor: editing.take_back(country, actor=actor), _("It can be edited again.")
    )


@requires(Permission.REGISTER_EDIT)
@require_POST
def discard(request: HttpRequest, code: str) -> HttpResponse:
    return _stepped(
        request, code, lambda country, actor: editing.discard(country, actor=actor), _("The draft is discarded.")
    )


@requires(Permission.REGISTER_EDIT)
@require_POST
def publish(request: HttpRequest, code: str) -> HttpResponse:
    return _stepped(request, code, lambda country, actor: editing.publish(country, actor=actor), _("Published."))


def _stepped(request: HttpRequest, code: str, step: Callable[[str, str], object], done: str) -> HttpResponse:
    member = found_member(code)
    try:
        step(member.code, person_of(request).actor)
    except _REFUSED as error:
        return show_member(request, member, error, status=409)
    messages.success(request, done)
    return redirect("register:member", code)


def _saved(
    request: HttpRequest,
    member: Member,
    form: forms.Form,
    save: Callable[[], None],
    title: str,
    *,
    needs_form: bool = True,
) -> HttpResponse:
    """Keep what the form says; back to the form with what is wrong."""
    try:
        if not needs_form or form.is_valid():
            save()
            messages.success(request, _("Saved."))
            return redirect("register:member", member.code.lower())
    except _REFUSED as error:
        field = error.where.rpartition(".")[2]
        form.add_error(field if field in form.fields else None, str(error))
    return _show_form(request, member, form, title, status=400)


def _show_form(
    request: HttpRequest,
    member: Member,
    form: forms.Form,
    title: str,
    *,
    may_remove: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "name": showing.name_of(member),
        "code": member.code.lower(),
        "may_remove": may_remove,
    }
    return render(request, "register/form.html", context, status=status)
