"""The step that takes in what other members declare of the register.

A member's own declaration counts for its own part, and for nothing else. The secretariat's counts for the facts of
members, and for the parts of those that declare none.
"""

import logging

from django.conf import settings

from rempart.core.errors import InputError
from rempart.core.register.part import Part, part_fields
from rempart.core.register.whole import Register, read_register
from rempart.exchange.declarations import Declaration
from rempart.node.audit import services as audit
from rempart.node.exchange import services as exchange
from rempart.node.jobs import services as jobs
from rempart.node.register import facts, stated
from rempart.node.register.declaring import KIND
from rempart.node.register.models import Revision

log = logging.getLogger("rempart.register")
Source = Revision.Source


@jobs.step(f"take-{KIND}")
def take(subject: str) -> jobs.Effects:
    """Take in what other members declare; what cannot be read changes nothing."""

    def effects() -> None:
        audit.lock()
        found = {country: (each, _read(each)) for country, each in exchange.declarations(KIND).items()}
        registers = {country: (each, whole) for country, (each, whole) in found.items() if whole is not None}
        for country, (declaration, whole) in registers.items():
            own = whole.part(country)
            if own is not None and country != settings.COUNTRY:
                _keep(own, Source.DECLARED, declaration.origin)
        for declaration, whole in registers.values():
            if declaration.origin == settings.SECRETARIAT:
                _take_whole(declaration, whole)

    return effects


def _take_whole(declaration: Declaration, whole: Register) -> None:
    """What the secretariat says of members, of those that do not speak for themselves."""
    try:
        facts.keep(list(whole.members), actor="system")
    except InputError as error:
        log.warning("the facts of members from %s cannot be taken in: %s", declaration.origin, error.where)
    for each in whole.parts:
        spoken = Revision.objects.filter(country=each.country, source__in=(Source.OWN, Source.DECLARED))
        if each.country != declaration.country and not spoken.exists():
            _keep(each, Source.SECRETARIAT, declaration.origin)


def _keep(part: Part, source: str, origin: str) -> None:
    last = Revision.objects.filter(country=part.country).order_by("-number").first()
    if facts.find(part.country) is None or (last and last.body == part_fields(part) and last.source == source):
        return
    stated.keep(part, source, origin)


def _read(declaration: Declaration) -> Register | None:
    try:
        return read_register(declaration.body)
    except InputError as error:
        log.warning("the register that %s declares cannot be read: %s", declaration.origin, error.where)
        return None
