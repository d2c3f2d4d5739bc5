"""The documents of the Hash Sharing API v2, written as existing clients read them."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from lxml import etree

from rempart.core.errors import InputError
from rempart.formats.hash_sharing.model import (
    FINGERPRINTS,
    NAMESPACE,
    Feedback,
    Member,
    Page,
    Reason,
    Status,
    Submission,
    Update,
    write_time,
)


def write_page(page: Page) -> bytes:
    """A `<queryResult>`; a container that is not empty tells its latest time, as clients require."""
    root = _root("queryResult")
    for name, wants_video in (("images", False), ("videos", True)):
        updates = [update for update in page.updates if update.is_video is wants_video]
        group = _add(root, name, count=str(len(updates)))
        times = [update.at for update in updates if update.at is not None]
        if updates:
            if not times:
                raise InputError("No entry of the page has a time.", where=name)
            group.set("maxTimestamp", write_time(max(times)))
        for update in updates:
            _add_update(group, update)
    if page.next is not None:
        _add(_add(root, "paging"), "next", page.next)
    return _bytes(root)


def write_status(status: Status) -> bytes:
    root = _root("status")
    _add(root, "ipAddress", status.address)
    _add(root, "username", status.username)
    _add_member(root, status.member)
    return _bytes(root)


def write_members(members: Iterable[Member]) -> bytes:
    root = _root("members")
    for member in members:
        _add_member(root, member)
    return _bytes(root)


def write_reasons(reasons: Sequence[Reason]) -> bytes:
    """The reasons twice: as documented, and nested once more, which alone the stock client reads."""
    root = _root("availableFeedbackReasons")
    nested = etree.Element(_named("availableFeedbackReasons"))
    for parent in (root, nested):
        for reason in reasons:
            _add_reason(parent, reason)
    root.append(nested)
    return _bytes(root)


def write_submission(submission: Submission) -> bytes:
    """A `<feedbackSubmission>`, the body of a PUT."""
    root = _root("feedbackSubmission")
    said = _add(root, "affirmative" if submission.is_affirmative else "negative")
    if submission.reasons:
        group = _add(said, "reasonIds")
        for guid in submission.reasons:
            _add(group, "guid", guid)
    return _bytes(root)


def write_error(what: str, advice: str) -> bytes:
    """What an answer with an error status says for people; clients read the status alone."""
    root = _root("error")
    _add(root, "message", f"{what} {advice}".strip())
    return _bytes(root)


def _add_update(parent: etree._Element, update: Update) -> None:
    name = "video" if update.is_video else "image"
    if update.is_deleted:
        name = f"deleted{name.capitalize()}"
    element = _add(parent, name)
    _add_member(element, update.member)
    if update.at is not None:
        _add(element, "timestamp", write_time(update.at))
    _add(element, "id", update.entry)
    if update.is_deleted:
        return
    if update.classification is not None:
        _add(element, "classification", update.classification)
    group = _add(element, "fingerprints")
    for kind, value in update.hashes.items():
        if kind not in FINGERPRINTS:
            raise InputError(f"The format has no {kind}.", where="fingerprints")
        _add(group, FINGERPRINTS[kind], value)
    if update.feedback:
        _add_feedback(element, update.feedback)


def _add_feedback(parent: etree._Element, feedback: Sequence[Feedback]) -> None:
    group = _add(parent, "feedback")
    times = [said.at for said in feedback if said.at is not None]
    if times:
        group.set("lastUpdateTimestamp", write_time(max(times)))
    for said in feedback:
        element = _add(group, "affirmativeFeedback" if said.is_affirmative else "negativeFeedback", type=said.kind)
        if said.at is not None:
            element.set("lastUpdateTimestamp", write_time(said.at))
        if said.reasons:
            reasons = _add(element, "reasons")
            for reason in said.reasons:
                _add_reason(reasons, reason)
        for opinion in said.opinions:
            members = _add(element, "members")
            if opinion.at is not None:
                members.set("timestamp", write_time(opinion.at))
            _add_member(members, opinion.member)


def _add_member(parent: etree._Element, member: Member) -> None:
    _add(parent, "member", member.name, id=str(member.number))


def _add_reason(parent: etree._Element, reason: Reason) -> None:
    _add(parent, "reason", guid=reason.guid, name=reason.name, type=reason.kind)


def _add(parent: etree._Element, name: str, text: str | None = None, /, **attributes: str) -> etree._Element:
    try:
        child = etree.SubElement(parent, _named(name), attributes)
        child.text = text
    except ValueError:
        raise InputError(
            "The text has characters that XML cannot carry.", where=name, advice="Remove control characters."
        ) from None
    return child


def _root(name: str) -> etree._Element:
    return etree.Element(_named(name), nsmap=cast(Any, {None: NAMESPACE}))


def _named(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
