"""The documents of the Hash Sharing API v2, read tolerantly.

Refused as a whole is only what is no such document; an entry that cannot be understood is told of and left out.
Unknown elements are passed over. No error repeats what was read.
"""

from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType
from rempart.formats.bounded_xml import XmlLimits, parse_xml
from rempart.formats.hash_sharing.model import (
    FINGERPRINTS,
    MAX_NAME,
    MAX_NEXT,
    Feedback,
    Member,
    Opinion,
    Page,
    Reason,
    Status,
    Submission,
    Update,
    is_entry_id,
    read_time,
)
from rempart.formats.hash_values import normalise
from rempart.formats.rows import RejectedRow

PAGE_LIMITS = XmlLimits(size=64 << 20, elements=1_000_000)
SMALL_LIMITS = XmlLimits(size=64 << 10, elements=1000)
MEMBER_LIMITS = XmlLimits(size=4 << 20, elements=50_000)
MAX_REASONS = 20
_MAX_GUID = 64
_MAX_NUMBER = 2**63 - 1
_ENTRIES = {
    "image": (False, False),
    "video": (True, False),
    "deletedImage": (False, True),
    "deletedVideo": (True, True),
}
_KINDS = {name: kind for kind, name in FINGERPRINTS.items()}
_SENTIMENTS = {"affirmativeFeedback": True, "negativeFeedback": False}


def read_page(body: bytes) -> Page:
    """A `<queryResult>`. Raises InputError."""
    root = _root(body, "queryResult", PAGE_LIMITS)
    updates: list[Update] = []
    rejected: list[RejectedRow] = []
    entries = [entry for name in ("images", "videos") for group in root.iterfind(name) for entry in group]
    for number, element in enumerate(entries, start=1):
        try:
            updates.append(_update(element))
            rejected += [RejectedRow(number, reason) for reason in _unusable(element)]
        except InputError as error:
            rejected.append(RejectedRow(number, error.what))
    return Page(tuple(updates), _next(root), tuple(rejected))


def read_status(body: bytes) -> Status:
    """A `<status>`. Raises InputError."""
    root = _root(body, "status", SMALL_LIMITS)
    return Status(_text(root, "ipAddress"), _text(root, "username"), _member(_only(root, "member")))


def read_members(body: bytes) -> tuple[Member, ...]:
    """Whatever the root is called, its `<member>`s. Raises InputError."""
    return tuple(_member(element) for element in _root(body, None, MEMBER_LIMITS).iterfind("member"))


def read_reasons(body: bytes) -> tuple[Reason, ...]:
    """The `<reason>`s of `<availableFeedbackReasons>`, bare or nested in another root. Raises InputError."""
    found = (_reason(element) for element in _root(body, None, SMALL_LIMITS).iter("reason"))
    return tuple({reason.guid: reason for reason in found}.values())


def read_submission(body: bytes) -> Submission:
    """A `<feedbackSubmission>`: one `<affirmative/>` or one `<negative>`. Raises InputError."""
    root = _root(body, "feedbackSubmission", SMALL_LIMITS)
    said = [element for element in root if element.tag in ("affirmative", "negative")]
    if len(said) != 1:
        raise InputError("The feedback is not affirmative or negative.", where="feedbackSubmission")
    guids = tuple(dict.fromkeys(_bounded(element.text, _MAX_GUID, "guid") for element in said[0].iter("guid")))
    is_affirmative = said[0].tag == "affirmative"
    if len(guids) > MAX_REASONS or (is_affirmative and guids) or not all(guids):
        raise InputError("The reasons do not go with the feedback.", where="reasonIds")
    return Submission(is_affirmative, guids)


def _root(body: bytes, name: str | None, limits: XmlLimits) -> etree._Element:
    root = parse_xml(body, limits).root
    if name is not None and root.tag != name:
        raise InputError(f"The root element is not {name}.", advice="Check the address that was asked.")
    return root


def _update(element: etree._Element) -> Update:
    if element.tag not in _ENTRIES:
        raise InputError("The entry is neither an image nor a video.")
    is_video, is_deleted = _ENTRIES[element.tag]
    entry = _text(element, "id")
    if not is_entry_id(entry):
        raise InputError("The entry's id is missing or not one.")
    written = _text(element, "timestamp")
    return Update(
        member=_member(_only(element, "member")),
        entry=entry,
        at=read_time(written) if written else None,
        is_video=is_video,
        is_deleted=is_deleted,
        classification=None if is_deleted else _text(element, "classification") or None,
        hashes={} if is_deleted else dict(_hashes(element)),
        feedback=() if is_deleted else tuple(_feedback(element)),
    )


def _values(element: etree._Element) -> Iterator[tuple[FingerprintType, str]]:
    for value in element.iterfind("fingerprints/*"):
        kind = _KINDS.get(str(value.tag).lower())
        if kind is not None and value.text and value.text.strip():
            yield kind, value.text


def _hashes(element: etree._Element) -> Iterator[tuple[FingerprintType, str]]:
    """The first usable value of each kind."""
    seen: set[FingerprintType] = set()
    for kind, text in _values(element):
        try:
            value = normalise(kind, text)
        except InputError:
            continue
        if kind not in seen:
            seen.add(kind)
            yield kind, value


def _unusable(element: etree._Element) -> Iterator[str]:
    for kind, text in _values(element):
        try:
            normalise(kind, text)
        except InputError as error:
            yield error.what


def _feedback(element: etree._Element) -> Iterator[Feedback]:
    for said in element.iterfind("feedback/*"):
        is_affirmative = _SENTIMENTS.get(str(said.tag))
        if is_affirmative is not None:
            yield Feedback(
                kind=_bounded(said.get("type"), MAX_NAME, "type"),
                is_affirmative=is_affirmative,
                at=_stamp(said, "lastUpdateTimestamp"),
                opinions=tuple(
                    Opinion(_member(member), _stamp(group, "timestamp"))
                    for group in said.iter("members")
                    for member in group.iterfind("member")
                ),
                reasons=tuple(_reason(reason) for reason in said.iter("reason")),
            )


def _stamp(element: etree._Element, name: str) -> datetime | None:
    text = element.get(name)
    return read_time(text) if text else None


def _member(element: etree._Element) -> Member:
    number = element.get("id") or ""
    if not (number.isascii() and number.isdigit() and len(number) <= 19 and int(number) <= _MAX_NUMBER):
        raise InputError("The member's number is missing or not one.")
    return Member(int(number), _bounded(element.text, MAX_NAME, "member"))


def _reason(element: etree._Element) -> Reason:
    guid = _bounded(element.get("guid"), _MAX_GUID, "guid")
    name, kind = (_bounded(element.get(attribute), MAX_NAME, attribute) for attribute in ("name", "type"))
    return Reason(guid, name, kind)


def _next(root: etree._Element) -> str | None:
    text = _bounded(root.findtext("paging/next"), MAX_NEXT, "next")
    if text and not (text.startswith("/") and text.isascii() and text.isprintable()):
        raise InputError("The next page's address is not relative to the base.", where="next")
    return text or None


def _only(element: etree._Element, name: str) -> etree._Element:
    found = element.findall(name)
    if len(found) != 1:
        raise InputError(f"There is not exactly one {name}.")
    return found[0]


def _text(element: etree._Element, name: str) -> str:
    return _bounded(element.findtext(name), MAX_NAME, name)


def _bounded(text: str | None, most: int, name: str) -> str:
    stripped = (text or "").strip()
    if len(stripped) > most:
        raise InputError(f"The text of {name} is longer than {most} characters.")
    return stripped
