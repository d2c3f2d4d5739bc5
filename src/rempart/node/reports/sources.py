"""All that reports are made from: published figures, others' series, and what the register says of members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.conf import settings

from rempart.core.disclosure import DEFAULT_THRESHOLD
from rempart.core.register.part import Commitment
from rempart.core.routing import Membership
from rempart.node.observatory import services as observatory
from rempart.node.observatory.services import INDICATORS, ExternalSeries, FiguresDocument, Indicator
from rempart.node.register import services as register
from rempart.node.reports.texts import LANGUAGES


@dataclass(frozen=True, slots=True)
class Published:
    """Everything a report may tell. `names` by country and language; `site`: the node's public address, or ""."""

    documents: Mapping[str, FiguresDocument]
    external: Sequence[ExternalSeries]
    memberships: Mapping[str, Membership]
    names: Mapping[tuple[str, str], str]
    organisation: str
    mail: str
    site: str = ""
    threshold: int = DEFAULT_THRESHOLD
    commitments: Mapping[str, Sequence[Commitment]] = field(default_factory=dict)
    indicators: Mapping[str, Indicator] = field(default_factory=lambda: {each.key: each for each in INDICATORS})

    def name(self, country: str, language: str) -> str:
        return self.names.get((country, language), country)

    def members_at(self, year: int) -> set[str]:
        """Members on the last day of the year."""
        return {code for code, each in self.memberships.items() if each.is_member(date(year, 12, 31))}

    def completeness(self, country: str, year: int) -> float:
        return observatory.completeness(self.documents[country], year)

    def address(self, key: str) -> str:
        """Where the open data explains an indicator, for good."""
        return f"{self.site}/open-data/indicators.json#{key}"


def gather(now: datetime) -> Published:
    """What is published at `now`."""
    memberships = register.routing_table().memberships
    documents = observatory.documents(now)
    codes = {*memberships, *documents}
    return Published(
        documents,
        observatory.external_series(),
        memberships,
        {(code, language): register.country_name(code, language) for code in codes for language in LANGUAGES},
        settings.ORGANISATION,
        settings.NOTICE_SENDER,
        "" if settings.LOOPBACK_ONLY else f"https://{settings.ALLOWED_HOSTS[0]}",
        commitments={country: part.commitments for country, part in register.parts().items() if part.commitments},
    )
