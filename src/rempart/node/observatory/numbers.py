"""Numbers, times and names as the visitor's language writes them."""

import unicodedata
from datetime import date
from functools import cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_compact_decimal, format_decimal, format_percent
from babel.units import format_unit
from django.utils.translation import get_language, gettext

_DAYS_FROM = 72


def number(value: float) -> str:
    return format_decimal(value, locale=locale())


def compact(value: float, digits: int = 1) -> str:
    """Short, for an axis: 45M."""
    return format_compact_decimal(value, locale=locale(), fraction_digits=digits)


def percent(share: float) -> str:
    return str(format_percent(share, locale=locale()))


def duration(hours: float) -> str:
    amount, unit = (hours, "duration-hour") if hours < _DAYS_FROM else (hours / 24, "duration-day")
    return str(format_unit(round(amount, 1), unit, locale=locale()))


def hours(value: float) -> str:
    """Hours as hours, short, so that a column of them compares."""
    shown = round(value, 1) if value < 100 else round(value)
    return str(format_unit(shown, "duration-hour", length="short", locale=locale()))


def days(value: float) -> str:
    """Short, for a cell of many: 42d."""
    return str(format_unit(round(value, 1), "duration-day", length="narrow", locale=locale()))


def months(value: float) -> str:
    return str(format_unit(round(value, 1), "duration-month", locale=locale()))


def at_least(text: str) -> str:
    return gettext("at least {number}").format(number=text)


def month_name(month: str, form: str = "LLLL y") -> str:
    name = format_date(date(int(month[:4]), int(month[5:]), 1), form, locale=locale())
    return name[:1].upper() + name[1:]


def country_name(code: str) -> str:
    return str(locale().territories.get(code, code))


def english_name(code: str) -> str:
    return str(_locale_of("en").territories.get(code, code))


def country_key(code: str) -> tuple[str, str]:
    """Sorts countries by their names, letters with accents beside those without."""
    plain = unicodedata.normalize("NFKD", country_name(code)).casefold()
    return "".join(each for each in plain if not unicodedata.combining(each)), code


def day(moment: date) -> str:
    return format_date(moment, "long", locale=locale())


def locale() -> Locale:
    return _locale_of((get_language() or "en")[:2])


@cache
def _locale_of(language: str) -> Locale:
    return Locale.parse(language)
