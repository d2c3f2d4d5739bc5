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


def pdf(paper: Paper) -> bytes:
    """The report as a PDF."""
    at = datetime.combine(paper.at.astimezone(UTC), datetime.min.time(), UTC)
    made = typst.compile(source(paper), pdf_standards=["a-2a", "ua-1"], ignore_system_fonts=True, timestamp=at)
    if not isinstance(made, bytes):
        raise TypeError("typst gave no file")
    return made


def pages(paper: Paper) -> int:
    """How many pages the PDF has."""
    return int(json.loads(typst.query(source(paper), "<pages>", field="value", one=True, ignore_system_fonts=True)))


def source(paper: Paper) -> Any:
    """The files that typst reads, by name, main.typ first."""
    return {**_templates(), "paper.json": json.dumps(paper.to_json(), ensure_ascii=False).encode()}


@cache
def _templates() -> Mapping[str, bytes]:
    found = {path.name: path.read_bytes() for path in sorted(TEMPLATES.glob("*.typ"))}
    return {name: found[name] for name in sorted(found, key=lambda name: name != "main.typ")}
