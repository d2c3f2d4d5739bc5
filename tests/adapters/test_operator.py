"""Who runs a command is what the kernel says, not what the environment says."""

import os
import pwd
from pathlib import Path

import pytest

from rempart.adapters import operator

ME = pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture
def login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def is_(text: str) -> None:
        path = tmp_path / "loginuid"
        path.write_text(text)
        monkeypatch.setattr(operator, "_LOGIN", path)

    return is_


@pytest.mark.parametrize("text", [str(2**32 - 1), str(os.geteuid()), "", "x"])
def test_the_account_alone(login, text: str) -> None:
    login(text)
    assert operator.operator() == ME


def test_who_logged_in_and_became_another(login) -> None:
    login("54321")
    assert operator.operator() == f"{ME} for uid 54321"


def test_the_environment_is_not_believed(login, monkeypatch: pytest.MonkeyPatch) -> None:
    login(str(2**32 - 1))
    for name in ("USER", "LOGNAME", "SUDO_USER"):
        monkeypatch.setenv(name, "somebody")
    assert operator.operator() == ME


def test_without_linux_s_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator, "_LOGIN", tmp_path / "nothing")
    assert operator.operator() == ME
