"""A referral to another member as a file, until both sides speak the exchange protocol; `signed_json` signs it.

The file holds facts about content and where it is hosted, and nothing about reporters, suspects or victims.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rempart.core.errors import InputError
from rempart.core.vocabulary import Characteristic, FingerprintType, Legality, Offence

SCHEMA = "rempart/referral/1"


@dataclass(frozen=True, slots=True)
class HostingFact:
    """Where the content was at a time; `how_known` names the means (dns, rdap, mmdb …)."""

    observed_at: datetime
    ip: str | None = None
    asn: int | None = None
    country: str | None = None
    provider: str | None = None
    behind_proxy: bool | None = None
    how_known: str | None = None


@dataclass(frozen=True, slots=True)
class ReferredItem:
    """One piece of content: an address, or fingerprints, or both. `legality` is the sender's, in the sender's law."""

    url: str | None
    fingerprints: Mapping[FingerprintType, str]
    legality: Legality
    assessed_at: datetime
    offences: frozenset[Offence] = frozenset()
    characteristics: frozenset[Characteristic] = frozenset()
    hosting: HostingFact | None = None


def build_referral(
    *,
    referral_id: str,
    created_at: datetime,
    sender: str,
    recipient: str,
    reason: str,
    legal_basis: str,
    items: tuple[ReferredItem, ...],
    reply_to: str | None = None,
    note: str | None = None,
    report_reference: str | None = None,
) -> dict[str, Any]:
    """The payload to sign. `sender` and `recipient` are ISO 3166-1 alpha-2 codes; a reason and a basis are required.

    `report_reference` is the sender's number of a report about a person, under which the recipient asks for it: such a
    referral may have no items. Raises `InputError` for a referral that names nothing, or lacks reason or legal basis.
    """
    for name, text in (("referral_id", referral_id), ("reason", reason), ("legal_basis", legal_basis)):
        if not text.strip():
            raise InputError("The field is empty.", where=name, advice="A referral records why it is sent.")
    if not items and not report_reference:
        raise InputError("A referral needs at least one item.", where="items")
    return {
        "schema": SCHEMA,
        "referral_id": referral_id,
        "created_at": _time(created_at),
        "from": sender,
        "to": recipient,
        "reason": reason,
        "legal_basis": legal_basis,
        "reply_to": reply_to,
        "note": note,
        "report_reference": report_reference,
        "items": [_item(item) for item in items],
    }


def _item(item: ReferredItem) -> dict[str, Any]:
    if not item.url and not item.fingerprints:
        raise InputError("An item has neither an address nor a fingerprint.", where="items")
    return {
        "url": item.url,
        "fingerprints": {kind.value: value for kind, value in item.fingerprints.items()},
        "legality": item.legality.value,
        "assessed_at": _time(item.assessed_at),
        "offences": sorted(item.offences),
        "characteristics": sorted(item.characteristics),
        "hosting": None if item.hosting is None else _hosting(item.hosting),
    }


def _hosting(fact: HostingFact) -> dict[str, Any]:
    return {
        "observed_at": _time(fact.observed_at),
        "ip": fact.ip,
        "asn": fact.asn,
        "country": fact.country,
        "provider": fact.provider,
        "behind_proxy": fact.behind_proxy,
        "how_known": fact.how_known,
    }


def _time(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise InputError("A time has no zone.", advice="Give an aware time.")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
