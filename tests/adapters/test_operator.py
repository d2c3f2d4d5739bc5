"""Who runs a command is what the kernel says; what the environment says is told as said."""

import os
import pwd
from pathlib import Path

import pytest

from rempart.adapters import operator

ME = pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture
def login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("REMPART_OPERATOR", raising=False)

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


def test_what_was_said_is_told_as_said(login, monkeypatch: pytest.MonkeyPatch) -> None:
    login(str(2**32 - 1))
    monkeypatch.setenv("REMPART_OPERATOR", " olga ")
    assert operator.operator() == f"{ME} for olga (as told)"


def test_what_is_known_beats_what_was_said(login, monkeypatch: pytest.MonkeyPatch) -> None:
    login("54321")
    monkeypatch.setenv("REMPART_OPERATOR", "olga")
    assert operator.operator() == f"{ME} for uid 54321"


def test_other_variables_are_not_believed(login, monkeypatch: pytest.MonkeyPatch) -> None:
    login(str(2**32 - 1))
    for name in ("USER", "LOGNAME", "SUDO_USER"):
        monkeypatch.setenv(name, "somebody")
    assert operator.operator() == ME


def test_without_linux_s_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator, "_LOGIN", tmp_path / "nothing")
    assert operator.operator() == ME
