"""What holds for every document: links lead somewhere, commands exist, nothing speaks of a machine."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from lxml import etree
from PIL import Image

from rempart.demo.abroad import STORIES
from rempart.demo.journeys import JOURNEYS

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
MAX_IMAGE_BYTES = 150_000


def anchors(path: Path) -> set[str]:
    """Headings as repository hosts make addresses of them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_lead_somewhere(document: Path) -> None:
    broken = []
    for link in LINK.findall(document.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def test_nothing_speaks_of_a_machine(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert not re.findall(r"/(?:home|Users|root|work)/\w", text)


def test_targets_of_make_exist(document: Path, repository: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (repository / "Makefile").read_text(), re.M))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", document.read_text(encoding="utf-8"), re.M))
    assert named <= targets


def test_make_help_names_what_the_readme_does(repository: Path, read) -> None:
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", read("README.md"), re.M)) >= {"demo", "test", "run"}


def test_every_document_is_reached_from_the_readme(repository: Path, read) -> None:
    linked = {(repository / link.partition("#")[0]).resolve() for link in LINK.findall(read("README.md"))}
    pages = set((repository / "docs").glob("*.md"))
    assert pages <= linked


def test_scripts_named_exist(document: Path, repository: Path) -> None:
    for name in re.findall(r"\b((?:scripts|benchmarks)/\w+\.(?:py|sh))", document.read_text(encoding="utf-8")):
        assert (repository / name).exists(), name


def test_tests_named_in_the_threat_model_exist(repository: Path, read) -> None:
    text = read("docs/threat-model.md")
    folders = re.findall(r"`(tests/[\w/]+(?:\.py)?)`", text)
    files = re.findall(r"`(test_\w+\.py)`", text)
    assert len(folders) + len(files) > 20
    assert [name for name in folders if not (repository / name).exists()] == []
    assert [name for name in files if not list((repository / "tests").rglob(name))] == []


def test_images_are_small_and_shown(repository: Path, read) -> None:
    images = sorted((repository / "docs" / "images").iterdir())
    assert images
    for path in images:
        assert path.stat().st_size < MAX_IMAGE_BYTES
        if path.suffix == ".svg":
            assert etree.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"
        else:
            with Image.open(path) as image:
                image.verify()
        shown = read("README.md") + read("docs/performance.md").replace("](images/", "](docs/images/")
        assert f"](docs/images/{path.name})" in shown


def test_decisions_are_numbered_and_complete(repository: Path) -> None:
    decisions = sorted((repository / "docs" / "adr").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        parts = [text.find(f"**{part}.**") for part in ("Context", "Decision", "Consequences")]
        assert -1 < parts[0] < parts[1] < parts[2], path.name


def test_the_readme_counts_the_journeys(read) -> None:
    assert f"plays {len(JOURNEYS)} made-up reports" in read("README.md")
    total = len(JOURNEYS) + len(STORIES)
    assert f"`{total} of {total} journeys ended as they should.`" in read("README.md")


@pytest.mark.parametrize("package", ["rempart.exchange.envelopes"])
def test_what_the_readme_calls_missing_is_missing(package: str, read) -> None:
    assert "## What is not there yet" in read("README.md")
    assert find_spec(package) is None, "it is there: move it to what works today"
