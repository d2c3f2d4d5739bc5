"""What lists say about contents, and whether that settles them."""

from collections.abc import Iterable

from rempart.core.vocabulary import FingerprintType, Legality
from rempart.node.audit import services as audit
from rempart.node.casework.models import Fingerprint, Match
from rempart.node.lists import services as lists
from rempart.node.runtime import clock
from rempart.signals.lists import Hit, Recogniser


def look_up(
    recogniser: Recogniser, content_id: int | None, named: tuple[FingerprintType, bytes] | None = None
) -> list[Hit]:
    """Hits of a content's stored fingerprints, and of one that a report names."""
    rows = Fingerprint.objects.filter(content=content_id).values_list("kind", "value", "quality")
    stored = {FingerprintType(kind): (bytes(value), quality) for kind, value, quality in rows}
    fingerprints = {kind: value for kind, (value, _) in stored.items()}
    if named is not None:
        fingerprints.setdefault(*named)
    _, quality = stored.get(FingerprintType.PDQ, (b"", None))
    return recogniser.lookup(fingerprints, pdq_quality=quality) if fingerprints else []


def keep_matches(content_id: int, hits: Iterable[Hit]) -> None:
    """One row and one event for each entry a content was ever matched with."""
    for hit in hits:
        _, made = Match.objects.get_or_create(
            content_id=content_id,
            entry_id=hit.entry.entry_id,
            defaults={
                "list_name": hit.entry.list_name,
                "category": hit.entry.category,
                "how": hit.match,
                "distance": hit.distance,
                "at": clock().now(),
            },
        )
        if made:
            data = {"list": hit.entry.list_name, "category": hit.entry.category, "how": hit.match}
            audit.record("content:matched", f"content:{content_id}", data=data)


def settlement(hits: Iterable[Hit], settling_lists: frozenset[str]) -> Legality | None:
    """The legality that matches decide; None when no settling list knows the content or lists contradict each other.

    A list that does not settle can still contradict: then a person looks.
    """
    said = [(lists.CATEGORY_LEGALITY[hit.entry.category], hit.entry.list_name in settling_lists) for hit in hits]
    if len({legality.is_illegal for legality, _ in said}) != 1:
        return None
    settling = {legality for legality, settles in said if settles}
    order = (Legality.BASELINE, Legality.NATIONAL, Legality.NOT_ILLEGAL)
    return next((legality for legality in order if legality in settling), None)
