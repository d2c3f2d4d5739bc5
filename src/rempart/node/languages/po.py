"""Catalogues as files: `.po` for people, `.mo` for programs.

In a `.po` file the comment `#. machine` marks a translation that no person has confirmed. A `.mo` file knows no
comments: there the header `X-Machine-Made` says it, as `all` or as the keys of those sentences.
"""

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from gettext import GNUTranslations

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

from rempart.node import tongues

MACHINE = "machine"
_HEADER = "X-Machine-Made"
_KEY_LENGTH = 16


def empty(language: str) -> Catalog:
    """A catalogue without sentences that knows how many plural forms the language has."""
    return Catalog(str(tongues.locale(language)), fuzzy=False)


def key_of(context: str | None, english: Sequence[str]) -> str:
    """What names a sentence: it changes with the English text, so what was said of another text no longer counts."""
    text = "\x04".join((context or "", "\x00".join(english)))
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY_LENGTH]


def forms(message: Message) -> tuple[str, ...]:
    """The English of a message: one text, or one for one thing and one for several."""
    return tuple(message.id) if isinstance(message.id, list | tuple) else (str(message.id),)


def texts(message: Message) -> tuple[str, ...]:
    """The translation, in as many forms as the language has."""
    strings = message.string
    return tuple(strings) if isinstance(strings, list | tuple) else (str(strings or ""),)


def is_machine_made(message: Message) -> bool:
    return MACHINE in message.auto_comments


def is_translated(message: Message) -> bool:
    return all(texts(message))


def sentences_of(catalog: Catalog) -> Iterable[Message]:
    return (message for message in catalog if message.id)


def put(
    catalog: Catalog, context: str | None, english: Sequence[str], text: Sequence[str], *, machine_made: bool
) -> None:
    """Add a sentence at the end, with as many forms as it has."""
    is_plural = len(english) > 1
    catalog.add(
        tuple(english) if is_plural else english[0],
        string=tuple(text) if is_plural else text[0],
        context=context,
        auto_comments=(MACHINE,) if machine_made else (),
    )


def read(data: bytes) -> Catalog:
    return read_po(io.BytesIO(data))


def written(catalog: Catalog, language: str) -> bytes:
    """The `.po` file: the same bytes for the same sentences, without dates and places."""
    body = io.BytesIO()
    write_po(body, catalog, width=0, no_location=True, omit_header=True)
    count, rule = tongues.plural_of(language)
    header = (
        f"# Texts of Rempart's pages in {tongues.english_name(language)}.\n"
        'msgid ""\nmsgstr ""\n'
        '"Project-Id-Version: Rempart\\n"\n'
        f'"Language: {language}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: nplurals={count}; plural={rule};\\n"\n\n'
    )
    return header.encode() + body.getvalue()


def compiled(catalog: Catalog, language: str) -> bytes:
    """The `.mo` file of a catalogue."""
    sentences = list(sentences_of(catalog))
    machine = [key_of(one.context, forms(one)) for one in sentences if is_machine_made(one)]
    body = io.BytesIO()
    write_mo(body, _Headed(sentences, language, "all" if len(machine) == len(sentences) else " ".join(machine)))
    return body.getvalue()


class _Headed(Catalog):
    """Sentences under a header of ours alone: without dates, so that the same texts give the same bytes."""

    def __init__(self, sentences: Iterable[Message], language: str, machine: str) -> None:
        super().__init__(fuzzy=False)
        count, rule = tongues.plural_of(language)
        self._header = (
            f"Language: {language}\nContent-Type: text/plain; charset=utf-8\n"
            f"Plural-Forms: nplurals={count}; plural={rule};\n{_HEADER}: {machine}\n"
        )
        self._sentences = sentences

    def __iter__(self) -> Iterator[Message]:
        yield Message("", self._header)
        yield from self._sentences


def read_compiled(data: bytes) -> tuple[dict[str, tuple[str, ...]], frozenset[str] | None]:
    """Translations by key, and the keys of those that machines made (None: all of them)."""
    catalog = read_mo(io.BytesIO(data))
    found = {key_of(_decoded(one.context), forms(one)): texts(one) for one in sentences_of(catalog)}
    said = GNUTranslations(io.BytesIO(data)).info().get(_HEADER.lower(), "")
    return found, None if said == "all" else frozenset(said.split())


def _decoded(context: str | bytes | None) -> str | None:
    """Babel leaves the contexts of compiled catalogues as bytes."""
    return context.decode() if isinstance(context, bytes) else context
