"""Proofs are kept once each, whoever cosigned what they show."""

import pytest
from node.exchange.away import Away, Internet

from rempart.exchange.evidence import Evidence, only, read_proofs, split_view
from rempart.formats.signed_note import read_note
from rempart.node.exchange import proofs
from rempart.node.exchange.models import Proof

pytestmark = pytest.mark.django_db


def evidence(internet: Internet, witnesses: list[Away]) -> Evidence:
    """Two histories of the first member's log, of one size, each cosigned by these."""
    notes = []
    for history in (0, 1):
        member = Away(0, history)
        member.say(*range(100 * history, 100 * history + 8))
        member.publish(witnesses)
        notes.append(read_note(member.note))
    found = split_view(*notes)
    assert found is not None
    return found


def test_a_proof_holds_no_more_than_proves(internet: Internet) -> None:
    """Cosignatures of a whole alliance would be too much for an index of PostgreSQL."""
    many = internet.members * 12
    assert proofs.keep(evidence(internet, many))
    [row] = Proof.objects.all()
    assert len(row.first) + len(row.second) < 1000
    [shown] = read_proofs(proofs.text())
    assert shown.origin == internet.members[0].origin


def test_the_same_with_other_cosignatures_is_no_new_proof(internet: Internet) -> None:
    both = evidence(internet, internet.members)
    assert proofs.keep(both)
    log = internet.members[0].key
    again = Evidence(both.origin, *(str(only(read_note(part), [log])) for part in (both.first, both.second)))
    assert not proofs.keep(again)
    assert Proof.objects.count() == 1
