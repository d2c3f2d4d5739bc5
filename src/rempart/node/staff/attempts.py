"""Slowing of guesses without locking anybody out.

Wrong attempts are counted at a door. Strange browsers share one door for each name, whether the name exists or not; a
browser in which the person has logged in before has a door of its own. So a stranger who keeps guessing closes the door
to strangers, and the person still comes in at their own.

Passwords are counted at all names together besides. All strange browsers share one allowance, which comes back bit by
bit; the browsers of one person have another. So guesses at many names are few, and whoever uses the strangers' up keeps
out no person at a browser they know, and nobody with a one-time link. No address is looked at or kept.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse

from rempart.core.accounts import (
    KNOWN_AT_ONCE,
    KNOWN_EVERY,
    MOST_ATTEMPTS,
    PAUSE,
    STRANGERS_AT_ONCE,
    STRANGERS_EVERY,
)
from rempart.node.staff import moment
from rempart.node.staff.models import Allowance, Attempts, StaffMember

COOKIE = "rempart_browser"
COOKIE_SECONDS = 180 * 86_400
TOLD_EVERY = timedelta(hours=1)
_SALT = "rempart.staff.browser"


def door(request: HttpRequest, purpose: str, username: str, person: StaffMember | None) -> bytes:
    """The door at which attempts on `username` from this browser count; `person` has that name, if anybody has."""
    known = _known_browser(request, person)
    words = (purpose, "known", known) if known else (purpose, "strange", username.strip().casefold())
    return _digest(*words)


@dataclass(frozen=True, slots=True)
class Shared:
    """What attempts at all names are taken from: `most` at once, and another each `every`."""

    door: bytes
    most: int
    every: timedelta
    is_strangers: bool


def shared(request: HttpRequest) -> Shared:
    """The allowance of this browser."""
    number, _ = _cookie(request)
    if number and StaffMember.objects.filter(pk=number, is_active=True).exists():
        return Shared(_digest("all names", "known", str(number)), KNOWN_AT_ONCE, KNOWN_EVERY, False)
    return Shared(_digest("all names", "strange"), STRANGERS_AT_ONCE, STRANGERS_EVERY, True)


def begin_password(which: bytes, allowance: Shared) -> bool:
    """Count an attempt at a door and at all of them before it is made; False during a pause, or with nothing left.

    At a door that is closed already nothing is taken: guessing at one name leaves the others alone.
    """
    return not _is_paused(which) and _take(allowance) and begin(which)


def is_used_up(allowance: Shared) -> bool:
    """Whether nothing is left now; True once an hour at most, for who tells of it."""
    now = moment.now()
    rows = Allowance.objects.filter(door=allowance.door, full_at__gt=now + (allowance.most - 1) * allowance.every)
    return bool(rows.filter(Q(told_at=None) | Q(told_at__lte=now - TOLD_EVERY)).update(told_at=now))


def give_back(allowance: Shared) -> None:
    """The password was right: it takes nothing from others' attempts."""
    Allowance.objects.filter(door=allowance.door).update(full_at=F("full_at") - allowance.every)


def _take(allowance: Shared) -> bool:
    """One statement decides, so that many at once take no more than there is."""
    now = moment.now()
    Allowance.objects.get_or_create(door=allowance.door, defaults={"full_at": now})
    row = Allowance.objects.filter(door=allowance.door)
    row.filter(full_at__lt=now).update(full_at=now)
    left = row.filter(full_at__lte=now + (allowance.most - 1) * allowance.every)
    return bool(left.update(full_at=F("full_at") + allowance.every))


def _is_paused(which: bytes) -> bool:
    rows = Attempts.objects.filter(door=which, count__gte=MOST_ATTEMPTS, since__gt=moment.now() - PAUSE)
    return bool(rows.exists())


def own_door(purpose: str, number: int) -> bytes:
    """The door of what only one login can try."""
    return _digest(purpose, "own", str(number))


def begin(which: bytes) -> bool:
    """Count an attempt before it is made, so that many at once cannot slip through; False during a pause."""
    now = moment.now()
    Attempts.objects.get_or_create(door=which, defaults={"since": now})
    Attempts.objects.filter(door=which, since__lte=now - PAUSE).update(count=0, since=now)
    return bool(Attempts.objects.filter(door=which, count__lt=MOST_ATTEMPTS).update(count=F("count") + 1))


def is_closed(which: bytes) -> bool:
    """Whether the attempt that just failed was the last one before a pause."""
    return Attempts.objects.filter(door=which, count__gte=MOST_ATTEMPTS).exists()


def succeeded(which: bytes) -> None:
    Attempts.objects.filter(door=which).delete()


def forget_old() -> None:
    """Delete the counts of pauses that are over, and allowances that are whole."""
    Attempts.objects.filter(since__lte=moment.now() - PAUSE).delete()
    Allowance.objects.filter(full_at__lte=moment.now() - TOLD_EVERY).delete()


def remember_browser(request: HttpRequest, response: HttpResponse, person: StaffMember) -> None:
    """Give the browser a door of its own at the next login of this person; it proves nothing else."""
    if _known_browser(request, person):
        return
    value = signing.dumps([person.pk, secrets.token_hex(16)], salt=_SALT)
    response.set_cookie(
        COOKIE,
        value,
        max_age=COOKIE_SECONDS,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _known_browser(request: HttpRequest, person: StaffMember | None) -> str:
    number, name = _cookie(request)
    return name if person is not None and number == person.pk else ""


def _cookie(request: HttpRequest) -> tuple[int, str]:
    """Who logged in last in this browser, and the browser's name; 0 and nothing where nobody did."""
    if COOKIE not in request.COOKIES:
        return 0, ""
    try:
        number, name = signing.loads(request.COOKIES[COOKIE], salt=_SALT, max_age=COOKIE_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return 0, ""
    return int(number), str(name)


def _digest(*words: str) -> bytes:
    return hashlib.sha256("\0".join(words).encode()).digest()
