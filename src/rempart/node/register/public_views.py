"""Public pages: who is in the alliance since when, what each member committed itself to, and what came of it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from rempart.core.register.members import Member
from rempart.node.register import answering, facts, showing, stated, wording

_public = cache_control(public=True, max_age=60)


@_public
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    lines = showing.member_lines()
    members = [line for line in lines if line.is_member]
    context = {
        "members": members,
        "others": [line for line in lines if not line.is_member],
        "founders": sum(line.member.founded is not None for line in lines),
        "stated": sum(line.commitments is not None for line in members),
        "commitments": sum(line.commitments or 0 for line in lines),
        "kept": sum(line.kept for line in lines),
        "rounds": [showing.round_text(state, ()) for state in answering.states()],
        "meetings": showing.meetings(),
    }
    return render(request, "register/public/members.html", context)


@_public
@require_safe
def detail(request: HttpRequest, code: str) -> HttpResponse:
    member = _member(code)
    revisions = stated.revisions(member.code)
    return _shown(request, member, revisions[0] if revisions else None, revisions)


@_public
@require_safe
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A part as it was published once; the newest has the member's own address too."""
    member = _member(code)
    revisions = stated.revisions(member.code)
    chosen = next((each for each in revisions if each.number == number), None)
    if chosen is None:
        raise Http404
    return _shown(request, member, chosen, revisions)


def _shown(
    request: HttpRequest,
    member: Member,
    chosen: stated.RevisionFacts | None,
    revisions: list[stated.RevisionFacts],
) -> HttpResponse:
    part = chosen.part if chosen else None
    context = {
        "line": showing.member_line(member, part, facts.today()),
        "chosen": chosen,
        "part": showing.part_text(part) if part else None,
        "revisions": [(each, wording.SOURCES[each.source]) for each in revisions],
        "is_old": bool(chosen and chosen.number != revisions[0].number),
        "answers": [
            (round_, wording.SUBJECTS[round_.subject], showing.answer_text(each, is_public=True))
            for round_, each in answering.of_member(member.code)
        ],
    }
    return render(request, "register/public/member.html", context)


def _member(code: str) -> Member:
    member = facts.find(code.upper()) if code == code.lower() else None
    if member is None:
        raise Http404
    return member
