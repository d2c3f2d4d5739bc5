"""XARF v4 notices to hosts.

The classification a host reads is never stronger than what was assessed. XARF type `csam` needs one of baseline, A1,
A2, B1, B2. Content that is illegal in one country only has none of these: with an industry class it is sent as `csam`
with that class; without one it is sent as `csem` (exploitation type `distribution`), which needs no classification.
Both carry the tag `legality:national` and say so in the description. No imagery is ever attached.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rempart.core.errors import InputError
from rempart.core.vocabulary import DetectionMethod, FingerprintType, IndustryClass, Legality
from rempart.formats.hash_values import normalise

XARF_VERSION = "4.2.0"
MAX_TAGS = 20
MAX_DESCRIPTION = 1000
_SHAREABLE = (FingerprintType.MD5, FingerprintType.SHA1, FingerprintType.SHA256)
_TAG = re.compile(r"[a-z0-9][a-z0-9_+-]*:[a-z0-9][a-z0-9_+-]*", re.ASCII)
_DOMAIN = re.compile(r"([a-z0-9]+(-[a-z0-9]+)*\.)+[a-z]{2,}", re.ASCII)
_MEDIA_TYPES = frozenset({"image", "video", "audio", "text", "mixed"})
_CSEM_METHODS = frozenset({DetectionMethod.AI_DETECTION, DetectionMethod.MANUAL_REVIEW, DetectionMethod.USER_REPORT})


@dataclass(frozen=True, slots=True)
class Sender:
    """The member that sends the notice, as XARF wants it."""

    org: str
    contact: str
    domain: str


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What one notice says about one address.

    `hashes` may hold any fingerprint; only cryptographic ones leave, and only with `share_hashes`.
    `source_identifier` is the host's IP address or name; `assessed_in` the country whose law was applied.
    """

    report_id: str
    timestamp: datetime
    sender: Sender
    url: str
    host: str
    source_identifier: str
    legality: Legality
    detection_method: DetectionMethod
    assessed_in: str
    industry_class: IndustryClass | None = None
    media_type: str | None = None
    hashes: Mapping[FingerprintType, str] = field(default_factory=dict, repr=False)
    share_hashes: bool = False
    asn: int | None = None
    country_code: str | None = None
    hosting_provider: str | None = None
    tags: tuple[str, ...] = ()
    description: str = ""
    verified_at: datetime | None = None


def build_xarf(facts: NoticeFacts) -> dict[str, Any]:
    """A XARF v4 report, valid in non-strict mode; raises `InputError` for facts that cannot make a notice."""
    _check(facts)
    contact = {"org": facts.sender.org, "contact": facts.sender.contact, "domain": facts.sender.domain}
    report: dict[str, Any] = {
        "xarf_version": XARF_VERSION,
        "report_id": facts.report_id,
        "timestamp": _time(facts.timestamp, "timestamp"),
        "reporter": contact,
        "sender": dict(contact),
        "source_identifier": facts.source_identifier,
        "category": "content",
        "url": facts.url,
        "evidence_source": "researcher_analysis",
        "tags": _tags(facts),
        "description": _description(facts),
    }
    report |= _assessment(facts)
    host = facts.host.lower().rstrip(".")
    optional: dict[str, Any] = {
        "domain": host if _DOMAIN.fullmatch(host) else None,
        "asn": facts.asn,
        "country_code": facts.country_code,
        "hosting_provider": facts.hosting_provider,
        "verified_at": None if facts.verified_at is None else _time(facts.verified_at, "verified_at"),
    }
    return report | {name: value for name, value in optional.items() if value is not None}


def _check(facts: NoticeFacts) -> None:
    if not facts.legality.is_illegal:
        raise InputError("The content is not assessed as illegal.", where="legality", advice="Assess it first.")
    try:
        well_formed = str(UUID(facts.report_id)) == facts.report_id
    except ValueError:
        well_formed = False
    if not well_formed:
        raise InputError("The report's number is not a UUID in its usual spelling.", where="report_id")
    for name in ("url", "host", "source_identifier", "assessed_in"):
        text = getattr(facts, name)
        if not text or not text.isprintable():
            raise InputError("The text is empty or has control characters.", where=name)
    if facts.media_type is not None and facts.media_type not in _MEDIA_TYPES:
        raise InputError(f"The media type is not one of {', '.join(sorted(_MEDIA_TYPES))}.", where="media_type")
    if facts.asn is not None and not 1 <= facts.asn <= 4_294_967_295:
        raise InputError("The AS number is out of range.", where="asn")
    if facts.country_code is not None and not re.fullmatch(r"[A-Z]{2}", facts.country_code, re.ASCII):
        raise InputError("The country is not an ISO 3166-1 alpha-2 code.", where="country_code")


def _assessment(facts: NoticeFacts) -> dict[str, Any]:
    """Type, classification and detection method; the honest encoding described at the top."""
    if facts.legality is Legality.NATIONAL and facts.industry_class is None:
        method = facts.detection_method if facts.detection_method in _CSEM_METHODS else DetectionMethod.MANUAL_REVIEW
        return {"type": "csem", "exploitation_type": "distribution", "detection_method": method.value}
    assessed: dict[str, Any] = {
        "type": "csam",
        "classification": "baseline" if facts.legality is Legality.BASELINE else str(facts.industry_class),
        "detection_method": facts.detection_method.value,
        "content_removed": False,
    }
    if facts.media_type is not None:
        assessed["media_type"] = facts.media_type
    shared = {kind.value: normalise(kind, facts.hashes[kind]) for kind in _SHAREABLE if kind in facts.hashes}
    if facts.share_hashes and shared:
        assessed["hash_values"] = shared
    return assessed


def _tags(facts: NoticeFacts) -> list[str]:
    own = [f"legality:{facts.legality.value}", f"jurisdiction:{facts.assessed_in.lower()}"]
    if facts.industry_class is not None:
        own.append(f"industry:{facts.industry_class.lower()}")
    own.append(f"detection:{facts.detection_method.value}")
    tags = list(dict.fromkeys([*own, *facts.tags]))
    if len(tags) > MAX_TAGS or not all(_TAG.fullmatch(tag) for tag in tags):
        raise InputError(f"A notice has at most {MAX_TAGS} tags of the form namespace:predicate.", where="tags")
    return tags


def _description(facts: NoticeFacts) -> str:
    if facts.legality is Legality.BASELINE:
        basis = "Assessed as child sexual abuse material under the international baseline."
    else:
        basis = (
            f"Assessed as illegal child sexual abuse content under the law of {facts.assessed_in}; "
            "not assessed as international baseline material."
        )
    text = f"{basis} {facts.description}".strip()
    if len(text) > MAX_DESCRIPTION:
        raise InputError(f"The description is longer than {MAX_DESCRIPTION} characters.", where="description")
    return text


def _time(moment: datetime, where: str) -> str:
    if moment.tzinfo is None:
        raise InputError("The time has no zone.", where=where, advice="Give an aware time.")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
