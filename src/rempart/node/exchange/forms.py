"""The form that takes back what was said of a content."""

from django import forms
from django.utils.translation import gettext_lazy as _

from rempart.node.exchange.recalling import REASONS
from rempart.node.exchange.wording import REASONS as WORDS


class RecallForm(forms.Form):
    """Why it is taken back: one word for the members, a sentence for this node's record."""

    reason = forms.ChoiceField(
        label=_("What the members are told"),
        choices=[(str(reason), WORDS[reason]) for reason in REASONS],
        widget=forms.RadioSelect,
    )
    why = forms.CharField(
        label=_("Reason for this node's record"),
        help_text=_("It stays here: nothing of it goes out."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
