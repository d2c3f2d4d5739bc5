"""Advice on other apps' pages."""

from django import template

from rempart.node.guidance import pages

register = template.Library()
register.simple_tag(pages.on_the_first_page, name="advice_entries")
