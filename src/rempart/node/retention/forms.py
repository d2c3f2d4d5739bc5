"""Forms of the retention pages."""

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from rempart.core.redaction import Ground
from rempart.core.retention import LegalBasis
from rempart.node.retention import wording
from rempart.node.retention.models import ErasureRequest
from rempart.node.retention.requests import Named

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_CHOOSE = ("", _("Choose one"))


def _text(
    label: "_StrPromise", note: "_StrPromise | str" = "", *, required: bool = False, most: int = 200
) -> forms.CharField:
    plain = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, help_text=note, required=required, max_length=most, widget=plain)


def _prose(label: "_StrPromise", note: "_StrPromise | str" = "", *, most: int = 2000) -> forms.CharField:
    return forms.CharField(label=label, help_text=note, max_length=most, widget=forms.Textarea(attrs={"rows": 3}))


def _day(label: "_StrPromise") -> forms.DateField:
    return forms.DateField(
        label=label, help_text=_("It ends with that day, UTC."), widget=forms.DateInput(attrs={"type": "date"})
    )


class RequestForm(forms.Form):
    """Whose data, how its reports are found, on what basis and why."""

    subject = forms.ChoiceField(
        label=_("Whose data"), choices=[_CHOOSE, *((one, wording.SUBJECTS[one]) for one in ErasureRequest.Subject)]
    )
    receipt = _text(_("Receipt number"), _("For a reporter. It is not kept."), most=60)
    reference = _text(_("Report reference"), _("For others: one report, such as R26-ABCD2345."), most=20)
    service = _text(_("Service"), _("For others: all reports that name an account there."))
    account = _text(_("Account's name on that service"), _("It is not kept."))
    basis = forms.ChoiceField(
        label=_("Legal basis"), choices=[_CHOOSE, *((one, wording.BASES[one]) for one in LegalBasis)]
    )
    reason = _prose(_("Reason"), _("Who asked, how, and what was checked. Kept with the request."))

    @property
    def named(self) -> Named:
        given = self.cleaned_data
        return Named(given["receipt"], given["reference"], (given["service"], given["account"]))


class _Until(forms.Form):
    deadline = _day(_("Keep until"))

    @property
    def until(self) -> datetime:
        return datetime.combine(self.cleaned_data["deadline"], time(23, 59, 59), UTC)


class HoldForm(_Until):
    """One report, or one case with all reports that point to it."""

    reference = _text(_("Report reference"), _("Either a report, such as R26-ABCD2345 …"), most=20)
    case = forms.IntegerField(
        label=_("Case number"),
        help_text=_("… or a case: the number in its page's address. It covers every report that points to it."),
        required=False,
        min_value=1,
        max_value=2**63 - 1,
    )
    reason = _prose(_("Reason"), _("The request it follows from. Kept with the hold."))
    field_order = ("reference", "case", "deadline", "reason")


class ExtensionForm(_Until):
    reason = _prose(_("Reason"), most=1000)


class RedactionForm(forms.Form):
    """The passage, exactly as the text shows it, and why it goes."""

    passage = _prose(_("Passage to remove"), _("Copied exactly; every place where it stands is replaced."), most=10_000)
    ground = forms.ChoiceField(label=_("Ground"), choices=[_CHOOSE, *((one, wording.GROUNDS[one]) for one in Ground)])
    reason = _prose(_("Reason"), _("Without naming anybody. Kept with the redaction."), most=500)
