"""Whether the page's language was translated by a machine."""

from django import template
from django.utils.translation import get_language

from rempart.node.languages import services

register = template.Library()


@register.simple_tag
def machine_made() -> bool:
    return services.is_machine_made(get_language() or "")
