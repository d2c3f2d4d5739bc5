"""A short run of the fuzzing of files; `benchmarks/fuzz_index_file.py --files 100000` is the long one."""

import subprocess
import sys

import pytest

from rempart.signals.match import engine


@pytest.mark.skipif(engine() == "numpy", reason="forged tables need the C++ core")
def test_mutated_files_are_refused_or_answer(repository):
    program = repository / "benchmarks" / "fuzz_index_file.py"
    finished = subprocess.run(
        [sys.executable, str(program), "--files", "1500", "--first", "1000000"],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "1,500 mutated files" in finished.stdout
    assert "0 crashes, hangs or wrong answers" in finished.stdout
