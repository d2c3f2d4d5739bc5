"""Second factors: codes of an app, security keys (WebAuthn) and recovery codes, kept and checked by allauth's models.

Used codes are remembered in the database, not in allauth's cache: every process must refuse a code another one took.
"""

import json
import struct
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm
from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from rempart.core.errors import Conflict, InputError
from rempart.node.audit import services as audit
from rempart.node.staff.adapter import FactorAdapter
from rempart.node.staff.models import StaffMember

APP, KEY, RECOVERY = (str(one) for one in (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, "recovery_codes"))
NAME_LENGTH = 60
_OFFERED = "staff.app_offered"
# What the readers of WebAuthn's messages raise for messages that no browser sends.
_UNREADABLE = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError, struct.error)


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor as its owner sees it."""

    id: int
    kind: str
    name: str
    added_at: datetime
    used_at: datetime | None


def of(person: StaffMember) -> list[Factor]:
    """The person's factors, recovery codes left out, oldest first."""
    rows = Authenticator.objects.filter(user=person, type__in=(APP, KEY)).order_by("pk")
    return [
        Factor(row.pk, row.type, row.data.get("name", "") if row.type == KEY else "", row.created_at, row.last_used_at)
        for row in rows
    ]


def has_one(person: StaffMember) -> bool:
    return bool(Authenticator.objects.filter(user=person, type__in=(APP, KEY)).exists())


def people_with_one() -> set[int]:
    """Numbers of the people who have a factor."""
    return set(Authenticator.objects.filter(type__in=(APP, KEY)).values_list("user_id", flat=True))


def has_key(person: StaffMember) -> bool:
    return bool(Authenticator.objects.filter(user=person, type=KEY).exists())


# ---- Proving ----


@transaction.atomic
def prove_code(person: StaffMember, code: str) -> str:
    """Which factor this code shows, used up with it; empty when it shows none."""
    typed = "".join(code.split()).replace("-", "")
    app = Authenticator.objects.filter(user=person, type=APP).first()
    if app and _take_step(person, _step(decrypt(app.data["secret"]), typed)):
        app.record_usage()
        return APP
    codes = Authenticator.objects.filter(user=person, type=RECOVERY).first()
    if codes and codes.wrap().validate_code(typed):
        codes.record_usage()
        left = len(RecoveryCodes(Authenticator.objects.get(pk=codes.pk)).get_unused_codes())
        audit.record("staff:recovery_code_used", person.actor, actor=person.actor, data={"left": left})
        return RECOVERY
    return ""


def _step(secret: str, code: str) -> int:
    """The time step whose code this is; 0 when it is none of those that count now."""
    for step in yield_hotp_counters_from_time():
        if constant_time_compare(format_hotp_value(hotp_value(secret, step)), code):
            return int(step)
    return 0


def _take_step(person: StaffMember, step: int) -> bool:
    """Compare-and-swap: of two that bring the same code at once, one is refused."""
    return bool(step and StaffMember.objects.filter(pk=person.pk, code_step__lt=step).update(code_step=step))


def key_challenge(person: StaffMember) -> str:
    """What a browser must have a security key of this person sign, as JSON; the session remembers it."""
    return _options(webauthn.begin_authentication(person))


def prove_key(person: StaffMember, answer: str) -> str:
    """`KEY` when the answer is this person's key's signature of the session's challenge; empty when not."""
    read = _read(AuthenticateWebAuthnForm, person, credential=answer)
    if read is None:
        return ""
    read["credential"].record_usage()
    return KEY


# ---- Setting up ----


def app_secret(request: HttpRequest) -> str:
    """The secret this session offers to an app, the same until it is taken."""
    return str(request.session.setdefault(_OFFERED, generate_totp_secret()))


def app_picture(person: StaffMember, secret: str) -> str:
    """An SVG that an app can scan."""
    adapter = FactorAdapter()
    return str(adapter.build_totp_svg(adapter.build_totp_url(person, secret)))


@transaction.atomic
def add_app(request: HttpRequest, person: StaffMember, code: str, *, first: bool) -> None:
    """Take the app that knows this session's secret, in place of an earlier one.

    InputError for a wrong code; Conflict for a `first` factor when there is one meanwhile.
    """
    _lock(person, first)
    secret = app_secret(request)
    step = _step(secret, "".join(code.split()))
    if not step:
        raise InputError(
            "that is not the code the app shows now.",
            where="code",
            advice="Check the clock of the device and type the next code.",
        )
    Authenticator.objects.filter(user=person, type=APP).delete()
    TOTP.activate(person, secret)
    # Also a code that set the app up is used.
    StaffMember.objects.filter(pk=person.pk).update(code_step=step)
    del request.session[_OFFERED]
    _added(person, APP)


def key_offer(person: StaffMember) -> str:
    """What a browser needs to register a security key, as JSON; the session remembers its challenge."""
    return _options(webauthn.begin_registration(person, passwordless=False))


@transaction.atomic
def add_key(person: StaffMember, name: str, answer: str, *, first: bool) -> None:
    """Take a security key; InputError when the answer is not one to this session's offer; Conflict as above."""
    _lock(person, first)
    read = _read(AddWebAuthnForm, person, name=name.strip()[:NAME_LENGTH], credential=answer)
    if read is None:
        raise InputError("the security key did not answer as expected.", where="credential", advice="Try it again.")
    webauthn.WebAuthn.add(person, read["name"], read["credential"])
    _added(person, KEY)


def _lock(person: StaffMember, first: bool) -> None:
    """One change of a person's factors at a time; Conflict when a `first` one comes too late."""
    StaffMember.objects.select_for_update().get(pk=person.pk)
    if first and has_one(person):
        raise Conflict("a second factor was set up meanwhile.", advice="Log in with it.")


def _added(person: StaffMember, kind: str) -> None:
    audit.record("staff:factor_added", person.actor, actor=person.actor, data={"kind": kind})
    if not Authenticator.objects.filter(user=person, type=RECOVERY).exists():
        RecoveryCodes.activate(person)


@transaction.atomic
def remove(person: StaffMember, number: int) -> None:
    """Remove one factor; Conflict when it is the last: another must be set up first."""
    _lock(person, first=False)
    row = Authenticator.objects.filter(user=person, pk=number, type__in=(APP, KEY)).first()
    if row is None:
        return
    if not Authenticator.objects.filter(user=person, type__in=(APP, KEY)).exclude(pk=number).exists():
        raise Conflict("this is the last second factor.", advice="Set up another one first, then remove this one.")
    audit.record("staff:factor_removed", person.actor, actor=person.actor, data={"kind": row.type})
    row.delete()


def forget_all(person: StaffMember) -> None:
    """Every factor and recovery code of a person, inside the caller's transaction."""
    Authenticator.objects.filter(user=person).delete()


# ---- Recovery codes ----


@transaction.atomic
def new_recovery_codes(person: StaffMember) -> None:
    """Replace the recovery codes; the old ones open nothing any more."""
    Authenticator.objects.filter(user=person, type=RECOVERY).delete()
    RecoveryCodes.activate(person)
    audit.record("staff:recovery_codes_made", person.actor, actor=person.actor)


@transaction.atomic
def recovery_codes_once(person: StaffMember) -> list[str]:
    """The codes, the first time they are asked for; afterwards nothing, and nobody can see them."""
    row = Authenticator.objects.select_for_update().filter(user=person, type=RECOVERY).first()
    if row is None or row.wrap().did_view:
        return []
    codes: RecoveryCodes = row.wrap()
    codes.mark_as_viewed()
    return list(codes.get_unused_codes())


def recovery_codes_left(person: StaffMember) -> int:
    row = Authenticator.objects.filter(user=person, type=RECOVERY).first()
    return len(row.wrap().get_unused_codes()) if row else 0


def _read(kind: type[forms.Form], person: StaffMember, **given: str) -> dict[str, Any] | None:
    """What a browser answered for a security key, verified; None for a wrong answer or none that can be read."""
    form = kind(given, user=person)  # type: ignore[call-arg]
    try:
        is_object = isinstance(json.loads(given["credential"]), dict)
        return form.cleaned_data if is_object and form.is_valid() else None
    except _UNREADABLE:
        return None


def _options(data: dict[str, Any]) -> str:
    return json.dumps(data, default=dict)
