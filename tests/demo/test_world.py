"""The made-up world stays inside documentation networks and `.example`; the plan of the play is consistent."""

from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rempart.adapters.dns import StaticResolver
from rempart.adapters.geo import IpLocator
from rempart.core.assessment import Decision, check_decision
from rempart.core.content import canonical_url
from rempart.core.vocabulary import AgeBand, Characteristic, Commerciality, Gender, Legality, Offence, SiteType
from rempart.demo.journeys import JOURNEYS, Journey
from rempart.demo.world import ONION, SITES, Site, settings_of, start_clock, write_tables

DOCUMENTATION = [ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_every_site_is_made_up(site: Site) -> None:
    assert site.name.endswith(".example")
    assert any(ip_network(site.network).subnet_of(network) for network in DOCUMENTATION)
    assert ip_address(site.address) in ip_network(site.network)


def test_no_two_sites_share_a_network() -> None:
    networks = [ip_network(site.network) for site in SITES]
    assert not any(one.overlaps(other) for one in networks for other in networks if one is not other)


def test_the_tables_are_what_the_adapters_read(tmp_path: Path) -> None:
    files = write_tables(tmp_path, 4321)
    resolver = StaticResolver.from_file(Path(files["REMPART_DNS_TABLE"]))
    for site in SITES:
        assert resolver.resolve(site.name) == (site.address,)
        locator = IpLocator(overrides={site.network: {"country": site.country, "asn": site.asn}})
        assert (locator.locate(site.address).country, locator.locate(site.address).asn) == (site.country, site.asn)
    assert resolver.resolve("elsewhere.example") == ()


def test_the_settings_name_a_demonstration_and_nothing_outside_the_machine(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    settings = settings_of(tmp_path, 1111, 2222)
    assert settings["REMPART_MODE"] == "demo"
    assert settings["REMPART_SMTP"] == "127.0.0.1:2222"
    assert "REMPART_CLOCK" not in settings
    assert start_clock()["REMPART_CLOCK"].endswith(";10800.0")


def test_keys_and_addresses_are_unique() -> None:
    keys = [journey.key for journey in JOURNEYS]
    addresses = [url for journey in JOURNEYS for url in (journey.url, *journey.more) if url]
    assert len(set(keys)) == len(keys)
    assert len(set(addresses)) == len(addresses)


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.key)
def test_addresses_are_canonical_and_known_to_the_world(journey: Journey) -> None:
    assert bool(journey.url) != bool(journey.kind)
    for url in (journey.url, *journey.more):
        if url:
            assert canonical_url(url).url == url
            assert url == ONION or urlsplit(url).hostname in {site.name for site in SITES}


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.key)
def test_the_analysts_answers_are_consistent(journey: Journey) -> None:
    given = journey.answers
    check_decision(
        Decision(
            legality=Legality(given["legality"]),
            age_band=AgeBand(given["age_band"]),
            gender=Gender(given["gender"]),
            offences=frozenset(map(Offence, given["offences"])),
            characteristics=frozenset(map(Characteristic, given.get("characteristics", ()))),
            site_type=SiteType(given["site_type"]),
            commerciality=Commerciality(given["commerciality"]),
            has_note=bool(given["note"]),
        )
    )
    if journey.end.basis == "analyst":
        assert given["legality"] == journey.end.legality
