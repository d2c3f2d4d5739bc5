"""Members, parts and rounds as pages show them, in words of the reader's language."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import get_language

from rempart.core.register.members import Member, Standing
from rempart.core.register.part import Commitment, Contact, ContactRole, Part, Status
from rempart.core.register.rounds import MEETINGS, Answer, Meeting
from rempart.core.register.targets import Target
from rempart.node.phrases import Text
from rempart.node.register import facts, stated, wording
from rempart.node.register.answering import MemberAnswer, RoundState


@dataclass(frozen=True, slots=True)
class MemberLine:
    """`commitments` is None where the member has stated nothing yet."""

    member: Member
    name: str
    own_names: tuple[tuple[str, str], ...]
    standing: Text
    since: date | None
    is_member: bool
    commitments: int | None
    kept: int


@dataclass(frozen=True, slots=True)
class CommitmentText:
    commitment: Commitment
    target: Text
    goal: Text
    status: Text
    style: str
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class TargetText:
    key: str
    text: Text
    commitments: tuple[CommitmentText, ...]


@dataclass(frozen=True, slots=True)
class ContactText:
    """`number` is its place in the part, from 0."""

    number: int
    contact: Contact
    role: Text


@dataclass(frozen=True, slots=True)
class PartText:
    part: Part
    contacts: tuple[ContactText, ...]
    missing: tuple[Text, ...]
    targets: tuple[TargetText, ...]


@dataclass(frozen=True, slots=True)
class AnswerText:
    answer: MemberAnswer
    name: str
    text: Text
    style: str


@dataclass(frozen=True, slots=True)
class RoundText:
    """`rows` are those shown: all answers, or those that are awaited."""

    state: RoundState
    subject: Text
    rows: tuple[AnswerText, ...]


@dataclass(frozen=True, slots=True)
class MeetingText:
    meeting: Meeting
    text: Text
    country: str


def member_lines() -> list[MemberLine]:
    """All states that the register knows, members by their number and others after them."""
    parts, on = stated.parts(), facts.today()
    return [member_line(member, parts.get(member.code), on) for member in facts.members()]


def member_line(member: Member, part: Part | None, on: date) -> MemberLine:
    standing = member.standing(on)
    statuses = Counter(each.status for each in part.commitments) if part else Counter()
    own = tuple((code, name) for code, name in member.own_names if name != name_of(member))
    since = {Standing.INVITED: member.invited, Standing.LEFT: member.left}.get(standing, member.acceded)
    is_member = standing in (Standing.FOUNDER, Standing.MEMBER)
    number = statuses.total() if part else None
    return MemberLine(
        member, name_of(member), own, wording.STANDINGS[standing], since, is_member, number, statuses[Status.KEPT]
    )


def name_of(member: Member) -> str:
    """In the reader's language, where the register has that."""
    return member.name((get_language() or "en").partition("-")[0])


def part_text(part: Part) -> PartText:
    """By target, each with its commitments; targets without any stay, so that a gap is seen."""
    on = facts.today()
    contacts = tuple(ContactText(at, each, wording.ROLES[each.role]) for at, each in enumerate(part.contacts))
    shown = [_commitment(each, on) for each in part.commitments]
    targets = tuple(
        TargetText(target, wording.TARGETS[target], tuple(each for each in shown if each.commitment.target is target))
        for target in Target
    )
    return PartText(part, contacts, roles(part.missing_roles), targets)


def roles(missing: Iterable[ContactRole]) -> tuple[Text, ...]:
    return tuple(wording.ROLES[role] for role in missing)


def round_text(state: RoundState, rows: Iterable[MemberAnswer]) -> RoundText:
    return RoundText(state, wording.SUBJECTS[state.round.subject], tuple(answer_text(each) for each in rows))


def answer_text(each: MemberAnswer, *, is_public: bool = False) -> AnswerText:
    words = wording.PUBLIC_ANSWERS if is_public else wording.ANSWERS
    hidden = is_public and each.answer in (Answer.SUBMITTED, Answer.DRAFT)
    style = "" if hidden else wording.ANSWER_STYLES.get(each.answer, "")
    return AnswerText(each, name_of(each.member), words[each.answer], style)


def meetings() -> list[MeetingText]:
    names = {member.code: name_of(member) for member in facts.members()}
    return [MeetingText(each, wording.MEETINGS[each.key], names.get(each.country, each.country)) for each in MEETINGS]


def _commitment(each: Commitment, on: date) -> CommitmentText:
    return CommitmentText(
        each,
        wording.TARGETS[each.target],
        wording.GOALS[each.goal],
        wording.STATUSES[each.status],
        wording.STATUS_STYLES.get(each.status, ""),
        each.is_overdue(on),
    )
