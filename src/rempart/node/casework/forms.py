"""What staff fill in: the decision, a hold, filters of the queue."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from rempart.core.assessment import Decision
from rempart.core.vocabulary import (
    AgeBand,
    Characteristic,
    Commerciality,
    Gender,
    ItemKind,
    Legality,
    Offence,
    SiteType,
)
from rempart.node import phrases
from rempart.node.casework import wording
from rempart.node.casework.listing import Filters
from rempart.node.people import Person

LEAST_POINTS = {"urgent": 80, "high": 50, "normal": 25}
_DUE = {"over": timedelta(0), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_AGE = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
_CHOOSE = {"required": _("Choose one.")}


def _one(label: Any, options: Any, of: Any, **more: Any) -> forms.TypedChoiceField:
    more.setdefault("widget", forms.RadioSelect)
    return forms.TypedChoiceField(
        label=label, choices=wording.choices(options, of), coerce=of, error_messages=_CHOOSE, **more
    )


def _several(label: Any, options: Any, of: Any) -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        label=label,
        choices=wording.choices(options, of),
        coerce=of,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class DecisionForm(forms.Form):
    """One assessment; the fields carry the names under which `core.assessment` reports contradictions."""

    use_required_attribute = False

    legality = _one(_("Legality"), phrases.LEGALITIES, Legality)
    age_band = _one(_("Age band"), wording.AGE_BANDS, AgeBand, initial=AgeBand.NOT_DETERMINED)
    gender = _one(_("Gender"), wording.GENDERS, Gender, initial=Gender.NOT_DETERMINED)
    offences = _several(_("Kinds of offence"), wording.OFFENCES, Offence)
    characteristics = _several(_("Characteristics"), wording.CHARACTERISTICS, Characteristic)
    site_type = _one(_("Site type"), wording.SITE_TYPES, SiteType, initial=SiteType.NOT_APPLICABLE, widget=forms.Select)
    commerciality = _one(
        _("Commerciality"), wording.COMMERCIALITIES, Commerciality, initial=Commerciality.NOT_DETERMINED
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed when undetermined: what would allow a decision."),
    )

    @classmethod
    def draft(cls, typed: QueryDict) -> Self:
        """What was chosen so far, unchecked, for a page that is shown again before the decision."""
        kept: dict[str, Any] = {}
        for name, field in cls.base_fields.items():
            if name in typed:
                several = isinstance(field, forms.MultipleChoiceField)
                kept[name] = typed.getlist(name) if several else typed[name]
        return cls(initial=kept)

    def decision(self) -> Decision:
        chosen = self.cleaned_data
        return Decision(
            legality=chosen["legality"],
            age_band=chosen["age_band"],
            gender=chosen["gender"],
            offences=frozenset(chosen["offences"]),
            characteristics=frozenset(chosen["characteristics"]),
            site_type=chosen["site_type"],
            commerciality=chosen["commerciality"],
            has_note=bool(chosen["note"].strip()),
        )


class HoldForm(forms.Form):
    """A police hold; it ends with the chosen day."""

    use_required_attribute = False
    prefix = "hold"

    reason = forms.CharField(label=_("Reason"), max_length=1000, help_text=_("The request it follows from."))
    deadline = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}))

    def end_of_day(self) -> datetime:
        return datetime.combine(self.cleaned_data["deadline"], time(23, 59, 59), UTC)


class FilterForm(forms.Form):
    """Of the queue's list; what cannot be understood does not filter."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), *((name, text) for name, text in wording.STATES.items() if name != "decided")],
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All")), *wording.choices(phrases.KINDS, ItemKind)]
    )
    level = forms.ChoiceField(
        label=_("Priority"),
        required=False,
        choices=[
            ("", _("All")),
            ("urgent", _("Urgent")),
            ("high", _("High or urgent")),
            ("normal", _("Normal or above")),
        ],
    )
    reason = forms.ChoiceField(label=_("Reason"), required=False, choices=[("", _("All")), *wording.REASONS.items()])
    due = forms.ChoiceField(
        label=_("Due"),
        required=False,
        choices=[
            ("", _("Any time")),
            ("over", _("Overdue")),
            ("hour", _("Within the hour")),
            ("day", _("Within a day")),
        ],
    )
    age = forms.ChoiceField(
        label=_("Waiting"),
        required=False,
        choices=[
            ("", _("Any time")),
            ("hour", _("Over an hour")),
            ("day", _("Over a day")),
            ("week", _("Over a week")),
        ],
    )
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=_("Country"),
        required=False,
        widget=forms.TextInput(attrs={"size": 2, "maxlength": 2, "autocomplete": "off"}),
    )
    mine = forms.BooleanField(label=_("Mine only"), required=False)

    def chosen(self) -> dict[str, str]:
        """What filters, as it stands in addresses."""
        self.is_valid()
        kept = {name: value for name, value in self.cleaned_data.items() if value}
        return {name: "on" if value is True else str(value) for name, value in kept.items()}

    def filters(self, person: Person) -> Filters:
        chosen = self.chosen()
        return Filters(
            state=chosen.get("state", ""),
            kind=chosen.get("kind", ""),
            reason=chosen.get("reason", ""),
            country=chosen.get("country", "").upper(),
            least_priority=LEAST_POINTS.get(chosen.get("level", ""), 0),
            due_within=_DUE.get(chosen.get("due", "")),
            waiting_for=_AGE.get(chosen.get("age", "")),
            mine=person if "mine" in chosen else None,
        )


class SearchForm(forms.Form):
    """What is looked for travels in the body of a POST and is not written back into the page."""

    use_required_attribute = False

    q = forms.CharField(
        label=_("Look for"),
        required=False,
        max_length=8192,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autofocus": True}),
        help_text=_("A report's reference, a case number, an address, a host, a fingerprint or a receipt number."),
    )
    by = forms.ChoiceField(label=_("As"), required=False, choices=[("", _("Any of these")), *wording.SEARCH_BY.items()])
