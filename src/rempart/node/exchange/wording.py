"""What staff read for the exchange's stored names."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from rempart.exchange import declarations
from rempart.exchange.following import Refusal
from rempart.exchange.signals import Reason
from rempart.node.exchange.models import Outgoing
from rempart.node.phrases import Text

State = Outgoing.State
STATES: Mapping[str, Text] = {
    State.PROPOSED: _("To decide"),
    State.WAITING: _("Waits to be signed"),
    State.STOPPED: _("Stopped by a canary"),
    State.SIGNED: _("Signed"),
    State.DROPPED: _("Not said"),
}
STATE_STYLES: Mapping[str, str] = {State.PROPOSED: "attention", State.STOPPED: "danger", State.SIGNED: "done"}
ACTIONS: Mapping[str, Text] = {
    "add": _("Listing"),
    "correct": _("Correction"),
    "withdraw": _("Withdrawal"),
    "dispute": _("Dispute"),
}
REASONS: Mapping[str, Text] = {
    Reason.MISTAKE: _("It was a mistake"),
    Reason.LAWFUL: _("The content is lawful"),
    Reason.ERASURE: _("It had to be erased"),
    Reason.OTHER: _("Another reason"),
}
KINDS: Mapping[str, Text] = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "pdq": "PDQ", "photodna": "PhotoDNA"}
LOOKS: Mapping[str, Text] = {
    "": _("Believed"),
    "never": _("Not looked at yet"),
    Refusal.ROLLBACK: _("Went back"),
    Refusal.SPLIT_VIEW: _("Two histories"),
    Refusal.STALE: _("Cosignatures too old"),
    Refusal.UNSIGNED: _("Not its signature"),
    Refusal.NO_QUORUM: _("Too few cosignatures"),
    Refusal.ALTERED: _("Altered files"),
    Refusal.UNREACHABLE: _("Cannot be reached"),
    Refusal.SUSPENDED: _("Not an active member"),
}
LOOK_STYLES: Mapping[str, str] = {
    "": "done",
    Refusal.ROLLBACK: "danger",
    Refusal.SPLIT_VIEW: "danger",
    Refusal.STALE: "attention",
    Refusal.UNSIGNED: "danger",
    Refusal.NO_QUORUM: "attention",
    Refusal.ALTERED: "danger",
    Refusal.UNREACHABLE: "attention",
}
DECLARED: Mapping[str, Text] = {"register": _("Register"), "figures": _("Figures")}
DECLARATIONS: Mapping[str, Text] = {
    "": _("Counts"),
    "unused": _("Does not count now"),
    declarations.Refusal.UNKNOWN: _("Not in the roster"),
    declarations.Refusal.INACTIVE: _("Not an active member"),
    declarations.Refusal.TOO_LARGE: _("Too large"),
    declarations.Refusal.MALFORMED: _("Not readable"),
    declarations.Refusal.UNSIGNED: _("Not its signature"),
    declarations.Refusal.MISDIRECTED: _("Of another member or kind"),
    declarations.Refusal.COUNTRY: _("For another country"),
    declarations.Refusal.OLDER: _("Went back"),
    declarations.Refusal.CONTRADICTED: _("Two under one number"),
}
