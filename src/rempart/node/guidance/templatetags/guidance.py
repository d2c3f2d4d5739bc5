"""Advice on other apps' pages."""

from django import template

from rempart.node.guidance import pages

register = template.Library()
register.simple_tag(pages.advice_entries)
