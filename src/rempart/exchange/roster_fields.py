"""Entries of the roster as the fields of JSON objects. What reads them raises ValueError, KeyError or TypeError too."""

from collections.abc import Mapping
from datetime import date

from rempart.exchange.roster_entries import Member, Status, Witness
from rempart.formats.signed_note import read_vkey


def member_fields(member: Member) -> dict[str, str]:
    return {
        "country": member.country,
        "log": member.log.vkey,
        "log_url": member.log_url,
        "machine_url": member.machine_url,
        "name": member.name,
        "origin": member.origin,
        "roster_key": member.roster_key.hex(),
        "since": member.since.isoformat(),
        "status": member.status,
    }


def read_member(fields: Mapping[str, str]) -> Member:
    return Member(
        fields["origin"],
        fields["country"],
        fields["name"],
        Status(fields["status"]),
        read_vkey(fields["log"]),
        bytes.fromhex(fields["roster_key"]),
        date.fromisoformat(fields["since"]),
        fields["log_url"],
        fields["machine_url"],
    )


def witness_fields(witness: Witness) -> dict[str, str]:
    return {"group": witness.group, "member": witness.member, "url": witness.url, "vkey": witness.key.vkey}


def read_witness(fields: Mapping[str, str]) -> Witness:
    return Witness(read_vkey(fields["vkey"]), fields["group"], fields["url"], fields["member"])
