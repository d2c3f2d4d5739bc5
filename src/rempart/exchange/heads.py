"""The file `heads`: the cosigned checkpoints of many logs, so that one request tells what is new anywhere.

The notes follow one another, an empty line after each, in the order of their origins, each origin once. Nothing in the
file is believed for being there: every note carries its own signatures.
"""

from collections.abc import Mapping

from rempart.core.errors import InputError, IntegrityError
from rempart.exchange.checkpoints import MAX_CHECKPOINT_BYTES, parse_checkpoint
from rempart.formats.signed_note import read_note

MAX_HEADS = 1000
MAX_FILE_BYTES = 8 * 1024 * 1024


def write_heads(notes: Mapping[str, str]) -> str:
    """The file for notes by origin. Raises InputError when they are more than a reader takes."""
    text = "\n".join(notes[origin] for origin in sorted(notes))
    if len(notes) > MAX_HEADS or len(text) > MAX_FILE_BYTES:
        raise InputError("there are more checkpoints than one file of heads holds.", where="heads")
    return text


def read_heads(text: str) -> dict[str, str]:
    """Note by origin; nothing is verified. IntegrityError for what is no such file in its one spelling."""
    if len(text) > MAX_FILE_BYTES:
        raise IntegrityError("the file of heads is too large.", where="heads")
    notes = split_notes(text)
    found = {parse_checkpoint(read_note(note).text).origin: note for note in notes}
    if len(found) != len(notes) or len(notes) > MAX_HEADS or list(found) != sorted(found):
        raise IntegrityError("the file of heads names a log twice, or too many, or in disorder.", where="heads")
    return found


def split_notes(text: str) -> list[str]:
    """The notes that follow one another in a text, an empty line between them; IntegrityError when they do not."""
    if not text:
        return []
    blocks = text.removesuffix("\n").split("\n\n")
    if not text.endswith("\n") or len(blocks) % 2:
        raise IntegrityError("this is not one note after another.", where="notes")
    notes = [f"{blocks[at]}\n\n{blocks[at + 1]}\n" for at in range(0, len(blocks), 2)]
    if any(len(note) > MAX_CHECKPOINT_BYTES for note in notes):
        raise IntegrityError("a note is too large.", where="notes")
    return notes
