"""Charts of reports."""

from typing import Any

from django import template

from rempart.node.reports import printing
from rempart.node.reports.paper import Columns

register = template.Library()


@register.filter
def drawn(block: Columns) -> dict[str, Any]:
    """The columns of a chart with their places."""
    return printing.drawing(block)


@register.filter
def percent(share: float | None) -> str:
    """A share as a length of a bar, 0 to 100, with a point in every language."""
    return f"{100 * (share or 0):.2f}"
