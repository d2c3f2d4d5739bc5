"""The form with which staff add a help line."""

from django import forms
from django.utils.translation import gettext_lazy as _

from rempart.node.guidance.wording import KINDS


class LineForm(forms.Form):
    """A number with its source; without a source and the day of the check nothing is shown."""

    kind = forms.ChoiceField(label=_("What it is for"), choices=list(KINDS.items()))
    number = forms.CharField(
        label=_("Number"),
        help_text=_("Digits and spaces, as people dial it in that country."),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "tel", "dir": "ltr"}),
    )
    source = forms.CharField(
        label=_("Source"),
        help_text=_("The official document or page that names the number."),
        max_length=300,
    )
    source_address = forms.URLField(
        label=_("Address of the source"),
        required=False,
        max_length=500,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"dir": "ltr"}),
    )
    checked_on = forms.DateField(
        label=_("Day of the check"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
