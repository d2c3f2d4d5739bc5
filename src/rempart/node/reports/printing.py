"""A report as one HTML file that needs nothing else: its styles inside, no script, for the screen and for paper."""

import re
from functools import cache
from importlib.resources import files
from typing import Any

from django.template.loader import render_to_string

from rempart.node.reports.paper import Columns, Paper

_TOKENS = re.compile(r"/\* ---- Tokens ---- \*/.*?(?=/\* ---- Ground ---- \*/)", re.S)
_STYLE = re.compile(rb"<style>(.*?)</style>", re.S)
_WIDTH, _HEIGHT = 720.0, 150.0


def html(paper: Paper) -> bytes:
    """The report as HTML, UTF-8."""
    context = {"paper": paper, "styles": _styles(), "words": paper.words}
    return render_to_string("reports/paper.html", context).encode()


def style_of(page: bytes) -> bytes:
    """The styles inside a page made here, as its content security policy has to name them."""
    found = _STYLE.search(page)
    return found[1] if found else b""


def drawing(block: Columns) -> dict[str, Any]:
    """Where the columns of a chart stand, in the units of its view."""
    step = _WIDTH / max(len(block.lines), 1)
    columns = [
        {
            "x": round(step * (place + 0.16), 2),
            "width": round(step * 0.68, 2),
            "y": round(_HEIGHT * (1 - line.share), 2) if line.share is not None else _HEIGHT,
            "height": round(_HEIGHT * line.share, 2) if line.share is not None else 0,
            "middle": round(step * (place + 0.5), 2),
            "is_gap": line.share is None,
        }
        for place, line in enumerate(block.lines)
    ]
    return {"columns": columns, "width": _WIDTH, "height": _HEIGHT}


@cache
def _styles() -> str:
    """The tokens of the site's stylesheet, then the report's own rules."""
    site = files("rempart.node").joinpath("static/rempart.css").read_text("utf-8")
    tokens = _TOKENS.search(site)
    own = files(__package__).joinpath("templates/reports/paper.css").read_text("utf-8")
    return f"{tokens[0] if tokens else ''}{own}"
