"""Taking a register from files: each member's facts and each part by itself, told what became of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from rempart.core.errors import RempartError
from rempart.core.register.members import Member
from rempart.core.register.part import Part, check_succession
from rempart.core.register.whole import Register
from rempart.node.register import editing, facts, stated


class Done(StrEnum):
    UNCHANGED = "unchanged"
    FACTS_SET = "facts set"
    DRAFTED = "drafted"
    PUBLISHED = "published"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`reason` is empty but for what was rejected. `what` is facts or part."""

    country: str
    what: str
    done: Done
    reason: str = ""


def whole() -> Register:
    """All facts, and what every member states now."""
    parts = stated.parts()
    return Register(facts.members(), tuple(parts[country] for country in sorted(parts)))


def take_in(
    register: Register,
    *,
    actor: str,
    is_published: bool = False,
    is_check: bool = False,
    advance: Callable[[], None] = lambda: None,
) -> list[Outcome]:
    """Set facts and draft parts, or publish them; `is_check` changes nothing and tells what would become of it.

    What the node may not edit is rejected, the rest goes on.
    """
    found = []
    for member in register.members:
        found.append(_attempt(member.code, "facts", _facts, member, actor, is_check))
        advance()
    for part in register.parts:
        found.append(_attempt(part.country, "part", _part, part, actor, is_published, is_check))
        advance()
    return found


def _attempt(country: str, what: str, step: Callable[..., Done], *given: object) -> Outcome:
    try:
        return Outcome(country, what, step(*given))
    except RempartError as error:
        return Outcome(country, what, Done.REJECTED, str(error))


def _facts(member: Member, actor: str, is_check: bool) -> Done:
    if facts.find(member.code) == member:
        return Done.UNCHANGED
    if is_check:
        editing.require_secretariat()
    else:
        editing.set_facts(member, actor=actor)
    return Done.FACTS_SET


def _part(part: Part, actor: str, is_published: bool, is_check: bool) -> Done:
    state, published = stated.draft(part.country), stated.part(part.country)
    if (state.part if state else published) == part and not (state and is_published):
        return Done.UNCHANGED
    done = Done.PUBLISHED if is_published else Done.DRAFTED
    if is_check:
        facts.get(part.country)
        editing.require(part.country)
        check_succession(published, part)
        return done
    editing.edit(part, actor=actor, what="import")
    if is_published:
        editing.submit(part.country, part.round, actor=actor)
        editing.publish(part.country, actor=actor)
    return done
