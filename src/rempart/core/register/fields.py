"""Fields of JSON objects, read strictly: each error names the place and says what is expected there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from rempart.core.errors import InputError

SHORT, LONG = 200, 4000
"""Characters of a line, and of a text of several."""
_URL = re.compile(r"https://[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::[0-9]{1,5})?(?:/[!-~]*)?", re.ASCII)
_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}", re.ASCII)
T = TypeVar("T", bound=StrEnum)


def wrong(where: str, what: str) -> InputError:
    return InputError(f"{what}.", where=where, advice="Correct it and load it again.")


@dataclass(frozen=True, slots=True)
class Fields:
    """An object with exactly these fields; raises InputError for anything else."""

    values: Mapping[str, Any]
    where: str

    @classmethod
    def of(cls, entry: Any, where: str, names: tuple[str, ...]) -> "Fields":
        if not isinstance(entry, Mapping) or set(entry) != set(names):
            raise wrong(where, f"exactly these fields are expected: {', '.join(sorted(names))}")
        return cls(entry, where)

    def place(self, name: str) -> str:
        return f"{self.where}.{name}"

    def line(self, name: str, *, is_needed: bool = True) -> str:
        """One line of printable text without spaces around it."""
        value = self.values[name]
        if not isinstance(value, str) or len(value) > SHORT or value != value.strip() or not value.isprintable():
            raise wrong(self.place(name), f"a line of at most {SHORT} printable characters is expected")
        return self._needed(name, value, is_needed)

    def text(self, name: str, *, is_needed: bool = False) -> str:
        """Printable text of several lines."""
        value = self.values[name]
        if not isinstance(value, str) or len(value) > LONG or value != value.strip():
            raise wrong(self.place(name), f"a text of at most {LONG} characters is expected")
        if not value.replace("\n", "").isprintable():
            raise wrong(self.place(name), "a text has printable characters and line ends only")
        return self._needed(name, value, is_needed)

    def day_or_none(self, name: str) -> date | None:
        value = self.values[name]
        if value is None:
            return None
        try:
            found = date.fromisoformat(value)
        except (TypeError, ValueError):
            raise wrong(self.place(name), "a date is written as 2012-12-05") from None
        if found.isoformat() != value:
            raise wrong(self.place(name), "a date is written as 2012-12-05")
        return found

    def day(self, name: str) -> date:
        found = self.day_or_none(name)
        if found is None:
            raise wrong(self.place(name), "a date is missing")
        return found

    def choice(self, name: str, kind: type[T]) -> T:
        try:
            return kind(self.values[name])
        except ValueError:
            raise wrong(self.place(name), f"one of these is expected: {', '.join(kind)}") from None

    def whole(self, name: str, least: int, most: int) -> int:
        value = self.values[name]
        if type(value) is not int or not least <= value <= most:
            raise wrong(self.place(name), f"a number from {least} to {most} is expected")
        return value

    def url(self, name: str, *, is_needed: bool = False) -> str:
        value = self.line(name, is_needed=is_needed)
        if value and not _URL.fullmatch(value):
            raise wrong(self.place(name), "an address begins with https:// and a host in small letters")
        return value

    def mail(self, name: str) -> str:
        value = self.line(name, is_needed=False)
        if value and not _MAIL.fullmatch(value):
            raise wrong(self.place(name), "this is no e-mail address")
        return value

    def language(self, name: str) -> str:
        return language(self.values[name], self.place(name))

    def each(self, name: str, most: int) -> list[tuple[Any, str]]:
        """The entries of a list, each with its place."""
        value = self.values[name]
        if not isinstance(value, list | tuple) or len(value) > most:
            raise wrong(self.place(name), f"a list of at most {most} entries is expected")
        return [(entry, f"{self.place(name)}[{at}]") for at, entry in enumerate(value)]

    def _needed(self, name: str, value: str, is_needed: bool) -> str:
        if is_needed and not value:
            raise wrong(self.place(name), "this is missing")
        return value


def language(value: Any, where: str) -> str:
    """A language's code of ISO 639, such as fr or cnr."""
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        raise wrong(where, "a language is a code of two or three small letters")
    return value
