"""The note of a list that follows from signals: what this node signs of it, beside the files of its feed."""

from dataclasses import replace
from datetime import timedelta

from rempart.exchange.digest import ListDigest
from rempart.exchange.policy import policy_from
from rempart.formats.signed_list import SignedHead, read_list, sequence_of
from rempart.node.exchange import services as exchange
from rempart.node.lists import feed
from rempart.node.lists.folding import heads_of
from rempart.node.lists.models import FoldedList, HashList
from rempart.node.runtime import clock

LONGEST = timedelta(hours=1)
"""So often it is signed again although it says the same."""


def current(folded: FoldedList) -> SignedHead | None:
    """What there is to sign now; None while the files do not reach the list's last change."""
    published = feed.head(folded.hash_list)
    if published is None or published.reach != folded.hash_list.sequence:
        return None
    policy, heads = policy_from(folded.policy), heads_of(folded)
    digest = ListDigest.from_bytes(bytes(folded.digest))
    sequence = sequence_of(policy.revision, folded.roster, heads)
    at = int(clock().now().timestamp())
    published = replace(published, sequence=sequence)
    return SignedHead(published, policy.document, folded.roster, heads, digest.entries, digest.sha256, at)


def renew(list_id: int) -> None:
    """In the caller's transaction: sign the list if it says something else than its note, or that is old.

    The process holds the log's key.
    """
    HashList.objects.select_for_update().get(pk=list_id)
    folded = FoldedList.objects.select_related("hash_list").filter(hash_list=list_id).first()
    if folded is None or not folded.basis or (head := current(folded)) is None:
        return
    now = clock().now()
    is_recent = folded.note and folded.noted_at is not None and now - folded.noted_at < LONGEST
    if is_recent and replace(read_list(folded.note), at=head.at) == head:
        return
    FoldedList.objects.filter(pk=folded.pk).update(note=exchange.sign_list(head), noted_at=now)
