"""All that reports are made from: published figures, others' series, and what the register says of members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.conf import settings

from rempart.core.disclosure import DEFAULT_THRESHOLD
from rempart.core.register.members import Member, Standing
from rempart.core.register.part import Commitment
from rempart.node.observatory import services as observatory
from rempart.node.observatory.services import INDICATORS, ExternalSeries, FiguresDocument, Indicator
from rempart.node.register import services as register


@dataclass(frozen=True, slots=True)
class Published:
    """Everything a report may tell. `members` by country; `site`: the node's public address, or ""."""

    documents: Mapping[str, FiguresDocument]
    external: Sequence[ExternalSeries]
    members: Mapping[str, Member]
    organisation: str
    mail: str
    site: str = ""
    threshold: int = DEFAULT_THRESHOLD
    commitments: Mapping[str, Sequence[Commitment]] = field(default_factory=dict)
    indicators: Mapping[str, Indicator] = field(default_factory=lambda: {each.key: each for each in INDICATORS})

    def name(self, country: str, language: str) -> str:
        found = self.members.get(country)
        return found.name(language) if found else country

    def members_at(self, year: int) -> set[str]:
        """Members on the last day of the year."""
        day = date(year, 12, 31)
        return {
            code for code, each in self.members.items() if each.standing(day) in (Standing.FOUNDER, Standing.MEMBER)
        }

    def completeness(self, country: str, year: int) -> float:
        return observatory.completeness(self.documents[country], year)

    def address(self, key: str) -> str:
        """Where the open data explains an indicator, for good."""
        return f"{self.site}/open-data/indicators.json#{key}"


def gather(now: datetime) -> Published:
    """What is published at `now`."""
    return Published(
        observatory.documents(now),
        observatory.external_series(),
        {each.code: each for each in register.members()},
        settings.ORGANISATION,
        settings.NOTICE_SENDER,
        "" if settings.LOOPBACK_ONLY else f"https://{settings.ALLOWED_HOSTS[0]}",
        commitments={country: part.commitments for country, part in register.parts().items() if part.commitments},
    )
