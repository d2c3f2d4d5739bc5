"""Who holds an address, and where abuse is reported: RDAP (RFC 9082, RFC 9083)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from whoisit.parser import parse_vcard

from rempart.adapters.dns import Resolver, SystemResolver
from rempart.adapters.geo import country_code
from rempart.adapters.guarded_http import GuardedHttp, Target
from rempart.core.errors import InputError, LimitExceeded, NotFound, NotPermitted, OutsideFailure

IANA_BOOTSTRAP = "https://data.iana.org/rdap/"
_MAX_ANSWER = 1024 * 1024
_MAX_REDIRECTS = 5
_MAX_DEPTH = 6
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAIL = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,255}\Z")
_HOLDER_ROLES = ("registrant", "administrative")


@dataclass(frozen=True, slots=True)
class RdapFacts:
    """What the registry says; None where it says nothing. `raw_source` is the URL that answered."""

    network_name: str | None
    country: str | None
    abuse_mail: str | None
    org: str | None
    handle: str | None
    raw_source: str


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _entities(node: dict[str, Any], depth: int = 0) -> Iterator[tuple[int, set[str], dict[str, Any]]]:
    """(depth, roles, vCard fields) of every entity, however nested."""
    listed = node.get("entities")
    for entity in listed if isinstance(listed, list) and depth < _MAX_DEPTH else ():
        if isinstance(entity, dict):
            roles = entity.get("roles")
            named = {role.lower() for role in roles if isinstance(role, str)} if isinstance(roles, list) else set()
            yield depth, named, dict(parse_vcard(entity.get("vcardArray", [])) or {})
            yield from _entities(entity, depth + 1)


def parse_ip_network(answer: object, source: str) -> RdapFacts:
    """Facts from a decoded RDAP `ip network` object; OutsideFailure when it is something else."""
    if not isinstance(answer, dict) or answer.get("objectClassName") != "ip network":
        raise _failure("the registry's answer is not an RDAP network")
    abuse: list[tuple[int, str]] = []
    holders: list[tuple[int, int, str]] = []
    for depth, roles, card in _entities(answer):
        if "abuse" in roles:
            abuse += [(depth, mail) for mail in card.get("emails", []) if _MAIL.match(mail)]
        name = _text(card.get("organisation")) or _text(card.get("name"))
        holders += [(rank, depth, name) for rank, role in enumerate(_HOLDER_ROLES) if role in roles and name]
    return RdapFacts(
        network_name=_text(answer.get("name")),
        country=country_code(answer.get("country")),
        abuse_mail=min(abuse, key=lambda found: found[0])[1] if abuse else None,
        org=min(holders, key=lambda found: found[:2])[2] if holders else None,
        handle=_text(answer.get("handle")),
        raw_source=source,
    )


def _failure(what: str) -> OutsideFailure:
    return OutsideFailure(
        f"{what}.", where="RDAP", advice="It is tried again; check the service's address if it lasts."
    )


class RdapClient:
    """Asks the RDAP service at `base_url`, or, with None, the registry that IANA's bootstrap (RFC 9224) names.

    `timeout` in seconds bounds each request. A configured `base_url` may lie on the operator's own network; redirects
    to other hosts must be public.
    """

    def __init__(
        self,
        base_url: str | None = None,
        timeout: float = 10.0,
        *,
        resolver: Resolver | None = None,
        bootstrap_url: str = IANA_BOOTSTRAP,
    ) -> None:
        self._base_url = base_url
        self._bootstrap_url = bootstrap_url
        self._services: dict[int, list[tuple[list[str], list[str]]]] = {}
        self._http = GuardedHttp(
            timeout=timeout,
            resolver=resolver if resolver is not None else SystemResolver(min(timeout, 5.0)),
            trusted_hosts=frozenset({Target.parse(base_url or bootstrap_url).host}),
        )

    def lookup_ip(self, ip: str) -> RdapFacts:
        """The network that holds `ip`. NotFound: the registry knows none. OutsideFailure: it could not be asked."""
        try:
            address = ip_address(ip)
        except ValueError:
            raise InputError("this is not an IP address.", where="RDAP", advice="Give IPv4 or IPv6.") from None
        base = self._base_url or self._registry_of(address)
        answer, source = self._fetch(f"{base.rstrip('/')}/ip/{address}")
        return parse_ip_network(answer, source)

    def _registry_of(self, address: IPv4Address | IPv6Address) -> str:
        services = self._services.get(address.version)
        if services is None:
            table, _ = self._fetch(f"{self._bootstrap_url.rstrip('/')}/ipv{address.version}.json")
            services = self._services[address.version] = _services(table)
        matching = [
            (ip_network(prefix).prefixlen, urls)
            for prefixes, urls in services
            for prefix in prefixes
            if address in ip_network(prefix)
        ]
        if not matching:
            raise NotFound("no registry is responsible for this address.", where="RDAP")
        urls = max(matching, key=lambda found: found[0])[1]
        return min(urls, key=lambda url: not url.startswith("https:"))

    def _fetch(self, url: str) -> tuple[object, str]:
        """The decoded JSON and the URL that gave it, redirects followed (registries refer to each other)."""
        target = Target.parse(url)
        for _ in range(_MAX_REDIRECTS + 1):
            try:
                body, location = self._ask(target)
                if location is None:
                    return json.loads(body), target.url
                target = Target.parse(location, target.url)
            except (ValueError, RecursionError):
                raise _failure("the registry's answer is not JSON") from None
            except (NotPermitted, InputError) as error:
                raise _failure(f"the registry leads to where it may not ({error.what})") from error
        raise _failure("the registry redirects in circles")

    def _ask(self, target: Target) -> tuple[bytes, str | None]:
        headers = {"Accept": "application/rdap+json, application/json"}
        try:
            with self._http.exchange("GET", target, headers=headers) as answer:
                if answer.status in _REDIRECTS and answer.location:
                    return b"", answer.location
                if answer.status == 200:
                    return answer.read(_MAX_ANSWER), None
                status = answer.status
        except LimitExceeded:
            raise _failure("the registry's answer is too large") from None
        except NotFound:
            raise _failure("the registry's host has no address") from None
        if status == 404:
            raise NotFound("the registry knows no such network.", where="RDAP")
        raise _failure(f"the registry answered with status {status}")


def _services(table: object) -> list[tuple[list[str], list[str]]]:
    """The (prefixes, URLs) pairs of a bootstrap file (RFC 9224, section 3), checked."""
    try:
        services = [(list(prefixes), list(urls)) for prefixes, urls in table["services"]]  # type: ignore[index]
        for prefixes, urls in services:
            for prefix in prefixes:
                ip_network(prefix)
            for url in urls:
                Target.parse(url)
    except (KeyError, TypeError, ValueError, InputError):
        raise _failure("the bootstrap file is not one of RFC 9224") from None
    return [(prefixes, urls) for prefixes, urls in services if urls]
