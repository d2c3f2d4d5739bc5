"""The form of a plan: every value with where its first answer comes from."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rempart.core.errors import InputError
from rempart.node.planning import wording
from rempart.node.planning.known import WHOLE, Known, Origin, situation_of
from rempart.planning.planning import LIST_GAIN
from rempart.planning.situation import LIMITS, Situation

GROUPS = (
    (_("What comes in"), ("reports_per_day", "doubling_months", "doubt", "recognised", "backlog")),
    (_("Who looks, and how long"), ("analysts", "hours", "days_per_week", "first_minutes", "spread")),
    (_("The second look"), ("second_look", "second_minutes")),
    (_("Who waits"), ("illegal", "reports_per_child")),
    (_("The plan"), ("months", "list_gain")),
)


class PlanForm(forms.Form):
    """`known` gives the first answers; `situation` and `origins` are there once the form is valid."""

    situation: Situation

    def __init__(self, known: Mapping[str, Known], data: Mapping[str, Any] | None = None) -> None:
        self.known = known
        first = {name: wording.shown(name, one.value) for name, one in known.items()}
        super().__init__(data, initial={**first, "list_gain": round(LIST_GAIN * 100)})
        for name, question in wording.QUESTIONS.items():
            least, most = (wording.shown(name, limit) for limit in LIMITS[name])
            self.fields[name] = _number(question, least, most, is_whole=name in WHOLE)
            self.fields[name].help_text += f" {wording.first_answer(known[name])}"
        self.fields["list_gain"] = _number(wording.LIST_GAIN, 0, 100, is_whole=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return given
        try:
            self.situation = situation_of({name: wording.stored(name, given[name]) for name in wording.QUESTIONS})
        except InputError as error:
            self.add_error(error.where if error.where in self.fields else None, f"{error.what} {error.advice}")
        return given

    @property
    def origins(self) -> dict[str, Origin]:
        """A first answer that was left as it is keeps its origin."""
        return {
            name: one.origin if self.cleaned_data[name] == wording.shown(name, one.value) else Origin.GIVEN
            for name, one in self.known.items()
        }

    @property
    def list_gain(self) -> float:
        return float(self.cleaned_data["list_gain"]) / 100

    def groups(self) -> list[tuple[object, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in GROUPS]


def _number(question: wording.Question, least: float, most: float, *, is_whole: bool) -> forms.Field:
    label, note = str(question.label), str(question.note)
    if is_whole:
        whole = forms.NumberInput(attrs={"inputmode": "numeric"})
        return forms.IntegerField(label=label, help_text=note, widget=whole, min_value=int(least), max_value=int(most))
    widget = forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"})
    return forms.FloatField(label=label, help_text=note, widget=widget, min_value=least, max_value=most)
