"""How a question is made, shown and read; the questions themselves are in `forms`."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, cast

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rempart.core.content import CanonicalUrl, canonical_account, canonical_channel, canonical_url, split_lines
from rempart.core.errors import InputError
from rempart.node import tongues
from rempart.node.intake.public.errors import sentence

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MAX_ADDRESSES = 100
MAX_TEXT = 20_000
MAX_COMMENT = 5_000
_SHOWN_OF_A_LINE = 40
Text: TypeAlias = "str | _StrPromise"

_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
_ADDRESS = {**_PLAIN, "dir": "ltr"}
PROSE = {"autocomplete": "off", "dir": "auto", "rows": 6}

YES_NO = (("yes", _("Yes")), ("no", _("No")), ("", _("I do not know")))


class Question(forms.BoundField):
    """A question that knows why it is asked; a screen reader reads the reason with it."""

    form: "StepForm"

    @property
    def why(self) -> Text:
        return self.form.whys.get(self.name, "")

    @property
    def is_short(self) -> bool:
        """Whether the answers fit beside one another."""
        return getattr(self.field, "choices", None) == list(YES_NO)

    @property
    def aria_describedby(self) -> str:
        ids = [f"{self.auto_id}_helptext"] if self.help_text or self.why else []
        return " ".join([*ids, f"{self.auto_id}_error"] if self.errors else ids)


class StepForm(forms.Form):
    """One page of questions. `whys` says for each question why it is asked."""

    use_required_attribute = False
    bound_field_class = Question
    whys: ClassVar[Mapping[str, Text]] = {}

    def refuse(self, field: str, error: InputError) -> None:
        self.add_error(field, sentence(error))


def line(label: Text, hint: Text = "", *, required: bool = False, address: bool = False) -> forms.CharField:
    widget = forms.TextInput(attrs=_ADDRESS if address else {**_PLAIN, "dir": "auto"})
    return forms.CharField(label=label, help_text=hint, required=required, max_length=8192, widget=widget)


def prose(label: Text, hint: Text = "", *, required: bool = False, most: int = MAX_COMMENT) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=hint, required=required, max_length=most, widget=forms.Textarea(attrs=PROSE)
    )


def choice(label: Text, choices: Any, hint: Text = "", *, required: bool = False) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        help_text=hint,
        required=required,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what comes closest.")},
    )


def addresses_field(label: Text, hint: Text, *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        widget=forms.Textarea(attrs={**_ADDRESS, "rows": 7}),
        error_messages={
            "required": _("Paste at least one address, or go back and choose another kind of report."),
        },
    )


def read_addresses(text: str) -> list[CanonicalUrl]:
    """Every address in the text, once each; raises ValidationError with one sentence per wrong line."""
    found: dict[str, CanonicalUrl] = {}
    wrong: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        for part in split_lines(line):
            try:
                address = canonical_url(part)
            except InputError as error:
                start = part if len(part) <= _SHOWN_OF_A_LINE else f"{part[:_SHOWN_OF_A_LINE]}…"
                place = gettext("Line %(number)d (%(start)s):") % {"number": number, "start": start}
                wrong.append(f"{place} {sentence(error)}")
            else:
                found[address.url] = address
    if wrong:
        raise ValidationError(wrong[:10])
    if len(found) > MAX_ADDRESSES:
        raise ValidationError(
            gettext(
                "There are more than %(most)d addresses. Send the first ones now and the others in a second report."
            )
            % {"most": MAX_ADDRESSES}
        )
    return list(found.values())


def read_link(form: StepForm) -> CanonicalUrl | None:
    text = form.cleaned_data.get("link", "")
    if not text:
        return None
    try:
        return canonical_url(text)
    except InputError as error:
        form.refuse("link", error)
        return None


def read_name(form: StepForm, kind: str, service: str, name: str) -> str:
    """The canonical account or channel; an empty text and an error at the right question when it is wrong."""
    try:
        return canonical_channel(service, name) if kind == "channel" else canonical_account(service, name)
    except InputError as error:
        form.refuse("service" if error.where == "platform" else "name", error)
        return ""


_ALSO_SPOKEN = "ar bs ca fa hi hy mk ru zh"


@cache
def languages() -> tuple[tuple[str, str], ...]:
    """Languages of the members and of many who live among them, each named in itself, sorted by name."""
    others = ((code, str(Locale.parse(code).get_display_name(code))) for code in _ALSO_SPOKEN.split())
    named = [(code, tongues.own_name(code)) for code in tongues.OFFICIAL]
    named += [(code, tongues.capital(name)) for code, name in others]
    return tuple(sorted(named, key=lambda pair: pair[1].casefold()))


def choices_of(field: forms.ChoiceField) -> dict[str, Text]:
    """What may be chosen, by value."""
    return dict(cast("list[tuple[str, Text]]", list(field.choices)))  # type: ignore[arg-type]
