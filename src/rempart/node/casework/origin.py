"""Where those are whom a platform's report is about: by their addresses, last seen first. Asks nobody outside."""

from rempart.node import runtime
from rempart.node.intake.suspects import Suspects


def country_of_people(found: Suspects) -> str:
    """Empty where no address tells."""
    countries = (runtime.locator().locate(ip).country for ip in found.ips)
    return next((country for country in countries if country), "")
