"""The public pages and the form. Nothing about the visitor is kept between two requests."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from rempart.node import tongues
from rempart.node.intake import receipts
from rempart.node.intake.public.accept import accept
from rempart.node.intake.public.flows import FLOWS, Filling
from rempart.node.intake.public.origin import own_pages_only
from rempart.node.intake.public.questions import StepForm, Text, choices_of


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "intake/public/home.html")


@require_safe
def services(request: HttpRequest) -> HttpResponse:
    return render(request, "intake/public/services.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "intake/public/privacy.html")


@own_pages_only
@require_http_methods(["GET", "HEAD", "POST"])
def fill(request: HttpRequest, flow: str) -> HttpResponse:
    """One page of the form after another, all under one address; each POST carries the whole state."""
    if request.method != "POST":
        return _page(request, Filling.start(FLOWS[flow]))
    filling = Filling.read(FLOWS[flow], request.POST)
    action = request.POST.get("action", "")
    if action == "send" and filling.is_last:
        return _send(request, filling)
    if action == "next" and not filling.is_last:
        form = filling.checked(filling.position)
        if not form.is_valid():
            return _page(request, filling, form)
        return _page(request, filling.at(filling.position + 1))
    if action == "back":
        return _page(request, filling.at(max(1, filling.position - 1)))
    if action.startswith("go-"):
        return _page(request, filling.at(action.removeprefix("go-")))
    return _page(request, filling)


def _send(request: HttpRequest, filling: Filling) -> HttpResponse:
    checked: dict[str, Any] = {}
    for position in range(1, filling.flow.last):
        form = filling.checked(position)
        if not form.is_valid():
            return _page(request, filling.at(position), form)
        checked |= form.cleaned_data
    if not filling.ticket_was_ours:
        return _page(request, filling)
    code = accept(filling, checked, get_language() or "en")
    return render(
        request,
        "intake/public/sent.html",
        {
            "code": code,
            "groups": receipts.grouped(code),
            "danger": checked.get("danger") == "yes",
            "flow": filling.flow,
        },
    )


def _page(request: HttpRequest, filling: Filling, form: StepForm | None = None) -> HttpResponse:
    """The page the form is at: its questions, or the check before sending. With errors the status is 422."""
    flow, position = filling.flow, filling.position
    shown: dict[str, object] = {
        "flow": flow,
        "filling": filling,
        "step": None if filling.is_last else flow.steps[position - 1],
        "numbers": range(1, flow.last + 1),
        "danger": filling.answers.get("danger") == "yes",
    }
    if filling.is_last:
        shown["sections"] = list(_sections(filling))
        return render(request, "intake/public/check.html", shown)
    shown["form"] = form or filling.shown(position)
    return render(request, "intake/public/step.html", shown, status=422 if form else 200)


@dataclass(frozen=True, slots=True)
class Section:
    """The answers of one page, as read back before sending."""

    number: int
    title: Text
    answers: list[tuple[Text, str]]


def _sections(filling: Filling) -> Iterator[Section]:
    for number, step in enumerate(filling.flow.steps, start=1):
        form = filling.checked(number)
        form.is_valid()
        answers = [(field.label, text) for field in form if (text := _as_read(field, form))]
        yield Section(number, step.title, answers)


def _as_read(field: django_forms.BoundField, form: StepForm) -> str:
    """What was answered, in words; empty when the question was skipped."""
    typed = field.value()
    if not typed:
        return ""
    if isinstance(field.field, django_forms.ChoiceField):
        return str(choices_of(field.field).get(typed, ""))
    day = form.cleaned_data.get(field.name) if isinstance(field.field, django_forms.DateField) else None
    return tongues.day(day) if day else str(typed)
