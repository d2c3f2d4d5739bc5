"""The count between two processes: what was folded is kept in the database, bound to the chain it came from.

A state and the months it made final are written in one transaction, and only over an older one, so a crash leaves one
or the other. Kept rows of another chain (a restored backup) or of other rules are dropped and counted again.
"""

from django.db import transaction

from rempart.core.figures.folding import VERSION, Folded
from rempart.core.figures.packing import pack_release, pack_state, unpack_release, unpack_state
from rempart.node.audit import services as audit
from rempart.node.observatory.models import FinalMonth, KeptState

_ROW = 1


def load() -> Folded | None:
    """The kept state with its final months; None where there is none that holds for this chain and these rules."""
    row = KeptState.objects.filter(pk=_ROW, rules=VERSION).first()
    if row is None or not is_of_this_chain(row.seq, bytes(row.digest)):
        return None
    state = unpack_state(bytes(row.state))
    # Another process may keep a newer state between the two questions: its months are still running in this one.
    months = FinalMonth.objects.filter(month__lt=min(state.running)).order_by("month")
    state.final = {month: unpack_release(bytes(release)) for month, release in months.values_list("month", "release")}
    return state


def save(state: Folded, digest: bytes) -> bool:
    """Keep a state, unless a newer one of this chain is kept already. `digest` is that of its last event."""
    packed = pack_state(state)
    with transaction.atomic():
        row = KeptState.objects.select_for_update().filter(pk=_ROW).first()
        is_ours = row is not None and row.rules == VERSION and is_of_this_chain(row.seq, bytes(row.digest))
        if row is not None and is_ours and row.seq >= state.seq:
            return False
        if not is_ours:
            FinalMonth.objects.all().delete()
        kept = set(FinalMonth.objects.values_list("month", flat=True))
        FinalMonth.objects.bulk_create(
            [
                FinalMonth(month=name, release=pack_release(each))
                for name, each in state.final.items()
                if name not in kept
            ]
        )
        KeptState.objects.update_or_create(
            pk=_ROW, defaults={"rules": VERSION, "seq": state.seq, "digest": digest, "state": packed}
        )
    return True


def forget() -> None:
    """Drop what is kept: the next look counts from the first event."""
    with transaction.atomic():
        KeptState.objects.all().delete()
        FinalMonth.objects.all().delete()


def is_of_this_chain(seq: int, digest: bytes) -> bool:
    """One digest stands for the event and for all before it."""
    return audit.digest_of(seq) == digest
