"""What items point to, once each: recognised by a keyed digest of its canonical form."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F

from rempart.core.content import registrable_domain
from rempart.core.vocabulary import FingerprintType, ItemKind
from rempart.node.audit import services as audit
from rempart.node.casework.models import Case, Content, Fingerprint
from rempart.node.intake import services as intake
from rempart.node.intake.services import ItemFacts
from rempart.node.jobs import services as jobs
from rempart.node.runtime import clock

ADDRESSED = frozenset({ItemKind.URL, ItemKind.ONION, ItemKind.LIVE_STREAM})
"""Kinds whose value is the address of something a host serves."""
_SHA256_PREFIX = f"{FingerprintType.SHA256}:"


def content_key(kind: str, canonical: str) -> bytes:
    """32 bytes: HMAC-SHA256 under the node's lookup key, so that stored keys cannot be guessed back."""
    return hmac.digest(settings.HOME.keys.lookup, f"{kind}\n{canonical}".encode(), "sha256")


@dataclass(frozen=True, slots=True)
class Target:
    """What one item points to; `locator` is an address or empty."""

    kind: ItemKind
    canonical: str
    locator: str = ""


def target_of(item: ItemFacts, reference: str) -> Target:
    """A text stands for itself alone; a SHA-256 without its file is the same content as the file."""
    if item.kind is ItemKind.TEXT:
        return Target(item.kind, f"{reference}/{item.position}")
    if item.kind is ItemKind.HASH and item.value.startswith(_SHA256_PREFIX):
        return Target(ItemKind.FILE, item.value.removeprefix(_SHA256_PREFIX))
    return Target(item.kind, item.value, item.value if item.kind in ADDRESSED else "")


def bare_hash(item: ItemFacts) -> tuple[FingerprintType, bytes]:
    """The fingerprint a hash item names as `type:value`."""
    name, _, text = item.value.partition(":")
    kind = FingerprintType(name)
    return kind, text.encode("ascii") if kind is FingerprintType.PHOTODNA else bytes.fromhex(text)


def content_for(target: Target) -> int:
    """The content's id; made on first sight. Two steps that race for one content get the same."""
    host = urlsplit(target.locator).hostname or "" if target.locator else ""
    content, made = Content.objects.get_or_create(
        key=content_key(target.kind, target.canonical),
        defaults={
            "kind": target.kind,
            "locator": target.locator,
            "host": host,
            "site": registrable_domain(host) if host else "",
            "first_seen_at": clock().now(),
        },
    )
    if made:
        audit.record("content:first_seen", f"content:{content.pk}", data={"kind": str(target.kind)})
    return content.pk


def link(item: ItemFacts, content_id: int) -> None:
    """Point the item to its content once; a content counts once for each report that names it."""
    is_new_in_report = content_id not in intake.content_ids_of(item.report_id)
    if intake.link_content(item.id, content_id) and is_new_in_report:
        Content.objects.filter(pk=content_id).update(times_reported=F("times_reported") + 1)


def keep_fingerprints(
    content_id: int, values: Iterable[tuple[FingerprintType, bytes]], *, pdq_quality: int | None = None
) -> None:
    """Add what is not there yet; a content has one fingerprint of a kind."""
    rows = [
        Fingerprint(
            content_id=content_id,
            kind=kind,
            value=value,
            quality=pdq_quality if kind is FingerprintType.PDQ else None,
        )
        for kind, value in values
    ]
    Fingerprint.objects.bulk_create(rows, ignore_conflicts=True)


def ask_for_action(content: Content) -> None:
    """Something illegal needs its host found and told; what has no address goes straight to its route."""
    jobs.wake("resolve" if content.locator else "route", content.pk)


def follow_reports(content_id: int) -> None:
    """Have every report that names the content work out its state anew."""
    for report_id in intake.report_ids_with_content(content_id):
        jobs.wake("follow", report_id)


def is_undoable(content_id: int) -> bool:
    """Whether a decision stands that its author can still undo: nothing may follow from it yet."""
    return Case.objects.filter(pk=content_id, undo_until__isnull=False).exists()
