"""Forms of the report pages."""

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from rempart.node.reports import stating
from rempart.node.reports.legal import Declared
from rempart.node.reports.legal_templates import Field, Template
from rempart.node.reports.making import Kind, Order
from rempart.node.reports.texts import LANGUAGES, Texts

KINDS = {
    Kind.YEARLY: _("Yearly report"),
    Kind.DSA: _("Trusted flagger report (Digital Services Act)"),
    Kind.EPRIVACY: _("National statistics (interim ePrivacy derogation)"),
}
_LANGUAGES = {"en": _("English"), "fr": _("French")}


class OrderForm(forms.Form):
    """Which report is to be made."""

    kind = forms.ChoiceField(label=_("Report"), choices=[(str(kind), name) for kind, name in KINDS.items()])
    edition = forms.ChoiceField(
        label=_("Edition"), choices=[("member", _("This member's")), ("alliance", _("The alliance's"))]
    )
    year = forms.IntegerField(label=_("Year"), min_value=2012, max_value=2100)
    language = forms.ChoiceField(label=_("Language"), choices=[(code, _LANGUAGES[code]) for code in LANGUAGES])

    def order(self, country: str) -> Order:
        given = self.cleaned_data
        member = "" if given["edition"] == "alliance" else country
        return Order(Kind(given["kind"]), member, given["year"], given["language"])


class StatementForm(forms.Form):
    """The fields of one transparency report that are not `counted`, with what is declared already."""

    def __init__(
        self,
        template: Template,
        own: Texts,
        before: Mapping[str, Declared],
        counted: Collection[str],
        *args: Any,
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.template, self.counted = template, counted
        for each in (field for field in template.fields if field.key not in counted):
            self._add(each, own, before[each.key].content if each.key in before else {})
        self.fields["by"] = forms.CharField(
            label=_("Who declared it"),
            help_text=_("The authority or organisation, not a person. Needed where something changes."),
            max_length=200,
            required=False,
        )

    def _add(self, field: Field, own: Texts, content: Mapping[str, Any]) -> None:
        title, note = own(f"fields.{field.key}.title"), own(f"fields.{field.key}.help")
        if field.shape == "text":
            widget = forms.Textarea(attrs={"rows": 6})
            self.fields[field.key] = forms.CharField(
                label=title,
                help_text=note,
                initial=content.get("text"),
                required=False,
                max_length=20_000,
                widget=widget,
            )
        elif field.shape == "number":
            self.fields[field.key] = _number(title, note, content.get("number"))
        elif field.parts:
            rows = content.get("rows", {})
            for place, part in enumerate(field.parts):
                label = f"{title}: {own(f'fields.{field.key}.parts.{part}')}"
                self.fields[f"{field.key}.{part}"] = _number(label, "" if place else note, rows.get(part))
        else:
            lines = "\n".join(f"{name}; {number}" for name, number in content.get("rows", {}).items())
            self.fields[field.key] = RowsField(
                label=title, help_text=note, initial=lines, required=False, widget=forms.Textarea(attrs={"rows": 6})
            )

    def statements(self) -> dict[str, dict[str, Any]]:
        """What is stated now, by field; {} where nothing is."""
        given, found = self.cleaned_data, {}
        for each in (field for field in self.template.fields if field.key not in self.counted):
            if each.parts:
                rows = {part: given.get(f"{each.key}.{part}") for part in each.parts}
                known = {part: number for part, number in rows.items() if number is not None}
                found[each.key] = {"rows": known} if known else {}
            else:
                value = given.get(each.key)
                name = {"number": "number", "table": "rows", "text": "text"}[each.shape]
                found[each.key] = {} if value in (None, "", {}) else {name: value}
        return found


class RowsField(forms.CharField):
    """Lines such as "Provider; 12" as a mapping."""

    def clean(self, value: Any) -> dict[str, int]:
        rows: dict[str, int] = {}
        for number, line in enumerate(super().clean(value).splitlines(), start=1):
            if not line.strip():
                continue
            name, _semicolon, count = (each.strip() for each in line.rpartition(";"))
            if not name or name in rows or not (count.isascii() and count.isdigit() and len(count) <= 12):
                raise ValidationError(
                    _("Line %(number)s is not a new name, a semicolon and a number.") % {"number": number}
                )
            rows[name] = int(count)
        return rows


def _number(label: str, note: str, initial: object) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=note, initial=initial, required=False, min_value=0, max_value=stating.MOST
    )
