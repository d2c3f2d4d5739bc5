"""What people said of translations, laid over the catalogues of this process.

Django keeps a catalogue of each language in memory. A correction replaces that of its language by one with the
corrected sentences merged over it. Other processes notice within `LOOK_EVERY` seconds, on the next public page.
"""

import io
import threading
import time
from dataclasses import dataclass, field
from gettext import GNUTranslations

from django.db import transaction
from django.db.models import Count, Max
from django.utils.translation import trans_real

from rempart.node.languages import catalogue, po
from rempart.node.languages.models import Confirmation

LOOK_EVERY = 10.0
_Mark = tuple[int | None, int]


@dataclass(slots=True)
class _Known:
    """What this process has laid over its catalogues; `mark` changes with every word and every undoing."""

    mark: _Mark = (None, 0)
    looked_at: float = float("-inf")
    words: dict[str, dict[str, Confirmation]] = field(default_factory=dict)


_known = _Known()
_lock = threading.Lock()


def standing(language: str) -> dict[str, Confirmation]:
    """The word that counts for each sentence of a language, from the database."""
    rows = Confirmation.objects.filter(language=language, undone_at=None).select_related("by").order_by("pk")
    return {row.key: row for row in rows}


def is_machine_made(language: str) -> bool:
    """Whether a machine made a sentence of this language that no person has confirmed, as far as this process knows."""
    if language not in catalogue.translated():
        return False
    unread = catalogue.shipped(language).machine_made & catalogue.sentences().keys()
    return bool(unread - _known.words.get(language, {}).keys())


def look(now: float | None = None) -> None:
    """Lay over what is new since the last look, if that was long enough ago."""
    now = time.monotonic() if now is None else now
    if now - _known.looked_at < LOOK_EVERY:
        return
    _known.looked_at = now
    _renew()


def changed() -> None:
    """This process lays it over as soon as the transaction is through."""
    transaction.on_commit(_renew)


def forget() -> None:
    """The catalogues as they shipped."""
    with _lock:
        for language in _known.words:
            trans_real._translations.pop(language, None)  # type: ignore[attr-defined]
        _known.mark, _known.looked_at, _known.words = (None, 0), float("-inf"), {}


def _renew() -> None:
    found = Confirmation.objects.aggregate(newest=Max("pk"), undone=Count("undone_at"))
    mark = (found["newest"], found["undone"])
    if mark == _known.mark:
        return
    words = {language: standing(language) for language in catalogue.translated()}
    words = {language: by_key for language, by_key in words.items() if by_key}
    with _lock:
        for language in {*_known.words, *words}:
            _lay_over(language, words.get(language, {}))
        _known.mark, _known.words = mark, words


def _lay_over(language: str, words: dict[str, Confirmation]) -> None:
    over = po.empty(language)
    for key, word in words.items():
        if sentence := catalogue.sentences().get(key):
            po.put(over, sentence.context, sentence.english, word.text, machine_made=False)
    translation = trans_real.DjangoTranslation(language)
    translation.merge(GNUTranslations(io.BytesIO(po.compiled(over, language))))
    trans_real._translations[language] = translation  # type: ignore[attr-defined]
