"""A member's part, edited by its statistician, and what this node then declares."""

from collections.abc import Callable
from pathlib import Path

import pytest
from core.register.made_up import commitment, contact
from node.casework.pages import enter
from node.exchange.away import internet
from node.exchange.conftest import log_folder

from rempart.core.register.part import Part
from rempart.node.register import editing

__all__ = ["enter", "internet", "log_folder"]
PART = Part("FR", "fr", "", (contact(),), (commitment(1), commitment(2)))


@pytest.fixture
def publish(db, log_folder: Path) -> Callable[..., int]:
    """Draft, submit and publish; the revision's number."""

    def run(part: Part = PART, round_key: str = "", actor: str = "staff:1") -> int:
        editing.edit(part, actor=actor, what="commitments")
        editing.submit(part.country, round_key, actor=actor)
        return editing.publish(part.country, actor=actor)

    return run


@pytest.fixture
def secretariat(settings) -> None:
    settings.SECRETARIAT = "1"
