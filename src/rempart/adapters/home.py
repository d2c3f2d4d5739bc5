"""The data folder of one node: its layout, its secrets, and the refusal to start when they are unsafe."""

import os
import secrets
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile

from rempart.adapters.files import create_once
from rempart.core.errors import UnsafeStart

_PRIVATE_DIRECTORY = 0o700
_PRIVATE_FILE = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def _random_key() -> bytes:
    return secrets.token_bytes(32)


def _django_key() -> bytes:
    return secrets.token_urlsafe(48).encode("ascii")


@dataclass(frozen=True, slots=True)
class _Secret:
    """One secret file: its exact size in bytes and how a new one is made."""

    size: int
    make: Callable[[], bytes]


_SECRETS: Mapping[str, _Secret] = {
    "vault.key": _Secret(32, _random_key),
    "receipt.key": _Secret(32, _random_key),
    "lookup.key": _Secret(32, _random_key),
    "django.key": _Secret(64, _django_key),
    "signing.key": _Secret(32, _random_key),
}


@dataclass(frozen=True, slots=True)
class Keys:
    """The node's secrets. `signing` is an Ed25519 seed (RFC 8032); `django` is ASCII text; the others 32 bytes."""

    vault: bytes = field(repr=False)
    receipt: bytes = field(repr=False)
    lookup: bytes = field(repr=False)
    django: str = field(repr=False)
    signing: bytes = field(repr=False)


def _checkout() -> Path | None:
    source = Path(__file__).resolve().parents[2]
    root = source.parent
    return root if source.name == "src" and (root / "pyproject.toml").is_file() else None


@dataclass(frozen=True)
class Home:
    """Layout of REMPART_HOME. Creating and checking are explicit; constructing touches nothing."""

    path: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Home":
        """REMPART_HOME, or `.rempart` in the checkout, or in the working directory when there is no checkout."""
        named = environ.get("REMPART_HOME", "").strip()
        if named:
            return cls(Path(named).expanduser().absolute())
        return cls((_checkout() or Path.cwd()) / ".rempart")

    @property
    def vault(self) -> Path:
        return self.path / "vault"

    @property
    def keys_directory(self) -> Path:
        return self.path / "keys"

    @property
    def referrals(self) -> Path:
        return self.path / "outbox" / "referrals"

    @property
    def lists(self) -> Path:
        return self.path / "lists"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def database(self) -> Path:
        return self.path / "database.sqlite3"

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def directories(self) -> tuple[Path, ...]:
        return (
            self.path,
            self.vault,
            self.keys_directory,
            self.referrals.parent,
            self.referrals,
            self.lists,
            self.checkpoints,
            self.run,
        )

    def create(self) -> None:
        """Make what is missing; never touch a secret that exists. Safe to run from several processes at once."""
        if self.path.is_dir() and not any(self.path.iterdir()):
            self.path.chmod(_PRIVATE_DIRECTORY)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for directory in self.directories:
            directory.mkdir(mode=_PRIVATE_DIRECTORY, exist_ok=True)
        for name, secret in _SECRETS.items():
            path = self.keys_directory / name
            if not path.exists():
                create_once(path, secret.make(), _PRIVATE_FILE)

    def check(self) -> None:
        """Raise UnsafeStart when a folder or secret is missing, open to others, of a wrong size or unusable."""
        for directory in self.directories:
            if not directory.is_dir():
                raise UnsafeStart(
                    "the folder does not exist.", where=str(directory), advice="Run `rempart` set-up to create it."
                )
            _refuse_open_to_others(directory, _PRIVATE_DIRECTORY)
        for name, secret in _SECRETS.items():
            _check_secret(self.keys_directory / name, secret)
        _refuse_unwritable(self.vault)

    @cached_property
    def keys(self) -> Keys:
        """The secrets, read once; UnsafeStart when one is missing, open to others or of a wrong size."""
        read = {name: _check_secret(self.keys_directory / name, secret) for name, secret in _SECRETS.items()}
        return Keys(
            vault=read["vault.key"],
            receipt=read["receipt.key"],
            lookup=read["lookup.key"],
            django=read["django.key"].decode("ascii"),
            signing=read["signing.key"],
        )


def _refuse_open_to_others(path: Path, wanted: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        raise UnsafeStart(
            f"other accounts of this machine can use it (mode {mode:04o}).",
            where=str(path),
            advice=f"Run `chmod {wanted:o} {path}`, and replace the secrets if others may have read them.",
        )


def _check_secret(path: Path, secret: _Secret) -> bytes:
    try:
        _refuse_open_to_others(path, _PRIVATE_FILE)
        content = path.read_bytes()
    except FileNotFoundError:
        raise UnsafeStart(
            "the secret does not exist.",
            where=str(path),
            advice="Restore it from the backup; on a new node, run the set-up to create it.",
        ) from None
    except OSError as error:
        raise UnsafeStart(
            f"the secret cannot be read ({error.strerror}).", where=str(path), advice="Check its owner and disk."
        ) from error
    if len(content) != secret.size or not (path.name != "django.key" or content.isascii()):
        raise UnsafeStart(
            f"the secret has {len(content)} bytes where {secret.size} are expected.",
            where=str(path),
            advice="Restore it from the backup: a cut or edited key opens nothing.",
        )
    return content


def _refuse_unwritable(directory: Path) -> None:
    try:
        with TemporaryFile(dir=directory) as probe:
            probe.write(b"\0")
            probe.flush()
    except OSError as error:
        raise UnsafeStart(
            f"the vault cannot be written ({error.strerror}).",
            where=str(directory),
            advice="Check its owner, the free space and whether the disk is mounted read-only.",
        ) from error
