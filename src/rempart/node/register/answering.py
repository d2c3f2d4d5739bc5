"""Who answered which reporting round, who has not, and who is to be reminded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rempart.core.register.members import Member
from rempart.core.register.rounds import Answer, Round, answer, last_reminder, rounds
from rempart.node.register import facts, stated
from rempart.node.register.models import Draft, Revision


@dataclass(frozen=True, slots=True)
class MemberAnswer:
    """`published` is the day of the first revision that answers the round; `reminded` when a reminder was last due."""

    member: Member
    answer: Answer
    published: date | None
    reminded: date | None

    @property
    def is_open(self) -> bool:
        return self.answer not in (Answer.PUBLISHED, Answer.LATE)


@dataclass(frozen=True, slots=True)
class RoundState:
    round: Round
    answers: tuple[MemberAnswer, ...]

    @property
    def open(self) -> tuple[MemberAnswer, ...]:
        return tuple(each for each in self.answers if each.is_open)

    @property
    def answered(self) -> int:
        return len(self.answers) - len(self.open)


def rounds_now() -> tuple[Round, ...]:
    """Every round so far and the one that comes next, oldest first."""
    return rounds(facts.today())


def states() -> list[RoundState]:
    """Every round, the newest first, with the answers of those who were members on the day it was due."""
    today, published, drafted, members = facts.today(), _published(), _drafted(), facts.members()
    found = []
    for each in reversed(rounds_now()):
        on = min(each.due, today)
        answering = [member for member in members if member.acceded and member.acceded <= on]
        present = [member for member in answering if not (member.left and member.left <= on)]
        answers = tuple(_answer(each, member, today, published, drafted) for member in present)
        found.append(RoundState(each, answers))
    return found


def of_member(code: str) -> list[tuple[Round, MemberAnswer]]:
    """A member's answers, the newest round first."""
    return [(state.round, each) for state in states() for each in state.answers if each.member.code == code]


def _answer(
    each: Round,
    member: Member,
    today: date,
    published: Mapping[tuple[str, str], date],
    drafted: Mapping[str, tuple[str, bool]],
) -> MemberAnswer:
    day = published.get((member.code, each.key))
    key, is_submitted = drafted.get(member.code, ("", False))
    mine = bool(key == each.key)
    found = answer(each.due, day, today, is_submitted=mine and is_submitted, has_draft=mine)
    reminded = None if day else last_reminder(each.due, today)
    return MemberAnswer(member, found, day, reminded)


def _published() -> dict[tuple[str, str], date]:
    """The first day on which each member's answer to each round was published."""
    found: dict[tuple[str, str], date] = {}
    for country, body, at in Revision.objects.order_by("number").values_list("country", "body", "published_at"):
        found.setdefault((country, body["round"]), at.date())
    return found


def _drafted() -> dict[str, tuple[str, bool]]:
    """By country the round that its draft answers, the next one where it does not say, and whether it is submitted."""
    coming = rounds_now()[-1].key
    known = stated.drafts()
    return {row.country: (row.body["round"] or coming, known[row.country]) for row in Draft.objects.all()}
