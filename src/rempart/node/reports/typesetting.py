"""A report set in type: tagged PDF (PDF/A-2a and PDF/UA-1) by typst, in this process, with the fonts it brings.

The report reaches the template as a JSON file of its own, so no word of it is ever read as markup. The only time in
the file is that of the figures: the same report is the same bytes.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from rempart.node.reports.paper import Paper

TEMPLATES = Path(__file__).parent / "typst"
STANDARDS = ["a-2a", "ua-1"]


def pdf(paper: Paper) -> bytes:
    """The report as a PDF."""
    at = datetime.combine(paper.at.astimezone(UTC), datetime.min.time(), UTC)
    return _one(typst.compile(_files(paper), pdf_standards=STANDARDS, ignore_system_fonts=True, timestamp=at))


def pages(paper: Paper) -> int:
    """How many pages the PDF has."""
    return int(json.loads(typst.query(_files(paper), "<pages>", field="value", one=True, ignore_system_fonts=True)))


def pictures(paper: Paper, ppi: float = 72) -> list[bytes]:
    """Each page as a PNG, to be looked at."""
    made = typst.compile(_files(paper), format="png", ppi=ppi, ignore_system_fonts=True)
    return made if isinstance(made, list) else [made]


def _files(paper: Paper) -> Any:
    return {**_templates(), "paper.json": json.dumps(paper.to_json(), ensure_ascii=False).encode()}


@cache
def _templates() -> Mapping[str, bytes]:
    found = {path.name: path.read_bytes() for path in sorted(TEMPLATES.glob("*.typ"))}
    return {name: found[name] for name in sorted(found, key=lambda name: name != "main.typ")}


def _one(made: bytes | list[bytes] | None) -> bytes:
    if not isinstance(made, bytes):
        raise TypeError("typst gave no file")
    return made
