"""Encrypted files at rest: one key per report, wrapped by the node's key; each file streamed, whole or absent.

Destroying a report's wrapped key makes all its files unreadable, whatever a disk or backup still holds.

A process that only takes reports in holds the vault's public half: it seals what nobody but a holder of the node's key
opens, itself not (HPKE, RFC 9180: X25519, HKDF-SHA256, AES-256-GCM).
"""

import os
import re
import secrets
import struct
import time
from collections.abc import Callable, Iterator
from hashlib import blake2s
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rempart.adapters.files import sync_directory, temporary_name
from rempart.core.errors import (
    Conflict,
    InputError,
    IntegrityError,
    LimitExceeded,
    NotFound,
    NotPermitted,
    UnsafeStart,
)

KEY_SIZE = 32
CHUNK_SIZE = 256 * 1024
_TAG_SIZE = 16
_NONCE_SIZE = 12
_MAGIC = b"RVB1"
_SALT_SIZE = 16
_PREFIX_SIZE = 7
_HEADER_SIZE = len(_MAGIC) + _SALT_SIZE + _PREFIX_SIZE
_MAX_CHUNKS = 2**32
_WRAP_PURPOSE = b"rempart vault report key 1"
_TEXT_PURPOSE = b"rempart vault text 1"
_BLOB_PURPOSE = b"rempart vault blob 1"
_SEALING_PURPOSE = b"rempart vault sealing key 1"
_LOCK_PURPOSE = b"rempart vault report lock 1"
_HPKE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_WRAPPED_SIZE = _NONCE_SIZE + KEY_SIZE + _TAG_SIZE
_BLOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}\Z")


class ReportKey(bytes):
    """The plain key of one report, 32 bytes; its repr does not show it."""

    __slots__ = ()

    def __new__(cls, plain: bytes) -> "ReportKey":
        if len(plain) != KEY_SIZE:
            raise InputError(f"a report key has {KEY_SIZE} bytes, not {len(plain)}.", where="report key")
        return super().__new__(cls, plain)

    def __repr__(self) -> str:
        return "ReportKey(hidden)"

    __str__ = __repr__


def _expand(key: bytes, purpose: bytes, salt: bytes | None = None) -> bytes:
    """HKDF-SHA256 (RFC 5869): no two purposes, and no two files, ever share a key."""
    return HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=salt, info=purpose).derive(key)


def _derive(key: bytes, purpose: bytes, salt: bytes | None = None) -> AESGCM:
    return AESGCM(_expand(key, purpose, salt))


def _opening(key: bytes, purpose: bytes) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(_expand(key, purpose))


def sealing_key(node_key: bytes) -> bytes:
    """The public half of the node's key, 32 bytes: enough to seal reports, useless to open them."""
    return _opening(node_key, _SEALING_PURPOSE).public_key().public_bytes_raw()


def lock_of(key: ReportKey) -> bytes:
    """The public half of a report's key, 32 bytes: with it a text is added to the report that only `key` opens."""
    return _opening(key, _LOCK_PURPOSE).public_key().public_bytes_raw()


def seal_for(lock: bytes, plaintext: bytes, context: bytes) -> bytes:
    """A small text that only the report key of `lock` opens; `context` as in `Vault.seal`."""
    return _HPKE.encrypt(plaintext, X25519PublicKey.from_public_bytes(lock), context)


def open_sealed(key: ReportKey, sealed: bytes, context: bytes) -> bytes:
    """The text behind `seal_for`; IntegrityError when altered or when key or context differ."""
    return _decrypt(_opening(key, _LOCK_PURPOSE), sealed, context, "text")


def _decrypt(key: X25519PrivateKey, sealed: bytes, context: bytes, what: str) -> bytes:
    try:
        return _HPKE.decrypt(sealed, key, context)
    except (InvalidTag, ValueError):
        raise _unverified(what) from None


def _seal(cipher: AESGCM, plaintext: bytes, context: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_SIZE)
    return nonce + cipher.encrypt(nonce, plaintext, context)


def _open(cipher: AESGCM, sealed: bytes, context: bytes, what: str) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], context)
    except (InvalidTag, ValueError):
        raise _unverified(what) from None


def _unverified(what: str) -> IntegrityError:
    return IntegrityError(
        f"the {what} does not verify: it was altered, cut off or belongs elsewhere.",
        where="vault",
        advice="Restore it from the backup and find out what changed it.",
    )


class _Stream:
    """The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over AES-256-GCM.

    Nonce: 7 random bytes ‖ 4-byte big-endian counter ‖ 1 for the last chunk, else 0. Header and blob id are
    authenticated with every chunk, so a chunk moved, dropped, repeated or taken from another file does not verify.
    """

    def __init__(self, key: bytes, blob_id: str, header: bytes) -> None:
        salt, self._prefix = header[len(_MAGIC) : -_PREFIX_SIZE], header[-_PREFIX_SIZE:]
        self._cipher = _derive(key, _BLOB_PURPOSE, salt)
        self._associated = header + blob_id.encode("ascii")
        self._counter = 0

    def _next_nonce(self, last: bool) -> bytes:
        if self._counter >= _MAX_CHUNKS:
            raise LimitExceeded("the file has more chunks than its format can count.", where="vault")
        nonce = self._prefix + struct.pack(">IB", self._counter, last)
        self._counter += 1
        return nonce

    def encrypt(self, chunk: bytes | bytearray | memoryview, last: bool) -> bytes:
        return self._cipher.encrypt(self._next_nonce(last), chunk, self._associated)

    def decrypt(self, chunk: bytes, last: bool) -> bytes:
        return self._cipher.decrypt(self._next_nonce(last), chunk, self._associated)


class BlobWriter:
    """Writes one blob through a temporary file beside its place; without `commit()` nothing remains."""

    def __init__(self, path: Path, key: bytes, blob_id: str, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        header = _MAGIC + secrets.token_bytes(_SALT_SIZE + _PREFIX_SIZE)
        self._stream = _Stream(key, blob_id, header)
        self._pending = bytearray()
        self._file: BinaryIO | None = None
        self._header = header
        self._temporary = temporary_name(path)
        self.size = 0

    def __enter__(self) -> "BlobWriter":
        try:
            self._file = self._create()
        except FileNotFoundError:
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            sync_directory(self._path.parent.parent)
            self._file = self._create()
        self._file.write(self._header)
        return self

    def _create(self) -> BinaryIO:
        descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        return open(descriptor, "wb", buffering=0)

    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise Conflict(
                "the blob is not open for writing.", where="vault", advice="Write inside `with`, then commit once."
            )
        return self._file

    def write(self, chunk: bytes) -> None:
        """Append `chunk` of any size; LimitExceeded beyond the vault's limit (nothing of the blob remains then)."""
        file = self._opened()
        self.size += len(chunk)
        if self.size > self._max_bytes:
            raise LimitExceeded(
                f"the file is larger than the limit of {self._max_bytes} bytes.",
                where="upload",
                advice="Send a smaller file, or ask the operator to raise the limit.",
            )
        self._pending += chunk
        # The newest chunk always stays pending: only commit knows that it is the last one.
        while len(self._pending) > CHUNK_SIZE:
            _write_all(file, self._stream.encrypt(self._pending[:CHUNK_SIZE], last=False))
            del self._pending[:CHUNK_SIZE]

    def commit(self) -> None:
        """Make the blob durable under its name; replaces a blob of the same id in one step.

        Two flushes, each needed: the file's, so the name never points at missing data; the folder's, so the
        name itself survives. The temporary is in the same folder, so no second folder is involved.
        """
        file = self._opened()
        _write_all(file, self._stream.encrypt(self._pending, last=True))
        os.fsync(file.fileno())
        file.close()
        os.replace(self._temporary, self._path)
        self._file = None
        sync_directory(self._path.parent)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
            self._temporary.unlink(missing_ok=True)


def _write_all(file: BinaryIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


class Vault:
    """The node's store of encrypted blobs under `root`; blobs are spread over 256 folders.

    Without `node_key` it wraps for the holder of the key behind `sealing` and unwraps nothing.
    """

    def __init__(self, root: Path, node_key: bytes | None, max_bytes: int, sealing: bytes | None = None) -> None:
        if node_key is None and sealing is None:
            raise UnsafeStart("there is neither the vault's key nor its public half.", where="vault.key, vault.pub")
        if node_key is not None and len(node_key) != KEY_SIZE:
            raise UnsafeStart(
                f"the vault key has {len(node_key)} bytes where {KEY_SIZE} are expected.", where="vault.key"
            )
        self._root = root
        self._max_bytes = max_bytes
        self._wrapping = _derive(node_key, _WRAP_PURPOSE) if node_key is not None else None
        self._opening = _opening(node_key, _SEALING_PURPOSE) if node_key is not None else None
        self._sealing = X25519PublicKey.from_public_bytes(sealing) if sealing is not None else None

    def new_report_key(self) -> ReportKey:
        return ReportKey(secrets.token_bytes(KEY_SIZE))

    def wrap(self, key: bytes, report_ref: str) -> bytes:
        """`key` encrypted for the node and bound to `report_ref`: 60 bytes for the database, 80 without its key."""
        plain, context = ReportKey(key), report_ref.encode()
        if self._wrapping is not None:
            return _seal(self._wrapping, plain, context)
        assert self._sealing is not None  # noqa: S101  (one of the two is there)
        return _HPKE.encrypt(plain, self._sealing, context)

    def unwrap(self, wrapped: bytes, report_ref: str) -> ReportKey:
        """The plain key; IntegrityError when altered, of another node or of another report.

        NotPermitted in a process that does not hold the node's key.
        """
        if self._wrapping is None or self._opening is None:
            raise NotPermitted("this process seals reports and opens none.", where="vault")
        context = report_ref.encode()
        if len(wrapped) > _WRAPPED_SIZE:
            return ReportKey(_decrypt(self._opening, wrapped, context, "report key"))
        return ReportKey(_open(self._wrapping, wrapped, context, "report key"))

    def seal(self, key: bytes, plaintext: bytes, context: bytes) -> bytes:
        """A small text encrypted under a report's key; `context` names what it is and must be repeated to open it."""
        return _seal(_derive(key, _TEXT_PURPOSE), plaintext, context)

    def open(self, key: bytes, sealed: bytes, context: bytes) -> bytes:
        """The text behind `seal`; IntegrityError when altered or when key or context differ."""
        return _open(_derive(key, _TEXT_PURPOSE), sealed, context, "text")

    def writer(self, key: bytes, blob_id: str) -> BlobWriter:
        """A context manager: `with vault.writer(key, blob_id) as blob: blob.write(...); blob.commit()`."""
        return BlobWriter(self._path(blob_id), key, blob_id, self._max_bytes)

    def reader(self, key: bytes, blob_id: str) -> Iterator[bytes]:
        """The blob's verified chunks in order. NotFound when absent, at the call.

        IntegrityError may come after earlier, genuine chunks were handed out: a consumer treats what it read as
        complete only when the iteration ends without an error.
        """
        path = self._path(blob_id)
        if not path.is_file():
            raise NotFound("the vault holds no such blob.", where="vault")
        return _chunks(path, key, blob_id)

    def read_all(self, key: bytes, blob_id: str) -> bytes:
        """The whole verified content."""
        return b"".join(self.reader(key, blob_id))

    def exists(self, blob_id: str) -> bool:
        return self._path(blob_id).is_file()

    def delete(self, blob_id: str) -> None:
        """Remove the blob durably; no error when it is absent already."""
        path = self._path(blob_id)
        try:
            path.unlink()
        except FileNotFoundError:
            return
        sync_directory(path.parent)

    def sweep(self, known: Callable[[str], bool], older_than: float) -> list[str]:
        """Remove blobs that `known` denies and left-over temporaries, untouched for `older_than` real seconds.

        Returns the names removed. The age keeps the sweep off uploads whose database row is still to come.
        """
        removed = []
        limit = time.time() - older_than
        for shard in sorted(self._root.glob("[0-9a-f][0-9a-f]")):
            names = [entry.name for entry in os.scandir(shard) if entry.stat().st_mtime < limit]
            orphans = [name for name in sorted(names) if name.startswith(".") or not known(name)]
            for name in orphans:
                (shard / name).unlink(missing_ok=True)
            if orphans:
                sync_directory(shard)
            removed += orphans
        return removed

    def _path(self, blob_id: str) -> Path:
        if not _BLOB_ID.match(blob_id):
            raise InputError("a blob id has 1 to 128 letters, digits, - or _.", where="vault")
        # Hashed, so that ids which begin with a date or counter spread as evenly as random ones.
        shard = blake2s(blob_id.encode("ascii"), digest_size=1).hexdigest()
        return self._root / shard / blob_id


def _chunks(path: Path, key: bytes, blob_id: str) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        left = os.fstat(file.fileno()).st_size - _HEADER_SIZE
        header = file.read(_HEADER_SIZE)
        if left < _TAG_SIZE or not header.startswith(_MAGIC):
            raise _damaged()
        stream = _Stream(key, blob_id, header)
        while left > 0:
            sealed = file.read(min(CHUNK_SIZE + _TAG_SIZE, left))
            left -= len(sealed)
            try:
                chunk = stream.decrypt(sealed, last=left == 0)
            except (InvalidTag, ValueError):
                raise _damaged() from None
            yield chunk


def _damaged() -> IntegrityError:
    return IntegrityError(
        "the blob does not verify: it was altered, cut off or swapped.",
        where="vault",
        advice="Restore it from the backup and find out what changed it.",
    )
