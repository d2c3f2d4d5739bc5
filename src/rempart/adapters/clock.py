"""Time as a part that is passed in: the real clock, and a compressed one for the demonstration."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from rempart.core.errors import UnsafeStart

_VARIABLE = "REMPART_CLOCK"


class Clock(Protocol):
    def now(self) -> datetime:
        """The current time, aware, in UTC."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """Runs `scale` times faster than the real clock since `epoch` (aware, real time).

    Every process that holds the same epoch and scale reads the same time, with no state shared between them.
    """

    epoch: datetime
    scale: float

    def now(self) -> datetime:
        return self.epoch + (datetime.now(UTC) - self.epoch) * self.scale

    def to_environment(self) -> str:
        """The value of REMPART_CLOCK that gives other processes this clock."""
        return f"{self.epoch.isoformat()};{self.scale!r}"


def _parse(text: str) -> ScaledClock:
    epoch_text, _, scale_text = text.partition(";")
    try:
        epoch, scale = datetime.fromisoformat(epoch_text), float(scale_text)
    except ValueError:
        epoch, scale = datetime.min, math.nan
    if epoch.tzinfo is None or not (math.isfinite(scale) and scale > 0):
        raise UnsafeStart(
            "the value is not `epoch;scale`.",
            where=_VARIABLE,
            advice="Give an ISO 8601 time with its offset and a positive number, or unset the variable.",
        )
    return ScaledClock(epoch.astimezone(UTC), scale)


def clock_from_environment(environ: Mapping[str, str] = os.environ) -> Clock:
    """The clock REMPART_CLOCK asks for; UnsafeStart when time is scaled outside REMPART_MODE=demo."""
    text = environ.get(_VARIABLE, "").strip()
    if not text:
        return SystemClock()
    if environ.get("REMPART_MODE", "") != "demo":
        raise UnsafeStart(
            "compressed time is for the demonstration only: deadlines and figures would be false.",
            where=_VARIABLE,
            advice="Unset it, or set REMPART_MODE=demo for a demonstration.",
        )
    return _parse(text)
