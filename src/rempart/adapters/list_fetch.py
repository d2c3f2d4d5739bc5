"""How the files of a list feed are reached: a folder, or a web server (a static mirror or a node).

The operator names the server, so its address is not vetted; but nobody else chooses one: a redirect leads nowhere but
to that server, over the same scheme, and a name that comes to lead elsewhere finds no certificate there. The credential
is in no error. What the server sends is bounded in size and time, from the first byte of an answer on, and never
unpacked.
"""

import base64
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BufferedRandom, BufferedReader
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from rempart.core.errors import InputError, LimitExceeded, NotFound, OutsideFailure, Rejected, UnsafeStart
from rempart.formats.list_feed import HEAD_NAME, MAX_HEAD_BYTES
from rempart.formats.signed_list import NOTE_NAME

if TYPE_CHECKING:
    import httpx

MAX_FILE_BYTES = 16 << 30
_CONNECT_SECONDS = 10.0
_SILENCE_SECONDS = 30.0
_GRACE_SECONDS = 60.0
_LEAST_BYTES_A_SECOND = 50_000
_MAX_REDIRECTS = 3

Stamp = tuple[object, ...]
File = BufferedReader | BufferedRandom


class Fetcher(Protocol):
    """`label` names the place without anything secret."""

    label: str

    def head(self, name: str, known: Stamp | None) -> tuple[bytes, Stamp | None] | None:
        """What says what the list is, and what to ask with next time; None when it is as it was at `known`.

        Raises NotFound where there is no such file, OutsideFailure.
        """

    def missing(self, name: str) -> OutsideFailure:
        """What to raise where no head is there at all."""

    def file(self, name: str) -> File:
        """A file of the feed, to be read from its start. Raises NotFound, OutsideFailure."""

    def close(self) -> None: ...


def stamp_of(path: Path) -> Stamp | None:
    """What changes when a file does; None if it changed so lately that another change might not show."""
    found = path.stat()
    is_settled = time.time_ns() - found.st_mtime_ns > 50_000_000
    return (found.st_mtime_ns, found.st_size, found.st_ino) if is_settled else None


class FolderFetcher:
    """A mirror in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.label = folder.name or str(folder)

    def head(self, name: str, known: Stamp | None) -> tuple[bytes, Stamp | None] | None:
        path = self._folder / name
        try:
            stamp = stamp_of(path)
            if stamp is not None and stamp == known:
                return None
            with path.open("rb") as file:
                return file.read(MAX_HEAD_BYTES + 1), stamp
        except FileNotFoundError:
            raise NotFound(f"The file {name} is missing.", where=self.label) from None
        except OSError as error:
            raise OutsideFailure(f"{name} cannot be read ({type(error).__name__}).", where=self.label) from None

    def missing(self, name: str) -> OutsideFailure:
        return OutsideFailure(f"{name} cannot be read (FileNotFoundError).", where=self.label)

    def file(self, name: str) -> File:
        try:
            return (self._folder / name).open("rb")
        except FileNotFoundError:
            raise NotFound(f"The file {name} is missing.", where=self.label) from None
        except OSError as error:
            raise OutsideFailure(f"{name} cannot be read ({type(error).__name__}).", where=self.label) from None

    def close(self) -> None:
        """Nothing stays open."""


class UrlFetcher:
    """A mirror or a node behind `https://…/`; `key` is "username:secret" as a node gives it to a platform."""

    def __init__(self, url: str, key: str | None) -> None:
        self._base, self.label = _checked(url)
        self._headers = {"Accept-Encoding": "identity", "User-Agent": "rempart"}
        if key is not None:
            if ":" not in key or not key.isascii() or not key.isprintable():
                raise InputError(
                    "The key is not `username:secret`.", where=self.label, advice="Give both, with a colon between."
                )
            self._headers["Authorization"] = "Basic " + base64.b64encode(key.encode()).decode()
        self._client: httpx.Client | None = None
        self._watch = _Watch()

    def head(self, name: str, known: Stamp | None) -> tuple[bytes, Stamp | None] | None:
        asked = {"If-None-Match": str(known[0])} if known else {}
        with self._get(name, asked) as response:
            if response.status_code == 304:
                return None
            body = b"".join(self._bounded(response, MAX_HEAD_BYTES))
            tag = response.headers.get("ETag")
            return body, (tag,) if tag else None

    def missing(self, name: str) -> OutsideFailure:
        return Rejected(
            "There is no list here, or this credential may not have it.",
            where=self.label,
            advice="Check the address and the key.",
        )

    def file(self, name: str) -> File:
        kept = tempfile.TemporaryFile()  # noqa: SIM115  (its reader closes it)
        try:
            with self._get(name, {}) as response:
                for chunk in self._bounded(response, MAX_FILE_BYTES):
                    kept.write(chunk)
            kept.seek(0)
        except BaseException:
            kept.close()
            raise
        return kept

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    @contextmanager
    def _get(self, name: str, headers: dict[str, str]) -> Iterator["httpx.Response"]:
        import httpx

        client = self._connected()
        address = httpx.URL(self._base + name)
        try:
            for _ in range(_MAX_REDIRECTS + 1):
                with self._asked(client, address, headers) as response:
                    if not response.has_redirect_location:
                        self._check(response, name)
                        yield response
                        return
                    address = self._redirected(address, response)
            raise OutsideFailure("It redirects too often.", where=self.label)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if self._watch.is_over:
                raise OutsideFailure("It sends too slowly.", where=self.label) from None
            raise OutsideFailure(f"It cannot be reached ({type(error).__name__}).", where=self.label) from None

    @contextmanager
    def _asked(
        self, client: "httpx.Client", address: "httpx.URL", headers: dict[str, str]
    ) -> Iterator["httpx.Response"]:
        """The answer once its headers are there, in time."""
        request = client.build_request("GET", address, headers=headers, extensions={"trace": self._watch.notice})
        with self._watch.over():
            response = client.send(request, stream=True)
        try:
            yield response
        finally:
            response.close()

    def _connected(self) -> "httpx.Client":
        if self._client is None:
            try:
                import httpx
            except ImportError:
                raise UnsafeStart(
                    "Lists at an address need an HTTP client.", advice='Install it: pip install "rempart[matcher]".'
                ) from None
            timeout = httpx.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS)
            # A proxy of the environment would see what goes to this machine in the clear.
            is_encrypted = self._base.startswith("https:")
            self._client = httpx.Client(headers=self._headers, timeout=timeout, trust_env=is_encrypted)
        return self._client

    def _redirected(self, asked: "httpx.URL", response: "httpx.Response") -> "httpx.URL":
        target = asked.join(response.headers["Location"])
        if (target.scheme, target.netloc, target.userinfo) != (asked.scheme, asked.netloc, asked.userinfo):
            raise Rejected(
                "It redirects to another host, where the credential must not go.",
                where=self.label,
                advice="If that is right, give the address it redirects to.",
            )
        return target

    def _check(self, response: "httpx.Response", name: str) -> None:
        status = response.status_code
        if status in (200, 304):
            return
        if status == 404:
            raise NotFound(f"The file {name} is missing.", where=self.label)
        refusals = {
            401: "The credential is missing or wrong.",
            403: "The credential does not allow this list.",
        }
        if status in refusals:
            raise Rejected(refusals[status], where=self.label, advice="Check the address and the key.")
        raise OutsideFailure(f"It answered with status {status}.", where=self.label)

    def _bounded(self, response: "httpx.Response", most: int) -> Iterator[bytes]:
        """The body in pieces; raises LimitExceeded, and OutsideFailure where it comes too slowly to ever end."""
        if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            # A piece of it may unpack to more than fits into memory, before anybody could count.
            raise OutsideFailure("It sends compressed what was asked for as it is.", where=self.label)
        began, received = time.monotonic(), 0
        for chunk in response.iter_raw():  # as they come: gathered ones would hide how slowly
            received += len(chunk)
            if received > most:
                raise LimitExceeded(f"It sends more than {most} bytes.", where=self.label)
            if time.monotonic() - began > _GRACE_SECONDS + received / _LEAST_BYTES_A_SECOND:
                raise OutsideFailure("It sends too slowly.", where=self.label)
            yield chunk


class _Watch:
    """Ends a connection whose answer has not begun in time: the client itself times silence, not a byte now and then.

    One request at a time; the connection is the one that was opened last, which the client uses again.
    """

    def __init__(self) -> None:
        self._stream: Any = None
        self.is_over = False

    def notice(self, event: str, info: Mapping[str, Any]) -> None:
        """A trace of the HTTP client: remember what it connects."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._stream = info["return_value"]

    @contextmanager
    def over(self) -> Iterator[None]:
        self.is_over = False
        timer = threading.Timer(_GRACE_SECONDS, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _end(self) -> None:
        self.is_over = True
        opened = self._stream.get_extra_info("socket") if self._stream else None
        if opened is not None:
            with suppress(OSError):
                # Not closed: its number could be another file's before the reader wakes.
                socket.socket.shutdown(opened, socket.SHUT_RDWR)


def _checked(url: str) -> tuple[str, str]:
    """The address that file names are appended to, and what to call it. Raises InputError that does not repeat it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise InputError("The list's address is not a URL.", advice="It looks like https://host/path/.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise InputError("The list's address is not a web address.", advice="It looks like https://host/path/.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise InputError("The list's address holds more than a host and a path.", advice="Give a key apart from it.")
    if parts.scheme == "http" and not _is_loopback(host):
        raise InputError("Lists travel over TLS only.", where=host, advice="Use https.")
    path = parts.path.removesuffix(HEAD_NAME).removesuffix(NOTE_NAME).rstrip("/")
    label = f"{host}:{port}{path}" if port else f"{host}{path}"
    return f"{parts.scheme}://{parts.netloc}{path}/", label


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
