"""Which modules hold steps. The journey reads from top to bottom."""

from importlib import import_module

STEP_MODULES = (
    "rempart.node.intake.housekeeping",
    "rempart.node.casework.fingerprinting",
    "rempart.node.casework.triage",
    "rempart.node.casework.rematching",
    "rempart.node.casework.queue",
    "rempart.node.casework.undoing",
    "rempart.node.exchange.signing",
    "rempart.node.exchange.following",
    "rempart.node.exchange.declaring",
    "rempart.node.exchange.hearing",
    "rempart.node.register.taking",
    "rempart.node.exchange.returning",
    "rempart.node.lists.folding",
    "rempart.node.lists.publishing",
    "rempart.node.lists.pulling",
    "rempart.node.hosting.steps",
    "rempart.node.casework.routing",
    "rempart.node.notices.steps",
    "rempart.node.referrals.steps",
    "rempart.node.intake.follow",
    "rempart.node.staff.steps",
    "rempart.node.retention.steps",
    "rempart.node.audit.steps",
    "rempart.node.roster.steps",
    "rempart.node.observatory.steps",
)


def load_steps() -> None:
    """Import every module that registers steps, and ask for those that repeat by themselves."""
    for name in STEP_MODULES:
        module = import_module(name)
        ask = getattr(module, "ask_for_repeating_steps", None)
        if ask is not None:
            ask()
