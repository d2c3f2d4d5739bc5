"""What the exchange is told of a final decision, and what it tells of a content: opinions of other members."""

from rempart.core.vocabulary import Basis, FingerprintType, Legality, SecondLook
from rempart.node.casework.models import Assessment, Fingerprint
from rempart.node.exchange import services as exchange


def tell_members(content_id: int, legality: Legality, basis: Basis) -> None:
    """In the transaction that makes the decision final. A list's match or an earlier decision is no word of ours."""
    if basis is not Basis.ANALYST:
        return
    rows = Fingerprint.objects.filter(content=content_id).values_list("kind", "value", "quality")
    prints = [exchange.OwnFingerprint(FingerprintType(kind), bytes(value), quality) for kind, value, quality in rows]
    exchange.decided(content_id, legality, _agreed(content_id, legality), prints)


def others_say(content_id: int) -> exchange.Others:
    """What other members say of this content's fingerprints."""
    rows = Fingerprint.objects.filter(content=content_id).values_list("kind", "value")
    return exchange.others_say({(kind, bytes(value)) for kind, value in rows})


def _agreed(content_id: int, legality: Legality) -> int:
    """How many people came to this result in the last round: a first opinion, its second look, an arbitration."""
    people: set[int] = set()
    rows = Assessment.objects.filter(content=content_id, assessor__isnull=False).order_by("-pk")
    for assessor, result, look in rows.values_list("assessor", "legality", "second_look"):
        if result == legality:
            people.add(assessor)
        if look in (SecondLook.NOT_NEEDED, SecondLook.PENDING):
            break
    return len(people)
