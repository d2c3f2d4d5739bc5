"""The adapters to systems outside the node, made from its settings; `rempart.node.runtime` keeps one of each."""

import json
from dataclasses import fields
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.utils.dateparse import parse_duration

from rempart.adapters.availability import AvailabilityChecker
from rempart.adapters.dns import Resolver, StaticResolver, SystemResolver
from rempart.adapters.geo import IpLocator
from rempart.adapters.guarded_http import GuardedHttp
from rempart.adapters.http_notice import post_notice
from rempart.adapters.mail import Mailer
from rempart.adapters.rdap import RdapClient
from rempart.core.deadlines import NoticePlan
from rempart.core.errors import InputError, UnsafeStart

ConnectTable = dict[str, tuple[str, int]]


class Poster(Protocol):
    """`rempart.adapters.http_notice.post_notice` with this node's settings bound."""

    def __call__(self, url: str, body: bytes, *, idempotency_key: str) -> str: ...


def resolver() -> Resolver:
    return StaticResolver.from_file(Path(settings.DNS_TABLE)) if settings.DNS_TABLE else SystemResolver()


def locator() -> IpLocator:
    overrides = _json_object(Path(settings.NETWORKS).read_bytes(), "REMPART_NETWORKS") if settings.NETWORKS else {}
    return IpLocator(_path(settings.MMDB_COUNTRY), _path(settings.MMDB_ASN), overrides)


def rdap(names: Resolver) -> RdapClient | None:
    """None where registries are not asked."""
    if not settings.RDAP:
        return None
    return RdapClient(None if settings.RDAP == "iana" else settings.RDAP, resolver=names)


def mailer() -> Mailer | None:
    """None where no relay is set up."""
    if not settings.SMTP:
        return None
    host, _, port = settings.SMTP.rpartition(":")
    if not host or not port.isdigit():
        raise UnsafeStart("this is not host:port.", where="REMPART_SMTP", advice="Write it as relay.example:587.")
    secret = Path(settings.SMTP_PASSWORD_FILE).read_text().strip() if settings.SMTP_PASSWORD_FILE else None
    return Mailer(host, int(port), starttls=settings.SMTP_STARTTLS, user=settings.SMTP_USER or None, password=secret)


def checker(names: Resolver) -> AvailabilityChecker:
    return AvailabilityChecker(
        tor_proxy=settings.TOR_PROXY or None,
        allow_loopback=settings.LOOPBACK_ONLY,
        resolver=names,
        connect_map=_connect_table(),
    )


def asker(names: Resolver) -> GuardedHttp:
    """What asks other members for what they publish."""
    return GuardedHttp(
        timeout=30.0,
        resolver=names,
        allow_loopback=settings.LOOPBACK_ONLY,
        connect_map=_connect_table(),
        user_agent="rempart",
    )


def poster(names: Resolver) -> Poster:
    return partial(post_notice, connect_map=_connect_table(), allow_loopback=settings.LOOPBACK_ONLY, resolver=names)


def notice_plan() -> NoticePlan:
    """`REMPART_NOTICE_PLAN` over the defaults; UnsafeStart for a name or value it cannot be."""
    given = _json_object(settings.NOTICE_PLAN, "REMPART_NOTICE_PLAN") if settings.NOTICE_PLAN else {}
    defaults = NoticePlan()
    known = {field.name: getattr(defaults, field.name) for field in fields(NoticePlan)}
    if unknown := sorted(set(given) - set(known)):
        raise _bad_plan(unknown[0], f"Known are: {', '.join(known)}.")
    values: dict[str, Any] = {}
    for name, value in given.items():
        wanted = type(known[name])
        parsed = parse_duration(value) if wanted is timedelta and isinstance(value, str) else value
        if type(parsed) is not wanted:
            raise _bad_plan(name, "Durations are ISO 8601 text such as PT6H or P30D; counts are whole numbers.")
        values[name] = parsed
    try:
        return NoticePlan(**values)
    except InputError as error:
        raise UnsafeStart(error.what, where=f"REMPART_NOTICE_PLAN, {error.where}", advice=error.advice) from error


def check() -> None:
    """Read every setting of this module once, so that a wrong one stops the start and not a step at night."""
    locator()
    mailer()
    notice_plan()
    names = resolver()
    rdap(names)
    checker(names)


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _json_object(text: str | bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise UnsafeStart("this is not a JSON object.", where=where, advice="Correct the value or unset it.")
    return value


def _connect_table() -> ConnectTable:
    if not settings.CONNECT_TABLE:
        return {}
    table = _json_object(Path(settings.CONNECT_TABLE).read_bytes(), "REMPART_CONNECT_TABLE")
    try:
        return {host: (str(ip), int(port)) for host, (ip, port) in table.items()}
    except (TypeError, ValueError):
        raise UnsafeStart(
            "a host's entry is not [ip, port].", where="REMPART_CONNECT_TABLE", advice="Correct the file."
        ) from None


def _bad_plan(name: str, advice: str) -> UnsafeStart:
    return UnsafeStart(f"{name!r} cannot be used.", where="REMPART_NOTICE_PLAN", advice=advice)
