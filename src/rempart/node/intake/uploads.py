"""Files on their way into the vault: encrypted and hashed as they arrive, so that no plaintext touches a disk."""

import secrets
from types import TracebackType
from typing import Self

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from rempart.adapters.vault import KEY_SIZE
from rempart.core.errors import InputError
from rempart.node.runtime import vault
from rempart.signals.fingerprint import FileHasher, FileHashes

_CHUNK_SIZE = 256 * 1024


class IncomingFile:
    """One file under a fresh random key. Left without `commit()`, nothing of it remains.

    Invariant: the blob is durable under its name before any database row names it, so a row never points at nothing;
    a blob whose row never came is an orphan that housekeeping sweeps.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.file_id = secrets.token_hex(16)
        self.key = secrets.token_bytes(KEY_SIZE)
        self._hasher = FileHasher()
        self._writer = vault().writer(self.key, self.file_id)

    def __enter__(self) -> Self:
        self._writer.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, error, trace)

    def write(self, chunk: bytes) -> None:
        """Raises LimitExceeded beyond the vault's limit."""
        self._hasher.update(chunk)
        self._writer.write(chunk)

    def commit(self) -> FileHashes:
        """Make the blob durable. Raises InputError for an empty file, OSError when the disk refuses."""
        hashes = self._hasher.finish()
        if not hashes.size:
            raise InputError("the file is empty.", where="file", advice="Send the file's content.")
        self._writer.commit()
        return hashes


class VaultUploadHandler(FileUploadHandler):
    """Streams the first file of a multipart field into the vault and skips all others.

    Used as a context manager round the reading of `request.POST`; `incoming` is None when no whole file came.
    """

    chunk_size = _CHUNK_SIZE

    def __init__(self, request: HttpRequest, field: str) -> None:
        super().__init__(request)
        self._field = field
        self._open: IncomingFile | None = None
        self.incoming: IncomingFile | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open is not None:
            self._open.__exit__(kind, error, trace)

    def new_file(self, field_name: str, file_name: str, *args: object, **kwargs: object) -> None:
        super().new_file(field_name, file_name, *args, **kwargs)  # type: ignore[arg-type]
        if field_name != self._field or self._open is not None:
            raise SkipFile
        self._open = IncomingFile(file_name).__enter__()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if self._open is not None:
            self._open.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        # Called only for a file whose closing boundary came: what was cut off never becomes `incoming`.
        self.incoming = self._open
        return None


class NoFiles(FileUploadHandler):
    """For calls that take no file: parts that carry one are read past."""

    def new_file(self, *args: object, **kwargs: object) -> None:
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Never called: every file is skipped."""

    def file_complete(self, file_size: int) -> None:
        """Never called: every file is skipped."""
