"""Dated templates of the reports that the law asks for: which fields there are, and what each is called.

A template is a folder KIND/DATE with template.toml, en.toml and fr.toml. Those that ship lie beside this module; a
member puts newer ones into a folder of its own (`REMPART_REPORT_TEMPLATES`), where the same date takes precedence.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings

from rempart.core.errors import InputError, RempartError
from rempart.node.reports.texts import LANGUAGES, Texts, flat

SHIPPED = Path(__file__).parent / "templates_legal"
KINDS = ("dsa", "eprivacy")
SHAPES = ("number", "table", "text")
_ADVICE = "Compare it with the templates that ship, or remove it."


@dataclass(frozen=True, slots=True)
class Field:
    """One item of a report. `figure` (and its `part`) is the indicator that gives it; `parts` are the rows of a table,
    none where whoever declares names them.
    """

    key: str
    shape: str
    figure: str = ""
    part: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """The report of one legal act as it stood on a day. `until` is the end of its application known that day."""

    kind: str
    since: date
    until: date | None
    act: str
    article: str
    fields: tuple[Field, ...]
    languages: dict[str, Texts]

    def say(self, language: str) -> Texts:
        return self.languages[language]

    def field(self, key: str) -> Field | None:
        return next((each for each in self.fields if each.key == key), None)

    def covers(self, year: int) -> bool:
        return self.since.year <= year and (self.until is None or year <= self.until.year)


def find(kind: str, year: int, own: Path | None = None) -> Template:
    """The newest template that covers the year. Raises InputError where none does, or where one cannot be read."""
    found = [each for each in every(kind, own) if each.covers(year)]
    if not found:
        raise InputError(
            f"no template of the kind {kind} covers {year}.",
            where="template",
            advice="Put a newer one into the folder that REMPART_REPORT_TEMPLATES names.",
        )
    return found[-1]


def own_folder() -> Path | None:
    """Where a member keeps templates of its own."""
    return Path(settings.REPORT_TEMPLATES) if settings.REPORT_TEMPLATES else None


def every(kind: str, own: Path | None = None) -> list[Template]:
    """All templates of a kind, the oldest first; one's own takes the place of a shipped one of the same date."""
    folders = {path.name: path for root in (SHIPPED, own) if root for path in sorted((root / kind).glob("*/"))}
    return [read(folders[name]) for name in sorted(folders)]


def read(folder: Path) -> Template:
    """The template in a folder. Raises InputError naming the file and what is wrong with it."""
    try:
        return _template(folder, tomllib.loads((folder / "template.toml").read_text(encoding="utf-8")))
    except RempartError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"this is no template ({type(error).__name__})."
        raise InputError(what, where=str(folder), advice=_ADVICE) from error


def _template(folder: Path, found: dict[str, Any]) -> Template:
    fields = tuple(
        Field(each["key"], each["shape"], each.get("figure", ""), each.get("part", ""), tuple(each.get("parts", ())))
        for each in found["fields"]
    )
    until, since = found.get("until"), found["since"]
    if folder.name != str(since) or folder.parent.name != found["kind"]:
        raise InputError("the folder is not named by kind and date.", where=str(folder), advice=_ADVICE)
    if not all(field.shape in SHAPES for field in fields) or len({field.key for field in fields}) < len(fields):
        raise InputError("a field has no known shape, or occurs twice.", where=str(folder), advice=_ADVICE)
    languages = {language: _texts(folder, language, fields) for language in LANGUAGES}
    return Template(found["kind"], since, until, found["act"], found["article"], fields, languages)


def _texts(folder: Path, language: str, fields: tuple[Field, ...]) -> Texts:
    path = folder / f"{language}.toml"
    sentences = flat(tomllib.loads(path.read_text(encoding="utf-8")))
    wanted = {"name", "title", "summary"}
    for field in fields:
        wanted |= {f"fields.{field.key}.title", f"fields.{field.key}.help"}
        wanted |= {f"fields.{field.key}.parts.{part}" for part in field.parts}
    if missing := sorted(wanted - sentences.keys()):
        raise InputError(f"{missing[0]} is missing.", where=str(path), advice=_ADVICE)
    return Texts(language, sentences)
