"""Help lines: what a country's page shows, and how staff keep it true. Each change is on record."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from rempart.core.errors import InputError, NotFound
from rempart.core.permissions import Permission
from rempart.node import runtime, tongues
from rempart.node.audit import services as audit
from rempart.node.guidance.models import HelpLine
from rempart.node.guidance.wording import KINDS, NOTES
from rempart.node.guidance.written import Text
from rempart.node.people import Person, require_permission
from rempart.node.register import services as register

KEPT_FOR = timedelta(days=365)
"""A check older than this is said to be old."""
_NUMBER = re.compile(r"\+?[0-9][0-9 ]{1,28}")


@dataclass(frozen=True, slots=True)
class Line:
    id: int
    kind: str
    title: Text
    number: str
    note: Text
    source: str
    source_address: str
    checked_on: date
    is_old: bool


@dataclass(frozen=True, slots=True)
class Country:
    """A member and the lines known for it; `path` is how its page's address names it."""

    code: str
    name: str
    lines: tuple[Line, ...]

    @property
    def path(self) -> str:
        return self.code.lower()

    @property
    def has_old(self) -> bool:
        return any(line.is_old for line in self.lines)

    @property
    def oldest_check(self) -> date | None:
        return min((line.checked_on for line in self.lines), default=None)


def countries() -> list[Country]:
    """Every member, by its name in this page's language."""
    known = _by_country(HelpLine.objects.filter(is_withdrawn=False))
    return sorted((_country(code, known[code]) for code in _members()), key=lambda country: country.name.casefold())


def country(code: str) -> Country:
    """One member; NotFound for any other country."""
    if code not in _members():
        raise NotFound("no member has this code.", where="code", advice="Choose one from the list.")
    return _country(code, list(HelpLine.objects.filter(country=code, is_withdrawn=False)))


@transaction.atomic
def add(person: Person, code: str, kind: str, number: str, source: str, address: str, checked_on: date) -> int:
    """Show a number from now on, or renew the one that was there; returns its row's number."""
    require_permission(person, Permission.REGISTER_EDIT)
    number = " ".join(number.split())
    if kind not in KINDS or not _NUMBER.fullmatch(number):
        raise InputError(
            "this is no telephone number.", where="number", advice="Write digits and spaces, with + before a country."
        )
    country(code)
    _require_check(source, checked_on)
    line, _is_new = HelpLine.objects.update_or_create(
        country=code,
        kind=kind,
        number=number,
        defaults={
            "source": source.strip(),
            "source_address": address,
            "checked_on": checked_on,
            "checked_by": person.actor,
            "is_withdrawn": False,
        },
    )
    audit.record("help_line:added", f"help_line:{line.pk}", actor=person.actor, data=_facts(line))
    return line.pk


@transaction.atomic
def confirm(person: Person, line_id: int) -> str:
    """Say that the number was compared with its source today; returns its country."""
    require_permission(person, Permission.REGISTER_EDIT)
    line = _line(line_id)
    line.checked_on, line.checked_by = runtime.clock().now().date(), person.actor
    line.save(update_fields=["checked_on", "checked_by"])
    audit.record("help_line:confirmed", f"help_line:{line.pk}", actor=person.actor, data=_facts(line))
    return line.country


@transaction.atomic
def withdraw(person: Person, line_id: int) -> str:
    """Show the number no longer; returns its country."""
    require_permission(person, Permission.REGISTER_EDIT)
    line = _line(line_id)
    line.is_withdrawn = True
    line.save(update_fields=["is_withdrawn"])
    audit.record("help_line:withdrawn", f"help_line:{line.pk}", actor=person.actor, data=_facts(line))
    return line.country


def _require_check(source: str, checked_on: date) -> None:
    if not source.strip():
        raise InputError("a number without a source is not shown.", where="source", advice="Name the document.")
    if checked_on > runtime.clock().now().date():
        raise InputError("this day has not come yet.", where="checked_on", advice="Give the day of the check.")


def _line(line_id: int) -> HelpLine:
    line = HelpLine.objects.select_for_update().filter(pk=line_id, is_withdrawn=False).first()
    if line is None:
        raise NotFound("this help line is not shown any more.", where="line", advice="Add it anew.")
    return line


def _facts(line: HelpLine) -> dict[str, audit.Value]:
    return {"country": line.country, "kind": line.kind, "number": line.number}


def _members() -> list[str]:
    memberships = register.routing_table().memberships.values()
    return [one.code for one in memberships if one.acceded and not one.left]


def _by_country(rows: Iterable[HelpLine]) -> dict[str, list[HelpLine]]:
    found: dict[str, list[HelpLine]] = defaultdict(list)
    for row in rows:
        found[row.country].append(row)
    return found


def _country(code: str, rows: list[HelpLine]) -> Country:
    order = list(KINDS)
    rows = sorted(rows, key=lambda row: (order.index(row.kind), row.pk))
    return Country(code, tongues.country_name(code), tuple(_shown(row) for row in rows))


def _shown(row: HelpLine) -> Line:
    return Line(
        id=row.pk,
        kind=row.kind,
        title=KINDS[row.kind],
        number=row.number,
        note=NOTES.get(row.note, ""),
        source=row.source,
        source_address=row.source_address,
        checked_on=row.checked_on,
        is_old=runtime.clock().now().date() - row.checked_on > KEPT_FOR,
    )
