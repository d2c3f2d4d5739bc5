"""Documents as the tests of this folder read them."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def document(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def read(repository: Path) -> Callable[[str], str]:
    """A document's text, by its path in the repository."""
    return lambda name: (repository / name).read_text(encoding="utf-8")


@pytest.fixture
def rows() -> Callable[[str, str], dict[str, list[str]]]:
    """Rows of a document's tables whose first cell is code that fits a pattern: the code to the other cells."""

    def found(text: str, pattern: str) -> dict[str, list[str]]:
        return dict(_rows(text, pattern))

    return found


def _rows(text: str, pattern: str) -> Iterator[tuple[str, list[str]]]:
    for line in text.splitlines():
        if match := re.match(rf"\| `({pattern})` \|(.*)\|$", line):
            yield match[1], [cell.strip() for cell in match[2].split(" | ")]


@pytest.fixture
def run_blocks() -> Callable[..., dict[str, object]]:
    """Run a document's Python blocks in their order, in one namespace; an error names the line of the document."""

    def run(path: Path, **given: object) -> dict[str, object]:
        names: dict[str, object] = dict(given)
        text = path.read_text(encoding="utf-8")
        for block in re.finditer(r"^```python\n(.*?)^```$", text, re.M | re.S):
            first = text.count("\n", 0, block.start(1))
            exec(compile("\n" * first + block[1], str(path), "exec"), names)
        return names

    return run
