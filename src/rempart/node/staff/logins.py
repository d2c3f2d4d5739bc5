"""Logins: opened with both factors, limited in time, listed, and ended from anywhere."""

from datetime import timedelta

from django.conf import settings
from django.contrib import auth
from django.db import transaction
from django.http import HttpRequest

from rempart.node.audit import services as audit
from rempart.node.staff import moment
from rempart.node.staff.models import Login, StaffMember

KEY = "staff.login"
_SEEN_EVERY = timedelta(minutes=1)
_BACKEND = "django.contrib.auth.backends.ModelBackend"
# Only these words are kept of what a browser says of itself.
_BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chromium"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def start(person: StaffMember, factor: str, browser: str) -> Login:
    """A new row; it counts once a session names it under `KEY`."""
    now = moment.now()
    return Login.objects.create(
        person=person, factor=factor, browser=browser, opened_at=now, seen_at=now, proved_at=now
    )


@transaction.atomic
def open_login(request: HttpRequest, person: StaffMember, factor: str) -> Login:
    """Log a person in on this browser under a new session key; `factor` is empty while they have none yet."""
    login = start(person, factor, browser_of(request))
    request.session.flush()
    auth.login(request, person, backend=_BACKEND)
    request.session[KEY] = login.pk
    audit.record("staff:login", person.actor, actor=person.actor, data={"factor": factor or "none"})
    return login


def current(request: HttpRequest) -> Login | None:
    """The standing login of this request's session; None when there is none or its time is over."""
    number, person = request.session.get(KEY), request.user
    if number is None or not person.is_authenticated:
        return None
    login = Login.objects.filter(pk=number, person_id=person.pk, ended_at=None).first()
    now = moment.now()
    if login is None or settings.LOGIN_LIMITS.is_over(login.opened_at, login.seen_at, now):
        return None
    if now - login.seen_at >= _SEEN_EVERY:
        login.seen_at = now
        login.save(update_fields=["seen_at"])
    return login


def login_of(request: HttpRequest) -> Login | None:
    """What the middleware found for this request."""
    return getattr(request, "staff_login", None)


def strengthen(request: HttpRequest, login: Login, factor: str) -> None:
    """The person set up their first second factor: this login has it from now on."""
    login.factor, login.proved_at = factor, moment.now()
    login.save(update_fields=["factor", "proved_at"])
    request.session.cycle_key()


def prove(login: Login) -> None:
    """The person showed once more who they are."""
    login.proved_at = moment.now()
    login.save(update_fields=["proved_at"])


def is_recent(login: Login) -> bool:
    return bool(settings.LOGIN_LIMITS.is_recent(login.proved_at, moment.now()))


def standing(person: StaffMember) -> list[Login]:
    """Logins that could still be used, newest first."""
    now = moment.now()
    rows = Login.objects.filter(person=person, ended_at=None).order_by("-opened_at")
    return [one for one in rows if not settings.LOGIN_LIMITS.is_over(one.opened_at, one.seen_at, now)]


@transaction.atomic
def end(person: StaffMember, *, actor: str, only: int | None = None, but: int | None = None, reason: str = "") -> int:
    """End this person's logins, or `only` one, or all `but` one; returns how many ended."""
    rows = Login.objects.filter(person=person, ended_at=None)
    if only is not None:
        rows = rows.filter(pk=only)
    if but is not None:
        rows = rows.exclude(pk=but)
    count = rows.update(ended_at=moment.now())
    if count:
        audit.record("staff:login_ended", person.actor, actor=actor, data={"logins": count}, reason=reason)
    return count


def log_out(request: HttpRequest) -> None:
    """End this request's login and forget its session."""
    login = login_of(request)
    if login is not None:
        Login.objects.filter(pk=login.pk, ended_at=None).update(ended_at=moment.now())
    auth.logout(request)
    request.staff_login = None  # type: ignore[attr-defined]


def forget_old() -> None:
    """Delete rows whose time was over a month ago."""
    Login.objects.filter(opened_at__lt=moment.now() - settings.LOGIN_LIMITS.longest - timedelta(days=30)).delete()


def browser_of(request: HttpRequest) -> str:
    """Such as "Firefox on Linux"."""
    said = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in _BROWSERS if mark in said), "")
    system = next((name for mark, name in _SYSTEMS if mark in said), "")
    return " on ".join(word for word in (browser, system) if word) or "Unknown browser"
