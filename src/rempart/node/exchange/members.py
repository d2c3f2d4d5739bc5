"""Who stands behind a log, as far as this node knows."""

from django.conf import settings


def country_of(origin: str) -> str:
    """ISO 3166-1 alpha-2; the origin itself where the roster does not know it."""
    return str(settings.COUNTRY) if origin == settings.ORIGIN else origin
