"""An alliance of nodes that pass files to one another."""

from pathlib import Path

import pytest
from node.roster.alliance import Alliance


@pytest.fixture
def nodes(db, settings, clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Alliance:
    return Alliance(settings, clock, tmp_path, monkeypatch)
