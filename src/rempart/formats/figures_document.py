"""A member's figures document ("rempart figures 1"): JSON to what it says. Nothing of it is taken on trust."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from rempart.core.errors import InputError
from rempart.core.figures.document import FiguresDocument, PublishedFigure, PublishedPeriod
from rempart.core.figures.releases import Status, Value

FORMAT = "rempart figures 1"
MAX_BYTES = 32 * 2**20
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_PERIOD = re.compile(r"all|[0-9]{4}(-(0[1-9]|1[0-2]))?", re.ASCII)
_KEY = re.compile(r"[a-z0-9_]{1,80}", re.ASCII)
_MAX_PARTS = 2000
_MAX_TEXT = 200


def read(data: bytes) -> FiguresDocument:
    """Raises InputError where the file is no such document: too large, of another format, or holding what cannot be."""
    if len(data) > MAX_BYTES:
        raise _wrong("is larger than a figures document may be")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise _wrong("is not JSON") from None
    return from_object(found)


def from_object(found: Any) -> FiguresDocument:
    """The document in a JSON object. Raises InputError, as `read` does."""
    if not isinstance(found, Mapping) or found.get("format") != FORMAT:
        raise _wrong(f'is not of the format "{FORMAT}"')
    country = found.get("country")
    if not isinstance(country, str) or not _COUNTRY.fullmatch(country):
        raise _wrong("names no country")
    periods = found.get("periods")
    if not isinstance(periods, list) or not all(isinstance(each, Mapping) for each in periods):
        raise _wrong("has no list of periods")
    published = {_period_name(each): _period(each) for each in periods}
    if len(published) != len(periods):
        raise _wrong("tells of a period twice")
    return FiguresDocument(
        country, _text(found.get("organisation")), _moment(found.get("counted_to")), _threshold(found), published
    )


def _period_name(found: Mapping[str, Any]) -> str:
    name = found.get("period")
    if not isinstance(name, str) or not _PERIOD.fullmatch(name):
        raise _wrong("has a period that is neither a month, a year nor all time")
    return name


def _period(found: Mapping[str, Any]) -> PublishedPeriod:
    figures, is_final = found.get("figures"), found.get("is_final")
    if not isinstance(figures, Mapping) or not isinstance(is_final, bool):
        raise _wrong("has a period without figures")
    if not all(_KEY.fullmatch(key) for key in figures):
        raise _wrong("names an indicator in a way that cannot be")
    return PublishedPeriod(is_final, {key: _figure(figure) for key, figure in figures.items()})


def _figure(found: Any) -> PublishedFigure:
    if not isinstance(found, Mapping):
        raise _wrong("has a figure that is no object")
    parts = found.get("parts", {})
    if not isinstance(parts, Mapping) or len(parts) > _MAX_PARTS or any(len(key) > _MAX_TEXT for key in parts):
        raise _wrong("has parts that are too many or too long")
    return PublishedFigure(
        _value(found), {key: _value(part) for key, part in parts.items()}, found.get("parts_are_whole", True) is True
    )


def _value(found: Any) -> Value:
    if not isinstance(found, Mapping):
        raise _wrong("has a value that is no object")
    try:
        status = Status(str(found.get("status")))
    except ValueError:
        raise _wrong("has a value of an unknown status") from None
    number, behind = _number(found.get("value")), found.get("count_behind")
    if behind is not None and (isinstance(behind, bool) or not isinstance(behind, int) or behind < 0):
        raise _wrong("has a count that cannot be")
    if (number is None) != (status in (Status.SUPPRESSED, Status.NOT_AVAILABLE)):
        raise _wrong("has a value that does not fit its status")
    return Value(number, status, behind)


def _number(found: Any) -> float | None:
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not isfinite(found) or found < 0:
        raise _wrong("has a value that is no number")
    return found


def _threshold(found: Mapping[str, Any]) -> int:
    threshold = found.get("threshold")
    if isinstance(threshold, bool) or not isinstance(threshold, int) or not 1 <= threshold <= 1000:
        raise _wrong("tells no threshold")
    return threshold


def _moment(found: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(str(found))
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise _wrong("does not tell until when it counted")
    return moment


def _text(found: Any) -> str:
    if not isinstance(found, str) or len(found) > _MAX_TEXT:
        raise _wrong("does not tell which organisation it is of")
    return found


def _wrong(what: str) -> InputError:
    return InputError(
        f"the file {what}.", where="figures", advice="Ask the member for the file at /open-data/figures.json again."
    )
