"""What a receipt number opens: the report's standing, a message, the receipt as a file. It is never in an address."""

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from rempart.core.errors import InputError, LimitExceeded, NotFound
from rempart.node import runtime
from rempart.node.intake import receipts
from rempart.node.intake.public import accept
from rempart.node.intake.public.bucket import Bucket
from rempart.node.intake.public.errors import sentence
from rempart.node.intake.public.origin import own_pages_only
from rempart.node.intake.public.questions import MAX_COMMENT, PROSE, StepForm

wrong_codes = Bucket()


class CodeForm(StepForm):
    code = forms.CharField(
        label=_("Receipt number"),
        help_text=_("Four groups of four. Capitals, spaces and dashes do not matter."),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "dir": "ltr", "class": "mono"}),
        error_messages={"required": _("Write the number from your receipt.")},
    )

    def clean_code(self) -> str:
        try:
            return receipts.read_code(self.cleaned_data["code"])
        except InputError as error:
            raise forms.ValidationError(sentence(error)) from error


class MessageForm(StepForm):
    text = forms.CharField(
        label=_("Add a message"),
        help_text=_(
            "For example a new address, or what has changed. Please send no pictures and no names of children."
        ),
        max_length=MAX_COMMENT,
        widget=forms.Textarea(attrs=PROSE),
        error_messages={"required": _("Write your message first.")},
    )


@own_pages_only
@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request: HttpRequest) -> HttpResponse:
    """Ask for the number; with it, show where the report stands and take a message."""
    if request.method != "POST":
        return render(request, "intake/public/receipt.html", {"form": CodeForm()})
    now = runtime.clock().now()
    if wrong_codes.is_empty(now):
        return _busy(request)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return render(request, "intake/public/receipt.html", {"form": form}, status=422)
    code = form.cleaned_data["code"]
    try:
        found = accept.standing(code)
    except NotFound:
        wrong_codes.take(now)
        form.add_error("code", _("No report has this number. Compare it with your receipt, group by group."))
        return render(request, "intake/public/receipt.html", {"form": form}, status=422)
    if request.POST.get("action") == "message":
        return _message(request, code, found)
    return _status(request, code, found, MessageForm())


def _busy(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    form.is_valid()
    form.add_error("code", _("Too many wrong numbers were tried on this site. Please try again in a minute."))
    response = render(request, "intake/public/receipt.html", {"form": form}, status=429)
    response["Retry-After"] = "60"
    return response


def _message(request: HttpRequest, code: str, found: accept.Standing) -> HttpResponse:
    form = MessageForm(request.POST)
    if not form.is_valid():
        return _status(request, code, found, form)
    try:
        accept.add_message(found.report_id, request.POST.get("ticket", ""), form.cleaned_data["text"])
    except LimitExceeded:
        form.add_error("text", _("This report holds as many messages as it can. Please send a new report instead."))
        return _status(request, code, found, form)
    except InputError:
        form.add_error("text", _("This page was too old to be sent. Nothing is lost: press the button once more."))
        return _status(request, code, found, form)
    return _status(request, code, accept.standing(code), MessageForm(), was_added=True)


def _status(
    request: HttpRequest, code: str, found: accept.Standing, form: MessageForm, *, was_added: bool = False
) -> HttpResponse:
    shown = {
        "code": code,
        "found": found,
        "form": form,
        "was_added": was_added,
        "ticket": receipts.new_ticket(settings.HOME.keys.receipt),
    }
    return render(request, "intake/public/status.html", shown, status=422 if form.errors else 200)


@own_pages_only
@require_POST
def receipt_file(request: HttpRequest) -> HttpResponse:
    """The number as a text file that says nothing of what it is for."""
    form = CodeForm(request.POST)
    if not form.is_valid():
        return render(request, "intake/public/receipt.html", {"form": form}, status=422)
    number = " ".join(receipts.grouped(form.cleaned_data["code"]))
    text = "\n".join((gettext("Reference"), "", number, "", gettext("Keep this number with your papers."), ""))
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="receipt.txt"'
    return response
