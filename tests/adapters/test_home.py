import os
import resource
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rempart.adapters.home import HELD, Home
from rempart.adapters.signing import Signer
from rempart.core.errors import NotPermitted, UnsafeStart

KEYS = sorted(HELD["all"])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "node" / "data")
    home.create()
    return home


def test_create_makes_private_folders_and_secrets(home: Home) -> None:
    home.check()
    for directory in home.directories:
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert sorted(os.listdir(home.keys_directory)) == KEYS
    for name in KEYS:
        assert stat.S_IMODE((home.keys_directory / name).stat().st_mode) == 0o600
    assert home.database == home.path / "database.sqlite3"
    assert home.referrals == home.path / "outbox" / "referrals"


def test_secrets_differ_and_serve_their_purpose(home: Home) -> None:
    keys = home.keys
    assert (home.keys_directory / "vault.pub").read_bytes() == keys.sealing != keys.vault
    assert len({keys.vault, keys.receipt, keys.lookup, keys.signing}) == 4
    assert {len(key) for key in (keys.vault, keys.receipt, keys.lookup, keys.signing)} == {32}
    assert len(keys.django) == 64
    assert Signer(keys.signing).public_key != keys.signing


def test_secrets_do_not_show_in_a_repr(home: Home) -> None:
    keys = home.keys
    assert repr(keys) == "Keys()"


def test_creating_again_keeps_every_secret(home: Home) -> None:
    before = home.keys
    home.create()
    assert Home(home.path).keys == before


def test_many_processes_create_one_home(tmp_path: Path) -> None:
    program = (
        "import sys, hashlib; from pathlib import Path; from rempart.adapters.home import Home\n"
        "home = Home(Path(sys.argv[1])); sys.stdin.readline(); home.create(); home.check()\n"
        "k = home.keys; secrets = k.vault + k.receipt + k.lookup + k.signing + k.django.encode()\n"
        "print(hashlib.sha256(secrets).hexdigest())"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "home")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=30)[0] for process in started]
    assert [process.returncode for process in started] == [0] * 4
    assert len(set(answers)) == 1


def test_from_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Home.from_environment({"REMPART_HOME": str(tmp_path)}).path == tmp_path
    monkeypatch.chdir(tmp_path)
    assert Home.from_environment({"REMPART_HOME": "data"}).path == tmp_path / "data"
    default = Home.from_environment({"REMPART_HOME": " "}).path
    assert default.name == ".rempart"
    assert default.parent == tmp_path or (default.parent / "pyproject.toml").is_file()


def test_a_public_half_of_another_key_is_refused(home: Home) -> None:
    """What the public pages seal for it nobody could open; it would be found out when reports are read."""
    (home.keys_directory / "vault.pub").write_bytes(bytes(32))
    with pytest.raises(UnsafeStart, match="public half"):
        home.check()


def test_an_empty_folder_made_by_hand_is_made_private(tmp_path: Path) -> None:
    folder = tmp_path / "mounted"
    folder.mkdir(mode=0o755)
    home = Home(folder)
    home.create()
    home.check()


@pytest.mark.parametrize("name", KEYS)
def test_a_missing_secret_is_refused_with_advice(home: Home, name: str) -> None:
    (home.keys_directory / name).unlink()
    with pytest.raises(UnsafeStart, match="does not exist") as caught:
        home.check()
    assert name in caught.value.where
    assert "backup" in caught.value.advice


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_secret_open_to_others_is_refused(home: Home, name: str, mode: int) -> None:
    (home.keys_directory / name).chmod(mode)
    with pytest.raises(UnsafeStart, match="other accounts") as caught:
        home.check()
    assert "chmod 600" in caught.value.advice


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("content", [b"", b"short", b"x" * 65])
def test_a_secret_of_a_wrong_size_is_refused_by_check_and_keys(home: Home, name: str, content: bytes) -> None:
    (home.keys_directory / name).write_bytes(content)
    with pytest.raises(UnsafeStart, match=f"has {len(content)} bytes"):
        home.check()
    with pytest.raises(UnsafeStart):
        _ = home.keys


def test_a_folder_open_to_others_or_missing_is_refused(home: Home) -> None:
    home.vault.chmod(0o750)
    with pytest.raises(UnsafeStart, match="mode 0750"):
        home.check()
    home.vault.chmod(0o700)
    home.lists.rmdir()
    with pytest.raises(UnsafeStart, match="folder does not exist"):
        home.check()


def test_a_vault_that_cannot_be_written_is_refused(home: Home) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(UnsafeStart, match="cannot be written"):
            home.check()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    home.check()


def test_check_leaves_nothing_behind(home: Home) -> None:
    home.check()
    assert os.listdir(home.vault) == []


def apart(home: Home, surface: str, folder: Path) -> Home:
    """The same data folder for a process of `surface` that was given its own secrets and no other."""
    folder.mkdir(mode=0o700)
    for name in HELD[surface]:
        shutil.copy(home.keys_directory / name, folder / name)
    return Home(home.path, surface, folder)


@pytest.mark.parametrize("surface", HELD)
def test_a_process_starts_with_the_secrets_of_its_surface_alone(home: Home, tmp_path: Path, surface: str) -> None:
    process = apart(home, surface, tmp_path / "keys")
    process.check()
    assert process.keys.sealing == home.keys.sealing
    for name in HELD[surface]:
        (process.keys_directory / name).rename(tmp_path / name)
        with pytest.raises(UnsafeStart, match="does not exist"):
            process.check()
        (tmp_path / name).rename(process.keys_directory / name)


def test_the_public_surface_holds_nothing_that_opens_a_report(home: Home) -> None:
    """Not even where the whole folder of keys lies beside it: it reads its own and no other."""
    keys = Home(home.path, "public").keys
    assert keys.vault is None
    with pytest.raises(NotPermitted):
        _ = keys.signing
    assert home.keys.vault not in [getattr(keys, name) for name in ("sealing", "receipt", "lookup")]


@pytest.mark.parametrize(("surface", "lacking"), [("machine", "receipt"), ("machine", "lookup"), ("staff", "receipt")])
def test_a_secret_of_another_surface_is_asked_in_vain(home: Home, surface: str, lacking: str) -> None:
    with pytest.raises(NotPermitted, match="does not hold"):
        getattr(Home(home.path, surface).keys, lacking)
    assert getattr(home.keys, lacking)


def test_a_surface_makes_no_secret_of_its_own(tmp_path: Path) -> None:
    alone = Home(tmp_path / "alone", "public")
    alone.create()
    assert os.listdir(alone.keys_directory) == []
    with pytest.raises(UnsafeStart, match="does not exist"):
        alone.check()
    given = Home(tmp_path / "given", "all", tmp_path / "nowhere")
    given.create()
    assert not given.keys_directory.exists()


def test_where_the_secrets_lie_and_who_reads_them_come_from_the_environment(tmp_path: Path) -> None:
    environ = {"REMPART_HOME": str(tmp_path), "REMPART_KEYS": str(tmp_path / "k"), "REMPART_SURFACE": "public"}
    home = Home.from_environment(environ)
    assert (home.keys_directory, home.surface) == (tmp_path / "k", "public")
    assert tmp_path / "k" not in home.directories
    assert Home.from_environment({"REMPART_HOME": str(tmp_path)}).surface == "all"


def test_a_credential_of_the_service_manager_may_carry_its_access_list(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """systemd gives root's files to one account through an access list, whose mask shows as rights of the group."""
    key = home.keys_directory / "vault.key"
    if key.stat().st_uid != 0:
        pytest.skip("credentials belong to root")
    key.chmod(0o440)
    with pytest.raises(UnsafeStart, match="mode 0440"):
        home.check()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(home.keys_directory))
    home.check()
    key.chmod(0o444)
    with pytest.raises(UnsafeStart, match="mode 0444"):
        home.check()
