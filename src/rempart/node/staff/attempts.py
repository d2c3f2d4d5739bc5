"""Slowing of guesses without locking anybody out.

Wrong attempts are counted at a door. Strange browsers share one door for each name, whether the name exists or not; a
browser in which the person has logged in before has a door of its own. So a stranger who keeps guessing closes the door
to strangers, and the person still comes in at their own.
"""

import hashlib
import secrets

from django.conf import settings
from django.core import signing
from django.db.models import F
from django.http import HttpRequest, HttpResponse

from rempart.core.accounts import MOST_ATTEMPTS, PAUSE
from rempart.node.staff import moment
from rempart.node.staff.models import Attempts, StaffMember

COOKIE = "rempart_browser"
COOKIE_SECONDS = 180 * 86_400
_SALT = "rempart.staff.browser"


def door(request: HttpRequest, purpose: str, username: str, person: StaffMember | None) -> bytes:
    """The door at which attempts on `username` from this browser count; `person` has that name, if anybody has."""
    known = _known_browser(request, person)
    words = (purpose, "known", known) if known else (purpose, "strange", username.strip().casefold())
    return _digest(*words)


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
    """Delete the counts of pauses that are over."""
    Attempts.objects.filter(since__lte=moment.now() - PAUSE).delete()


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
    if person is None or COOKIE not in request.COOKIES:
        return ""
    try:
        number, name = signing.loads(request.COOKIES[COOKIE], salt=_SALT, max_age=COOKIE_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(name) if number == person.pk else ""


def _digest(*words: str) -> bytes:
    return hashlib.sha256("\0".join(words).encode()).digest()
