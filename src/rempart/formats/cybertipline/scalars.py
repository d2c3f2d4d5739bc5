"""Text of an XML element to a value: lenient readers, and strict checks of the schema's simple types."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from ipaddress import ip_address

_TRUE = frozenset({"true", "1", "yes", "y"})
_FALSE = frozenset({"false", "0", "no", "n"})
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII
)
_ZONE = re.compile(r"(Z|[+-][0-9]{2}:?[0-9]{2})$", re.IGNORECASE)
_INT_32 = 2**31
_INT_64 = 2**63


def read_bool(text: str) -> bool | None:
    lowered = text.strip().lower()
    if lowered in _TRUE:
        return True
    return False if lowered in _FALSE else None


def read_flag(text: str) -> bool:
    """An annotation: present means yes, unless it says no."""
    return read_bool(text) is not False


def read_int(text: str) -> int | None:
    """An integer that fits 64 bits."""
    stripped = text.strip()
    if not _INTEGER.fullmatch(stripped):
        return None
    value = int(stripped)
    return value if -_INT_64 <= value < _INT_64 else None


def read_port(text: str) -> int | None:
    value = read_int(text)
    return value if value is not None and 1 <= value <= 65535 else None


def read_age(text: str) -> int | None:
    value = read_int(text)
    return value if value is not None and 0 <= value <= 150 else None


def read_datetime(text: str) -> datetime | None:
    """An aware time in UTC; a time without zone is taken as UTC."""
    try:
        value = datetime.fromisoformat(text.strip())
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def has_zone(text: str) -> bool:
    return _ZONE.search(text.strip()) is not None


def read_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def read_ip(text: str) -> str | None:
    """An IPv4 or IPv6 address in its usual spelling."""
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return None


def _is_int(text: str) -> bool:
    value = read_int(text)
    return value is not None and -_INT_32 <= value < _INT_32


SIMPLE_TYPES: dict[str, Callable[[str], bool]] = {
    "xs:string": lambda text: True,
    "xs:token": lambda text: True,
    "xs:boolean": lambda text: text.strip() in {"true", "false", "1", "0"},
    "xs:int": _is_int,
    "xs:long": lambda text: read_int(text) is not None,
    "xs:double": lambda text: _DECIMAL.fullmatch(text.strip()) is not None,
    "xs:date": lambda text: read_date(text) is not None,
    "xs:dateTime": lambda text: _DATE_TIME.fullmatch(text.strip()) is not None and read_datetime(text) is not None,
}
"""Whether a text is valid for one of the schema's built-in types."""
