"""How a page of advice is written: a few parts, each with a heading and short sentences."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Text: TypeAlias = "str | _StrPromise"


@dataclass(frozen=True, slots=True)
class Part:
    title: Text
    lines: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """Where a page leads: a button, and the name of an address (`guidance:advice/parent`: one of its pages)."""

    title: Text
    to: str


@dataclass(frozen=True, slots=True)
class Written:
    """A page; `summary` is what the list of pages says of it."""

    key: str
    title: Text
    summary: Text
    lead: Text
    parts: tuple[Part, ...]
    ways: tuple[Way, ...]


REPORT = Way(_("Report it"), "public:report")
HELP = Way(_("Help lines"), "guidance:help")
