"""Settings read from the environment: numbers in their range, files of rules. What cannot be used refuses the start."""

import json
import os
import re
import tomllib
from pathlib import Path

from rempart.core.errors import InputError, UnsafeStart
from rempart.core.exposure import Rules as ExposureRules
from rempart.core.priority import Rules
from rempart.core.retention import Configuration

_ORIGIN = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9._-]+)+", re.ASCII)
_RETENTION_RULES = Path(__file__).parent / "retention" / "rules.toml"


def whole(name: str, default: int, unit: str, most: int, least: int = 1) -> int:
    """A whole number of `unit` from `least` to `most`."""
    text = os.environ.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise UnsafeStart(f"it is not a number of {unit}.", where=name, advice=f"Set it to {least} up to {most}.")
    return int(text)


def origin(country: str) -> str:
    """The name of this node's log, such as `report.hotline.example/log`: a host and a path, without a scheme.

    It stands in every checkpoint for good, so it is set once. Without host names, a name that leads nowhere.
    """
    hosts = [host.strip().lower() for host in os.environ.get("REMPART_HOSTS", "").split(",") if host.strip()]
    default = f"{hosts[0]}/log" if hosts else f"{country.lower()}.node.invalid/log"
    name = os.environ.get("REMPART_ORIGIN", "").strip() or default
    if not _ORIGIN.fullmatch(name):
        raise UnsafeStart(
            "it is not the name of a log.", where="REMPART_ORIGIN", advice="Such as hotline.example/log, no scheme."
        )
    return name


def secretariat() -> str:
    """1 where this node keeps the register for all, else the name of the log whose word on all members counts here."""
    name = os.environ.get("REMPART_SECRETARIAT", "").strip()
    if name in ("", "0"):
        return ""
    if name != "1" and not _ORIGIN.fullmatch(name):
        advice = "Set it to 1 on the secretariat's own node, elsewhere to the name of its log."
        raise UnsafeStart("it is neither 1 nor the name of a log.", where="REMPART_SECRETARIAT", advice=advice)
    return name


def _rules_file(name: str, what: str) -> dict[str, object]:
    """What a JSON file of rules holds; nothing where none is named."""
    path = os.environ.get(name, "").strip()
    if not path:
        return {}
    try:
        with open(path, encoding="utf-8") as file:
            values = json.load(file)
    except (OSError, ValueError) as error:
        raise _unusable(name, what, error) from error
    if not isinstance(values, dict):
        raise _unusable(name, what, InputError("it is not a JSON object."))
    return values


def _unusable(name: str, what: str, error: Exception) -> UnsafeStart:
    return UnsafeStart(f"the {what} rules cannot be used: {error}", where=name, advice="Correct the file.")


def priority_rules() -> Rules:
    try:
        return Rules.from_mapping(_rules_file("REMPART_PRIORITY_RULES", "priority"))
    except InputError as error:
        raise _unusable("REMPART_PRIORITY_RULES", "priority", error) from error


def exposure_rules() -> ExposureRules:
    try:
        return ExposureRules.from_mapping(_rules_file("REMPART_EXPOSURE_RULES", "exposure"))
    except InputError as error:
        raise _unusable("REMPART_EXPOSURE_RULES", "exposure", error) from error


def retention_rules() -> Configuration:
    path = os.environ.get("REMPART_RETENTION_RULES", "").strip()
    try:
        with open(path or _RETENTION_RULES, "rb") as file:
            return Configuration.from_mapping(tomllib.load(file))
    except (OSError, ValueError, InputError) as error:
        raise UnsafeStart(
            f"the retention rules cannot be used: {error}", where="REMPART_RETENTION_RULES", advice="Correct the file."
        ) from error
