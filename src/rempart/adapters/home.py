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
from rempart.adapters.vault import sealing_key
from rempart.core.errors import NotPermitted, UnsafeStart

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
    "log.key": _Secret(32, _random_key),
    "witness.key": _Secret(32, _random_key),
    "roster.key": _Secret(32, _random_key),
}


_SEALING = "vault.pub"
"""What seals to the vault without opening it; it follows from `vault.key`."""
_SIZES: Mapping[str, int] = {**{name: secret.size for name, secret in _SECRETS.items()}, _SEALING: 32}
HELD: Mapping[str, frozenset[str]] = {
    "all": frozenset(_SIZES),
    "public": frozenset({_SEALING, "receipt.key", "lookup.key"}),
    "staff": frozenset({"vault.key", "lookup.key", "django.key", "signing.key"}),
    "machine": frozenset({"vault.key", "witness.key"}),
}
"""The secrets that a process of each surface reads; "all" is also a worker's and a command's. What a process does not
read, whoever takes it over does not get: give each its own folder of keys (`REMPART_KEYS`)."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets this process holds; NotPermitted for one it does not.

    `signing`, `log`, `witness` and `roster` are Ed25519 seeds (RFC 8032); `django` is ASCII text; `sealing` is public.
    All others have 32 bytes.
    """

    _read: Mapping[str, bytes] = field(repr=False)

    @property
    def vault(self) -> bytes | None:
        """None in a process that only seals."""
        return self._read.get("vault.key")

    @property
    def factors(self) -> bytes:
        """What second factors of staff are sealed under: the vault's own key."""
        return self._held("vault.key")

    @property
    def sealing(self) -> bytes:
        return self._read[_SEALING] if _SEALING in self._read else sealing_key(self._held("vault.key"))

    @property
    def receipt(self) -> bytes:
        return self._held("receipt.key")

    @property
    def lookup(self) -> bytes:
        return self._held("lookup.key")

    @property
    def django(self) -> str:
        """A process without signed sessions or addresses holds none; one of its own then signs nothing that lasts."""
        return self._read.get("django.key", _django_key()).decode("ascii")

    @property
    def signing(self) -> bytes:
        return self._held("signing.key")

    @property
    def log(self) -> bytes:
        """Signs the checkpoints of this node's log: the worker's and commands' alone."""
        return self._held("log.key")

    @property
    def witness(self) -> bytes:
        return self._held("witness.key")

    @property
    def roster(self) -> bytes:
        """Speaks for this member where the members decide who is one: for commands alone."""
        return self._held("roster.key")

    def _held(self, name: str) -> bytes:
        if name not in self._read:
            raise NotPermitted(
                "this process does not hold the secret that this needs.",
                where=name,
                advice="Do it in a worker or by a command, or see which surface may (docs/operating.md).",
            )
        return self._read[name]


def _checkout() -> Path | None:
    source = Path(__file__).resolve().parents[2]
    root = source.parent
    return root if source.name == "src" and (root / "pyproject.toml").is_file() else None


@dataclass(frozen=True)
class Home:
    """Layout of REMPART_HOME. Creating and checking are explicit; constructing touches nothing.

    `surface` decides which secrets are read (`HELD`). `keys_apart`: they lie there, and are put there by the operator.
    """

    path: Path
    surface: str = "all"
    keys_apart: Path | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Home":
        """REMPART_HOME, or `.rempart` in the checkout, or in the working directory when there is no checkout.

        An unknown REMPART_SURFACE is the settings' business; here it reads nothing.
        """
        named, apart = environ.get("REMPART_HOME", "").strip(), environ.get("REMPART_KEYS", "").strip()
        path = Path(named).expanduser().absolute() if named else (_checkout() or Path.cwd()) / ".rempart"
        surface = environ.get("REMPART_SURFACE", "").strip() or "all"
        return cls(path, surface, Path(apart).absolute() if apart else None)

    @property
    def vault(self) -> Path:
        return self.path / "vault"

    @property
    def keys_directory(self) -> Path:
        return self.keys_apart or self.path / "keys"

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
    def log(self) -> Path:
        """The files of this node's log in the exchange (`exchange.tiles`)."""
        return self.path / "log"

    @property
    def credentials(self) -> Path:
        """What other members gave this node to fetch their logs' openings with (`adapters.credentials`)."""
        return self.path / "exchange" / "credentials.json"

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
            *((self.keys_directory,) if self.keys_apart is None else ()),
            self.referrals.parent,
            self.referrals,
            self.lists,
            self.checkpoints,
            self.log,
            self.run,
        )

    def create(self) -> None:
        """Make what is missing; never touch a secret that exists. Safe to run from several processes at once.

        Secrets are made by a process that holds them all, and in the data folder only: a surface that made its own
        would seal what nobody else can open.
        """
        if self.path.is_dir() and not any(self.path.iterdir()):
            self.path.chmod(_PRIVATE_DIRECTORY)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for directory in self.directories:
            directory.mkdir(mode=_PRIVATE_DIRECTORY, exist_ok=True)
        if self.surface == "all" and self.keys_apart is None:
            self._make_secrets()

    def _make_secrets(self) -> None:
        for name, secret in _SECRETS.items():
            path = self.keys_directory / name
            if not path.exists():
                create_once(path, secret.make(), _PRIVATE_FILE)
        if not (self.keys_directory / _SEALING).exists():
            whole = _check_secret(self.keys_directory / "vault.key")
            create_once(self.keys_directory / _SEALING, sealing_key(whole), _PRIVATE_FILE)

    def check(self) -> None:
        """Raise UnsafeStart when a folder or secret is missing, open to others, of a wrong size or unusable."""
        for directory in self.directories:
            if not directory.is_dir():
                raise UnsafeStart(
                    "the folder does not exist.", where=str(directory), advice="Run `rempart` set-up to create it."
                )
            _refuse_open_to_others(directory, _PRIVATE_DIRECTORY)
        held = {name: _check_secret(self.keys_directory / name) for name in sorted(HELD.get(self.surface, ()))}
        if {"vault.key", _SEALING} <= held.keys() and sealing_key(held["vault.key"]) != held[_SEALING]:
            raise UnsafeStart(
                "it is not the public half of vault.key: nobody could open what the public pages take in.",
                where=str(self.keys_directory / _SEALING),
                advice="Remove it and run `rempart init`, or restore both from one backup of the keys.",
            )
        _refuse_unwritable(self.vault)

    @cached_property
    def keys(self) -> Keys:
        """This process's secrets, read once; UnsafeStart when one is missing, open to others or of a wrong size."""
        held = HELD.get(self.surface, frozenset())
        return Keys({name: _check_secret(self.keys_directory / name) for name in sorted(held)})


def _refuse_open_to_others(path: Path, wanted: int) -> None:
    found = path.stat()
    mode = stat.S_IMODE(found.st_mode)
    # A credential of systemd belongs to root and is read through an access list, whose mask shows as the group's bits.
    is_credential = found.st_uid == 0 and str(path.parent) == os.environ.get("CREDENTIALS_DIRECTORY")
    if mode & (stat.S_IRWXO if is_credential else _OTHERS):
        raise UnsafeStart(
            f"other accounts of this machine can use it (mode {mode:04o}).",
            where=str(path),
            advice=f"Run `chmod {wanted:o} {path}`, and replace the secrets if others may have read them.",
        )


def _check_secret(path: Path) -> bytes:
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
    if len(content) != _SIZES[path.name] or not (path.name != "django.key" or content.isascii()):
        raise UnsafeStart(
            f"the secret has {len(content)} bytes where {_SIZES[path.name]} are expected.",
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
