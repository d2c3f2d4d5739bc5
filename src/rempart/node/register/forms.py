"""Forms of the register's staff pages. What they give is read by the rules once more, so nothing is believed twice."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rempart.core.register.fields import LONG, SHORT
from rempart.core.register.members import FIELDS, Member, member_fields, read_member
from rempart.core.register.part import (
    COMMITMENT_FIELDS,
    CONTACT_FIELDS,
    Commitment,
    Contact,
    ContactRole,
    Status,
    plain,
    read_commitment,
    read_contact,
)
from rempart.core.register.targets import Goal, Target
from rempart.node.register import wording

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Label = _StrPromise | str

_CHOOSE = ("", _("Choose one"))


def _line(label: "Label", note: "Label" = "", *, required: bool = False) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, help_text=note, required=required, max_length=SHORT, widget=widget)


def _text(label: "Label", note: "Label" = "", *, required: bool = False) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 4})
    return forms.CharField(label=label, help_text=note, required=required, max_length=LONG, widget=widget)


def _day(label: "Label", note: "Label" = "", *, required: bool = False) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=note, required=required, widget=widget, input_formats=["%Y-%m-%d"])


class CommitmentForm(forms.Form):
    """One commitment; evidence is added one at a time and stays."""

    target = forms.ChoiceField(label=_("Target"), choices=[_CHOOSE, *((one, wording.TARGETS[one]) for one in Target)])
    goal = forms.ChoiceField(
        label=_("Goal"), required=False, choices=[(str(one), wording.GOALS[one]) for one in reversed(Goal)]
    )
    title = _line(_("What it is about, in one line"), required=True)
    baseline = _text(_("What was done before"))
    planned = _text(_("What is planned"), required=True)
    starts = _day(_("Starts"))
    ends = _day(_("Ends"))
    status = forms.ChoiceField(label=_("Status"), choices=[(str(one), wording.STATUSES[one]) for one in Status])
    status_on = _day(_("Status as of"), required=True)
    evidence_on = _day(_("Evidence: day"), _("Add one piece of evidence. What was added before stays."))
    evidence_text = _text(_("Evidence: what it shows"))
    evidence_url = _line(_("Evidence: address"), _("Begins with https://"))

    @classmethod
    def of(cls, commitment: Commitment) -> "CommitmentForm":
        return cls(initial=plain(commitment, COMMITMENT_FIELDS))

    def commitment(self, number: int, before: Commitment | None) -> Commitment:
        """What was filled in; raises InputError for what the rules refuse."""
        given = dict(self.cleaned_data)
        added = {name: given.pop(f"evidence_{name}") for name in ("on", "text", "url")}
        evidence = [plain(each, ("on", "text", "url")) for each in (before.evidence if before else ())]
        if any(added.values()):
            evidence.append(_plain(added))
        return read_commitment(_plain(given) | {"number": number, "evidence": evidence}, "commitment")


class ContactForm(forms.Form):
    role = forms.ChoiceField(label=_("Who"), choices=[_CHOOSE, *((one, wording.ROLES[one]) for one in ContactRole)])
    name = _line(_("Name"), required=True)
    url = _line(_("Address on the web"), _("Begins with https://"))
    email = _line(_("E-mail address"))
    phone = _line(_("Telephone"))
    source = _line(_("Where anybody can check it"), _("Begins with https://"), required=True)
    checked_on = _day(_("Checked on"), required=True)

    @classmethod
    def of(cls, contact: Contact) -> "ContactForm":
        return cls(initial=plain(contact, CONTACT_FIELDS))

    def contact(self) -> Contact:
        """What was filled in; raises InputError for what the rules refuse."""
        return read_contact(_plain(self.cleaned_data), "contact")


class LanguageForm(forms.Form):
    """In which language the part's texts are written, so that pages say so."""

    language = forms.CharField(
        label=_("Language of the texts"), help_text=_("A code such as en, fr or pt."), min_length=2, max_length=3
    )


class FactsForm(forms.Form):
    """Dated facts of a member, for the secretariat; names and codes come by import."""

    number = forms.IntegerField(label=_("Number"), required=False, min_value=1, max_value=9999)
    founded = _day(_("Founded the alliance"))
    invited = _day(_("Invited"))
    acceded = _day(_("Joined"))
    left = _day(_("Left"))

    @classmethod
    def of(cls, member: Member) -> "FactsForm":
        return cls(initial={name: getattr(member, name) for name in cls.base_fields})

    def member(self, before: Member) -> Member:
        """What was filled in; raises InputError for what the rules refuse."""
        return read_member({**member_fields(before), **_plain(self.cleaned_data)}, FIELDS[0])


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    """Days as ISO 8601, texts with the line ends of files."""
    return {name: _value(value) for name, value in given.items()}


def _value(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value.replace("\r\n", "\n") if isinstance(value, str) else value
