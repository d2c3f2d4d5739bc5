"""The form of a list's policy."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rempart.exchange.policy import MAX_GOVERNMENTS, Vetoes
from rempart.exchange.signals import CATEGORIES
from rempart.node.lists.showing import Subscription
from rempart.node.phrases import Text, phrase


class PolicyForm(forms.Form):
    """Whose signals make the list. What the page does not show of a policy stays as it is."""

    CATEGORIES = tuple((name, phrase(name, "legality")) for name in CATEGORIES)
    VETOES: Mapping[Vetoes, Text] = MappingProxyType(
        {
            Vetoes.ANY: _("Any member's dispute keeps a fingerprint off the list"),
            Vetoes.NONE: _("Nobody's: it is listed all the same"),
            Vetoes.NAMED: _("Those of the members named by command"),
        }
    )

    name = forms.CharField(
        label=_("List"), max_length=120, help_text=_("Letters, digits, spaces, dots and hyphens. It cannot be changed.")
    )
    governments = forms.IntegerField(
        label=_("Governments"),
        min_value=1,
        max_value=MAX_GOVERNMENTS,
        help_text=_("So many countries must have listed a fingerprint after their own analysis."),
    )
    categories = forms.MultipleChoiceField(
        label=_("Categories"), choices=CATEGORIES, widget=forms.CheckboxSelectMultiple, help_text=_("At least one.")
    )
    members = forms.MultipleChoiceField(
        label=_("Members"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Whose listing counts. None chosen: that of every active member, also of those who join later."),
    )
    excluded = forms.MultipleChoiceField(
        label=_("Members that count for nothing"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Neither their listing nor their disputes."),
    )
    vetoes = forms.ChoiceField(label=_("Disputes"), widget=forms.RadioSelect)
    settles = forms.TypedChoiceField(
        label=_("What a match does"),
        choices=[
            ("yes", _("It settles the content without anyone viewing it")),
            ("no", _("It is shown to the analyst who decides")),
        ],
        coerce=lambda value: value == "yes",
        initial="no",
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Any, *, members: Mapping[str, str], before: Subscription | None) -> None:
        policy = before.policy if before else None
        initial: dict[str, Any] = {"governments": 2, "categories": list(CATEGORIES), "vetoes": Vetoes.ANY}
        if before and policy:
            initial = policy.document | {"settles": "yes" if before.settles else "no"}
        super().__init__(data, initial=initial)
        named = sorted({*members, *(policy.members + policy.excluded if policy else ())})
        choices = [(origin, f"{origin} ({members.get(origin, '–')})") for origin in named]
        for field in ("members", "excluded"):
            chosen: Any = self.fields[field]
            chosen.choices = choices
        vetoes: Any = self.fields["vetoes"]
        kept = [Vetoes.NAMED] if policy and policy.vetoes is Vetoes.NAMED else []
        vetoes.choices = [(str(each), self.VETOES[each]) for each in (Vetoes.ANY, Vetoes.NONE, *kept)]
        if before:
            del self.fields["name"]

    @property
    def changes(self) -> dict[str, Any]:
        """What `policies.set_policy` takes."""
        chosen = self.cleaned_data
        found = {name: chosen[name] for name in ("governments", "categories", "members", "excluded")}
        vetoes = Vetoes(chosen["vetoes"])
        return found if vetoes is Vetoes.NAMED else found | {"vetoes": vetoes, "vetoers": ()}
