"""Take a report or a message in, once, however often the browser sends it."""

from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction

from rempart.core.errors import LimitExceeded, NotFound
from rempart.core.reports import CoarseStatus, coarse_status
from rempart.core.vocabulary import ReportState
from rempart.node import runtime
from rempart.node.audit import services as audit
from rempart.node.intake import receipts
from rempart.node.intake.models import Message, Report
from rempart.node.intake.public.build import Checked, new_report, typed_bytes
from rempart.node.intake.public.flows import Filling
from rempart.node.intake.reports import create_report, receive, seal_message

ACTOR = "public"
MAX_MESSAGES = 50


def accept(filling: Filling, checked: Checked, language: str) -> str:
    """Store the report and return its receipt code.

    The digest of the code is unique in the database: the same page sent again finds the report that is there.
    """
    keys = settings.HOME.keys
    code = receipts.code_for(keys.receipt, filling.nonce, typed_bytes(filling, language))
    digest = receipts.digest(keys.lookup, code)
    known = Report.objects.filter(receipt_digest=digest)
    if known.exists():
        return code
    new = new_report(filling, checked, language, digest)
    try:
        with transaction.atomic():
            receive(create_report(new), ACTOR)
    except IntegrityError:
        # The other half of a double click was faster; anything else is a real failure.
        if not known.exists():
            raise
    return code


@dataclass(frozen=True, slots=True)
class Standing:
    """What a receipt tells: how far the report is, and how many messages were added."""

    report_id: int
    status: CoarseStatus
    messages: int


def standing(code: str) -> Standing:
    """Where the report of a code stands; NotFound when no report has it.

    The search is by keyed digest, so how long it takes says nothing about how near a guess came.
    """
    report = Report.objects.filter(receipt_digest=receipts.digest(settings.HOME.keys.lookup, code)).first()
    if report is None:
        raise NotFound("no report has this receipt number.", where="code", advice="Compare it with your receipt.")
    return Standing(report.pk, coarse_status(ReportState(report.state)), report.messages.count())


def add_message(report_id: int, ticket: str, text: str) -> None:
    """Seal a message to the report, once per page and text; LimitExceeded when there are too many."""
    keys = settings.HOME.keys
    repeat_key = receipts.message_key(keys.lookup, receipts.open_ticket(keys.receipt, ticket), text.encode())
    known = Message.objects.filter(repeat_key=repeat_key)
    if known.exists():
        return
    report = Report.objects.get(pk=report_id)
    if report.messages.count() >= MAX_MESSAGES:
        raise LimitExceeded("this report holds as many messages as it can.", advice="Send a new report instead.")
    sealed = seal_message(report, text)
    try:
        with transaction.atomic():
            Message.objects.create(report=report, sealed=sealed, repeat_key=repeat_key, sent_at=runtime.clock().now())
            audit.record("report:message", f"report:{report_id}", actor=ACTOR)
    except IntegrityError:
        if not known.exists():
            raise
