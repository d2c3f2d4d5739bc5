"""A log's files in an object store (S3 and the like), by conditional writes: `pip install "rempart[bucket]"`.

The service must honour If-None-Match and If-Match on uploads, as S3, GCS, Azure and MinIO do.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from rempart.core.errors import Conflict, OutsideFailure, UnsafeStart

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_AT_ONCE = 16


class BucketStore:
    """`exchange.store.Store` over one of obstore's stores, below `prefix` (empty, or ending with a slash)."""

    def __init__(self, bucket: "ObjectStore", prefix: str = "") -> None:
        try:
            import obstore
            from obstore import exceptions
        except ImportError:
            raise UnsafeStart(
                "a log in an object store needs a client for it.", advice='Install it: pip install "rempart[bucket]".'
            ) from None
        self._api, self._errors = obstore, exceptions
        self._bucket, self._prefix = bucket, prefix

    def read(self, path: str) -> bytes | None:
        return self._get(path)[0]

    def names(self, folder: str) -> list[str]:
        start = f"{self._prefix}{folder}/"
        try:
            found = self._api.list_with_delimiter(self._bucket, prefix=start)["objects"]
        except self._errors.BaseError as error:
            raise _failed(error, folder) from None
        return sorted(each["path"].removeprefix(start) for each in found)

    def write(self, files: Mapping[str, bytes]) -> None:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._create, files, files.values()))

    def swap(self, path: str, before: bytes | None, after: bytes) -> bool:
        there, tag = self._get(path)
        if there != before:
            return False
        try:
            if tag is None:
                self._api.put(self._bucket, self._prefix + path, after, mode="create")
            else:
                self._api.put(self._bucket, self._prefix + path, after, mode={"e_tag": tag})
        except (self._errors.AlreadyExistsError, self._errors.PreconditionError):
            return False
        except (self._errors.NotSupportedError, NotImplementedError):
            raise UnsafeStart(
                "this object store cannot replace conditionally, so two writers could fork the log.", where="log"
            ) from None
        except self._errors.BaseError as error:
            raise _failed(error, path) from None
        return True

    def remove(self, path: str) -> None:
        try:
            self._api.delete(self._bucket, self._prefix + path)
        except FileNotFoundError:
            return
        except self._errors.BaseError as error:
            raise _failed(error, path) from None

    def _create(self, path: str, data: bytes) -> None:
        try:
            self._api.put(self._bucket, self._prefix + path, data, mode="create")
        except self._errors.AlreadyExistsError:
            if self.read(path) != data:
                raise Conflict("the file is there and holds something else.", where=path) from None
        except self._errors.BaseError as error:
            raise _failed(error, path) from None

    def _get(self, path: str) -> tuple[bytes | None, str | None]:
        """The bytes and the tag of that version of them."""
        try:
            found = self._api.get(self._bucket, self._prefix + path)
            data = bytes(found.bytes())
        except FileNotFoundError:
            return None, None
        except self._errors.BaseError as error:
            raise _failed(error, path) from None
        tag = found.meta["e_tag"]
        if tag is None:
            raise UnsafeStart("this object store names no versions.", where="log")
        return data, tag


def _failed(error: Exception, path: str) -> OutsideFailure:
    return OutsideFailure(f"the object store failed ({type(error).__name__}).", where=path)
