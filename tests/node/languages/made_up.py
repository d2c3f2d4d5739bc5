"""A language whose every sentence a machine made up: German, each text its English one between marks."""

from pathlib import Path

from babel.messages.catalog import Catalog

from rempart.node import tongues
from rempart.node.languages import catalogue, corrections, po

OPEN, CLOSE = "‹", "›"


def made_up(english: str) -> str:
    return f"{OPEN}{english}{CLOSE}"


def install(folder: Path, settings, monkeypatch) -> None:
    """Let the node speak English, French as it ships, and that German."""
    french = folder / "fr" / "LC_MESSAGES"
    french.mkdir(parents=True)
    (french / "django.mo").write_bytes(tongues.compiled("fr").read_bytes())
    catalog = Catalog(fuzzy=False)
    for one in catalogue.sentences().values():
        forms = tuple(made_up(text) for text in one.english)
        po.put(catalog, one.context, one.english, forms, machine_made=True)
    german = folder / "de" / "LC_MESSAGES"
    german.mkdir(parents=True)
    (german / "django.mo").write_bytes(po.compiled(catalog, "de"))
    monkeypatch.setattr(tongues, "CATALOGUES", folder)
    forget()
    settings.LOCALE_PATHS = [str(folder)]
    settings.LANGUAGES = tongues.offered()


def forget() -> None:
    corrections.forget()
    catalogue.translated.cache_clear()
    catalogue.shipped.cache_clear()
