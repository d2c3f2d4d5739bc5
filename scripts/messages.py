"""Collect the sentences of the pages, bring every catalogue up to them, and compile those that are complete.

    messages.py                          collect, update, compile; says what each language lacks (exit code 1)
    messages.py missing LANG             what a language lacks, as JSON for translators
    messages.py take FILE LANG           bring in translations, then as without arguments
    messages.py take FOLDER              all of a folder: LANG-1.json and so on, numbered by its source-1.json

Public pages are translated into every language of the members, the workplace into French alone, in a catalogue of its
own. A language whose translation is not complete is not compiled, and so not offered: no page is half in a language.
`take` reads {"English": "text"}, [{"n": 1, "text": "text"}] and {"1": "text"} (with the file that numbers them:
`--source`), or a `.po` file that a node exported. Texts from JSON count as machine-made unless `--by-people` is given.
"""

import argparse
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

from rempart.node import tongues
from rempart.node.languages import checking, po

NODE = Path(tongues.__file__).parent
LISTED = NODE / "languages" / "data" / "sentences.json"
PUBLIC = (
    "templates",
    "intake/templates",
    "intake/public",
    "observatory",
    "exchange/templates/log",
    "guidance",
    "register/wording.py",
    "register/templates/register/public",
    "register/templates/register/_commitments.html",
    "register/templates/register/_contacts.html",
    "reports/templates/reports/public.html",
)
NOT_PUBLIC = ("base_staff.html", "staff", "staff_views.py", "staff_forms.py", "declare.html", "forms.py")
"""Names below those folders, of files and folders that staff alone see; the form's own `forms.py` is public."""
BY_PEOPLE = ("fr",)
"""Languages whose texts carry no mark, in whatever file they come."""
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
Key = tuple[str | None, tuple[str, ...]]


@dataclass(frozen=True)
class Found:
    """A sentence as a page says it; `english` has two forms where a number chooses."""

    context: str | None
    english: tuple[str, ...]
    place: str

    @property
    def key(self) -> Key:
        return self.context, self.english


@dataclass
class Text:
    """A translation, and whether a machine made it."""

    forms: tuple[str, ...]
    machine_made: bool


def is_public(path: Path) -> bool:
    name = path.relative_to(NODE)
    if not any(name.is_relative_to(folder) for folder in PUBLIC):
        return False
    return name.is_relative_to("intake/public") or not set(name.parts) & set(NOT_PUBLIC)


def files() -> Iterator[Path]:
    """Templates and modules of the node, public ones first in the order above, then the workplace's."""
    for folder in PUBLIC:
        place = NODE / folder
        found = [place] if place.is_file() else [*place.rglob("*.html"), *place.rglob("*.py")]
        yield from sorted(path for path in found if is_public(path))
    others = [*NODE.rglob("*.html"), *NODE.rglob("*.py")]
    yield from sorted(path for path in others if not is_public(path) and "migrations" not in path.parts)


def sentences(path: Path) -> Iterator[Found]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        text = "\n".join(line.strip() for line in templatize(text).splitlines())
    found = extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"})
    for _line, message, _comments, context in found:
        yield Found(context, (message,) if isinstance(message, str) else tuple(message), str(path.relative_to(NODE)))


@cache
def collected() -> tuple[dict[Key, Found], dict[Key, Found]]:
    """Sentences of public pages, and those of the workplace that no public page has."""
    public: dict[Key, Found] = {}
    staff: dict[Key, Found] = {}
    for path in files():
        for found in sentences(path):
            if is_public(path):
                public.setdefault(found.key, found)
            elif found.key not in public:
                staff.setdefault(found.key, found)
    return public, staff


def folder_of(language: str, base: Path) -> Path:
    return base / to_locale(language) / "LC_MESSAGES"


def load(language: str) -> dict[Key, Text]:
    """What is translated into a language, of public pages and of the workplace."""
    known: dict[Key, Text] = {}
    for base in (tongues.STAFF, tongues.CATALOGUES):
        file = folder_of(language, base) / "django.po"
        if file.exists():
            for one in po.sentences_of(po.read(file.read_bytes())):
                if po.is_translated(one):
                    known[one.context, po.forms(one)] = Text(po.texts(one), po.is_machine_made(one))
    return known


def fits(language: str, english: tuple[str, ...], forms: tuple[str, ...]) -> bool:
    wanted = tongues.plural_of(language)[0] if len(english) > 1 else 1
    return len(forms) == wanted and checking.agrees(english, forms)


def store(language: str, base: Path, wanted: dict[Key, Found], known: dict[Key, Text]) -> list[Found]:
    """Write one catalogue in the order of the pages, compile it when it is whole; returns what it lacks."""
    catalog, missing = po.empty(language), []
    for key, found in wanted.items():
        text = known.get(key)
        if text is None or not fits(language, found.english, text.forms):
            missing.append(found)
            continue
        po.put(catalog, found.context, found.english, text.forms, machine_made=text.machine_made)
    folder = folder_of(language, base)
    if not list(po.sentences_of(catalog)):
        return missing
    folder.mkdir(parents=True, exist_ok=True)
    data = po.written(catalog, language)
    (folder / "django.po").write_bytes(data)
    if missing:
        (folder / "django.mo").unlink(missing_ok=True)
    else:
        (folder / "django.mo").write_bytes(po.compiled(po.read(data), language))
    return missing


def languages() -> list[str]:
    """Those that have a catalogue; French always has."""
    return [code for code in tongues.OFFICIAL if code != "en" and folder_of(code, tongues.CATALOGUES).exists()]


def update(taken: dict[str, dict[Key, Text]]) -> int:
    public, staff = collected()
    listed = [{"where": each.place, "context": each.context, "en": list(each.english)} for each in public.values()]
    LISTED.write_text(json.dumps(listed, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(public)} sentences on public pages, {len(staff)} more in the workplace")
    lacking = 0
    for language in sorted({*languages(), *taken}):
        known = load(language) | taken.get(language, {})
        missing = store(language, tongues.CATALOGUES, public, known)
        if language == "fr":
            missing += store(language, tongues.STAFF, staff, known)
        lacking += len(missing)
        state = f"lacks {len(missing)}, see: messages.py missing {language}" if missing else "complete"
        print(f"{language:4} {state}")
    return 1 if lacking else 0


def missing_of(language: str) -> list[dict[str, Any]]:
    public, staff = collected()
    wanted = [*public.values(), *(staff.values() if language == "fr" else ())]
    known, french = load(language), load("fr")
    return [
        {
            "n": number,
            "where": found.place,
            "context": found.context,
            "en": found.english[0] if len(found.english) == 1 else list(found.english),
            "fr": _plain(french[found.key].forms) if found.key in french else None,
        }
        for number, found in enumerate(wanted, start=1)
        if found.key not in known or not fits(language, found.english, known[found.key].forms)
    ]


def _plain(forms: tuple[str, ...]) -> str | list[str]:
    return forms[0] if len(forms) == 1 else list(forms)


def read_taken(file: Path, source: Path | None, *, by_people: bool) -> dict[Key, Text]:
    """Translations of a file by sentence; what no page says is left out later."""
    if file.suffix == ".po":
        found = po.sentences_of(po.read(file.read_bytes()))
        return {
            (one.context, po.forms(one)): Text(po.texts(one), po.is_machine_made(one))
            for one in found
            if po.is_translated(one)
        }
    given = json.loads(file.read_text(encoding="utf-8"))
    if isinstance(given, list):
        given = {str(one["n"]): one["text"] for one in given}
    numbered = {str(one["n"]): one for one in json.loads(source.read_text(encoding="utf-8"))} if source else {}
    by_english = {found.english[0]: found.key for group in collected() for found in group.values()}
    taken: dict[Key, Text] = {}
    for name, text in given.items():
        one = numbered.get(name)
        key = (one["context"], _forms(one["en"])) if one else by_english.get(name)
        if key is not None:
            taken[key] = Text(_forms(text), machine_made=not by_people)
    return taken


def read_folder(folder: Path, *, by_people: bool) -> dict[str, dict[Key, Text]]:
    """Translations of every `LANG-N.json` whose sentences `source-N.json` numbers, by language."""
    taken: dict[str, dict[Key, Text]] = {}
    for source in sorted(folder.glob("source-*.json")):
        part = source.stem.removeprefix("source-")
        for language in tongues.OFFICIAL:
            file = folder / f"{language}-{part}.json"
            if file.exists():
                given = read_taken(file, source, by_people=by_people or language in BY_PEOPLE)
                taken.setdefault(language, {}).update(given)
    return taken


def _forms(text: str | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("missing").add_argument("language", choices=tongues.OFFICIAL)
    take = commands.add_parser("take")
    take.add_argument("file", type=Path)
    take.add_argument("language", choices=tongues.OFFICIAL, nargs="?")
    take.add_argument("--source", type=Path, help="JSON file whose numbers the translations refer to")
    take.add_argument("--by-people", action="store_true", help="these are no machine's")
    given = parser.parse_args()
    settings.configure()
    tongues.teach_django()
    if given.command == "missing":
        print(json.dumps(missing_of(given.language), ensure_ascii=False, indent=1))
        return 0
    if given.command != "take":
        return update({})
    if given.file.is_dir():
        return update(read_folder(given.file, by_people=given.by_people))
    if not given.language:
        parser.error("name the language of the file")
    by_people = given.by_people or given.language in BY_PEOPLE
    return update({given.language: read_taken(given.file, given.source, by_people=by_people)})


if __name__ == "__main__":
    sys.exit(main())
