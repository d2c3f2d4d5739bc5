"""Collect the sentences of the public pages, bring the French catalogue up to them, and compile it.

Staff pages are marked but English only, so they are left out. Sentences that left the pages leave the catalogue;
new ones are listed and need a translation (exit code 1), because a public page is never half French.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

NODE = Path(__file__).resolve().parents[1] / "src" / "rempart" / "node"
PUBLIC = ("templates", "intake/templates", "intake/public", "observatory", "exchange/templates/log")
FILES = ("settings.py", "tags.py")
STAFF_ONLY = "base_staff.html"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def sources() -> Iterator[Path]:
    """Templates and modules whose sentences a visitor can read, in a stable order."""
    for folder in PUBLIC:
        found = [*(NODE / folder).rglob("*.html"), *(NODE / folder).rglob("*.py")]
        yield from sorted(path for path in found if path.name != STAFF_ONLY)
    yield from (NODE / name for name in FILES)


def sentences(path: Path) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    """Message ids of one file, each with its context."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        text = "\n".join(line.strip() for line in templatize(text).splitlines())
    found = extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"})
    for _line, message, _comments, context in found:
        yield message, context


def update(catalog: Catalog) -> None:
    """Leave out what no page says any more, and add what is new without a translation."""
    wanted = {}
    for path in sources():
        for message, context in sentences(path):
            wanted.setdefault((message[0] if isinstance(message, tuple) else message, context), message)
    for message in [each for each in catalog if each.id]:
        if (_first(message), message.context) not in wanted:
            catalog.delete(message.id, message.context)
    for (first, context), message in wanted.items():
        if catalog.get(first, context) is None:
            catalog.add(message, context=context)
    catalog.obsolete.clear()


def _first(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple) else message.id


def untranslated(catalog: Catalog) -> list[str]:
    texts = {_first(each): each.string for each in catalog if each.id}
    return [first for first, text in texts.items() if not all(text if isinstance(text, tuple) else (text,))]


def main() -> int:
    settings.configure()
    folder = NODE / "locale" / "fr" / "LC_MESSAGES"
    with (folder / "django.po").open("rb") as file:
        catalog = read_po(file, locale="fr")
    update(catalog)
    with (folder / "django.po").open("wb") as file:
        write_po(file, catalog, width=0, no_location=True)
    with (folder / "django.mo").open("wb") as file:
        write_mo(file, catalog)
    missing = untranslated(catalog)
    print(f"{len(catalog)} sentences, {len(missing)} without a French translation")
    for sentence in missing:
        print(f"  {sentence}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
