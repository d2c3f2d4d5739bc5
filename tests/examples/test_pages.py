"""What the pages show of the examples is what lies in examples/, and it works."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "examples"


def blocks(page: str, language: str) -> list[str]:
    text = (REPOSITORY / page).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


@pytest.mark.parametrize(
    ("language", "name"),
    [("ini", "rempart-matcher.service"), ("nginx", "mastodon-nginx.conf"), ("sh", "sweep.sh")],
)
def test_the_page_shows_the_file(language, name):
    assert (EXAMPLES / "small_server" / name).read_text() in blocks("docs/small-server.md", language)


def test_the_page_shows_the_settings_of_the_synapse_module():
    (shown,) = blocks("docs/small-server.md", "yaml")
    assert textwrap.indent(shown, "    ") in (EXAMPLES / "synapse_module" / "rempart_screen.py").read_text()


def test_the_page_of_the_drop_in_runs():
    """In a process of its own: one of its lines changes the package for the whole process."""
    program = "\n".join(blocks("docs/threatexchange.md", "python"))
    program += "\nassert PdqSignal.get_index_cls() is PDQIndex"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_links_between_examples_lead_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", (EXAMPLES / "README.md").read_text())
    assert links
    assert [link for link in links if not (EXAMPLES / link).exists()] == []
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == {link.partition("/")[0] for link in links} - {"screening.py", "embedded.py"}


def test_the_nightly_sweep_finds_what_is_listed(tmp_path, listed, other, hash_list):
    media = tmp_path / "public" / "system"
    media.mkdir(parents=True)
    for name, data in (("listed.png", listed), ("other.png", other), ("a letter.txt", b"text")):
        (media / name).write_bytes(data)
    command = (EXAMPLES / "small_server" / "sweep.sh").read_text()
    for shown, real in (
        ("/opt/rempart/bin/rempart", f"'{sys.executable}' -m rempart.cli"),
        ("/etc/rempart/hotline.csv", f"'{hash_list}'"),
    ):
        assert shown in command
        command = command.replace(shown, real)
    done = subprocess.run(
        ["sh", "-c", command],
        env={**os.environ, "MASTODON": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 10, done.stderr
    (hit,) = map(json.loads, done.stdout.splitlines())
    assert hit["path"] == str(media / "listed.png")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_unit(tmp_path):
    unit = tmp_path / "rempart-matcher.service"
    text = (EXAMPLES / "small_server" / "rempart-matcher.service").read_text()
    unit.write_text(text.replace("/opt/rempart/bin/rempart", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, [line for line in done.stderr.splitlines() if unit.name in line]) == (0, [])


@pytest.mark.parametrize(
    ("program", "told"),
    [
        (["threatexchange/compare.py", "--entries", "2000", "--queries", "20"], "one query, median of all"),
        (["small_server/footprint.py", "--entries", "500", "--pictures", "2"], "memory after that"),
    ],
)
def test_programs_that_measure_print_what_the_pages_show(program, told):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(EXAMPLES / program[0]), *program[1:]],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = [re.split(r"\s{2,}", line)[0] for line in done.stdout.splitlines()[1:]]
    assert told in printed
    page = "docs/threatexchange.md" if "compare" in program[0] else "docs/small-server.md"
    shown = next(block for block in blocks(page, "text") if told in block)
    assert [re.split(r"\s{2,}", line)[0] for line in shown.splitlines()[1:]] == printed
