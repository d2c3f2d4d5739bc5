"""What this node shows of others' logs: the checkpoints it believes, those it cosigned, and proofs of split views."""

from rempart.exchange.checkpoints import parse_checkpoint
from rempart.exchange.heads import write_heads
from rempart.exchange.tiles import CHECKPOINT
from rempart.formats.signed_note import read_note
from rempart.node.exchange import own_log
from rempart.node.exchange.models import Peer, Witnessed


def heads() -> str:
    """The file `heads`: of every log that this node follows the last checkpoint it believed, and its own."""
    notes = dict(Peer.objects.exclude(note="").values_list("origin", "note"))
    own = own_log.store().read(CHECKPOINT)
    if own is not None:
        text = own.decode()
        notes[parse_checkpoint(read_note(text).text).origin] = text
    return write_heads(notes)


def witnessed() -> str:
    """The file `witnessed`: of every log the last checkpoint that this node cosigned, as the log signed it."""
    return write_heads(dict(Witnessed.objects.exclude(note="").values_list("origin", "note")))
