"""What one match service is started with, and the starts that are refused."""

import ipaddress
import os
import stat
from pathlib import Path
from tempfile import TemporaryFile

import msgspec

from rempart.core.errors import UnsafeStart

_OPEN_TO_STRANGERS = stat.S_IRWXO | stat.S_IWGRP


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`folder` holds the shared lists, limits, feedback and status; its parent process alone writes the lists.

    Limits count for one request; `media_waiting` and `media_bytes_waiting` for all media of one worker together.
    """

    lists: tuple[str, ...]
    folder: Path
    host: str = "127.0.0.1"
    port: int = 8124
    workers: int = 2
    clients: Path | None = None
    list_key_file: Path | None = None
    list_trust: Path | None = None
    unsigned_ok: bool = False
    poll_seconds: float = 30.0
    drain_seconds: float = 1.0
    stop_seconds: float = 30.0
    max_items: int = 20_000
    max_body_bytes: int = 16 << 20
    max_media_bytes: int = 64 << 20
    media_decoders: int = 1
    media_waiting: int = 32
    media_bytes_waiting: int = 512 << 20

    def to_json(self) -> bytes:
        return msgspec.json.encode(self, enc_hook=str)

    @classmethod
    def from_json(cls, text: bytes) -> "Settings":
        return msgspec.json.decode(text, type=cls, dec_hook=lambda kind, value: kind(value))

    @property
    def lists_folder(self) -> Path:
        return self.folder / "lists"

    @property
    def status_file(self) -> Path:
        return self.folder / "status.json"

    @property
    def limits_file(self) -> Path:
        return self.folder / "limits"

    @property
    def feedback_folder(self) -> Path:
        return self.folder / "feedback"

    @property
    def metrics_folder(self) -> Path:
        return self.folder / "metrics"


def refuse_unsafe(settings: Settings) -> None:
    """Raises UnsafeStart for what would let strangers ask, or lose what was acknowledged."""
    if settings.clients is None and not _is_loopback(settings.host):
        raise UnsafeStart(
            f"without clients the service answers anyone, so it does not listen on {settings.host}.",
            where="--host",
            advice="Name a clients file with --clients (`rempart matcher-key NAME` makes an entry), or use 127.0.0.1.",
        )
    if settings.clients is not None:
        refuse_open_file(settings.clients)
    _prepare_folder(settings)


def refuse_open_file(path: Path) -> None:
    """A clients file decides who may ask: others must neither read nor change it."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise UnsafeStart(f"the file cannot be read ({error.strerror}).", where=str(path)) from error
    if mode & _OPEN_TO_STRANGERS:
        raise UnsafeStart(
            f"other accounts of this machine can use it (mode {mode:04o}).",
            where=str(path),
            advice=f"Run `chmod 600 {path}` (640 if a group must read it).",
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _prepare_folder(settings: Settings) -> None:
    try:
        for folder in (settings.folder, settings.lists_folder, settings.feedback_folder, settings.metrics_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=settings.folder) as probe:
            probe.write(b"\0")
            probe.flush()
    except OSError as error:
        raise UnsafeStart(
            f"the folder cannot be written ({error.strerror}).",
            where=str(settings.folder),
            advice="Choose another with --folder, or check its owner and the free space.",
        ) from error
    mode = stat.S_IMODE(os.stat(settings.folder).st_mode)
    if mode & _OPEN_TO_STRANGERS:
        raise UnsafeStart(
            f"other accounts of this machine can use the folder (mode {mode:04o}).",
            where=str(settings.folder),
            advice=f"Run `chmod 700 {settings.folder}`: it holds fingerprints.",
        )


def read_key(path: Path) -> str:
    """The credential `username:secret` for lists of a node. Raises UnsafeStart."""
    refuse_open_file(path)
    return path.read_text(encoding="utf-8").strip()
