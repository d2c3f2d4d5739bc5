"""Everything that happened to a content, in one line of time and in plain words: its reports, its case,
where it was, notices and referrals. Whom its image was shown to is told with the image, by name alone. Reads only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from rempart.core.vocabulary import SecondLook
from rempart.node import phrases
from rempart.node.audit import services as audit
from rempart.node.casework import access, wording
from rempart.node.notices import services as notices
from rempart.node.people import Person
from rempart.node.referrals import services as referrals
from rempart.node.staff import services as staff

SHOWN = 200
EVENTS: Mapping[str, phrases.Text] = {
    "report:received": _("Report came in"),
    "report:triaged": _("Report triaged"),
    "report:in_review": _("Report in review"),
    "report:assessed": _("Report assessed"),
    "report:actioned": _("Report acted on"),
    "report:closed": _("Report closed"),
    "report:reopened": _("Report reopened"),
    "report:retracted": _("Report taken back before it counted"),
    "report:expired": _("Report never completed, erased"),
    "report:erased": _("Report erased by a rule or a request"),
    "report:part_erased": _("Part of a report erased"),
    "report:message": _("The reporter added a message"),
    "message:read": _("Reporter's messages read"),
    "content:first_seen": _("First reported"),
    "content:matched": _("Matched a list"),
    "content:settled": _("Settled without anyone viewing it"),
    "content:assessed": _("Assessed"),
    "content:assessment_withdrawn": _("Assessment taken back"),
    "content:decision_undone": _("Decision undone before anything followed"),
    "content:decided": _("Decided"),
    "content:reopened": _("Opened again: new evidence speaks against the decision"),
    "case:opened": _("Case opened"),
    "case:claimed": _("Case taken"),
    "case:handed_back": _("Case handed back"),
    "case:lease_ended": _("Case went back by itself: its time was over"),
    "case:second_look": _("Second look asked for"),
    "case:noted": _("Note written"),
    "case:notes_erased": _("Notes erased by a rule or a request"),
    "case:decided_alike": _("Decided like identical content"),
    "hold:placed": _("Police hold placed"),
    "hold:released": _("Police hold released"),
    "case:restricted": _("Restricted to some"),
    "case:restriction_lifted": _("Restriction lifted"),
    "case:glass_broken": _("Opened without its owner"),
    "case:opening_noted": _("Opening noted by its owner"),
    "preservation:placed": _("Preservation ordered"),
    "preservation:extended": _("Preservation extended"),
    "preservation:released": _("Preservation ended"),
    "hosting:observed": _("Host looked up"),
    "route:decided": _("Route decided"),
    "notice:queued": _("Notice to the host asked for"),
    "notice:handed_over": _("Notice left to another authority"),
    "notice:sent": _("Notice sent"),
    "notice:failed": _("Notice could not be sent"),
    "notice:acknowledged": _("The host confirmed receipt"),
    "notice:refused": _("The host refused"),
    "notice:checked": _("Looked whether it is still there"),
    "notice:removed": _("Removed"),
    "notice:reappeared": _("It is back"),
    "notice:unavailable": _("It cannot be checked"),
    "notice:escalated": _("Notice escalated"),
    "notice:message_erased": _("Message to the host erased by a rule"),
    "referral:proposed": _("Referral proposed"),
    "referral:queued": _("Referral to be exported"),
    "referral:exported": _("Referral exported"),
    "referral:withdrawn": _("Referral withdrawn"),
    "referral:file_erased": _("Referral's file erased by a rule or a request"),
}
_OF_VIEWING = ("exposure:", "file:unsealed")
"""When and how somebody looked is told to no colleague."""
_OF_OPENING = "case:opened"
"""Nor is who opened the page, but to the owner of its restriction."""
_TOLD = (
    "legality",
    "basis",
    "list",
    "how",
    "outcome",
    "availability",
    "purpose",
    "target",
    "country",
    "deadline",
    "why",
)
_WORDS: Mapping[str, phrases.Text] = {
    **phrases.LEGALITIES,
    **phrases.OUTCOMES,
    **phrases.AVAILABILITIES,
    **wording.BASES,
    **wording.HAND_BACK,
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line; `who` is empty for what the node did by itself, `about` for what concerns the content itself.

    `times` and `first_at`: how often it came out the same, one after the other, and when first.
    """

    at: datetime
    what: phrases.Text
    who: phrases.Text
    detail: str
    about: str
    times: int = 1
    first_at: datetime | None = None


def of(
    person: Person, content_id: int, report_ids: list[int], unbiased: bool, *, owns_restriction: bool = False
) -> list[Moment]:
    """The newest first, at most `SHOWN`. `unbiased` keeps a pending opinion from whoever gives the second look;
    `owns_restriction` tells the owner of a standing one who opened the case.

    Raises Restricted. What happened to reports that point to a content closed to the person is left out.
    """
    access.require(person, content_id)
    but = _OF_VIEWING if owns_restriction else (*_OF_VIEWING, _OF_OPENING)
    hidden = access.hidden_reports(person)
    told_of = [one for one in report_ids if one not in hidden]
    subjects = [f"content:{content_id}", f"case:{content_id}", *(f"report:{one}" for one in told_of)]
    notice = notices.for_content(content_id)
    if notice is not None:
        subjects.append(f"notice:{notice.id}")
    subjects += [f"referral:{one}" for one in referrals.ids_of(content_id, told_of)]
    found = audit.latest(SHOWN, audit.Search(subjects=tuple(subjects), but=but))
    names = staff.names_of({fact.actor for fact in found})
    return folded(
        Moment(
            at=fact.at,
            what=EVENTS.get(fact.action, phrases.words(fact.action)),
            who=names.get(fact.actor, ""),
            detail="" if unbiased and fact.action == "content:assessed" else _detail(fact),
            about=fact.subject.replace(":", " ") if fact.subject.startswith("report:") and len(report_ids) > 1 else "",
        )
        for fact in found
    )


def folded(newest_first: Iterable[Moment]) -> list[Moment]:
    """What the node did again with the same result, such as looking, is one line; what a person did stays its own."""
    lines: list[Moment] = []
    for one in newest_first:
        last = lines[-1] if lines else None
        if last and not one.who and _said(last) == _said(one):
            lines[-1] = replace(last, times=last.times + 1, first_at=one.at)
        else:
            lines.append(one)
    return lines


def _said(one: Moment) -> tuple[phrases.Text, phrases.Text, str, str]:
    return one.what, one.who, one.detail, one.about


def _detail(fact: audit.Fact) -> str:
    told = [str(_WORDS.get(str(value)) or phrases.printed(value)) for value in map(fact.data.get, _TOLD) if value]
    if fact.action == "content:assessed" and fact.data.get("second_look") == SecondLook.PENDING:
        told.append(str(_("a second person looks")))
    return ", ".join(told)
