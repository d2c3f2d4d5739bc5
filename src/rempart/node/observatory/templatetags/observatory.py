"""Figures on other apps' pages."""

from django import template

from rempart.node.observatory import presenting, services
from rempart.node.runtime import clock

register = template.Library()


@register.inclusion_tag("observatory/_headline.html")
def headline_figures() -> dict[str, object]:
    """The three figures that tell most, of all time, with a way to the others."""
    return {"headlines": presenting.headlines(services.figures(clock().now()))}
