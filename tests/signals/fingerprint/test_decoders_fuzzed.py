"""A short run of the decoders' fuzzer; `benchmarks/fuzz_decoders.py` by itself makes 100,000 files."""

import re
import subprocess
import sys
from pathlib import Path

FUZZER = Path(__file__).parents[3] / "benchmarks" / "fuzz_decoders.py"


def run(*arguments: str) -> str:
    path = ":".join(entry for entry in sys.path if entry)
    command = [sys.executable, FUZZER, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": path}, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_mutated_files_neither_crash_nor_hang_the_parent():
    summary = run("--files", "3000", "--seed", "11")
    assert "3,000 mutated files (seed 11, from 0)" in summary
    assert " 0 failures of the parent" in summary
    assert int(re.search(r"image: answered +([\d,]+)", summary)[1].replace(",", "")) > 300
    assert re.search(r"video: (answered|refused)", summary)


def test_a_file_is_the_same_in_every_run():
    def outcomes(first: int, files: int) -> list[str]:
        return run("--seed", "5", "--first", str(first), "--files", str(files)).splitlines()[:-1]

    assert outcomes(40, 1) == outcomes(40, 1)
    assert sum(int(line.split()[-1]) for line in outcomes(0, 50)) == 50
