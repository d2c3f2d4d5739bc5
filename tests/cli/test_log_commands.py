"""`rempart log` and `rempart verify`: a log checked by anybody, on a machine without a node."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copytree

import pytest
from exchange import roster_people
from exchange.log_cases import KEY, SIGNER, WITNESSES, batch
from typer.testing import CliRunner, Result

from rempart.adapters.log_folder import FolderStore
from rempart.adapters.signing import Signer
from rempart.cli import log_places, main, verify
from rempart.core.errors import IntegrityError, NotFound
from rempart.exchange.checkpoints import cosign
from rempart.exchange.quorum import FRESH_SECONDS
from rempart.exchange.roster import found
from rempart.exchange.writer import Gather, LogWriter
from rempart.formats.signed_note import Key, Note

NOW = 1_800_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log of 600 entries, one of them erased, with its key beside it."""
    folder = tmp_path / "site" / "log"
    log = LogWriter(FolderStore(folder), KEY, SIGNER.sign)
    for seed in range(3):
        log.append([each + b"!" for each in batch(199, seed)] + [bytes(16)])
    log.erase(7)
    (folder / "vkey").write_text(KEY.vkey + "\n")
    return folder


@pytest.fixture
def site(folder: Path) -> Iterator[str]:
    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder.parent)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("REMPART_HOME", str(tmp_path / "none"))
    return tmp_path / "state" / "rempart" / "verified.json"


def run(*words: object, code: int = 0) -> Result:
    done = CliRunner().invoke(main.app, [str(each) for each in words])
    assert done.exit_code == code, (done.output, done.exception)
    return done


def told(*words: object, code: int = 0) -> dict[str, object]:
    return json.loads(run("verify", *words, "--json", code=code).stdout)


def grow(folder: Path, seed: int = 9) -> None:
    LogWriter(FolderStore(folder), KEY, SIGNER.sign).append(batch(300, seed))


def test_fsck_says_what_it_checked(folder: Path) -> None:
    said = run("log", "fsck", folder).stdout
    assert "600 entries" in said
    assert "3 are padding, 1 were erased" in said
    assert KEY.vkey in said


def test_fsck_takes_a_nodes_folder_too(folder: Path) -> None:
    assert run("log", "fsck", folder.parent).stdout == run("log", "fsck", folder).stdout


def test_fsck_of_public_files_says_what_it_could_not_check(folder: Path, site: str) -> None:
    for place in (f"{site}/log", f"{site}/log/", site):
        said = run("log", "fsck", place).stdout
        assert "Not checked: their openings" in said
    (folder / "vkey").unlink()
    assert "Not checked: the signature" in run("log", "fsck", site).stdout
    assert KEY.vkey in run("log", "fsck", site, "--vkey", KEY.vkey).stdout


@pytest.mark.parametrize(
    "path", ["tile/0/001", "tile/1/000.p/2", "tile/entries/002.p/88", "bundle/000.p/200", "bundle/001", "head"]
)
def test_fsck_ends_with_the_first_wrong_file(folder: Path, path: str) -> None:
    at = folder / path
    at.write_bytes(at.read_bytes()[:-1] + b"x")
    error = run("log", "fsck", folder, code=1).exception
    assert isinstance(error, IntegrityError)
    assert error.where in (path, "tile/0/002.p/88")


def test_fsck_refuses_another_key_than_the_one_named(folder: Path) -> None:
    other = Key(KEY.name, Signer(bytes(32)).public_key)
    assert isinstance(run("log", "fsck", folder, "--vkey", other.vkey, code=1).exception, IntegrityError)


def test_fsck_in_several_processes_finds_the_same(folder: Path) -> None:
    program = [sys.executable, "-m", "rempart.cli", "log", "fsck", str(folder), "--jobs", "2"]
    done = subprocess.run(program, capture_output=True, text=True, env=dict(os.environ), timeout=120)
    assert (done.returncode, "600 entries" in done.stdout) == (0, True), done.stderr
    (folder / "tile" / "0" / "001").write_bytes(bytes(8192))
    done = subprocess.run(program, capture_output=True, text=True, env=dict(os.environ), timeout=120)
    assert done.returncode == 1
    assert "tile/0/001" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_log_the_error_says_so(tmp_path: Path) -> None:
    assert isinstance(run("log", "fsck", code=1).exception, NotFound)
    assert isinstance(run("log", "fsck", tmp_path, code=1).exception, NotFound)


def test_the_nodes_own_log_is_the_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_places, "own_folder", lambda: folder)
    monkeypatch.setattr("rempart.cli.log.own_folder", lambda: folder)
    assert "600 entries" in run("log", "fsck").stdout
    (folder / "head").unlink()
    run("log", "fsck", code=1)


def test_show_prints_checkpoint_and_signers(folder: Path) -> None:
    key, signer = WITNESSES[0]
    log = LogWriter(FolderStore(folder), KEY, SIGNER.sign)
    log.refresh(lambda note, size, proof: [cosign(note.text, key, signer.sign, NOW)])
    said = run("log", "show", folder).stdout
    for part in ("hotline.example/log", "600", KEY.vkey, key.name, "2027-01-15 08:00:00 UTC"):
        assert part in said


def test_verify_says_what_it_checked_and_what_it_could_not(site: str, folder: Path) -> None:
    first = told(site)
    assert (first["verified"], first["entries"], first["since"]) == (True, 600, None)
    assert len(first["not_checked"]) == 4  # type: ignore[arg-type]
    grow(folder)
    second = told(site, "--vkey", KEY.vkey)
    assert second["entries"] == 900
    assert second["since"]["entries"] == 600  # type: ignore[index]
    said = run("verify", site).stdout
    for part in ("hotline.example/log", "900, each recomputed", "goes on from", "not checked"):
        assert part in said


def test_verify_refuses_a_log_that_went_back(site: str, folder: Path, tmp_path: Path) -> None:
    copytree(folder, tmp_path / "backup")
    grow(folder)
    told(site)
    folder.rename(tmp_path / "gone")
    (tmp_path / "backup").rename(folder)
    assert "showed 900 before" in str(told(site, code=1)["reason"])


def test_verify_refuses_a_log_that_was_rewritten(site: str, folder: Path, tmp_path: Path) -> None:
    copytree(folder, tmp_path / "backup")
    grow(folder)
    told(site)
    folder.rename(tmp_path / "gone")
    (tmp_path / "backup").rename(folder)
    grow(folder, 10)
    refused = told(site, code=1)
    assert refused["verified"] is False
    assert "not a continuation" in str(refused["reason"])
    grow(folder, 11)
    assert "not a continuation" in str(told(site, code=1)["reason"])
    assert isinstance(run("verify", site, code=1).exception, IntegrityError)


def test_verify_refuses_another_key_until_it_is_named(site: str, folder: Path) -> None:
    told(site)
    fresh = Signer(b"n" * 32)
    key = Key(KEY.name, fresh.public_key)
    LogWriter(FolderStore(folder), key, fresh.sign).refresh()
    (folder / "vkey").write_text(key.vkey)
    assert "another key" in str(told(site, code=1)["reason"])
    assert told(site, "--vkey", key.vkey)["verified"]
    assert told(site)["verified"]


def test_verify_tells_each_witness_and_how_old_its_cosignature_is(
    site: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one, one_signer), (two, two_signer), (three, _) = WITNESSES

    def gather(note: Note, *rest: object) -> list[object]:
        now = int(time.time())
        return [
            cosign(note.text, one, one_signer.sign, now),
            cosign(note.text, two, two_signer.sign, now - FRESH_SECONDS - 60),
        ]

    LogWriter(FolderStore(folder), KEY, SIGNER.sign).refresh(gather)  # type: ignore[arg-type]
    named = [word for key in (one, three) for word in ("--witness", key.vkey)]
    report = told(site, *named)
    assert [(each["name"], each["fresh"]) for each in report["witnesses"]] == [  # type: ignore[attr-defined]
        (one.name, True),
        (three.name, False),
    ]
    assert report["unknown_signatures"] == [two.name]
    said = run("verify", site, *named, "--witness", two.vkey).stdout
    assert "too old to count" in said
    assert "no cosignature" in said
    assert verify._told({"at": 2**63, "fresh": False})


@pytest.mark.parametrize("words", [("--witness", KEY.vkey), ("--witness", "x"), ("--vkey", "x")])
def test_verify_takes_no_wrong_keys(site: str, words: tuple[str, str]) -> None:
    assert told(site, *words, code=1)["verified"] is False


def test_verify_names_the_file_that_is_wrong(site: str, folder: Path, state: Path) -> None:
    (folder / "tile" / "0" / "000").write_bytes(bytes(8192))
    assert "tile/0/000" in str(told(site, code=1)["reason"])
    assert not state.exists()


def test_verify_does_not_go_on_from_a_memory_it_cannot_read(site: str, tmp_path: Path) -> None:
    for text in ("", "[]", '{"logs": {"a": {}}}', '{"logs": 1}', '{"logs": {"a": {"note": "x", "vkey": "y"}}}'):
        (tmp_path / "memory").write_text(text)
        assert run("verify", site, "--state", tmp_path / "memory", code=1).exception


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    """Three members, each with a witness."""
    now, numbers = datetime.now(UTC), [0, 1, 2]
    made = found([roster_people.member(n) for n in numbers], [roster_people.witness(n) for n in numbers], now)
    path = tmp_path / "roster.json"
    path.write_bytes(roster_people.signed_by_all(made, numbers).to_bytes())
    return path


def test_verify_by_a_roster_counts_groups_of_witnesses(site: str, folder: Path, tmp_path: Path, roster: Path) -> None:
    assert "no active member" in str(told(site, "--roster", roster, code=1)["reason"])
    folder.rename(tmp_path / "gone")
    key, signer = roster_people.member(0).log, roster_people.signer("log", 0)
    log = LogWriter(FolderStore(folder), key, signer.sign)

    def gather(count: int) -> Gather:
        at = int(time.time())
        return lambda note, size, proof: [
            cosign(note.text, roster_people.witness(n).key, roster_people.signer("witness", n).sign, at)
            for n in range(count)
        ]

    log.append(batch(10), gather(2))
    found_few = told(site, "--roster", roster, code=1)
    assert found_few["verified"] is False
    assert found_few["quorum"] == {"needed": 3, "groups": ["AT", "AU"], "met": False}
    assert "Too few witnesses" in run("verify", site, "--roster", roster, code=1).stderr
    log.refresh(gather(3))
    assert told(site, "--roster", roster)["quorum"]["met"]  # type: ignore[index]
    assert "3 groups, 3 needed" in run("verify", site, "--roster", roster).stdout
