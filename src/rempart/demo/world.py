"""The made-up world: hosts under `.example` on documentation networks, and the settings that make a node see it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path

from rempart.adapters.clock import ScaledClock

HOURS_PER_SECOND = 3
"""How fast the demonstration's clock runs; the notice plan's own deadlines stay as they are in earnest."""


class Behaviour(StrEnum):
    """What a pretend host does when it is told."""

    PROMPT = "removes at the first notice"
    REMINDED = "ignores the first notice"
    ESCALATED = "ignores all but the escalation"
    RETURNS = "removes, and brings it back once"
    ELSEWHERE = "is told by its own country"


@dataclass(frozen=True, slots=True)
class Site:
    name: str
    network: str
    country: str
    asn: int
    provider: str
    behaviour: Behaviour

    @property
    def address(self) -> str:
        return str(ip_network(self.network)[10])

    def url(self, path: str) -> str:
        return f"http://{self.name}/{path}"


PROMPT = Site("prompt-host.example", "192.0.2.0/26", "FR", 64496, "Prompt Hosting (made up)", Behaviour.PROMPT)
SLOW = Site("slow-host.example", "192.0.2.64/26", "FR", 64497, "Slow Hosting (made up)", Behaviour.REMINDED)
STUBBORN = Site(
    "stubborn-host.example", "192.0.2.128/26", "FR", 64498, "Stubborn Hosting (made up)", Behaviour.ESCALATED
)
AGAIN = Site("again-host.example", "192.0.2.192/26", "FR", 64499, "Again Hosting (made up)", Behaviour.RETURNS)
MEMBER = Site("member-host.example", "198.51.100.0/24", "NL", 64500, "Neighbour Hosting (made up)", Behaviour.ELSEWHERE)
FAR = Site("far-host.example", "203.0.113.0/24", "BR", 64501, "Far Hosting (made up)", Behaviour.PROMPT)
SITES = (PROMPT, SLOW, STUBBORN, AGAIN, MEMBER, FAR)

# The checksum of an all-zero key: a well-formed address that nobody can serve.
ONION = "http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaam2dqd.onion/board/7"


_TABLES = ("REMPART_DNS_TABLE", "REMPART_NETWORKS", "REMPART_CONNECT_TABLE")


def write_tables(folder: Path, host_port: int) -> dict[str, str]:
    """Write what the node shall believe of names and networks; returns the settings that name the files."""
    tables = {
        "REMPART_DNS_TABLE": {site.name: [site.address] for site in SITES},
        "REMPART_NETWORKS": {
            site.network: {"country": site.country, "asn": site.asn, "provider": site.provider} for site in SITES
        },
        "REMPART_CONNECT_TABLE": {site.name: ["127.0.0.1", host_port] for site in SITES},
    }
    settings = {}
    for setting, table in tables.items():
        path = folder / f"{setting.removeprefix('REMPART_').lower()}.json"
        path.write_text(json.dumps(table, indent=1))
        settings[setting] = str(path)
    return settings


def start_clock() -> dict[str, str]:
    """The setting that compresses time from now on."""
    return {"REMPART_CLOCK": ScaledClock(datetime.now(UTC), HOURS_PER_SECOND * 3600.0).to_environment()}


def settings_of(home: Path, host_port: int, mail_port: int) -> dict[str, str]:
    """The environment of the node that is played, except its clock."""
    return {
        **write_tables(home / "run", host_port),
        "DJANGO_SETTINGS_MODULE": "rempart.node.settings",
        "REMPART_HOME": str(home),
        "REMPART_MODE": "demo",
        "REMPART_SURFACE": "all",
        "REMPART_COUNTRY": "FR",
        "REMPART_ORGANISATION": "Demonstration hotline",
        "REMPART_SMTP": f"127.0.0.1:{mail_port}",
        # A claim lasts half an hour in earnest: a fraction of a second here.
        "REMPART_CLAIM_MINUTES": "1440",
        # Ten of its seconds pass in no time.
        "REMPART_SIGNAL_SECONDS": "3600",
        "REMPART_FOLLOW_SECONDS": "3600",
    }


def settings_abroad(played: Mapping[str, str]) -> dict[str, str]:
    """What the other members' nodes have from the played node's environment: the made-up world, by the real clock."""
    shared = {name: value for name, value in played.items() if not name.startswith("REMPART_") or name in _TABLES}
    return {
        **shared,
        "REMPART_MODE": "demo",
        "REMPART_SURFACE": "all",
        "REMPART_UNDO_SECONDS": "0",
        "REMPART_SIGNAL_SECONDS": "1",
        "REMPART_FOLLOW_SECONDS": "1",
    }
