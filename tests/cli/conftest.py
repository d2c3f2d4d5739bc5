"""A store of generated pictures, a list that knows some of them, and the command as scripts run it."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from signals.pictures import encoded, scene

from rempart.signals.fingerprint import pdq

Run = Callable[..., subprocess.CompletedProcess[str]]
COMMAND = (sys.executable, "-m", "rempart.cli")


def environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "COLUMNS": "200", "LANG": "C.UTF-8"}


@pytest.fixture(scope="session")
def rempart() -> Run:
    """Run a command that needs no node; `code` is the exit code it must have."""

    def run(*words: object, code: int = 0, given: bytes = b"", cwd: Path | None = None, **more: str):
        done = subprocess.run(
            [*COMMAND, *map(str, words)],
            env={**environment(), **more},
            input=given,
            capture_output=True,
            timeout=120,
            cwd=cwd,
        )
        said = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
        assert said.returncode == code, said.stderr + said.stdout
        return said

    return run


@dataclass(frozen=True)
class Store:
    """`near` are pictures of which the list knows a smaller copy, `exact` a text it knows by its SHA-256."""

    folder: Path
    list_csv: Path
    near: tuple[str, ...]
    exact: str

    @property
    def names(self) -> list[str]:
        return sorted(str(path) for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    root = tmp_path_factory.mktemp("store")
    folder, near, lines = root / "uploads", [], ["sha256,pdq,category"]
    (folder / "sub").mkdir(parents=True)
    for seed in range(12):
        path = folder / ("sub" if seed % 2 else "") / f"picture {seed:02}.jpg"
        path.write_bytes(encoded(scene(seed=seed)))
        if seed < 3:
            near.append(str(path))
            code, _ = pdq(encoded(scene(seed=seed).resize((200, 150))))
            lines.append(f",{code.hex()},A1")
    text = folder / "known.txt"
    text.write_bytes(b"a known text")
    lines.append(f"{hashlib.sha256(b'a known text').hexdigest()},,not_illegal")
    (root / "hashes.csv").write_text("\n".join(lines) + "\n")
    return Store(folder, root / "hashes.csv", tuple(sorted(near)), str(text))
