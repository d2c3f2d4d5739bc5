"""A notice as mail: RFC 5965 `multipart/report` with a text for people, feedback fields and the XARF document.

The same inputs give the same bytes: the boundary comes from the message id, and the date is passed in.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from rempart.core.errors import InputError
from rempart.formats.signed_json import canonical_json

USER_AGENT = "Rempart/1"
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+=-]{1,128}@[A-Za-z0-9.-]{1,128}>", re.ASCII)
_MAX_HEADER = 900


def build_mail(
    xarf: Mapping[str, Any],
    *,
    sender: str,
    recipient: str,
    subject: str,
    human_text: str,
    message_id: str,
    date: datetime,
    in_reply_to: str | None = None,
) -> bytes:
    """The message with CRLF line ends. `in_reply_to` is the first notice's id, for reminders.

    Raises `InputError` for an id, address or subject that cannot stand in a header.
    """
    _check(message_id, date, in_reply_to)
    mail = EmailMessage(policy=SMTP)
    headers = {"From": sender, "To": recipient, "Subject": subject, "Date": format_datetime(date.astimezone(UTC))}
    headers["Message-ID"] = message_id
    if in_reply_to is not None:
        headers |= {"In-Reply-To": in_reply_to, "References": in_reply_to}
    for name, value in headers.items():
        _set_header(mail, name, value)
    boundary = f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:40]}"
    mail["MIME-Version"] = "1.0"
    mail["Content-Type"] = f'multipart/report; report-type=feedback-report; boundary="{boundary}"'
    mail.attach(_text_part(human_text))
    mail.attach(_feedback_part(xarf))
    mail.attach(_json_part(xarf))
    return mail.as_bytes(policy=SMTP)


def _check(message_id: str, date: datetime, in_reply_to: str | None) -> None:
    for value in (message_id, in_reply_to):
        if value is not None and not _MESSAGE_ID.fullmatch(value):
            raise InputError("The message id is not of the form <local@domain>.", where="message_id")
    if date.tzinfo is None:
        raise InputError("The date has no zone.", where="date", advice="Give an aware time.")


def _set_header(mail: EmailMessage, name: str, value: str) -> None:
    if not value.isprintable() or len(value) > _MAX_HEADER:
        raise InputError("The header is too long or has control characters.", where=name)
    try:
        mail[name] = value
        addresses = getattr(mail[name], "addresses", None)
    except (ValueError, IndexError):
        raise InputError("The header cannot be written.", where=name) from None
    if addresses is not None and (len(addresses) != 1 or not addresses[0].domain):
        raise InputError("The header does not hold one mail address.", where=name, advice="Correct the address.")


def _text_part(text: str) -> EmailMessage:
    part = EmailMessage(policy=SMTP)
    part.set_content(text, charset="utf-8", cte="quoted-printable")
    return part


def _feedback_part(xarf: Mapping[str, Any]) -> EmailMessage:
    fields = {
        "Feedback-Type": "xarf",
        "User-Agent": USER_AGENT,
        "Version": "1",
        "Reported-Domain": xarf.get("domain"),
        "Reported-URI": xarf.get("url"),
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if _fits(value)]
    part = EmailMessage(policy=SMTP)
    part["Content-Type"] = "message/feedback-report"
    part.set_payload("\r\n".join([*lines, ""]))
    return part


def _fits(value: object) -> bool:
    """Whether a feedback field can carry the value; the XARF part always does."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= _MAX_HEADER


def _json_part(xarf: Mapping[str, Any]) -> EmailMessage:
    part = EmailMessage(policy=SMTP)
    part.set_content(canonical_json(xarf), maintype="application", subtype="json", cte="base64", filename="xarf.json")
    return part
