"""The only way to an image or a video's stills: asked for by a person who needs it, recorded first, rendered in the
sandbox.

Each step is a request of its own, a record of its own and an image that is given out once.
"""

from dataclasses import replace

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db import transaction

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.core.exposure import rendering
from rempart.core.permissions import Permission
from rempart.node.audit import services as audit
from rempart.node.casework import access, exposure, preferences, queue, showing
from rempart.node.casework.models import Content
from rempart.node.intake import services as intake
from rempart.node.people import Person, require_permission

TOKEN_SECONDS = 60
_SIGNER = TimestampSigner(salt="rempart.casework.evidence")


@transaction.atomic
def show(person: Person, content_id: int, file_id: int, level: int = 1, reason: str = "") -> str:
    """Record that the person is shown a file (a stored file's id) and return the token for its bytes.

    Raises Conflict for known content, which nobody needs to see, and BudgetReached; NotPermitted without the claim or
    the role or where the case is restricted; InputError for a step that does not exist or the person does not want, or
    a sealed file without a reason; NotFound if the file is not of this content.
    """
    require_permission(person, Permission.IMAGE_VIEW)
    access.require(person, content_id)
    shown = rendering(preferences.mine(person), level)
    _refuse_known(content_id)
    _require_need(person, content_id)
    stored = _file_of(content_id, file_id)
    exposure.check_budget(person)
    if stored.viewed_by_platform is not True:
        _unseal(person, stored, reason.strip())
    number = exposure.begin(person, content_id, shown, reason.strip())
    return _SIGNER.sign(f"{number}.{person.pk}.{content_id}.{file_id}.{level}")


def preview(token: str, person: Person, content_id: int) -> bytes:
    """The JPEG a token of this person and content stands for, once.

    Raises NotPermitted, also when the token ran out or was used, and Conflict when the content was decided meanwhile.
    """
    try:
        signed = _SIGNER.unsign(token, max_age=TOKEN_SECONDS)
    except (SignatureExpired, BadSignature):
        raise _ended() from None
    number, person_id, shown_id, file_id, level = map(int, signed.split("."))
    require_permission(person, Permission.IMAGE_VIEW)
    if person_id != person.pk:
        raise NotPermitted("this view was opened by somebody else.", advice="Ask for it yourself.")
    if shown_id != content_id:
        raise NotPermitted("this view is of another content.", advice="Ask for the image on its own page.")
    access.require(person, content_id)
    _refuse_known(content_id)
    if not exposure.fetch(number):
        raise _ended()
    how = rendering(replace(preferences.mine(person), last_step=3), level)
    return showing.picture(content_id, file_id, how)


def _ended() -> NotPermitted:
    return NotPermitted("this view has ended.", advice="Ask for the image again if it is still needed.")


def _refuse_known(content_id: int) -> None:
    legality = Content.objects.filter(pk=content_id).values_list("legality", flat=True).first()
    if legality is None:
        raise NotFound("there is no such content.", where="content")
    if legality:
        raise Conflict(
            "this content is known and decided, so nobody needs to look at it again.",
            where="content",
            advice="Work with the recorded facts; they are all here.",
        )


def _require_need(person: Person, content_id: int) -> None:
    if queue.is_holder(person, content_id):
        queue.act(person, content_id)
    elif not person.may(Permission.CASE_SECOND_LOOK):
        raise NotPermitted("you do not hold this case.", advice="Take the case first.")


def _file_of(content_id: int, file_id: int) -> intake.FileFacts:
    stored = next((file for file in intake.files_with_content(content_id) if file.id == file_id), None)
    if stored is None:
        raise NotFound("this content has no such file.", where="file")
    return stored


def _unseal(person: Person, stored: intake.FileFacts, reason: str) -> None:
    """What the platform did not say it viewed stays sealed until somebody entitled gives the reason to open it."""
    require_permission(person, Permission.FILE_UNSEAL)
    if not reason:
        raise InputError(
            "the platform did not view this file: it is sealed.",
            where="reason",
            advice="Write on what ground you open it; the reason is kept.",
        )
    audit.record("file:unsealed", f"report:{stored.report_id}", actor=person.actor, reason=reason)
