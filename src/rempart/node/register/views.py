"""Staff pages: the register, one member with its part and revisions, and the reporting rounds."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from rempart.core.permissions import Permission
from rempart.core.register.members import Member
from rempart.core.register.part import Part
from rempart.node.register import answering, editing, facts, showing, stated, wording
from rempart.node.staff import services as staff
from rempart.node.staff.access import person_of, requires


@requires(Permission.REGISTER_VIEW)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Every state; the member whose part this node edits comes first, with what is due."""
    lines = showing.member_lines()
    own = next((line for line in lines if line.member.code == settings.COUNTRY), None)
    due = [(round_, answer) for round_, answer in answering.of_member(settings.COUNTRY) if answer.reminded]
    context = {
        "own": own,
        "due": [(round_, wording.SUBJECTS[round_.subject], answer) for round_, answer in due if answer.is_open][:1],
        "lines": lines,
        "drafts": stated.drafts(),
        "is_secretariat": facts.is_secretariat(),
    }
    return render(request, "register/members.html", context)


@requires(Permission.REGISTER_VIEW)
@require_GET
def member_page(request: HttpRequest, code: str) -> HttpResponse:
    return show_member(request, found_member(code))


@requires(Permission.REGISTER_VIEW)
@require_GET
def revision(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A part as it was published once."""
    member = found_member(code)
    chosen = next((each for each in stated.revisions(member.code) if each.number == number), None)
    if chosen is None:
        raise Http404
    names = staff.names_of([chosen.published_by])
    context = {
        "name": showing.name_of(member),
        "code": member.code,
        "chosen": chosen,
        "by": names.get(chosen.published_by, chosen.published_by),
        "source": wording.SOURCES[chosen.source],
        "part": showing.part_text(chosen.part),
    }
    return render(request, "register/revision.html", context)


@requires(Permission.REGISTER_VIEW)
@require_GET
def rounds(request: HttpRequest) -> HttpResponse:
    """Who has not answered which round, the newest first."""
    shown = [showing.round_text(state, state.open) for state in answering.states()]
    return render(request, "register/rounds.html", {"rounds": shown, "meetings": showing.meetings()})


def show_member(request: HttpRequest, member: Member, error: object = "", status: int = 200) -> HttpResponse:
    """The page on a member: the draft where there is one, else what is published."""
    revisions, state = stated.revisions(member.code), stated.draft(member.code)
    why_not = editing.why_not(member.code)
    part = state.part if state else revisions[0].part if revisions else Part(member.code, member.languages[0])
    names = staff.names_of(
        [*(each.published_by for each in revisions), *([state.edited_by, state.submitted_by] if state else [])]
    )
    may_edit = not why_not and person_of(request).may(Permission.REGISTER_EDIT)
    answers = [(round_, showing.answer_text(each)) for round_, each in answering.of_member(member.code)]
    context = {
        "line": showing.member_line(member, part, facts.today()),
        "part": showing.part_text(part),
        "state": state,
        "edited_by": names.get(state.edited_by, state.edited_by) if state else "",
        "submitted_by": names.get(state.submitted_by, state.submitted_by) if state else "",
        "revisions": [
            (each, wording.SOURCES[each.source], names.get(each.published_by, each.published_by)) for each in revisions
        ],
        "answers": [(round_, wording.SUBJECTS[round_.subject], each) for round_, each in answers],
        "open_rounds": [(round_, wording.SUBJECTS[round_.subject]) for round_, each in answers if each.answer.is_open],
        "may_edit": may_edit,
        "edit": member.code.lower() if may_edit and not (state and state.submitted_at) else "",
        "may_set_facts": facts.is_secretariat() and person_of(request).may(Permission.REGISTER_EDIT),
        "why_not": wording.WHY_NOT.get(why_not, ""),
        "error": error,
    }
    return render(request, "register/member.html", context, status=status)


def found_member(code: str) -> Member:
    member = facts.find(code.upper()) if code == code.lower() else None
    if member is None:
        raise Http404
    return member
