"""docs/library.md runs, and `pip install rempart` brings no web framework."""

import email
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

NODE_ONLY = {"django", "django-ninja", "django-csp", "granian", "httpx", "psycopg", "whitenoise", "argon2-cffi"}
MODULES = ("rempart.signals.lists", "rempart.signals.fingerprint.sandbox", "rempart.formats.signed_json")


def test_the_examples_run(run_blocks, repository: Path) -> None:
    names = run_blocks(repository / "docs" / "library.md")
    assert names["near"]


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as a release is, in a folder of its own: what the checkout runs on stays as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [".boot/bin/uv", "build", "--quiet", "--wheel", "--out-dir", str(folder), "--python", sys.executable]
    command += ["--build-constraints", "requirements/build.txt", "-C", f"build-dir={folder / 'made'}", "."]
    subprocess.run(
        command,
        cwd=repository,
        check=True,
        capture_output=True,
        timeout=600,
        env={**os.environ, "UV_SYSTEM_CERTS": "true"},
    )
    return next(folder.glob("*.whl"))


def requirements(wheel: Path) -> tuple[set[str], set[str]]:
    """Names of what the wheel needs: always, and with the extra `node`."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        lines = email.message_from_bytes(archive.read(name)).get_all("Requires-Dist")
    named = {line: re.match(r"[\w-]+", line)[0].lower() for line in lines}
    always = {short for line, short in named.items() if "extra ==" not in line}
    return always, {short for line, short in named.items() if re.search(r"extra == '?\"?node", line)}


def test_the_library_needs_no_web_framework(wheel: Path) -> None:
    always, node = requirements(wheel)
    assert "numpy" in always
    assert not always & NODE_ONLY
    assert node >= NODE_ONLY


def test_the_wheel_is_as_small_as_the_page_says(wheel: Path, read) -> None:
    [told] = re.findall(r"\| the wheel itself \| ([\d.]+) MB \|", read("docs/library.md"))
    assert abs(wheel.stat().st_size / 1e6 - float(told)) < 0.1


def test_the_wheel_has_both_extensions_and_no_source_of_theirs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert len([name for name in names if re.fullmatch(r"rempart/signals/_(search|hashing)\..*\.so", name)]) == 2
    assert [name for name in names if name.endswith((".cpp", ".hpp"))] == []


@pytest.mark.parametrize("module", MODULES)
def test_importing_the_library_loads_no_web_framework(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert not set(loaded.stdout.split()) & {"django", "ninja", "granian", "httpx", "typer"}
