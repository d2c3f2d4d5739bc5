"""The step "export": write a referral that may leave as a signed file, once and whole."""

import hashlib

from django.conf import settings

from rempart.adapters.files import write_atomically
from rempart.core.vocabulary import ReferralState
from rempart.formats.referral_file import HostingFact, ReferredItem, build_referral
from rempart.formats.signed_json import canonical_json, sign_document
from rempart.node.casework import services as casework
from rempart.node.hosting import services as hosting
from rempart.node.intake import services as intake
from rempart.node.jobs import services as jobs
from rempart.node.referrals import services
from rempart.node.referrals.services import ReferralView
from rempart.node.runtime import signer


@jobs.step("export")
def export(subject: str) -> jobs.Effects:
    referral = services.get(int(subject))
    if referral.state is not ReferralState.QUEUED:
        return jobs.nothing
    document = _document(referral)
    path = settings.HOME.referrals / f"{referral.reference}.json"
    write_atomically(path, document)

    def effects() -> None:
        if not services.exported(referral.id, hashlib.sha256(document).digest()):
            path.unlink(missing_ok=True)

    return effects


def _document(referral: ReferralView) -> bytes:
    """The same bytes on every try: facts are those that stood when the referral was made or decided."""
    contents = [referral.content_id] if referral.content_id else intake.content_ids_of(referral.report_id or 0)
    report = intake.report(referral.report_id) if referral.report_id else None
    payload = build_referral(
        referral_id=referral.reference,
        created_at=referral.created_at,
        sender=settings.COUNTRY,
        recipient=referral.country or settings.COUNTRY,
        reason=referral.decision_reason or referral.why,
        legal_basis=referral.legal_basis,
        items=tuple(item for item in (_item(pk, referral) for pk in contents) if item is not None),
        reply_to=settings.NOTICE_SENDER,
        report_reference=report.reference if report else None,
    )
    return sign_document(canonical_json(payload), signer().sign, signer().key_id)


def _item(content_id: int, referral: ReferralView) -> ReferredItem | None:
    """Only illegal content at an address or with fingerprints is named; accounts and texts stay sealed."""
    content = casework.content(content_id)
    fingerprints = casework.fingerprint_values(content_id)
    if content.legality is None or not content.is_illegal or not (content.locator or fingerprints):
        return None
    observed = hosting.latest(content_id, until=referral.decided_at or referral.created_at)
    return ReferredItem(
        url=content.locator or None,
        fingerprints=fingerprints,
        legality=content.legality,
        assessed_at=content.decided_at or referral.created_at,
        hosting=_hosting(observed) if observed else None,
    )


def _hosting(observed: hosting.ObservationFacts) -> HostingFact:
    place = observed.place
    return HostingFact(
        observed_at=observed.at,
        ip=place.ip,
        asn=place.asn,
        country=place.country or None,
        provider=place.provider or None,
        behind_proxy=bool(place.cdn),
        how_known=place.how,
    )
