"""An address to its country, network, provider and content delivery network, from data on this machine."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any

import iptocc
import maxminddb

from rempart.core.errors import InputError, UnsafeStart

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
# Registries use these where no single country is meant.
_REGIONS = frozenset({"AP", "EU", "ZZ"})


@dataclass(frozen=True, slots=True)
class IpFacts:
    """`country`: ISO 3166-1 alpha-2; `cdn`: the delivery network in front, which hides where the content is.

    `how` names what the country rests on: override, mmdb, registry (bundled allocation data), unknown or invalid.
    """

    ip: str
    country: str | None
    asn: int | None
    provider: str | None
    cdn: str | None
    how: str


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def country_code(value: object) -> str | None:
    """An ISO 3166-1 alpha-2 code in upper case; None for anything else, regions such as EU and AP included."""
    code = (_text(value) or "").upper()
    return code if re.fullmatch("[A-Z]{2}", code) and code not in _REGIONS else None


def _asn(value: object) -> int | None:
    digits = str(value).upper().removeprefix("AS")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else 0
    return number if 0 < number < 2**32 else None


def _parse_address(ip: str) -> Address | None:
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _most_specific(table: Mapping[Network, Any], address: Address) -> Any | None:
    matching = [network for network in table if network.version == address.version and address in network]
    return table[max(matching, key=lambda network: network.prefixlen)] if matching else None


@cache
def _cdn_tables() -> tuple[dict[int, str], dict[Network, str]]:
    text = resources.files("rempart.adapters").joinpath("data/cdn_asns.json").read_text("utf-8")
    data = json.loads(text)
    asns = {int(asn): name for asn, name in data["asns"].items()}
    return asns, {ip_network(cidr): name for name, cidrs in data["networks"].items() for cidr in cidrs}


def _open_mmdb(path: Path | None) -> maxminddb.Reader | None:
    if path is None:
        return None
    try:
        return maxminddb.open_database(path)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise UnsafeStart(
            "the MMDB file cannot be used.", where=str(path), advice="Download it again or unset its setting."
        ) from error


def _record(database: maxminddb.Reader | None, address: Address) -> dict[str, Any]:
    """The record of `address`; empty for an address the file does not cover or a damaged part of the file."""
    if database is None:
        return {}
    try:
        record = database.get(address)
    except (ValueError, maxminddb.InvalidDatabaseError):
        return {}
    return record if isinstance(record, dict) else {}


class IpLocator:
    """Overrides (most specific network first), then MMDB files where given, then the bundled registry data.

    MMDB records are read in MaxMind's and DB-IP's layout (`country.iso_code`, `autonomous_system_number`) and in
    IPinfo's flat one (`country`, `asn`, `as_name`). Override values: country, asn, provider, cdn, all optional.
    """

    def __init__(
        self,
        mmdb_country: Path | None = None,
        mmdb_asn: Path | None = None,
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self._country = _open_mmdb(mmdb_country)
        self._asn = _open_mmdb(mmdb_asn)
        self._overrides: dict[Network, Mapping[str, Any]] = {}
        for cidr, facts in (overrides or {}).items():
            try:
                self._overrides[ip_network(cidr)] = facts
            except ValueError as error:
                raise InputError(
                    f"{cidr!r} is not a network.", where="IP overrides", advice="Write it as 192.0.2.0/24."
                ) from error

    def locate(self, ip: str) -> IpFacts:
        """What is known about `ip`. Never raises: what is not known is None."""
        address = _parse_address(ip)
        if address is None:
            return IpFacts(ip=ip, country=None, asn=None, provider=None, cdn=None, how="invalid")
        facts = self._network_facts(address)
        override = _most_specific(self._overrides, address)
        if override is None:
            return facts
        asn = _asn(override.get("asn")) or facts.asn
        return replace(
            facts,
            country=country_code(override.get("country")) or facts.country,
            asn=asn,
            provider=_text(override.get("provider")) or facts.provider,
            cdn=_text(override.get("cdn")) or facts.cdn or _cdn_tables()[0].get(asn or 0),
            how="override" if country_code(override.get("country")) else facts.how,
        )

    def _network_facts(self, address: Address) -> IpFacts:
        country, how = self._find_country(address)
        record = _record(self._asn, address)
        asn = _asn(record.get("autonomous_system_number", record.get("asn")))
        names = (record.get("autonomous_system_organization"), record.get("as_name"), record.get("name"))
        asns, networks = _cdn_tables()
        return IpFacts(
            ip=str(address),
            country=country,
            asn=asn,
            provider=next((name for name in map(_text, names) if name), None),
            cdn=asns.get(asn or 0) or _most_specific(networks, address),
            how=how,
        )

    def _find_country(self, address: Address) -> tuple[str | None, str]:
        record = _record(self._country, address)
        value = record.get("country")
        code = country_code(value.get("iso_code") if isinstance(value, dict) else value)
        if code or (code := country_code(record.get("country_code"))):
            return code, "mmdb"
        code = country_code(iptocc.country_code(str(address)))
        return code, "registry" if code else "unknown"
