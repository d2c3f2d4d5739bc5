"""Which account of the machine runs a command, for the record of what it does."""

import os
import pwd
from pathlib import Path

_LOGIN = Path("/proc/self/loginuid")
_NOBODY = 2**32 - 1
"""What Linux says where nobody logged in, as in a service."""


def operator() -> str:
    """Such as "rempart", or "rempart for anna" where Anna logged in and became another account.

    Linux keeps the login through su and sudo (`loginuid`). Where nobody logged in, as under a service manager, the name
    in REMPART_OPERATOR is told as what it is: said, not known.
    """
    account, login = os.geteuid(), _login()
    said = os.environ.get("REMPART_OPERATOR", "").strip()[:60]
    if login is None and said:
        return f"{_name(account)} for {said} (as told)"
    if login is None or login == account:
        return _name(account)
    return f"{_name(account)} for {_name(login)}"


def _login() -> int | None:
    try:
        number = int(_LOGIN.read_text())
    except (OSError, ValueError):
        return None
    return None if number == _NOBODY else number


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"
