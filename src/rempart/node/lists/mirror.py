"""A shared list as a folder that any web server may serve: the files that this node serves itself."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from rempart.adapters.files import sync_directory, temporary_name, write_atomically
from rempart.core.errors import Conflict, InputError, IntegrityError, OutsideFailure
from rempart.formats import signed_list
from rempart.formats.list_feed import FORMAT, HEAD_NAME, FeedHead, read_head, write_head
from rempart.formats.signed_list import NOTE_NAME
from rempart.node.audit import services as audit
from rempart.node.lists import feed
from rempart.node.lists.finding import list_called
from rempart.node.lists.models import FeedFile, FoldedList, HashList
from rempart.node.lists.publishing import publish

_FILE_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Exported:
    """`written` and `pruned` count files; a mirror that was up to date has neither."""

    list_id: int
    sequence: int
    written: int
    pruned: int


def export(name: str, folder: Path, *, actor: str = "system") -> Exported:
    """Bring the mirror up to date; readers see the old list or the new at every moment.

    The files that `list.json` names come first, then it, then what no `list.json` names any more goes. Raises
    NotFound, Conflict if the list may not be passed on, InputError for a folder of something else, OutsideFailure.
    """
    hash_list = HashList.objects.get(pk=list_called(name))
    if not hash_list.may_share:
        raise Conflict(
            "This list may not be passed on.",
            where="list",
            advice="If its terms allow it: `rempart lists terms LIST --may-share`.",
        )
    publish(hash_list.pk)
    head = feed.head(hash_list)
    if head is None:
        raise Conflict("The list was forbidden to be passed on meanwhile.", where="list")
    files = {file.name: file for file in FeedFile.objects.filter(hash_list=hash_list)}
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        _check_folder(folder, hash_list)
        missing = [file for file in files.values() if not (folder / file.name).exists()]
        for file in missing:
            _write(folder / file.name, file)
        sync_directory(folder)
        name, body = _head_file(hash_list, head)
        if not (folder / name).exists() or (folder / name).read_bytes() != body:
            write_atomically(folder / name, body, _FILE_MODE)
        pruned = _prune(folder, set(files))
    except OSError as error:
        raise OutsideFailure(
            f"The folder cannot be written ({type(error).__name__}).", where=str(folder), advice="Check its rights."
        ) from error
    if missing:
        with transaction.atomic():
            data = {"sequence": head.sequence, "files": len(missing)}
            audit.record("list:exported", f"list:{hash_list.pk}", actor=actor, data=data)
    return Exported(hash_list.pk, head.sequence, len(missing), pruned)


def _head_file(hash_list: HashList, head: FeedHead) -> tuple[str, bytes]:
    """Name and bytes of what says what the list is. Raises Conflict while a list that is signed is not."""
    folded = FoldedList.objects.filter(hash_list=hash_list).first()
    if folded is None:
        return HEAD_NAME, write_head(head)
    if not folded.note:
        raise Conflict("The list is not signed yet.", where="list", advice="Wait for the worker to fold it.")
    return NOTE_NAME, folded.note.encode()


def _check_folder(folder: Path, hash_list: HashList) -> None:
    """What is pruned must be a mirror of this list and nothing else."""
    if not any(folder.iterdir()):
        return
    if _name_in(folder) != hash_list.name:
        raise InputError(
            f"The folder holds something else than this list as {FORMAT} or {signed_list.FORMAT}.",
            where=str(folder),
            advice="Give an empty folder, or the one it was exported to before.",
        )


def _name_in(folder: Path) -> str | None:
    try:
        if (folder / NOTE_NAME).exists():
            return signed_list.read_list((folder / NOTE_NAME).read_text()).feed.name
        return read_head((folder / HEAD_NAME).read_bytes()).name
    except (OSError, UnicodeDecodeError, InputError, IntegrityError):
        return None


def _write(path: Path, file: FeedFile) -> None:
    digest = hashlib.sha256()
    draft = temporary_name(path)
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE), "wb") as opened:
            for piece in feed.content(file):
                digest.update(piece)
                opened.write(piece)
            opened.flush()
            os.fsync(opened.fileno())
        if digest.hexdigest() != file.sha256:
            raise IntegrityError(
                "An entry was altered after it was published.", where=file.name, advice="Restore the database."
            )
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _prune(folder: Path, wanted: set[str]) -> int:
    """Only what has the name of a feed's file: an operator's own notes beside them stay."""
    gone = [
        path
        for pattern in ("snapshot-*.csv", "changes-*.csv", ".*.csv.*.tmp")
        for path in folder.glob(pattern)
        if path.name not in wanted
    ]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
