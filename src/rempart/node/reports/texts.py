"""The sentences of reports, in the languages that reports are written in, and numbers as each writes them."""

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from rempart.core.errors import InputError

LANGUAGES = ("en", "fr")
_LOCALES = {"en": "en_GB", "fr": "fr_FR"}
FOLDER = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True)
class Texts:
    """Sentences of one language by dotted name; `{placeholders}` are filled by name."""

    language: str
    sentences: Mapping[str, str]

    def __call__(self, name: str, /, **values: object) -> str:
        return self.sentences[name].format(**values)

    def get(self, name: str, default: str) -> str:
        return self.sentences.get(name, default)

    def number(self, number: float) -> str:
        return str(format_decimal(number, locale=self.locale))

    def percent(self, share: float) -> str:
        """One digit after the point."""
        return str(
            format_percent(share, format="#,##0.#\u00a0%" if self.language == "fr" else "#,##0.#%", locale=self.locale)
        )

    def duration(self, hours: float) -> str:
        """Hours up to three days, then days."""
        if hours >= 72:
            return self.days(hours / 24)
        return str(format_unit(round(hours, 1), "duration-hour", locale=self.locale))

    def days(self, days: float) -> str:
        return str(format_unit(round(days, 1), "duration-day", locale=self.locale))

    def day(self, at: datetime | date) -> str:
        return format_date(at, "long", locale=self.locale)

    def month(self, month: str, form: str = "LLLL") -> str:
        """The name of a month written "2026-03"."""
        name = format_date(date(int(month[:4]), int(month[5:7]), 1), form, locale=self.locale)
        return name[:1].upper() + name[1:]

    def country(self, code: str) -> str:
        return str(self.locale.territories.get(code, code))

    @property
    def locale(self) -> Locale:
        return Locale.parse(_LOCALES[self.language])


@cache
def texts(language: str) -> Texts:
    """Raises InputError for a language that reports are not written in."""
    if language not in LANGUAGES:
        raise InputError(
            "reports are written in English and French.", where="language", advice=f"Use {' or '.join(LANGUAGES)}."
        )
    return Texts(language, read(FOLDER / f"{language}.toml"))


def read(path: Path) -> dict[str, str]:
    """Sentences of a TOML file by dotted name."""
    return flat(tomllib.loads(path.read_text(encoding="utf-8")))


def flat(table: Mapping[str, Any], start: str = "") -> dict[str, str]:
    """A nested table by dotted names."""
    found: dict[str, str] = {}
    for name, value in table.items():
        found |= flat(value, f"{start}{name}.") if isinstance(value, dict) else {f"{start}{name}": str(value)}
    return found


def place_of(name: str) -> str:
    """Where a name stands in the order of the alphabet: an accent makes no other letter."""
    return "".join(each for each in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(each))
