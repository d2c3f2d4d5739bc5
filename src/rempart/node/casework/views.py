"""The case. Facts first; an image is part of a page only in the answer to the request for it."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rempart.core.errors import Conflict, InputError
from rempart.core.exposure import rendering
from rempart.core.permissions import Permission
from rempart.core.vocabulary import Legality
from rempart.node import phrases
from rempart.node.casework import (
    assessing,
    case_page,
    evidence,
    exposure,
    holds,
    notes,
    opening,
    preferences,
    queue,
    reading,
    services,
    undoing,
    wording,
)
from rempart.node.casework.answering import answers, sentence
from rempart.node.casework.care_forms import GoOnForm, RestrictForm
from rempart.node.casework.forms import DecisionForm, HoldForm
from rempart.node.people import Person
from rempart.node.runtime import clock
from rempart.node.staff.access import person_of, requires
from rempart.node.staff.confirming import asked_first

_HIDE = 0


@dataclass(frozen=True, slots=True)
class _Shown:
    """An image that was asked for: in this one answer only. `more` is the next step the person wants, if any."""

    token: str
    level: int
    more: int | None
    how: phrases.Text
    seconds: int
    is_break_due: bool


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one answer adds to the case page; by default nothing."""

    decision: DecisionForm | None = None
    hold: HoldForm | None = None
    shown: _Shown | None = None
    stop: exposure.BudgetReached | None = None
    go_on: GoOnForm | None = None
    problem: str = ""
    note: str = ""
    messages_of: int | None = None
    messages: list[tuple[datetime, str]] | None = None
    status: int = 200


def _case_page(request: HttpRequest, content_id: int, answer: _Answer) -> HttpResponse:
    person = person_of(request)
    page = case_page.page(content_id, person)
    opening.record(person, content_id)
    now = clock().now()
    may_restrict = person.may(Permission.CASE_RESTRICT)
    claimed_until, hold, due_at = page.facts.claimed_until, page.hold, page.facts.due_at
    due_left, due_state = case_page.due_in(due_at, now) if due_at else ("", "")
    context = {
        "page": page,
        "content_id": content_id,
        "strip": case_page.strip(person),
        "answer": answer,
        "decision": answer.decision or DecisionForm(),
        "hold_form": answer.hold or HoldForm(),
        "claim_left": wording.duration(claimed_until - now) if claimed_until else "",
        "due_left": due_left,
        "due_state": due_state,
        "undo_left": max(0, int((page.facts.undo_until - now).total_seconds())) if page.facts.undo_until else 0,
        "hand_back_reasons": wording.HAND_BACK.items(),
        "renew_seconds": min(300, settings.CLAIM_MINUTES * 20),
        "hold_left": wording.duration(hold.deadline - now) if hold else "",
        "hold_is_over": bool(hold and hold.deadline <= now),
        "owns_hold": bool(hold and hold.owner_id == person.pk),
        "may_next": person.may(Permission.CASE_CLAIM),
        "may_read": person.may(Permission.MESSAGE_READ),
        "may_hold": person.may(Permission.HOLD_PLACE),
        "may_release": person.may(Permission.HOLD_RELEASE),
        "may_preserve": person.may(Permission.PRESERVATION_HOLD),
        "may_erase": person.may(Permission.ERASURE_REQUEST),
        "may_redact": person.may(Permission.TEXT_REDACT),
        "may_restrict": may_restrict,
        "restrict_form": RestrictForm(person) if may_restrict and not page.restriction else None,
        "may_request_evidence": bool(page.material) and person.may(Permission.EVIDENCE_REQUEST),
        "first_step": _first_step(person) if page.material and not page.material.refusal else "",
        "go_on_form": answer.go_on or GoOnForm(),
    }
    return render(request, "casework/case.html", context, status=answer.status)


@requires(Permission.QUEUE_VIEW)
@require_GET
@answers
def case(request: HttpRequest, content_id: int) -> HttpResponse:
    """One content: facts and decision. Never with its image."""
    return _case_page(request, content_id, _Answer())


@requires(Permission.CASE_CLAIM)
@require_POST
@answers
def claim(request: HttpRequest, content_id: int) -> HttpResponse:
    queue.claim(person_of(request), content_id)
    return redirect("casework:case", content_id)


@requires(Permission.CASE_CLAIM)
@require_POST
@answers
def hand_back(request: HttpRequest, content_id: int) -> HttpResponse:
    try:
        queue.hand_back(person_of(request), content_id, request.POST.get("why", queue.HandBack.NOT_NOW))
    except InputError as error:
        return _case_page(request, content_id, _Answer(problem=sentence(error), status=422))
    messages.success(request, _("Handed back. Colleagues see it in the queue again."), extra_tags="done")
    return redirect("casework:queue")


@requires(Permission.CASE_CLAIM)
@require_POST
def renew(request: HttpRequest, content_id: int) -> HttpResponse:
    """For the page's script while its reader works: how long the claim lasts now, or 409 without one."""
    try:
        held = queue.act(person_of(request), content_id)
    except Conflict as error:
        return HttpResponse(sentence(error), status=409, content_type="text/plain; charset=utf-8")
    left = wording.duration(held.claimed_until - clock().now()) if held.claimed_until else ""
    return HttpResponse(left, content_type="text/plain; charset=utf-8")


@requires(Permission.CASE_CLAIM)
@require_POST
@answers
def add_note(request: HttpRequest, content_id: int) -> HttpResponse:
    """The same page with one note more; what was chosen for the decision stays chosen."""
    services.content(content_id)
    draft, text = DecisionForm.draft(request.POST), request.POST.get("case_note", "")
    try:
        notes.add(person_of(request), content_id, text)
    except InputError as error:
        return _case_page(request, content_id, _Answer(decision=draft, note=text, problem=sentence(error), status=422))
    return _case_page(request, content_id, _Answer(decision=draft))


@requires(Permission.CASE_ASSESS)
@require_POST
@answers
def undo(request: HttpRequest, content_id: int) -> HttpResponse:
    undoing.undo(person_of(request), content_id)
    messages.success(
        request, _("Undone. The case is yours again; nothing followed from the decision."), extra_tags="done"
    )
    return redirect("casework:case", content_id)


@requires(Permission.CASE_ASSESS)
@require_POST
@answers
def assess(request: HttpRequest, content_id: int) -> HttpResponse:
    """Record the holder's decision; a contradiction is named at its field and nothing chosen is lost."""
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _case_page(request, content_id, _Answer(decision=form, status=422))
    decision = form.decision()
    try:
        outcome = assessing.assess(person_of(request), content_id, decision, form.cleaned_data["note"])
    except InputError as error:
        form.add_error(error.where if error.where in form.fields else None, sentence(error))
        return _case_page(request, content_id, _Answer(decision=form, status=422))
    messages.success(request, _said(outcome, decision.legality), extra_tags="done")
    return redirect("casework:case", content_id)


def _said(outcome: assessing.Outcome, legality: Legality) -> str:
    if outcome is assessing.Outcome.SECOND_LOOK:
        return _("Recorded. A second analyst looks before it is signed; until one begins you can take it back.")
    if outcome is assessing.Outcome.ARBITRATION:
        return _("Recorded. The two assessments differ, so a third person arbitrates.")
    return _("Recorded and decided: %(legality)s.") % {"legality": phrases.LEGALITIES[legality]}


@requires(Permission.CASE_ASSESS)
@require_POST
@answers
def take_back(request: HttpRequest, content_id: int) -> HttpResponse:
    assessing.withdraw_assessment(person_of(request), content_id)
    messages.success(request, _("Taken back. The case is yours again."), extra_tags="done")
    return redirect("casework:case", content_id)


@requires(Permission.IMAGE_VIEW)
@require_POST
@answers
def show(request: HttpRequest, content_id: int) -> HttpResponse:
    """The same page with the image in it, or without it again; what was chosen for the decision stays chosen."""
    draft = DecisionForm.draft(request.POST)
    level, file_id = (_whole(request.POST.get(name, "")) for name in ("level", "file"))
    person = person_of(request)
    if level == _HIDE:
        exposure.finish(person)
        return _case_page(request, content_id, _Answer(decision=draft))
    # A sealed file opens only with a reason, and a reason only after the person has shown again who they are.
    if request.POST.get("unseal_reason", "").strip() and (question := asked_first(request)):
        return question
    try:
        token = evidence.show(person, content_id, file_id, level, request.POST.get("unseal_reason", ""))
    except exposure.BudgetReached as stop:
        return _case_page(request, content_id, _Answer(decision=draft, stop=stop, status=409))
    except InputError as error:
        return _case_page(request, content_id, _Answer(decision=draft, problem=sentence(error), status=422))
    return _case_page(request, content_id, _Answer(decision=draft, shown=_shown(person, token, level)))


@requires(Permission.IMAGE_VIEW)
@require_POST
@answers
def go_on(request: HttpRequest, content_id: int) -> HttpResponse:
    """The person's own decision to see more today than the budget holds; the image is asked for again after it."""
    draft, form = DecisionForm.draft(request.POST), GoOnForm(request.POST)
    if not form.is_valid():
        stop = exposure.BudgetReached(exposure.own(person_of(request)).may_go_on)
        return _case_page(request, content_id, _Answer(decision=draft, stop=stop, go_on=form, status=422))
    exposure.go_on(person_of(request), form.cleaned_data["go_on_reason"])
    messages.info(request, _("Recorded, for you alone. Ask for the image if you still need it."))
    return _case_page(request, content_id, _Answer(decision=draft))


def _first_step(person: Person) -> phrases.Text:
    return wording.SHOWN[rendering(preferences.mine(person), 1).name]


def _shown(person: Person, token: str, level: int) -> _Shown:
    chosen = preferences.mine(person)
    how = wording.SHOWN[rendering(chosen, level).name]
    more = level + 1 if level < chosen.last_step else None
    return _Shown(token, level, more, how, chosen.seconds, exposure.own(person).is_break_due)


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else -1


@requires(Permission.IMAGE_VIEW)
@require_GET
@answers
def preview(request: HttpRequest, content_id: int, token: str) -> HttpResponse:
    """The image of a token: of this person, for a minute, kept by nothing on the way."""
    try:
        data = evidence.preview(token, person_of(request), content_id)
    except (Conflict, InputError) as error:
        return HttpResponse(sentence(error), status=410, content_type="text/plain; charset=utf-8")
    return HttpResponse(data, content_type="image/jpeg", headers={"Cache-Control": "no-store"})


@requires(Permission.MESSAGE_READ)
@require_POST
@answers
def read_messages(request: HttpRequest, content_id: int, report_id: int) -> HttpResponse:
    """The same page with one reporter's messages, once a reason was given."""
    draft = DecisionForm.draft(request.POST)
    reason = request.POST.get(f"message_reason-{report_id}", "")
    try:
        found = reading.read_messages(person_of(request), content_id, report_id, reason)
    except InputError as error:
        answer = _Answer(decision=draft, problem=sentence(error), messages_of=report_id, status=422)
        return _case_page(request, content_id, answer)
    texts = [(at, phrases.defanged_text(text)) for at, text in found]
    return _case_page(request, content_id, _Answer(decision=draft, messages_of=report_id, messages=texts))


@requires(Permission.HOLD_PLACE)
@require_POST
@answers
def place_hold(request: HttpRequest, content_id: int) -> HttpResponse:
    form = HoldForm(request.POST)
    if not form.is_valid():
        return _case_page(request, content_id, _Answer(hold=form, status=422))
    try:
        holds.place(person_of(request), content_id, form.end_of_day(), form.cleaned_data["reason"])
    except InputError as error:
        form.add_error(error.where if error.where in form.fields else None, sentence(error))
        return _case_page(request, content_id, _Answer(hold=form, status=422))
    messages.success(request, _("Hold placed. No notice leaves until you release it."), extra_tags="done")
    return redirect("casework:case", content_id)


@requires(Permission.HOLD_RELEASE)
@require_POST
@answers
def release_hold(request: HttpRequest, content_id: int) -> HttpResponse:
    holds.release(person_of(request), content_id)
    messages.success(request, _("Hold released. Notices go on from here."), extra_tags="done")
    return redirect("casework:case", content_id)
