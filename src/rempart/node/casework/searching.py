"""Find what the node holds by what staff have in hand. Each search is an event; what was searched for is in none."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.db.models import QuerySet

from rempart.core.content import canonical_url
from rempart.core.errors import InputError
from rempart.core.permissions import Permission
from rempart.core.vocabulary import FingerprintType
from rempart.node.audit import services as audit
from rempart.node.casework import access
from rempart.node.casework.content import ADDRESSED, content_key
from rempart.node.casework.models import Content, Fingerprint
from rempart.node.casework.related import MOST_COUNTED, Related, related
from rempart.node.intake import services as intake
from rempart.node.intake.services import ReportFacts
from rempart.node.people import Person, require_permission

SHOWN = 50
_CASE = re.compile(r"C-?(\d{1,18})", re.IGNORECASE | re.ASCII)
_REFERENCE = re.compile(r"R\d\d-[0-9A-Z]{8}", re.ASCII)
_HEX = re.compile(r"[0-9a-fA-F]{32,64}", re.ASCII)
_RECEIPT = re.compile(r"(?:[0-9A-Z]{4}[\s-]?){4}", re.ASCII)
_BY_LENGTH: Mapping[int, tuple[FingerprintType, ...]] = {
    32: (FingerprintType.MD5,),
    40: (FingerprintType.SHA1,),
    64: (FingerprintType.SHA256, FingerprintType.PDQ),
}


class By(StrEnum):
    CASE = "case"
    REFERENCE = "reference"
    ADDRESS = "address"
    HOST = "host"
    FINGERPRINT = "fingerprint"
    RECEIPT = "receipt"


NEEDED: Mapping[By, Permission] = {By.RECEIPT: Permission.MESSAGE_READ}
"""Beyond QUEUE_VIEW: who looks a reporter's number up reads what reporters write."""


@dataclass(frozen=True, slots=True)
class Found:
    """`contents` are the first of `total`, newest first; `report` is the one that was asked for."""

    by: By
    total: int
    contents: list[Related]
    report: ReportFacts | None = None

    @property
    def is_uncounted(self) -> bool:
        return self.total > MOST_COUNTED


def search(person: Person, text: str, by: str = "") -> Found:
    """Look for `text` as what `by` names, or as what it looks like, among what the person may know of.

    Raises NotPermitted, and InputError (which never repeats the text) for what cannot be read.
    """
    require_permission(person, Permission.QUEUE_VIEW)
    wanted = " ".join(text.split())
    kind = _kind(wanted, by)
    if kind in NEEDED:
        require_permission(person, NEEDED[kind])
    report = _report(kind, wanted)
    found = _contents_of(report) if kind in (By.REFERENCE, By.RECEIPT) else _ROWS[kind](wanted)
    rows = found.filter(access.visible_to(person))
    if report is not None and report.id in access.hidden_reports(person):
        report = None
    total = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()
    shown = related(rows.select_related("case").order_by("-pk")[:SHOWN])
    with transaction.atomic():
        audit.record("search:made", f"staff:{person.pk}", actor=person.actor, data={"by": str(kind), "found": total})
    return Found(kind, total, shown, report)


def _kind(text: str, by: str) -> By:
    if not text or len(text) > 8192:
        raise InputError("there is nothing to look for.", where="q", advice="Type or paste what you have in hand.")
    if by:
        if by not in set(By):
            raise InputError("this is nothing to search by.", where="by", advice="Choose one of the list.")
        return By(by)
    for pattern, kind in ((_CASE, By.CASE), (_REFERENCE, By.REFERENCE), (_HEX, By.FINGERPRINT), (_RECEIPT, By.RECEIPT)):
        if pattern.fullmatch(text if kind is not By.REFERENCE else text.upper()):
            return kind
    return By.ADDRESS if "/" in text else By.HOST


def _report(kind: By, text: str) -> ReportFacts | None:
    if kind is By.REFERENCE:
        return intake.find_report(reference=text.upper())
    return intake.find_report(receipt=text) if kind is By.RECEIPT else None


def _contents_of(report: ReportFacts | None) -> QuerySet[Content]:
    return Content.objects.filter(pk__in=intake.content_ids_of(report.id) if report else [])


def _case(text: str) -> QuerySet[Content]:
    number = _CASE.fullmatch(text)
    if number is None:
        raise InputError("this is no number of a case.", where="q", advice="It is a C and digits, such as C-12.")
    return Content.objects.filter(pk=int(number[1]))


def _address(text: str) -> QuerySet[Content]:
    address = canonical_url(text, where="q").url
    return Content.objects.filter(key__in=[content_key(kind, address) for kind in ADDRESSED])


def _host(text: str) -> QuerySet[Content]:
    return Content.objects.filter(host=canonical_url(text, where="q").host)


def _fingerprint(text: str) -> QuerySet[Content]:
    digits = text.rpartition(":")[2].strip()
    kinds = _BY_LENGTH.get(len(digits), ())
    if not kinds or not _HEX.fullmatch(digits):
        raise InputError(
            "this is no fingerprint that is searched by.",
            where="q",
            advice="Paste the hexadecimal MD5 (32 digits), SHA-1 (40), SHA-256 or PDQ (64).",
        )
    same = Fingerprint.objects.filter(kind__in=kinds, value=bytes.fromhex(digits))
    return Content.objects.filter(pk__in=same.values("content_id"))


_ROWS: Mapping[By, Callable[[str], QuerySet[Content]]] = {
    By.CASE: _case,
    By.ADDRESS: _address,
    By.HOST: _host,
    By.FINGERPRINT: _fingerprint,
}
