"""What staff fill in about care: their own choices, going on, restricting a case, asking for evidence."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rempart.core.exposure import MAX_NUMBER, SECONDS, Blur, Preferences, Size
from rempart.node.casework import access, wording
from rempart.node.people import Person


class PreferencesForm(forms.Form):
    """How one wants to be shown images."""

    use_required_attribute = False

    size = forms.TypedChoiceField(label=_("Size"), choices=list(wording.SIZES.items()), coerce=Size)
    blur = forms.TypedChoiceField(label=_("Blur of the first steps"), choices=list(wording.BLURS.items()), coerce=Blur)
    grey = forms.TypedChoiceField(
        label=_("Colour"),
        choices=[("1", _("Grey")), ("0", _("In colour"))],
        coerce=lambda chosen: chosen == "1",
    )
    seconds = forms.TypedChoiceField(
        label=_("Blurs again after"),
        choices=[(number, _("%(n)s seconds") % {"n": number}) for number in SECONDS],
        coerce=int,
    )
    last_step = forms.TypedChoiceField(label=_("How far"), choices=list(wording.STEPS.items()), coerce=int)
    images_per_day = forms.IntegerField(
        label=_("A limit of my own, in images a day"),
        required=False,
        min_value=1,
        max_value=MAX_NUMBER,
        help_text=_("Empty: the limit agreed for everybody. Yours only ever lowers it."),
    )

    @classmethod
    def showing(cls, chosen: Preferences) -> "PreferencesForm":
        kept = {name: getattr(chosen, name) for name in cls.base_fields}
        return cls(initial=kept | {"grey": "1" if chosen.grey else "0"})

    def preferences(self) -> Preferences:
        return Preferences(**self.cleaned_data)


class GoOnForm(forms.Form):
    """Its field travels with the decision's form, so that nothing chosen there is lost."""

    use_required_attribute = False

    go_on_reason = forms.CharField(
        label=_("Why do you go on?"),
        max_length=1000,
        help_text=_("Only you can read it."),
        widget=forms.TextInput(attrs={"form": "decision", "autocomplete": "off"}),
        error_messages={"required": _("Write a few words, or leave images for tomorrow.")},
    )


class RestrictForm(forms.Form):
    """To whom a case stays open beside who restricts it."""

    use_required_attribute = False
    prefix = "restrict"

    reason = forms.CharField(label=_("Reason"), max_length=1000)
    people = forms.TypedMultipleChoiceField(
        label=_("Open to"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    role = forms.ChoiceField(
        label=_("and to everybody who is"),
        required=False,
        choices=[("", _("Nobody else")), *((str(role), text) for role, text in wording.ROLES.items())],
    )

    def __init__(self, person: Person, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["people"].choices = access.candidates(person)  # type: ignore[attr-defined]


class ReleaseForm(forms.Form):
    """A request that files leave as evidence."""

    use_required_attribute = False

    contents = forms.CharField(
        label=_("Cases"), max_length=8000, help_text=_("Their numbers, such as C-12 C-15. Each adds its file.")
    )
    recipient = forms.CharField(label=_("Recipient"), max_length=200, help_text=_("The authority and its reference."))
    legal_basis = forms.CharField(label=_("Legal basis"), max_length=300)
    reason = forms.CharField(label=_("Reason"), max_length=1000)

    def clean_contents(self) -> list[int]:
        words = self.cleaned_data["contents"].replace(",", " ").upper().split()
        numbers = [word.removeprefix("C-") for word in words]
        if not numbers or not all(one.isascii() and one.isdigit() and len(one) < 19 for one in numbers):
            raise forms.ValidationError(_("Write the numbers of cases, such as C-12 C-15."))
        return [int(one) for one in numbers]
