"""What other apps may ask of the exchange. Models stay inside; values are small frozen objects."""

from rempart.node.exchange.canaries import stopped
from rempart.node.exchange.declared import declarations
from rempart.node.exchange.declaring import declare
from rempart.node.exchange.health import problems
from rempart.node.exchange.opinions import Others, others_say
from rempart.node.exchange.outgoing import OwnFingerprint, decided
from rempart.node.exchange.own_log import RESTORED, is_restored, mark_restored, sign_list
from rempart.node.exchange.positions import all_words, count_changed, has_spoken, heads, words_changed, words_of
from rempart.node.exchange.receiving import ReceivedFeedback, received
from rempart.node.exchange.showing import counts, longest_waiting

__all__ = [
    "RESTORED",
    "Others",
    "OwnFingerprint",
    "ReceivedFeedback",
    "all_words",
    "count_changed",
    "counts",
    "decided",
    "declarations",
    "declare",
    "has_spoken",
    "heads",
    "is_restored",
    "longest_waiting",
    "mark_restored",
    "others_say",
    "problems",
    "received",
    "sign_list",
    "stopped",
    "words_changed",
    "words_of",
]
