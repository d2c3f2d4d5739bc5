"""The C++ core under sanitizers: no two threads race, and forged tables lead nowhere outside."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
COMPILER = shutil.which("c++")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(COMPILER is None, reason="needs a C++ compiler")]


def built(folder: Path, repository: Path, harness: str, *flags: str) -> Path:
    """The harness with the core's own sources; skips where the compiler lacks the sanitizer's library."""
    core = repository / "src/rempart/signals/native/search"
    sources = [str(path) for path in sorted(core.glob("*.cpp")) if path.name != "module.cpp"]
    program = folder / harness.removesuffix(".cpp")
    (folder / "empty.cpp").write_text("int main() {}")
    for what in ([str(folder / "empty.cpp")], ["-O2", "-g", f"-I{core}", str(HERE / harness), *sources]):
        command = [str(COMPILER), "-std=c++20", "-pthread", *flags, *what, "-o", str(program)]
        finished = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if finished.returncode and len(what) == 1:
            pytest.skip(f"the compiler cannot link with {' '.join(flags)}")
        assert finished.returncode == 0, finished.stderr
    return program


def run(program: Path, *arguments: str, simd: str = "") -> str:
    environment = {**os.environ, "REMPART_SIMD": simd, "ASAN_OPTIONS": "detect_leaks=0"}
    # A sanitizer's shadow memory has its place, which a system that spreads addresses widely may have given away.
    fixed = ["setarch", "-R"] if shutil.which("setarch") else []
    finished = subprocess.run(
        [*fixed, str(program), *arguments], env=environment, capture_output=True, text=True, timeout=600
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "WARNING: ThreadSanitizer" not in finished.stderr
    return finished.stdout


def test_no_two_threads_race(tmp_path, repository):
    program = built(tmp_path, repository, "search_threads.cpp", "-fsanitize=thread")
    assert run(program).rstrip().endswith(" 0 wrong")


def test_the_race_detector_would_tell(tmp_path):
    """A race of our own, so that silence above says something."""
    source = tmp_path / "race.cpp"
    source.write_text("#include <thread>\nint n;\nint main() { std::jthread a([] { ++n; }), b([] { ++n; }); }\n")
    program = tmp_path / "race"
    command = [str(COMPILER), "-std=c++20", "-pthread", "-g", "-fsanitize=thread", str(source), "-o", str(program)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("the compiler cannot link with -fsanitize=thread")
    with pytest.raises(AssertionError, match="data race"):
        run(program)


def test_forged_tables_lead_nowhere_outside(tmp_path, repository):
    program = built(
        tmp_path, repository, "search_forged.cpp", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"
    )
    for simd in ("portable", "avx2", "avx512"):
        assert "refusals" in run(program, "60", simd=simd)
