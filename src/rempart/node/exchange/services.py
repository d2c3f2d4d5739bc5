"""What other apps may ask of the exchange. Models stay inside; values are small frozen objects."""

from rempart.node.exchange.canaries import stopped
from rempart.node.exchange.health import problems
from rempart.node.exchange.opinions import Others, others_say
from rempart.node.exchange.outgoing import OwnFingerprint, decided
from rempart.node.exchange.own_log import RESTORED, is_restored, mark_restored
from rempart.node.exchange.receiving import ReceivedFeedback, received
from rempart.node.exchange.showing import counts, longest_waiting

__all__ = [
    "RESTORED",
    "Others",
    "OwnFingerprint",
    "ReceivedFeedback",
    "counts",
    "decided",
    "is_restored",
    "longest_waiting",
    "mark_restored",
    "others_say",
    "problems",
    "received",
    "stopped",
]
