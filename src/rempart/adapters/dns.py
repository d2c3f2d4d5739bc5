"""Names to addresses."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol

import dns.exception
import dns.resolver

from rempart.core.errors import InputError, OutsideFailure


class Resolver(Protocol):
    def resolve(self, host: str) -> tuple[str, ...]:
        """All IPv4 and IPv6 addresses of `host`, sorted; empty when the name does not exist or has no address.

        OutsideFailure when nobody could tell (timeout, SERVFAIL, no resolver).
        """


def _address(host: str) -> str | None:
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        return None


class SystemResolver:
    """Asks the machine's resolvers, or `nameservers`, within `timeout` seconds for each kind of record."""

    def __init__(self, timeout: float = 5.0, nameservers: Sequence[str] | None = None, port: int = 53) -> None:
        self._timeout = timeout
        self._nameservers = nameservers
        self._port = port

    @cached_property
    def _resolver(self) -> dns.resolver.Resolver:
        """Made at the first question: a machine without DNS can still start a node that asks none."""
        try:
            resolver = dns.resolver.Resolver(configure=self._nameservers is None)
        except dns.resolver.NoResolverConfiguration:
            raise OutsideFailure(
                "this machine names no DNS resolver.", where="DNS", advice="Add one to /etc/resolv.conf."
            ) from None
        if self._nameservers is not None:
            resolver.nameservers = list(self._nameservers)
            resolver.port = self._port
        return resolver

    def resolve(self, host: str) -> tuple[str, ...]:
        literal = _address(host)
        if literal is not None:
            return (literal,)
        found: list[str] = []
        failures: list[OutsideFailure] = []
        for kind in ("A", "AAAA"):
            try:
                found += self._ask(host, kind)
            except OutsideFailure as failure:
                failures.append(failure)
        # Some servers answer only for one family; one family is enough to know where the host is.
        if failures and not found:
            raise failures[0]
        return tuple(sorted(set(found)))

    def _ask(self, host: str, kind: str) -> list[str]:
        try:
            answer = self._resolver.resolve(
                host.rstrip("."), kind, search=False, lifetime=self._timeout, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.exception.Timeout, dns.resolver.NoNameservers, dns.resolver.YXDOMAIN, OSError) as error:
            raise OutsideFailure(
                f"the name could not be looked up ({type(error).__name__}).", where="DNS", advice="It is tried again."
            ) from error
        except (dns.exception.DNSException, UnicodeError) as error:
            raise InputError(
                "the host is not a valid DNS name.", where="DNS", advice="Check the address for typing errors."
            ) from error
        return [record.address for record in answer]


class StaticResolver:
    """Answers from a table: for tests, demonstrations and nodes without DNS. A name not in the table has no address."""

    def __init__(self, mapping: Mapping[str, Sequence[str]]) -> None:
        self._table = {host.lower().rstrip("."): tuple(sorted(addresses)) for host, addresses in mapping.items()}

    @classmethod
    def from_file(cls, path: Path) -> "StaticResolver":
        """Read a JSON object of host to list of addresses; InputError when it is anything else."""
        try:
            table = json.loads(path.read_bytes())
            return cls({host: [str(ip_address(address)) for address in addresses] for host, addresses in table.items()})
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise InputError(
                "this is no JSON object of host to list of IP addresses.", where=str(path), advice="Correct the file."
            ) from error

    def resolve(self, host: str) -> tuple[str, ...]:
        literal = _address(host)
        return (literal,) if literal is not None else self._table.get(host.lower().rstrip("."), ())
