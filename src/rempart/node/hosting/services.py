"""Where content is hosted: looked up outside any transaction, kept append-only.

A name can have several addresses. Each of the first `MAX_ADDRESSES` is kept as a row of one look; rank 0 decides who is
competent: an address in this node's own country where there is one (it can act at once), else the first in order.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db.models import Count

from rempart.core.errors import InputError, NotFound, OutsideFailure
from rempart.core.vocabulary import ItemKind
from rempart.node import runtime
from rempart.node.audit import services as audit
from rempart.node.casework import services as casework
from rempart.node.hosting.models import Observation

MAX_ADDRESSES = 4


@dataclass(frozen=True, slots=True)
class Place:
    """One address found for a content's host. `outcome`: resolved, no_address, onion or failed (nobody could tell).

    `cdn` names a delivery network in front, behind which the real host is hidden; `how` the sources of the facts.
    """

    outcome: str
    how: str
    ip: str | None = None
    country: str = ""
    asn: int | None = None
    provider: str = ""
    cdn: str = ""
    abuse_mail: str = ""


@dataclass(frozen=True, slots=True)
class ObservationFacts:
    id: int
    at: datetime
    rank: int
    place: Place


def look(content_id: int) -> tuple[Place, ...]:
    """Look a content's host up now; the first place decides. Never fails: what nobody could tell is said so.

    Raises InputError for content that is not at an address.
    """
    content = casework.content(content_id)
    if not content.locator:
        raise InputError("only content at an address has a host.", where="hosting")
    if content.kind == ItemKind.ONION:
        return (Place("onion", "onion address"),)
    try:
        addresses = runtime.resolver().resolve(content.host)
    except (OutsideFailure, InputError):
        return (Place("failed", "dns"),)
    if not addresses:
        return (Place("no_address", "dns"),)
    found = sorted(map(_locate, addresses), key=lambda place: place.country != settings.COUNTRY)
    return (_with_registry(found[0]), *found[1:MAX_ADDRESSES])


def keep(content_id: int, places: tuple[Place, ...]) -> ObservationFacts:
    """Write one look and its event in the caller's transaction; returns the observation that decides."""
    now = runtime.clock().now()
    rows = Observation.objects.bulk_create(
        [Observation(content_id=content_id, at=now, rank=rank, **asdict(place)) for rank, place in enumerate(places)]
    )
    first = places[0]
    casework.note_country(content_id, first.country)
    audit.record(
        "hosting:observed",
        f"content:{content_id}",
        data={"outcome": first.outcome, "country": first.country, "asn": first.asn, "cdn": first.cdn},
    )
    return _facts(rows[0])


def latest(content_id: int, *, until: datetime | None = None) -> ObservationFacts | None:
    """The deciding observation of the last look (up to a time), None before the first."""
    rows = Observation.objects.filter(content=content_id, rank=0)
    if until is not None:
        rows = rows.filter(at__lte=until)
    row = rows.order_by("-at", "-pk").first()
    return _facts(row) if row else None


def network_in(content_id: int, country: str) -> int | None:
    """The number of the network (ASN) in that country which the last look found first; None where nobody knows."""
    rows = Observation.objects.filter(content=content_id, country=country).order_by("-at", "rank", "-pk")
    return rows.values_list("asn", flat=True).first()


def history(content_id: int, limit: int = 100) -> list[ObservationFacts]:
    """Observations, newest first."""
    rows = Observation.objects.filter(content=content_id).order_by("-at", "-pk")
    return [_facts(row) for row in rows[:limit]]


def failures_in_row(content_id: int) -> int:
    """How many looks in a row, counted from the last, nobody could answer."""
    outcomes = Observation.objects.filter(content=content_id, rank=0).order_by("-at", "-pk")
    failed = 0
    for outcome in outcomes.values_list("outcome", flat=True)[:100]:
        if outcome != "failed":
            break
        failed += 1
    return failed


def counts() -> dict[str, int]:
    """Looks by outcome."""
    return dict(Observation.objects.filter(rank=0).order_by().values_list("outcome").annotate(n=Count("pk")))


def _locate(ip: str) -> Place:
    facts = runtime.locator().locate(ip)
    return Place(
        "resolved",
        f"dns, {facts.how}",
        facts.ip,
        facts.country or "",
        facts.asn,
        (facts.provider or "")[:200],
        (facts.cdn or "")[:80],
    )


def _with_registry(place: Place) -> Place:
    """What the registry adds. Its failure blocks nothing: `how` says so."""
    client = runtime.rdap()
    if client is None or place.ip is None:
        return place
    try:
        facts = client.lookup_ip(place.ip)
    except (OutsideFailure, NotFound) as error:
        return replace(place, how=f"{place.how}, rdap {'has none' if isinstance(error, NotFound) else 'failed'}")
    return replace(
        place,
        how=f"{place.how}, rdap",
        country=place.country or facts.country or "",
        provider=place.provider or (facts.org or facts.network_name or "")[:200],
        abuse_mail=(facts.abuse_mail or "")[:254],
    )


def _facts(row: Observation) -> ObservationFacts:
    place = Place(row.outcome, row.how, row.ip, row.country, row.asn, row.provider, row.cdn, row.abuse_mail)
    return ObservationFacts(row.pk, row.at, row.rank, place)
