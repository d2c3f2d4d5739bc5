"""The form by which a statistician declares a value."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rempart.node.observatory.declaring import FIRST_YEAR
from rempart.node.observatory.indicators import DECLARED, TARGETS
from rempart.node.runtime import clock

_TEXT = {"autocomplete": "off", "spellcheck": "false", "inputmode": "decimal"}


class DeclareForm(forms.Form):
    """An indicator, a year, a value or "not available", and where it is from."""

    indicator = forms.ChoiceField(label=_("Indicator"))
    year = forms.IntegerField(label=_("Year"), min_value=FIRST_YEAR, widget=forms.TextInput(attrs=_TEXT))
    value = forms.FloatField(
        label=_("Value"),
        required=False,
        min_value=0,
        help_text=_("A whole number; a share from 0 to 1; days. Leave it empty if it is not available."),
        widget=forms.TextInput(attrs=_TEXT),
    )
    is_unavailable = forms.BooleanField(label=_("Not available"), required=False, help_text=_("This is not 0."))
    note = forms.CharField(
        label=_("Source"),
        max_length=300,
        help_text=_("The publication or register the value is from. It is published with the value."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = [
            (f"{target} · {words}", [(each.key, each.name) for each in DECLARED if each.target == target])
            for target, words in TARGETS.items()
        ]
        chosen: Any = self.fields["indicator"]
        chosen.choices = [("", _("Choose one")), *((name, some) for name, some in groups if some)]
        if not self.is_bound:
            self.initial.setdefault("year", clock().now().year - 1)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and (given.get("value") is None) != bool(given.get("is_unavailable")):
            self.add_error("value", _("Give a value, or say that it is not available."))
        return given
