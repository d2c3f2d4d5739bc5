"""Whom to tell, in what words, and the sending itself.

An attempt's exact bytes are stored before it leaves (`prepare`), and a later run of the step sends those (`deliver`): a
crash between the relay's acceptance and our commit repeats the same message under the same identifiers.
"""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from django.conf import settings

from rempart.core.errors import OutsideFailure
from rempart.core.vocabulary import DetectionMethod, IndustryClass, Legality
from rempart.formats.arf_mail import build_mail
from rempart.formats.notice_text import Language, NoticeContext, NoticeKind, write_notice
from rempart.formats.signed_json import canonical_json
from rempart.formats.xarf_notice import NoticeFacts as XarfFacts
from rempart.formats.xarf_notice import Sender, build_xarf
from rempart.node import runtime
from rempart.node.casework import services as casework
from rempart.node.hosting.services import Place
from rempart.node.notices.models import Attempt, HostContact, Notice

MAIL, HTTP = "mail", "http"
_KINDS = {"reminder": NoticeKind.REMINDER, "escalation": NoticeKind.ESCALATION}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where a notice goes; `chosen` says how the address was found."""

    channel: str
    address: str
    chosen: str
    language: Language = "en"


def recipients(site: str, place: Place) -> list[Recipient]:
    """Who may be told, best first: the site's contact, its network's, the registry's, and RFC 2142's abuse@."""
    found = _contact(site, "contact of the site")
    if place.asn is not None:
        found += _contact(f"AS{place.asn}", "contact of the network")
    if place.abuse_mail:
        found.append(Recipient(MAIL, place.abuse_mail, "abuse contact of the registry"))
    if not _is_ip(site):
        found.append(Recipient(MAIL, f"abuse@{site}", "abuse@ of the domain (RFC 2142)"))
    return list({recipient.address: recipient for recipient in reversed(found)}.values())[::-1]


def prepare(row: Notice, purpose: str, place: Place, now: datetime) -> Attempt | None:
    """Store the next attempt of this round in the caller's transaction; None when every recipient refused.

    `purpose` is first, reminder or escalation; a recipient that was told nothing yet in this round gets a first
    notice whatever was sent to others before.
    """
    this_round = Attempt.objects.filter(notice=row, round=row.round)
    refused = set(this_round.filter(refused=True).values_list("recipient", flat=True))
    content = casework.content(row.content_id)
    left = [recipient for recipient in recipients(content.site, place) if recipient.address not in refused]
    if not left:
        return None
    chosen = left[0]
    told = list(this_round.filter(recipient=chosen.address, sent_at__isnull=False).order_by("ordinal"))
    if not told:
        purpose = "reappeared" if row.reappeared else "first"
    ordinal = Attempt.objects.filter(notice=row).count() + 1
    xarf_facts = _xarf_facts(row, content, place, purpose, now)
    xarf = build_xarf(xarf_facts)
    key = f"{xarf['report_id']}-{ordinal}"
    attempt = Attempt(
        notice=row,
        ordinal=ordinal,
        round=row.round,
        purpose=purpose,
        channel=chosen.channel,
        recipient=chosen.address,
        chosen=chosen.chosen,
        prepared_at=now,
    )
    if chosen.channel == HTTP:
        attempt.message_id, attempt.message = key, canonical_json(xarf)
    else:
        attempt.message_id = f"<notice.{key}@{_domain()}>"
        attempt.message = _mail(attempt, xarf_facts, xarf, chosen.language, told, reference=_reference(row))
    attempt.digest = hashlib.sha256(attempt.message).digest()
    attempt.save()
    row.recipient, row.channel = chosen.address, chosen.channel
    row.classification = xarf_facts.legality
    row.save(update_fields=["recipient", "channel", "classification"])
    return attempt


def deliver(attempt: Attempt) -> str:
    """Send the stored bytes and return the reply. Rejected, InputError: for good. OutsideFailure: try again."""
    if attempt.channel == HTTP:
        return runtime.poster()(attempt.recipient, bytes(attempt.message), idempotency_key=attempt.message_id)
    relay = runtime.mailer()
    if relay is None:
        raise OutsideFailure("no mail relay is set up.", where="REMPART_SMTP", advice="Set it to the relay's address.")
    return relay.send(bytes(attempt.message), settings.NOTICE_SENDER, attempt.recipient)


def _contact(site: str, chosen: str) -> list[Recipient]:
    row = HostContact.objects.filter(site=site).first()
    if row is None:
        return []
    language: Language = "fr" if row.language == "fr" else "en"
    both = ((HTTP, row.http_url), (MAIL, row.mail))
    return [Recipient(channel, address, chosen, language) for channel, address in both if address]


def _is_ip(site: str) -> bool:
    try:
        ip_address(site)
    except ValueError:
        return False
    return True


def _domain() -> str:
    return str(settings.NOTICE_SENDER).rpartition("@")[2]


def _reference(row: Notice) -> str:
    return f"N{row.pk}-{row.xarf_id.hex[:8]}"


def _xarf_facts(row: Notice, content: casework.ContentFacts, place: Place, purpose: str, now: datetime) -> XarfFacts:
    # A reminder speaks of the same incident; a new round of a new one.
    report_id = uuid.uuid5(row.xarf_id, f"round {row.round}") if row.round else row.xarf_id
    return XarfFacts(
        report_id=str(report_id),
        timestamp=now,
        sender=Sender(settings.ORGANISATION, settings.NOTICE_SENDER, _domain()),
        url=content.locator,
        host=content.host,
        source_identifier=place.ip or content.host,
        legality=content.legality or Legality.UNDETERMINED,
        detection_method=DetectionMethod(row.detection_method),
        assessed_in=settings.COUNTRY,
        industry_class=next((known for known in IndustryClass if known in content.categories), None),
        asn=place.asn,
        country_code=place.country or None,
        hosting_provider=place.provider or None,
        tags=(f"notice:{purpose}",),
    )


def _mail(
    attempt: Attempt,
    facts: XarfFacts,
    xarf: dict[str, Any],
    language: Language,
    told: list[Attempt],
    *,
    reference: str,
) -> bytes:
    first_sent = told[0].sent_at if told else None
    context = NoticeContext(
        reference=reference,
        kind=_KINDS.get(attempt.purpose, NoticeKind.FIRST),
        number=len(told) - (attempt.purpose == "escalation"),
        first_sent=f"{first_sent:%Y-%m-%d %H:%M} UTC" if first_sent else "",
        answer_hours=max(1, round(runtime.notice_plan().resend_after.total_seconds() / 3600)),
    )
    text = write_notice(facts, context, language=language)
    return build_mail(
        xarf,
        sender=settings.NOTICE_SENDER,
        recipient=attempt.recipient,
        subject=text.subject,
        human_text=text.body,
        message_id=attempt.message_id,
        date=attempt.prepared_at,
        in_reply_to=told[0].message_id if told else None,
    )
