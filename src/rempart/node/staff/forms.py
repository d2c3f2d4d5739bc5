"""What the account pages ask."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from rempart.core.vocabulary import Role
from rempart.node.phrases import phrase


def _new_password() -> forms.CharField:
    return forms.CharField(
        label=_("New password"),
        help_text=_("At least 12 characters. Several words that nobody would guess are good."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        max_length=200,
        strip=False,
    )


class PasswordForm(forms.Form):
    """A new password, twice."""

    password = _new_password()
    again = forms.CharField(
        label=_("The same once more"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        max_length=200,
        strip=False,
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("password") and given.get("again") and given["password"] != given["again"]:
            self.add_error("again", ValidationError(_("The two differ. Type the same password twice.")))
        return given


def _roles() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=_("Roles"),
        choices=[(role.value, phrase(role.value, "role")) for role in Role],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Administrators and auditors see no content: they hold no role that does."),
    )


def _reason() -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("It goes into the record and stays there. Name no case and nobody it concerns."),
    )


class PersonForm(forms.Form):
    """A new account."""

    username = forms.CharField(
        label=_("User name"), max_length=60, widget=forms.TextInput(attrs={"autocapitalize": "none"})
    )
    name = forms.CharField(label=_("The name others see"), max_length=120, required=False)
    roles = _roles()
    reason = _reason()


class RolesForm(forms.Form):
    roles = _roles()
    reason = _reason()


class ReasonForm(forms.Form):
    reason = _reason()
