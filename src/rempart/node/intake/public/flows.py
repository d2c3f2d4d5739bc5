"""The ways through the form: which pages in which order, and what a half-filled form carries from page to page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Self

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from rempart.core.errors import InputError
from rempart.core.vocabulary import Source
from rempart.node.intake import receipts
from rempart.node.intake.public import forms
from rempart.node.intake.public.questions import StepForm, Text

Answers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One page. `form` chooses its questions from the answers so far; `choices` are all forms it may choose."""

    title: Text
    choices: tuple[type[StepForm], ...]
    form: Callable[[Answers], type[StepForm]]


def _fixed(title: Text, form: type[StepForm]) -> Step:
    return Step(title, (form,), lambda _answers: form)


_WHERE: Mapping[str, type[StepForm]] = MappingProxyType(
    {
        "addresses": forms.AddressesForm,
        "account": forms.AccountForm,
        "live": forms.LiveForm,
        "written": forms.WrittenForm,
    }
)


def _where(answers: Answers) -> type[StepForm]:
    return _WHERE.get(answers.get("what", ""), forms.AddressesForm)


@dataclass(frozen=True, slots=True)
class Flow:
    """A way through the form. The page after the last step checks and sends."""

    name: str
    source: Source
    title: Text
    intro: Text
    steps: tuple[Step, ...]

    @property
    def last(self) -> int:
        """The number of the page that checks and sends; the first page is 1."""
        return len(self.steps) + 1

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for step in self.steps for form in step.choices for name in form.base_fields)


_WHERE_STEP = Step(_("Where is it?"), tuple(_WHERE.values()), _where)
_KNOW_STEP = _fixed(_("What do you know about it?"), forms.KnowForm)
_YOU_STEP = _fixed(_("About you"), forms.YouForm)

FLOWS: Mapping[str, Flow] = MappingProxyType(
    {
        "report": Flow(
            "report",
            Source.PUBLIC,
            _("Report"),
            _("Do not look for more, and do not save or send on what you saw: an address or a name is enough."),
            (_fixed(_("What did you see?"), forms.WhatForm), _WHERE_STEP, _KNOW_STEP, _YOU_STEP),
        ),
        "me": Flow(
            "me",
            Source.VICTIM_SELF,
            _("It is about me"),
            _("What happened is not your fault. You decide how much you tell, and you can stop at any time."),
            (_fixed(_("What is it about?"), forms.AboutMeWhatForm), _WHERE_STEP, _KNOW_STEP, _YOU_STEP),
        ),
        "young": Flow(
            "young",
            Source.VICTIM_SELF,
            _("Help for children and teenagers"),
            _("It is good that you are here. You need not give your name, and nobody will be angry with you."),
            (
                _fixed(_("What is happening?"), forms.YoungWhatForm),
                _fixed(_("Tell us a little more"), forms.YoungWhereForm),
            ),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Filling:
    """A form being filled: everything it knows came with the request and goes back inside the page."""

    flow: Flow
    ticket: str
    answers: Answers
    position: int = 1
    ticket_was_ours: bool = True

    @classmethod
    def start(cls, flow: Flow) -> Self:
        return cls(flow, receipts.new_ticket(settings.HOME.keys.receipt), {})

    @classmethod
    def read(cls, flow: Flow, posted: QueryDict) -> Self:
        """The state a page sent back. A ticket that is not ours is replaced; what was typed stays."""
        answers = {name: posted.get(name, "") for name in flow.names if posted.get(name)}
        filling = cls(flow, posted.get("ticket", ""), answers).at(posted.get("step", ""))
        try:
            receipts.open_ticket(settings.HOME.keys.receipt, filling.ticket)
        except InputError:
            return replace(filling, ticket=receipts.new_ticket(settings.HOME.keys.receipt), ticket_was_ours=False)
        return filling

    @property
    def nonce(self) -> bytes:
        return receipts.open_ticket(settings.HOME.keys.receipt, self.ticket)

    @property
    def is_last(self) -> bool:
        return self.position == self.flow.last

    def at(self, position: int | str) -> Self:
        """The same answers on another page; what is no position is the nearest or the first."""
        number = str(position)
        wanted = int(number) if len(number) < 4 and number.isascii() and number.isdecimal() else 1
        return replace(self, position=min(max(wanted, 1), self.flow.last))

    def form_class(self, position: int) -> type[StepForm]:
        return self.flow.steps[position - 1].form(self.answers)

    def checked(self, position: int) -> StepForm:
        """The page's form with what was typed, to be validated."""
        return self.form_class(position)(dict(self.answers))

    def shown(self, position: int) -> StepForm:
        """The page's form as typed so far, without a judgement."""
        return self.form_class(position)(initial=dict(self.answers))

    def hidden(self) -> list[tuple[str, str]]:
        """What the page carries unseen: the answers of all other pages, in a fixed order."""
        asked = set() if self.is_last else set(self.form_class(self.position).base_fields)
        return sorted((name, value) for name, value in self.answers.items() if name not in asked)

    def taken(self) -> dict[str, str]:
        """The answers on the way that was taken, exactly as typed; those of a way left again are not sent."""
        asked = {name for number in range(1, self.flow.last) for name in self.form_class(number).base_fields}
        return {name: value for name, value in sorted(self.answers.items()) if name in asked}
