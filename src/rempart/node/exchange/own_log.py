"""This node's log: its keys, its folder, its one writer in this process, and whether it may be written at all."""

from functools import cache
from pathlib import Path

from django.conf import settings

from rempart.adapters.files import write_atomically
from rempart.adapters.log_folder import FolderStore
from rempart.adapters.signing import Signer
from rempart.core.errors import Conflict
from rempart.exchange.writer import LogWriter
from rempart.formats import signed_list
from rempart.formats.signed_list import SignedHead
from rempart.formats.signed_note import Key
from rempart.node.exchange import cosigning

VKEY = "vkey"
"""Beside the log's other files, so that the public surface tells it without holding the key."""
RESTORED = "restored"
"""While this file lies there nothing is signed: the folder came from a backup, and the log may have gone on since."""


def folder() -> Path:
    path: Path = settings.HOME.log
    return path


def signer() -> Signer:
    return Signer(settings.HOME.keys.log)


def key() -> Key:
    """By which this node's checkpoints are verified."""
    return Key(settings.ORIGIN, signer().public_key)


def sign_list(head: SignedHead) -> str:
    """A list's note by this node; of a process that holds the log's key."""
    return signed_list.sign_list(head, signed_list.lists_key(settings.ORIGIN, signer().public_key), signer().sign)


def store() -> FolderStore:
    return FolderStore(folder())


def writer() -> LogWriter:
    """Raises Conflict while the log waits to be compared, IntegrityError when its files do not agree."""
    if is_restored():
        raise Conflict(
            "the log comes from a backup: what it published since would be contradicted.",
            where=str(folder() / RESTORED),
            advice="Run `rempart log resume`, which compares it with what the members have seen.",
        )
    return _writer(folder(), settings.ORIGIN)


@cache
def _writer(path: Path, origin: str) -> LogWriter:
    """A folder that was put back to an earlier day unnoticed signs nothing: the other members have seen more of it."""
    key, known = Key(origin, signer().public_key), cosigning.known_elsewhere()
    return LogWriter(FolderStore(path), key, signer().sign, cosigning.cosignatures, known)


def forget_writer() -> None:
    """The next one reads the folder anew."""
    _writer.cache_clear()


def tell_key() -> None:
    """Put the log's key where the public surface serves it from; of a process that holds it."""
    text = f"{key().vkey}\n".encode()
    path = folder() / VKEY
    if not path.exists() or path.read_bytes() != text:
        write_atomically(path, text)


def is_restored() -> bool:
    return (folder() / RESTORED).exists()


def mark_restored() -> None:
    write_atomically(folder() / RESTORED, b"Run `rempart log resume`.\n")
