"""Credentials that other members gave this node: one file, for this account alone, read anew when it changes."""

import json
from pathlib import Path

from rempart.adapters.files import write_atomically
from rempart.core.errors import InputError, IntegrityError

_MAX_BYTES = 1 << 20
_MAX_CREDENTIAL = 400


class Credentials:
    """`username:secret` by origin of the member's log; in no repr and no error."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, origin: str) -> str | None:
        """None where the member gave none. Raises IntegrityError when the file cannot be understood."""
        return self._read().get(origin)

    def origins(self) -> list[str]:
        return sorted(self._read())

    def keep(self, origin: str, credential: str | None) -> None:
        """Replace what is kept for a member; None forgets it. Raises InputError for what is no `username:secret`."""
        if credential is not None:
            user, colon, secret = credential.partition(":")
            is_sound = credential.isascii() and credential.isprintable() and len(credential) <= _MAX_CREDENTIAL
            if not (user and colon and secret and is_sound):
                raise InputError(
                    "this is not `username:secret`.", where="credential", advice="Copy both, with the colon."
                )
        kept = {**self._read(), origin: credential}
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        text = json.dumps({name: value for name, value in kept.items() if value is not None}, indent=1, sort_keys=True)
        write_atomically(self._path, text.encode())

    def _read(self) -> dict[str, str]:
        try:
            if self._path.stat().st_size > _MAX_BYTES:
                raise ValueError
            found = json.loads(self._path.read_bytes())
            if not isinstance(found, dict) or not all(isinstance(each, str) for pair in found.items() for each in pair):
                raise ValueError
        except FileNotFoundError:
            return {}
        except ValueError:
            raise IntegrityError(
                "the file of credentials cannot be understood.",
                where=str(self._path),
                advice="Remove it, and enter the credentials anew (`rempart exchange credential`).",
            ) from None
        return found
