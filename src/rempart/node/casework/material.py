"""The image or video of a content on a page that does not show it: what is known, so that it need not be shown."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rempart.core.permissions import Permission
from rempart.core.vocabulary import Basis, Legality
from rempart.node import phrases
from rempart.node.casework import wording
from rempart.node.casework.models import Content, Exposure
from rempart.node.casework.related import Group
from rempart.node.casework.services import CaseFacts, DecodedFacts
from rempart.node.intake.services import FileFacts
from rempart.node.people import Person
from rempart.node.runtime import clock


@dataclass(frozen=True, slots=True)
class Material:
    """The image or video of a content, unseen. `length` is a video's, empty for an image. `known` is what may decide
    without opening it; `refusal` says why it cannot be shown to this person, empty if it can. `seen_by` names people,
    without when, how or how often."""

    file_id: int
    size: int
    is_sealed: bool
    industry_class: str
    length: str
    decoded: DecodedFacts | None
    seen_by: list[str]
    known: list[str]
    refusal: phrases.Text


@dataclass(frozen=True, slots=True)
class Decided:
    """Analysts' decisions of one result on files: how many there are, and for how many nobody opened the file."""

    legality: phrases.Text
    decisions: int
    unopened: int


def of(facts: CaseFacts, alike: Group | None, person: Person) -> Material | None:
    files = facts.files
    if not files:
        return None
    # The same bytes came with each of them: one that a platform viewed needs no unsealing.
    chosen = next((file for file in files if file.viewed_by_platform), files[0])
    seen = Exposure.objects.filter(content=facts.content.id).select_related("person").order_by("pk")
    return Material(
        file_id=chosen.id,
        size=chosen.size,
        is_sealed=chosen.viewed_by_platform is not True,
        industry_class=_industry_class(files),
        length=_length(facts.file),
        decoded=facts.file,
        seen_by=list(dict.fromkeys(str(one.person) for one in seen)),
        known=_known(facts, alike),
        refusal=_refusal(facts, chosen, person),
    )


def opened_or_not(days: int = 30) -> list[Decided]:
    """How many decisions on files needed no view, by result: of the node, never of a person."""
    since = clock().now() - timedelta(days=days)
    viewed = Exists(Exposure.objects.filter(content=OuterRef("pk")))
    decided = Content.objects.filter(kind="file", basis=Basis.ANALYST, decided_at__gte=since).annotate(viewed=viewed)
    rows = decided.order_by().values("legality").annotate(n=Count("pk"), unopened=Count("pk", filter=Q(viewed=False)))
    found = {row["legality"]: (row["n"], row["unopened"]) for row in rows}
    return [Decided(phrases.LEGALITIES[one], *found[one]) for one in Legality if one in found]


def _industry_class(files: list[FileFacts]) -> str:
    return next((file.industry_class for file in files if file.industry_class), "")


def _length(decoded: DecodedFacts | None) -> str:
    if decoded is None or decoded.seconds is None:
        return ""
    return wording.length(decoded.seconds)


def _known(facts: CaseFacts, alike: Group | None) -> list[str]:
    """What speaks for a decision without opening the file, in words."""
    told = []
    if lists := len({match.list_name for match in facts.matches if match.is_whole}):
        told.append(ngettext("%(n)s list knows it", "%(n)s lists know it", lists) % {"n": lists})
    if parts := len({match.list_name for match in facts.matches if not match.is_whole}):
        told.append(ngettext("%(n)s list knows a part of it", "%(n)s lists know a part of it", parts) % {"n": parts})
    if name := _industry_class(facts.files):
        told.append(_("the platform classified it %(name)s") % {"name": name})
    if decided := sum(bool(one.result) for one in alike.nearest) if alike else 0:
        told.append(
            ngettext("%(n)s image like it is decided", "%(n)s images like it are decided", decided) % {"n": decided}
        )
    return told


def _refusal(facts: CaseFacts, file: FileFacts, person: Person) -> phrases.Text:
    if facts.content.legality:
        return _("It is known and decided, so nobody needs to look at it again.")
    if facts.file is None:
        return _("It has not been decoded yet.")
    if facts.file.failure:
        return wording.FAILURES.get(facts.file.failure, phrases.words(facts.file.failure))
    if not person.may(Permission.IMAGE_VIEW):
        return _("Your roles do not include viewing.")
    if facts.claimed_by_id != person.pk and not person.may(Permission.CASE_SECOND_LOOK):
        return _("Take the case first.")
    if file.viewed_by_platform is not True and not person.may(Permission.FILE_UNSEAL):
        return _("It is sealed: the platform did not view it. A senior analyst may open it with a reason.")
    return ""
