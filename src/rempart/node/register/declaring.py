"""What this node declares of the register."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from rempart.core.register.whole import Register, register_fields
from rempart.node.exchange import services as exchange
from rempart.node.register import facts, stated

KIND = "register"


def body() -> Mapping[str, Any]:
    """This node's own part; at the secretariat the facts of all, and every part."""
    current = stated.parts()
    if facts.is_secretariat():
        return register_fields(Register(facts.members(), tuple(current[country] for country in sorted(current))))
    own = current.get(settings.COUNTRY)
    return register_fields(Register((), (own,) if own else ()))


def declare() -> None:
    """In the caller's transaction: ask that the exchange declares what this node states."""
    exchange.declare(KIND, body())
