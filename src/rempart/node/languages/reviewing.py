"""A person reads a translation, confirms or corrects it, and can take that back. Each step is on record."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from rempart.core.errors import Conflict, InputError, NotFound
from rempart.core.permissions import Permission
from rempart.node import runtime, tongues
from rempart.node.audit import services as audit
from rempart.node.languages import catalogue, checking, corrections
from rempart.node.languages.catalogue import Sentence, Texts
from rempart.node.languages.models import Confirmation
from rempart.node.people import Person, require_permission


class Standing(StrEnum):
    """What is known of a translation."""

    MACHINE = "machine"
    SHIPPED = "shipped"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Entry:
    """A sentence with its translation as visitors read it; `word` is what a person said last, if anything."""

    sentence: Sentence
    french: Texts
    text: Texts
    standing: Standing
    word: Confirmation | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a language is: `unread` sentences are as a machine left them."""

    language: str
    name: str
    own_name: str
    total: int
    unread: int
    confirmed: int
    corrected: int

    @property
    def percent_read(self) -> int:
        """Rounded down: 100 only when nothing is unread."""
        return 100 * (self.total - self.unread) // self.total if self.total else 100


def progress() -> list[Progress]:
    return [_progress(language) for language in catalogue.translated()]


def _progress(language: str) -> Progress:
    count = Counter(entry.standing for entry in entries(language))
    return Progress(
        language=language,
        name=tongues.english_name(language),
        own_name=tongues.own_name(language),
        total=sum(count.values()),
        unread=count[Standing.MACHINE],
        confirmed=count[Standing.CONFIRMED],
        corrected=count[Standing.CORRECTED],
    )


def entries(language: str) -> list[Entry]:
    """Every sentence of a language, in the order of the pages; NotFound for a language without a translation."""
    require_language(language)
    words = corrections.standing(language)
    return [_entry(language, sentence, words.get(key)) for key, sentence in catalogue.sentences().items()]


def entry(language: str, key: str) -> Entry:
    """One sentence; NotFound where no page says it."""
    require_language(language)
    sentence = catalogue.sentences().get(key)
    if sentence is None:
        raise NotFound("no page says this sentence any more.", where="key", advice="Go back to the list.")
    return _entry(language, sentence, corrections.standing(language).get(key))


def require_language(language: str) -> None:
    if language not in catalogue.translated():
        raise NotFound("there is no translation into this language.", where="language", advice="Choose another.")


def _entry(language: str, sentence: Sentence, word: Confirmation | None) -> Entry:
    shipped = catalogue.shipped(language)
    french = catalogue.shipped("fr").texts.get(sentence.key, ())
    if word is not None:
        standing = Standing.CORRECTED if word.is_correction else Standing.CONFIRMED
        return Entry(sentence, french, tuple(word.text), standing, word)
    standing = Standing.MACHINE if sentence.key in shipped.machine_made else Standing.SHIPPED
    return Entry(sentence, french, shipped.texts.get(sentence.key, ()), standing, None)


@transaction.atomic
def say(person: Person, language: str, key: str, text: Sequence[str], seen: int) -> Confirmation:
    """Confirm the translation, or correct it where the text differs from what is shown.

    `seen` is the number of the word the person had before them, 0 for none: Conflict when somebody was faster.
    InputError when the text lacks a placeholder or a form.
    """
    require_permission(person, Permission.TRANSLATIONS_CONFIRM)
    found = entry(language, key)
    if (found.word.pk if found.word else 0) != seen:
        raise Conflict("somebody has read this sentence meanwhile.", where="text", advice="Look at it again.")
    texts = tuple(each.strip() if not source_is_spaced(found.sentence) else each for each in text)
    _require_whole(language, found.sentence, texts)
    word = Confirmation.objects.create(
        language=language,
        key=key,
        english=list(found.sentence.english),
        text=list(texts),
        is_correction=texts != found.text or found.standing is Standing.CORRECTED,
        by_id=person.pk,
        at=runtime.clock().now(),
    )
    audit.record(
        "translation:corrected" if texts != found.text else "translation:confirmed",
        f"translation:{word.pk}",
        actor=person.actor,
        data=_facts(word),
    )
    corrections.changed()
    return word


def source_is_spaced(sentence: Sentence) -> bool:
    """Whether space at the ends of the source belongs to it."""
    return any(each != each.strip() for each in sentence.english)


@transaction.atomic
def undo(person: Person, word_id: int) -> Confirmation:
    """Take back what was said last of a sentence; what was said before it, or the catalogue, counts again."""
    require_permission(person, Permission.TRANSLATIONS_CONFIRM)
    word = Confirmation.objects.filter(pk=word_id, undone_at=None).first()
    if word is None or corrections.standing(word.language).get(word.key) != word:
        raise Conflict("this is not the last word on the sentence any more.", advice="Look at it again.")
    word.undone_by_id, word.undone_at = person.pk, runtime.clock().now()
    word.save(update_fields=["undone_by", "undone_at"])
    audit.record("translation:undone", f"translation:{word.pk}", actor=person.actor, data=_facts(word))
    corrections.changed()
    return word


def history(language: str, key: str) -> list[Confirmation]:
    """Who said what of a sentence, newest first."""
    return list(Confirmation.objects.filter(language=language, key=key).select_related("by").order_by("-pk"))


def _require_whole(language: str, sentence: Sentence, texts: Texts) -> None:
    wanted = tongues.plural_of(language)[0] if len(sentence.english) > 1 else 1
    if len(texts) != wanted or not all(texts):
        raise InputError("a form of this sentence is empty.", where="text", advice="Write all of them.")
    for text in texts:
        missing, added = checking.missing_or_added(sentence.english[-1], text)
        if len(sentence.english) > 1:
            missing = [each for each in missing if each.startswith("<")]
        if missing or added:
            names = ", ".join((*missing, *added))
            raise InputError(
                f"these parts must be exactly those of the English text: {names}.",
                where="text",
                advice="Copy them from there.",
            )


def _facts(word: Confirmation) -> dict[str, audit.Value]:
    return {"language": word.language, "sentence": word.key}
