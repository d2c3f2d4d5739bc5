"""A backup on disk: files, and last of all a manifest with their SHA-256. Without the manifest it is no backup.

A signed note beside the manifest says by its SHA-256 which one a node wrote: whoever changes the backup and its
manifest alike cannot write that.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from rempart.adapters.files import sync_directory, write_atomically
from rempart.adapters.signing import Signer, verify
from rempart.core.errors import Conflict, InputError, IntegrityError
from rempart.formats.signed_note import Key, open_note, sign_note

MANIFEST = "manifest.json"
NOTE = "manifest.json.note"
ORIGIN = "rempart.backup"
FORMAT = "rempart backup 1"
_PIECE = 1 << 20

OnBytes = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its path below the backup's folder, with slashes; size in bytes; SHA-256 in hexadecimal."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `facts` are strings by name, such as the database's kind and the head of the chain."""

    kind: str
    taken_at: datetime
    facts: Mapping[str, str]
    files: tuple[Entry, ...]

    @property
    def size(self) -> int:
        return sum(entry.size for entry in self.files)


class BackupWriter:
    """Fills a folder that must be new or empty; only `finish` makes a backup of it."""

    def __init__(self, folder: Path, kind: str, on_bytes: OnBytes = lambda count: None) -> None:
        self.folder = folder
        self._kind = kind
        self._on_bytes = on_bytes
        self._entries: list[Entry] = []
        refuse_filled(folder, "A backup that was interrupted has no manifest.json: remove it, or name another folder.")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)

    def copy(self, source: Path, name: str) -> None:
        """Copy one file to `name`; a file that was removed meanwhile is left out."""
        try:
            opened = source.open("rb")
        except FileNotFoundError:
            return
        target = self.folder / name
        _make_private(target.parent)
        with opened:
            self._entries.append(_copied(opened, target, name, self._on_bytes))

    def copy_tree(self, source: Path, name: str) -> None:
        """Copy a folder with all below it, but nothing hidden: that is half-written."""
        for path in sorted(files_below(source)):
            self.copy(path, f"{name}/{path.relative_to(source).as_posix()}")

    def adopt(self, name: str) -> None:
        """Take up a file that was written into the folder directly."""
        path = self.folder / name
        path.chmod(0o600)
        with path.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
            os.fsync(opened.fileno())
        self._entries.append(Entry(name, path.stat().st_size, digest))

    def finish(self, taken_at: datetime, facts: Mapping[str, str], signer: Signer | None = None) -> Manifest:
        """Make every file and name durable, then write the manifest: from here on it is a backup."""
        for directory, _, _ in os.walk(self.folder):
            sync_directory(Path(directory))
        manifest = Manifest(self._kind, taken_at, dict(facts), tuple(self._entries))
        document = _written(manifest)
        if signer is not None:
            note = sign_note(_note_text(document), Key(ORIGIN, signer.public_key), signer.sign)
            write_atomically(self.folder / NOTE, note.encode())
        write_atomically(self.folder / MANIFEST, document)
        return manifest


def files_below(folder: Path) -> Iterator[Path]:
    """Every regular file below, apart from hidden ones."""
    for directory, names, files in os.walk(folder):
        names[:] = [name for name in names if not name.startswith(".")]
        yield from (Path(directory) / name for name in files if not name.startswith("."))


def refuse_filled(folder: Path, advice: str) -> None:
    """Conflict when the folder holds anything."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict("the folder is not empty; nothing is overwritten.", where=str(folder), advice=advice)


def read_manifest(folder: Path, kind: str) -> Manifest:
    """The manifest of a whole backup; IntegrityError when there is none or it cannot be read."""
    path = folder / MANIFEST
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != FORMAT:
            raise ValueError("another format")
        files = tuple(Entry(_safe(one["path"]), int(one["size"]), str(one["sha256"])) for one in document["files"])
        facts = {str(name): str(value) for name, value in document["facts"].items()}
        manifest = Manifest(document["kind"], datetime.fromisoformat(document["taken_at"]), facts, files)
    except FileNotFoundError:
        raise IntegrityError(
            "there is no manifest: this is no backup, or one that was interrupted.",
            where=str(folder),
            advice="Use a backup that was taken to its end.",
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise IntegrityError("the manifest cannot be read.", where=str(path), advice="Use another backup.") from None
    if manifest.kind != kind:
        raise InputError(f"this is a backup of {manifest.kind}, not of {kind}.", where=str(folder))
    return manifest


def check_signature(folder: Path, public: bytes) -> bool:
    """Whether the holder of this public key (32 bytes) signed the manifest; False where there is no note.

    IntegrityError for a note of another key or another manifest.
    """
    try:
        note = (folder / NOTE).read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return False
    try:
        text, _ = open_note(note, [Key(ORIGIN, public)], verify)
    except IntegrityError as error:
        raise IntegrityError(error.what, where=str(folder / NOTE), advice=error.advice) from error
    if text != _note_text((folder / MANIFEST).read_bytes()):
        raise IntegrityError(
            "the manifest is not the one that the node signed.",
            where=str(folder / MANIFEST),
            advice="Use another backup: this one was changed.",
        )
    return True


def check_files(folder: Path, manifest: Manifest, on_bytes: OnBytes = lambda count: None) -> None:
    """Compare every file with the manifest; IntegrityError names the first that is missing, altered or unknown."""
    for entry in manifest.files:
        path = folder / entry.path
        advice = "Use another backup: this one was damaged or changed."
        if path.is_symlink() or not path.is_file():
            raise IntegrityError("the file is missing.", where=str(path), advice=advice)
        with path.open("rb") as opened:
            digest = hashlib.sha256()
            for piece in _pieces(opened):
                digest.update(piece)
                on_bytes(len(piece))
        if digest.hexdigest() != entry.sha256:
            raise IntegrityError("the file is not the one of the manifest.", where=str(path), advice=advice)
    known = {folder / entry.path for entry in manifest.files} | {folder / MANIFEST, folder / NOTE}
    for path in files_below(folder):
        if path not in known:
            raise IntegrityError("the manifest does not know this file.", where=str(path), advice="Move it away.")


def restore_file(folder: Path, entry: Entry, target: Path, on_bytes: OnBytes = lambda count: None) -> None:
    """Copy one file to its place; IntegrityError when what was read is not what the manifest says."""
    _make_private(target.parent)
    with (folder / entry.path).open("rb") as opened:
        copied = _copied(opened, target, entry.path, on_bytes)
    if copied != entry:
        raise IntegrityError("the file changed while it was read.", where=str(folder / entry.path))


def check_of_key(key: bytes) -> str:
    """By which a manifest recognises a key without holding it: a keyed digest of a fixed text."""
    return hmac.new(key, FORMAT.encode(), hashlib.sha256).hexdigest()


def _copied(opened: BinaryIO, target: Path, name: str, on_bytes: OnBytes) -> Entry:
    digest, size = hashlib.sha256(), 0
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for piece in _pieces(opened):
            file.write(piece)
            digest.update(piece)
            size += len(piece)
            on_bytes(len(piece))
        file.flush()
        os.fsync(file.fileno())
    return Entry(name, size, digest.hexdigest())


def _make_private(folder: Path) -> None:
    """Each missing folder on the way, closed to others: `mkdir(parents=True)` closes the last one only."""
    if not folder.is_dir():
        _make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _pieces(opened: BinaryIO) -> Iterator[bytes]:
    while piece := opened.read(_PIECE):
        yield piece


def _safe(text: object) -> str:
    path = PurePosixPath(str(text))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError("a path outside the backup")
    return str(path)


def _note_text(document: bytes) -> str:
    return f"{ORIGIN}\n{MANIFEST} sha256 {hashlib.sha256(document).hexdigest()}\n"


def _written(manifest: Manifest) -> bytes:
    document = {
        "format": FORMAT,
        "kind": manifest.kind,
        "taken_at": manifest.taken_at.astimezone(UTC).isoformat(),
        "facts": dict(manifest.facts),
        "files": [{"path": one.path, "size": one.size, "sha256": one.sha256} for one in manifest.files],
    }
    return json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n"
