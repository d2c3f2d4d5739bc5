"""What looking at unknown material costs a person, how it is shown to them, and when a pause is offered.

A working day begins with the first viewing after a rest, not at midnight: a night shift is one day. Times carry their
zone; sides and radii are pixels of the preview.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

from rempart.core.errors import InputError

LONGEST_DAY = timedelta(hours=24)
SECONDS = (5, 10, 20, 30, 60)
STEPS = (1, 2, 3)
STILLS = 6
"""Pictures at most that stand for a video: it is never played."""
MAX_NUMBER = 10_000


class Size(StrEnum):
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Blur(StrEnum):
    STRONGEST = "strongest"
    STRONG = "strong"
    LIGHT = "light"


class BudgetState(StrEnum):
    """All that anybody else may know of a person's exposure."""

    WITHIN = "within"
    NEAR = "near"
    OVER = "over"


_SIDES = MappingProxyType({Size.SMALL: (96, 240, 480), Size.MEDIUM: (160, 320, 560), Size.LARGE: (240, 400, 640)})
_BLUR_SHARES = MappingProxyType({Blur.STRONGEST: (8, 30), Blur.STRONG: (16, 60), Blur.LIGHT: (32, 120)})
"""The side over the radius, for the first and the second step; the third is sharp."""
_STAGES = ("blurred-small", "lightly-blurred", "sharp")


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a person wants to be shown what has to be shown. `last_step`: never sharper than this one; `images_per_day`:
    a limit of one's own below the node's. Defaults are the most protective that may decide."""

    size: Size = Size.SMALL
    blur: Blur = Blur.STRONG
    grey: bool = True
    seconds: int = 30
    last_step: int = 3
    images_per_day: int | None = None

    def __post_init__(self) -> None:
        if self.seconds not in SECONDS:
            raise InputError("this is none of the times offered.", where="seconds", advice=f"Choose one of {SECONDS}.")
        if self.last_step not in STEPS:
            raise InputError("there is no such step.", where="last_step", advice=f"Choose one of {STEPS}.")
        if self.images_per_day is not None and not 1 <= self.images_per_day <= MAX_NUMBER:
            raise InputError(
                "the limit is out of range.", where="images_per_day", advice=f"Choose 1 to {MAX_NUMBER}, or none."
            )


@dataclass(frozen=True, slots=True)
class Rendering:
    """How one step shows an image: largest side, blur radius, without colour or with it, for at most `seconds`."""

    name: str
    max_side: int
    blur: int
    grey: bool
    seconds: int


def rendering(preferences: Preferences, step: int) -> Rendering:
    """From the least that may decide, step 1, to the most that is ever shown, step 3.

    Raises InputError for a step that does not exist or that the person does not want to be shown.
    """
    if step not in STEPS:
        raise InputError("there is no such step.", where="level", advice="Choose 1, 2 or 3.")
    if step > preferences.last_step:
        raise InputError(
            "you chose not to be shown more.", where="level", advice="Your choices are on your own care page."
        )
    side = _SIDES[preferences.size][step - 1]
    blur = math.ceil(side / _BLUR_SHARES[preferences.blur][step - 1]) if step < STEPS[-1] else 0
    colour = "grey" if preferences.grey else "colour"
    return Rendering(f"{colour}-{_STAGES[step - 1]}", side, blur, preferences.grey, preferences.seconds)


def still_times(seconds: float) -> list[float]:
    """The seconds of a video at which its stills are taken: at most STILLS, evenly spread, two a second at most."""
    count = min(STILLS, max(1, int(seconds * 2)))
    return [seconds * (place + 0.5) / count for place in range(count)]


@dataclass(frozen=True, slots=True)
class Rules:
    """A node's care for those who look. A day's budget counts different contents, and minutes shown.

    `may_go_on`: whether a person may decide, with a reason, to go on past the budget; each such decision adds
    `go_on_percent` of it.
    """

    images_per_day: int = 100
    minutes_per_day: int = 60
    near_percent: int = 80
    break_after_images: int = 20
    break_after_minutes: int = 45
    break_minutes: int = 10
    rest_hours: int = 8
    go_on_percent: int = 20
    may_go_on: bool = True

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "may_go_on":
                if not isinstance(value, bool):
                    raise InputError("it is neither true nor false.", where=field.name)
                continue
            most = 100 if field.name.endswith("_percent") else 23 if field.name == "rest_hours" else MAX_NUMBER
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise InputError("it is not a whole number in range.", where=field.name, advice=f"Use 1 to {most}.")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Rules with some defaults replaced; raises InputError for an unknown name or a value out of range."""
        known = sorted(field.name for field in fields(cls))
        if unknown := sorted(set(map(str, values)) - set(known)):
            raise InputError(
                f"unknown names: {', '.join(unknown)}.",
                where="exposure rules",
                advice=f"Known names are: {', '.join(known)}.",
            )
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Viewing:
    """One showing: when it began, of what content, for how long it was to be seen."""

    at: datetime
    content_id: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's own figures of the day; of these only `state` is ever told to anybody else.

    `may_go_on`: whether their own recorded decision would let them see more.
    """

    state: BudgetState
    images: int
    minutes: float
    images_limit: int
    minutes_limit: int
    may_go_on: bool
    is_break_due: bool


def working_day(viewings: Iterable[Viewing], now: datetime, rules: Rules) -> list[Viewing]:
    """Those since the last rest, oldest first; none once the person rested, and none older than a day."""
    recent = sorted((one for one in viewings if now - one.at < LONGEST_DAY), key=lambda one: one.at)
    return _since_pause(recent, now, timedelta(hours=rules.rest_hours))


def standing(
    viewings: Iterable[Viewing], extensions: Iterable[datetime], now: datetime, rules: Rules, own_limit: int | None
) -> Standing:
    """Where a person stands today. `extensions` are the times at which they decided to go on."""
    today = working_day(viewings, now, rules)
    begun = today[0].at if today else now
    extended = sum(begun <= at <= now for at in extensions) * rules.go_on_percent / 100
    images_limit = _limit(min(own_limit or rules.images_per_day, rules.images_per_day), extended)
    minutes_limit = _limit(rules.minutes_per_day, extended if rules.may_go_on else 0)
    if not rules.may_go_on:
        images_limit = min(images_limit, rules.images_per_day)
    images = len({one.content_id for one in today})
    minutes = sum(one.seconds for one in today) / 60
    spent = max(images / images_limit, minutes / minutes_limit)
    room_left = images < rules.images_per_day and minutes < rules.minutes_per_day
    return Standing(
        state=_state(spent, rules),
        images=images,
        minutes=minutes,
        images_limit=images_limit,
        minutes_limit=minutes_limit,
        may_go_on=rules.may_go_on or room_left,
        is_break_due=break_is_due(today, now, rules),
    )


def break_is_due(today: Sequence[Viewing], now: datetime, rules: Rules) -> bool:
    """Whether to offer a break: so many images, or so long, without a pause. `today` is oldest first."""
    run = _since_pause(today, now, timedelta(minutes=rules.break_minutes))
    if not run:
        return False
    long = now - run[0].at >= timedelta(minutes=rules.break_after_minutes)
    return long or len({one.content_id for one in run}) >= rules.break_after_images


def _since_pause(viewings: Sequence[Viewing], now: datetime, pause: timedelta) -> list[Viewing]:
    found: list[Viewing] = []
    later = now
    for one in reversed(viewings):
        if later - one.at >= pause:
            break
        found.append(one)
        later = one.at
    return found[::-1]


def _limit(base: int, extended: float) -> int:
    return base + math.ceil(base * extended)


def _state(spent: float, rules: Rules) -> BudgetState:
    if spent >= 1:
        return BudgetState.OVER
    return BudgetState.NEAR if spent * 100 >= rules.near_percent else BudgetState.WITHIN
