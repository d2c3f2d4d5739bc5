"""Kill the writing process at random points: each blob is whole or absent, and what was confirmed is there."""

import hashlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rempart.adapters.vault import Vault

NODE_KEY = bytes(32)
KEY = bytes(range(32))
WRITER = """
import hashlib, random, sys
from pathlib import Path
from rempart.adapters.vault import Vault
root, start = Path(sys.argv[1]), int(sys.argv[2])
vault = Vault(root, bytes(32), 10**9)
print("ready", flush=True)
for number in range(start, start + 100_000):
    blob_id = f"blob-{number}"
    content = random.Random(blob_id).randbytes(random.Random(number).choice((10, 200_000, 700_000)))
    with vault.writer(bytes(range(32)), blob_id) as blob:
        for at in range(0, len(content), 65_536):
            blob.write(content[at : at + 65_536])
        blob.commit()
    print(blob_id, flush=True)
"""
KILLS = 12


def expected(blob_id: str) -> str:
    size = random.Random(int(blob_id.removeprefix("blob-"))).choice((10, 200_000, 700_000))
    return hashlib.sha256(random.Random(blob_id).randbytes(size)).hexdigest()


def write_until_killed(root: Path, start: int, after: float) -> list[str]:
    """The ids whose commit returned before SIGKILL."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root), str(start)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(after)
        process.kill()
        # A line cut by the kill was not yet confirmed.
        return [line.rstrip("\n") for line in process.stdout if line.endswith("\n")]


@pytest.mark.parametrize("seed", [1])
def test_blobs_survive_kills_whole_or_not_at_all(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    confirmed: list[str] = []
    for kill in range(KILLS):
        confirmed += write_until_killed(tmp_path, kill * 100_000, chance.uniform(0.0, 0.12))
    vault = Vault(tmp_path, NODE_KEY, 10**9)
    present = [path.name for path in tmp_path.glob("*/*") if not path.name.startswith(".")]
    assert len(confirmed) > KILLS
    assert set(confirmed) <= set(present)
    for blob_id in present:
        assert hashlib.sha256(vault.read_all(KEY, blob_id)).hexdigest() == expected(blob_id)
    vault.sweep(lambda blob_id: True, 0.0)
    assert sorted(path.name for path in tmp_path.glob("*/*")) == sorted(present)
