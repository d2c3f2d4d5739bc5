"""The languages of the members: what each is called, which way it runs, and what Babel calls it.

Django knows most of them; what it lacks is added here, in this one place. A language is offered where `locale/` holds
a compiled catalogue for it, and one is compiled only when its translation is complete (`scripts/messages.py`).
"""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.plurals import get_plural
from django.conf.locale import LANG_INFO
from django.utils.translation import get_language, to_locale

_CODES = """
    sq en de nl fr bg km ko hr el tr cs da et fi sv ka hu ga it ja lv lt lb mt ro cnr mi nb nn fil pl pt sr sk sl es
    rm th uk vi he
"""
OFFICIAL = tuple(_CODES.split())
"""The official languages of the 48 founding members, and Hebrew, of a later one."""
CATALOGUES = Path(__file__).parent / "locale"
STAFF = Path(__file__).parent / "staff" / "locale"
SOURCE = "en"
_UNKNOWN_TO_DJANGO: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "cnr": {"bidi": False, "code": "cnr", "name": "Montenegrin", "name_local": "Crnogorski"},
        "fil": {"bidi": False, "code": "fil", "name": "Filipino", "name_local": "Filipino"},
        "mi": {"bidi": False, "code": "mi", "name": "Māori", "name_local": "Te Reo Māori"},
        "mt": {"bidi": False, "code": "mt", "name": "Maltese", "name_local": "Malti"},
        "rm": {"bidi": False, "code": "rm", "name": "Romansh", "name_local": "Rumantsch"},
        # What browsers say for a language of ours under another code.
        "no": {"fallback": ["nb"]},
        "tl": {"fallback": ["fil"]},
        "mo": {"fallback": ["ro"]},
        "iw": {"fallback": ["he"]},
    }
)
_OWN_NAMES: Mapping[str, str] = MappingProxyType({"cnr": "Crnogorski", "mi": "Te reo Māori"})
_BABEL: Mapping[str, str] = MappingProxyType({"cnr": "sr_Latn_ME"})


def teach_django() -> None:
    """Add what Django lacks; before any language is looked up."""
    LANG_INFO.update({code: dict(info) for code, info in _UNKNOWN_TO_DJANGO.items()})


def capital(text: str) -> str:
    """With a capital at its start, in scripts that have them: Georgian capitals are for headlines."""
    return text[:1].title() + text[1:]


def own_name(code: str) -> str:
    """What a language calls itself, with a capital."""
    return _OWN_NAMES.get(code) or capital(str(locale(code).get_display_name(code)))


def in_order(code: str) -> str:
    """By what languages are sorted: their own names, accents and case aside."""
    name = unicodedata.normalize("NFKD", own_name(code).casefold())
    return "".join(letter for letter in name if not unicodedata.combining(letter))


def english_name(code: str) -> str:
    return str(LANG_INFO[code]["name"])


def direction(code: str) -> str:
    """`rtl` or `ltr`, as HTML writes it."""
    return "rtl" if LANG_INFO[code]["bidi"] else "ltr"


def compiled(code: str, folder: Path | None = None) -> Path:
    """Where the compiled catalogue of a language lies; that of the public pages, if no folder is named."""
    return (folder or CATALOGUES) / to_locale(code) / "LC_MESSAGES" / "django.mo"


def offered() -> list[tuple[str, str]]:
    """English and every language with a complete translation, in the order of their own names."""
    codes = [code for code in OFFICIAL if code == SOURCE or compiled(code).exists()]
    return sorted(((code, english_name(code)) for code in codes), key=lambda pair: in_order(pair[0]))


def plural_of(code: str) -> tuple[int, str]:
    """How many plural forms a language has, and the rule that chooses, as a catalogue's header writes it."""
    rule = get_plural("sr" if code == "cnr" else code)
    return rule.num_plurals, rule.plural_expr


def locale(code: str = "") -> Locale:
    """How the language (this page's, if none is named) writes numbers, dates and countries."""
    return _locale_of(code or get_language() or SOURCE)


@cache
def _locale_of(code: str) -> Locale:
    return Locale.parse(_BABEL.get(code, code.replace("-", "_")))


def country_name(code: str) -> str:
    """A country in this page's language; its code where no name is known."""
    return str(locale().territories.get(code) or code)


def day(at: date | None) -> str:
    """A day, as this page's language writes it; nothing where there is none."""
    return str(format_date(at, "long", locale=locale())) if at else ""


def day_and_time(at: datetime | None) -> str:
    """A moment to the minute, in UTC, as this page's language writes it."""
    return str(format_datetime(at, "medium", locale=locale())) if at else ""
