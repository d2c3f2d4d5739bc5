"""Words that several staff pages share: what they say for stored names, addresses and moments."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rempart.core.feedback import FeedbackReason
from rempart.core.vocabulary import Availability, DetectionMethod, ItemKind, Legality, NoticeState, ReferralState, Role

Text = str | Promise

KINDS: Mapping[str, Text] = {
    ItemKind.URL: _("Web address"),
    ItemKind.ONION: _("Onion address"),
    ItemKind.ACCOUNT: _("Account"),
    ItemKind.CHANNEL: _("Channel"),
    ItemKind.LIVE_STREAM: _("Live stream"),
    ItemKind.FILE: _("File"),
    ItemKind.HASH: _("Fingerprint"),
    ItemKind.TEXT: _("Text"),
}
LEGALITIES: Mapping[str, Text] = {
    Legality.BASELINE: _("Baseline"),
    Legality.NATIONAL: _("Illegal here"),
    Legality.NOT_ILLEGAL: _("Not illegal"),
    Legality.UNDETERMINED: _("Undetermined"),
}
OUTCOMES: Mapping[str, Text] = {
    "resolved": _("found"),
    "no_address": _("the name has no address"),
    "onion": _("hidden: an onion service"),
    "failed": _("nobody could tell"),
}
NOTICE_STATES: Mapping[str, Text] = {
    NoticeState.DRAFT: _("Draft"),
    NoticeState.QUEUED: _("To be sent"),
    NoticeState.SENT: _("Sent"),
    NoticeState.ACKNOWLEDGED: _("Receipt confirmed"),
    NoticeState.REMOVED: _("Removed"),
    NoticeState.UNAVAILABLE: _("Unavailable"),
    NoticeState.REFUSED: _("Refused"),
    NoticeState.UNANSWERED: _("Unanswered"),
    NoticeState.ESCALATED: _("Escalated"),
}
REFERRAL_STATES: Mapping[str, Text] = {
    ReferralState.PROPOSED: _("To decide"),
    ReferralState.QUEUED: _("To be exported"),
    ReferralState.EXPORTED: _("Exported"),
    ReferralState.SENT: _("Sent"),
    ReferralState.RECEIVED: _("Received"),
    ReferralState.ACCEPTED: _("Accepted"),
    ReferralState.DECLINED: _("Declined"),
    ReferralState.REDIRECTED: _("Redirected"),
    ReferralState.FEEDBACK: _("Answered"),
    ReferralState.WITHDRAWN: _("Withdrawn"),
}
AVAILABILITIES: Mapping[str, Text] = {
    Availability.REACHABLE: _("reachable"),
    Availability.GONE: _("gone"),
    Availability.UNREACHABLE: _("no answer"),
    Availability.NOT_CHECKED: _("could not be looked at"),
}
METHODS: Mapping[str, Text] = {
    DetectionMethod.HASH_MATCH: _("Matched a list"),
    DetectionMethod.AI_DETECTION: _("Found by software"),
    DetectionMethod.MANUAL_REVIEW: _("Assessed by a person"),
    DetectionMethod.USER_REPORT: _("Reported by a user"),
    DetectionMethod.AUTOMATED_SCAN: _("Found by a scan"),
}
ROLES: Mapping[str, Text] = {
    Role.ANALYST: _("Analyst"),
    Role.SENIOR_ANALYST: _("Senior analyst"),
    Role.LE_LIAISON: _("Police liaison"),
    Role.VICTIM_SPECIALIST: _("Victim specialist"),
    Role.LIST_MANAGER: _("List manager"),
    Role.STATISTICIAN: _("Statistician"),
    Role.AUDITOR: _("Auditor"),
    Role.ADMINISTRATOR: _("Administrator"),
}
FEEDBACK_REASONS: Mapping[str, Text] = {
    FeedbackReason.LAWFUL: _("The content is lawful"),
    FeedbackReason.UNRELATED: _("It matches unrelated content"),
    FeedbackReason.CATEGORY: _("The content is of another category"),
    FeedbackReason.OTHER: _("Another reason"),
}
BY_VOCABULARY: Mapping[str, Mapping[str, Text]] = MappingProxyType(
    {
        "kind": KINDS,
        "legality": LEGALITIES,
        "outcome": OUTCOMES,
        "notice": NOTICE_STATES,
        "referral": REFERRAL_STATES,
        "availability": AVAILABILITIES,
        "method": METHODS,
        "role": ROLES,
        "feedback_reason": FEEDBACK_REASONS,
    }
)


def words(name: str) -> str:
    """A stored name without a phrase of its own, as words."""
    return name.replace("_", " ").replace(":", " · ")


def phrase(name: str, vocabulary: str) -> Text:
    """What staff read for a stored name of a vocabulary of `BY_VOCABULARY`; a name it lacks stands for itself."""
    return BY_VOCABULARY[vocabulary].get(name) or words(name)


def printed(value: object) -> Text:
    """A value of an event's facts as words: lists without brackets, times to the minute with their zone."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(words(str(one)) for one in value) or "–"
    if isinstance(value, float):
        return f"{value:g}"
    return _moment(str(value)) or words(str(value))


def moment(at: datetime) -> str:
    """A time as every staff page writes it; the zone is said beside it or at the head of its column."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def _moment(text: str) -> str:
    if len(text) < len("2026-03-02T09:00") or "T" not in text:
        return ""
    try:
        return f"{moment(datetime.fromisoformat(text))} UTC"
    except ValueError:
        return ""


def defanged(address: str) -> str:
    """An address, or a host's name alone, that nobody can follow by accident: hxxp://host[.]example/path."""
    scheme, mark, rest = address.partition("://")
    if not mark:
        return address.replace(".", "[.]")
    host = urlsplit(address).netloc
    return scheme.replace("http", "hxxp") + mark + rest.replace(host, host.replace(".", "[.]"), 1)


def defanged_text(text: str) -> str:
    """Free text whose addresses do not work when pasted."""
    return text.replace("http://", "hxxp://").replace("https://", "hxxps://")
