"""Filters for casework's pages."""

from django import template

from rempart.node.casework import wording

register = template.Library()
register.filter("words", wording.words)
register.filter("defanged_text", wording.defanged_text)


@register.filter
def outcome(name: str) -> wording.Text:
    """The outcome of looking a host up."""
    return wording.OUTCOMES.get(name, wording.words(name))
