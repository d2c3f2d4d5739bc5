"""What other members say of the same fingerprints: agreement and dispute, counted by country."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import transaction

from rempart.core.errors import Conflict
from rempart.core.permissions import Permission
from rempart.core.vocabulary import FingerprintType
from rempart.node.audit import services as audit
from rempart.node.casework import services as casework
from rempart.node.exchange import members, outgoing, words
from rempart.node.exchange.models import Outgoing, Word
from rempart.node.exchange.words import Print
from rempart.node.people import Person, require_permission

_TOGETHER = 500


@dataclass(frozen=True, slots=True)
class Others:
    """Countries whose members list any of the fingerprints, by the category they give; those who speak against it.

    A country may be on both sides: of different fingerprints, or by different members.
    """

    listing: tuple[str, ...]
    against: tuple[str, ...]
    categories: tuple[tuple[str, tuple[str, ...]], ...]

    def __bool__(self) -> bool:
        return bool(self.listing or self.against)


def others_say(prints: Collection[Print]) -> Others:
    """Of any of these fingerprints."""
    said = [word for some in words.of_others(prints).values() for word in some]
    categories: defaultdict[str, set[str]] = defaultdict(set)
    for word in filter(words.lists, said):
        categories[word.category].add(members.country_of(word.origin))
    return Others(
        _countries(filter(words.lists, said)),
        _countries(filter(words.speaks_against, said)),
        tuple((category, tuple(sorted(countries))) for category, countries in sorted(categories.items())),
    )


def by_kind(prints: Collection[Print]) -> list[tuple[str, Others]]:
    """The same, apart for each kind of fingerprint that others speak of."""
    kinds = sorted({kind for kind, _ in prints})
    found = [(kind, others_say([one for one in prints if one[0] == kind])) for kind in kinds]
    return [(kind, others) for kind, others in found if others]


def prints_of(content_id: int) -> set[Print]:
    """This node's fingerprints of a content, of the kinds that are said."""
    known = casework.fingerprint_values(content_id)
    return {(str(kind), bytes.fromhex(value)) for kind, value in known.items() if kind in outgoing.SAID}


def note_listed(said: Collection[tuple[FingerprintType, bytes]]) -> int:
    """Others now list these fingerprints: propose disputes for what an analyst here found lawful; returns how many."""
    values: defaultdict[FingerprintType, list[bytes]] = defaultdict(list)
    for kind, value in set(said):
        values[kind].append(value)
    proposed = 0
    for kind, wanted in values.items():
        for start in range(0, len(wanted), _TOGETHER):
            for value, content_id in casework.lawful_among(kind, wanted[start : start + _TOGETHER]).items():
                proposed += outgoing.propose_disputes(content_id, [(str(kind), value)])
    return proposed


@transaction.atomic
def dispute(person: Person, content_id: int) -> int:
    """Tell the members that this node found the content lawful; returns for how many fingerprints.

    Raises NotPermitted, Conflict where there is nothing to dispute (any more).
    """
    require_permission(person, Permission.SIGNALS_RECALL)
    facts = casework.content(content_id)
    if facts.legality is not None and not facts.is_illegal and not casework.is_undoable(content_id):
        outgoing.propose_disputes(content_id, prints_of(content_id))
    number = outgoing.number_of(content_id)
    sent = outgoing.send_proposed(number) if number is not None else 0
    if not sent:
        raise Conflict("there is nothing to dispute.", advice="Others list it no more, or this node decided otherwise.")
    audit.record("signal:disputed", f"content:{content_id}", actor=person.actor, data={"signals": sent})
    return sent


def proposed() -> int:
    """How many contents have a dispute that nobody has sent."""
    return Outgoing.objects.filter(state=Outgoing.State.PROPOSED).values("content").distinct().count()


def _countries(said: Iterable[Word]) -> tuple[str, ...]:
    return tuple(sorted({members.country_of(word.origin) for word in said}))
