"""What others add to this node's checkpoints, how they learn of a new one, and what they have seen."""

from collections.abc import Callable

from rempart.formats.signed_note import Note, Signature


def cosignatures(note: Note, published: int, proof: Callable[[int], list[bytes]]) -> list[Signature]:
    """What the witnesses answer to a new checkpoint; see `exchange.writer.Gather`."""
    return []


def tell_peers() -> None:
    """Hint at a new checkpoint."""


def seen_elsewhere() -> list[str]:
    """The last checkpoint of this node's log that each member and witness which can be reached has seen, as notes."""
    return []
