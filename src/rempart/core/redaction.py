"""Permanent redaction: a passage of a text becomes a neutral mark that tells neither what it was nor how long."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from rempart.core.errors import InputError

MARK = "▇▇▇▇"
_MARK_SIGN = MARK[0]


class Ground(StrEnum):
    """Why a passage is redacted."""

    UNINVOLVED_PERSON = "uninvolved_person"
    VICTIM_IDENTIFIED = "victim_identified"
    NOT_NEEDED = "not_needed"
    PERSON_ASKED = "person_asked"


def redacted(text: str, passage: str) -> str:
    """The text with every occurrence of the passage replaced by the mark. Raises InputError if there is none."""
    return str(redacted_within(text, passage))


def redacted_within(value: Any, passage: str) -> Any:
    """A JSON value with the passage replaced in every string that holds it; names of members stay.

    Raises InputError for a passage too short to mean anything, or that nothing holds.
    """
    wanted = _one_line_end(passage).strip("\n")
    if len(wanted.strip()) < 2 or _MARK_SIGN in wanted:
        raise InputError("this passage cannot be redacted.", where="passage", advice="Copy two characters or more.")
    if not _holds(value, wanted):
        raise InputError(
            "the text does not hold this passage.", where="passage", advice="Copy it exactly as the text shows it."
        )
    return _replaced(value, wanted)


def _holds(value: Any, wanted: str) -> bool:
    if isinstance(value, str):
        return wanted in _one_line_end(value)
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(_holds(one, wanted) for one in inner)


def _replaced(value: Any, wanted: str) -> Any:
    if isinstance(value, str):
        plain = _one_line_end(value)
        return plain.replace(wanted, MARK) if wanted in plain else value
    if isinstance(value, Mapping):
        return {name: _replaced(one, wanted) for name, one in value.items()}
    return [_replaced(one, wanted) for one in value] if isinstance(value, list) else value


def _one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
