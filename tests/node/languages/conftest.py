from collections.abc import Iterator

import pytest
from node.languages import made_up


@pytest.fixture
def german(tmp_path, settings, monkeypatch) -> Iterator[None]:
    made_up.install(tmp_path / "locale", settings, monkeypatch)
    yield
    monkeypatch.undo()
    made_up.forget()
