"""What a scan shows on standard error: a bar for a person, plain lines for a log, never a fingerprint."""

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest
from cli.conftest import COMMAND, environment
from signals.pictures import encoded, scene

from rempart.cli import scan_progress
from rempart.cli.scan_progress import ScanProgress, exit_code
from rempart.core.vocabulary import FingerprintType
from rempart.formats.rows import RejectedRow
from rempart.scanning.records import Examined, Item, Match, Outcome, Query, Totals

NEAR = Match("list", 1, "A1", "made up", "near", FingerprintType.PDQ, 3)


def outcome(name: str = "a.jpg", *matches: Match, problem: str | None = None) -> Outcome:
    query = Query({FingerprintType.PDQ: b"\xab" * 32}, 90)
    return Outcome(Examined(Item(name, key=name), (query,), problem), matches)


def on_terminal(*words: str) -> str:
    """What a person sees whose terminal shows standard error."""
    theirs, ours = pty.openpty()
    running = subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.DEVNULL, stderr=ours, env={**environment(), "TERM": "xterm"}
    )
    os.close(ours)
    seen = b""
    while True:
        try:
            chunk = os.read(theirs, 4096)
        except OSError:  # so a terminal says that its last writer has gone
            break
        if not chunk:
            break
        seen += chunk
    os.close(theirs)
    running.wait(timeout=60)
    return seen.decode()


def test_a_terminal_shows_a_bar_and_then_the_summary(store) -> None:
    seen = on_terminal("match", str(store.folder), "--list", str(store.list_csv), "--json")
    assert "13 inputs, 3 with hits" in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen)
    assert "━" in seen
    assert seen.rstrip().endswith("13 inputs, 3 with hits, 0 that could not be read whole.")


def test_elsewhere_lines_are_plain(rempart, store) -> None:
    said = rempart("match", store.folder, store.folder / "missing", "--list", store.list_csv, "--json", code=13).stderr
    assert said.isascii()
    assert said.replace("\n", "").isprintable()
    assert len(said.splitlines()) == 2


def test_a_long_scan_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(scan_progress, "_PLAIN_SECONDS", 0.0)
    with ScanProgress() as progress:
        progress.count(lambda: pytest.fail("nobody watches"), 5)
        progress.done(outcome("a", NEAR))
        progress.done(outcome("b"))
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("So far 1 inputs, 1 with hits, ")
    assert second.startswith("So far 2 inputs, 1 with hits, ")


def test_nothing_said_holds_a_fingerprint_or_drives_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with ScanProgress() as progress:
        progress.done(outcome("a\x1b[31m", NEAR, problem="made up [bold]"))
        progress.rejected("list\x1b", RejectedRow(3, "The value is wrong."))
        assert progress.rejected_rows == 1
    said = capsys.readouterr().err
    assert "ab" * 8 not in said
    assert "\x1b" not in said
    assert "made up [bold]" in said


@pytest.mark.parametrize(
    ("totals", "code"), [(Totals(9, 0, 0), 0), (Totals(9, 0, 2), 3), (Totals(9, 4, 0), 10), (Totals(9, 4, 2), 13)]
)
def test_exit_codes(totals: Totals, code: int) -> None:
    assert exit_code(totals) == code


def test_a_file_that_is_cut_off_is_told_by_name(rempart, tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes(encoded(scene(), "PNG")[:300])
    said = rempart("hash", tmp_path, "--json", code=3).stderr
    assert f"{tmp_path / 'cut.png'}: " in said
    assert "1 of 1 inputs could not be read whole." in said
