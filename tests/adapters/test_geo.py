import random
from pathlib import Path
from typing import Any

import pytest
from adapters.mmdb_writer import write_mmdb
from hypothesis import given
from hypothesis import strategies as st

from rempart.adapters.geo import IpFacts, IpLocator, country_code
from rempart.core.errors import InputError, UnsafeStart

COUNTRIES: dict[str, dict[str, Any]] = {
    "192.0.2.0/24": {"country": {"iso_code": "FR"}},
    "198.51.100.0/24": {"country": "nl", "asn": "AS64500"},
    "2001:db8::/32": {"country_code": "DE"},
    "203.0.113.0/25": {"continent": {"code": "EU"}},
}
ASNS: dict[str, dict[str, Any]] = {
    "192.0.2.0/24": {"autonomous_system_number": 64501, "autonomous_system_organization": "Example Hosting"},
    "198.51.100.0/24": {"asn": "AS64500", "as_name": "Sample Servers"},
    "203.0.113.0/24": {"autonomous_system_number": 13335, "autonomous_system_organization": "Cloud Example"},
}


@pytest.fixture
def databases(tmp_path: Path) -> tuple[Path, Path]:
    countries, asns = tmp_path / "country.mmdb", tmp_path / "asn.mmdb"
    countries.write_bytes(write_mmdb(COUNTRIES))
    asns.write_bytes(write_mmdb(ASNS))
    return countries, asns


@pytest.mark.parametrize(
    ("ip", "country", "asn", "provider", "cdn", "how"),
    [
        ("192.0.2.7", "FR", 64501, "Example Hosting", None, "mmdb"),
        ("::ffff:192.0.2.7", "FR", 64501, "Example Hosting", None, "mmdb"),
        ("198.51.100.1", "NL", 64500, "Sample Servers", None, "mmdb"),
        ("2001:db8::9", "DE", None, None, None, "mmdb"),
        ("203.0.113.1", None, 13335, "Cloud Example", "Cloudflare", "unknown"),
        ("203.0.113.200", None, 13335, "Cloud Example", "Cloudflare", "unknown"),
    ],
)
def test_facts_from_mmdb_files(
    databases: tuple[Path, Path], ip: str, country: str, asn: int, provider: str, cdn: str, how: str
) -> None:
    facts = IpLocator(*databases).locate(ip)
    assert facts == IpFacts(ip.removeprefix("::ffff:"), country, asn, provider, cdn, how)


def test_the_bundled_data_needs_no_configuration() -> None:
    locator = IpLocator(None, None, None)
    assert locator.locate("193.0.6.139").country == "NL"
    assert locator.locate("2001:67c:2e8:22::c100:68b").country == "NL"
    assert locator.locate("193.0.6.139").how == "registry"
    for ip in ("192.0.2.1", "127.0.0.1", "10.0.0.1", "::1", "fe80::1%eth0"):
        facts = locator.locate(ip)
        assert (facts.country, facts.cdn, facts.how) == (None, None, "unknown")


@pytest.mark.parametrize("ip", ["104.16.1.1", "2606:4700::1111"])
def test_a_published_cdn_network_is_flagged_without_an_asn(ip: str) -> None:
    assert IpLocator().locate(ip).cdn == "Cloudflare"


def test_the_most_specific_override_wins_and_keeps_what_it_does_not_name(databases: tuple[Path, Path]) -> None:
    locator = IpLocator(
        *databases,
        {
            "192.0.2.0/24": {"country": "jp", "asn": "AS64999", "provider": "Pretend Host"},
            "192.0.2.128/25": {"country": "CH"},
            "203.0.113.0/24": {"cdn": "Pretend Proxy"},
            "2001:db8:1::/48": {"asn": 54113},
        },
    )
    assert locator.locate("192.0.2.1") == IpFacts("192.0.2.1", "JP", 64999, "Pretend Host", None, "override")
    assert locator.locate("192.0.2.200") == IpFacts("192.0.2.200", "CH", 64501, "Example Hosting", None, "override")
    assert locator.locate("203.0.113.3").cdn == "Pretend Proxy"
    assert locator.locate("2001:db8:1::1") == IpFacts("2001:db8:1::1", "DE", 54113, None, "Fastly", "mmdb")


def test_a_database_of_ipv4_alone_is_silent_about_ipv6(tmp_path: Path) -> None:
    path = tmp_path / "four.mmdb"
    path.write_bytes(write_mmdb({"192.0.2.0/24": {"country": {"iso_code": "FR"}}}, version=4))
    locator = IpLocator(path)
    assert locator.locate("192.0.2.1").country == "FR"
    assert locator.locate("2001:db8::1").country is None


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xab\xcd\xefMaxMind.com"])
def test_a_file_that_is_no_database_stops_the_start(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.mmdb"
    path.write_bytes(content)
    with pytest.raises(UnsafeStart, match="MMDB"):
        IpLocator(path)
    with pytest.raises(UnsafeStart, match="MMDB"):
        IpLocator(None, tmp_path / "absent.mmdb")


def test_a_damaged_database_never_raises_on_look_up(tmp_path: Path) -> None:
    whole = write_mmdb(COUNTRIES)
    chance = random.Random(7)
    for number in range(60):
        damaged = bytearray(whole)
        for _ in range(4):
            damaged[chance.randrange(len(whole) - 200)] = chance.randrange(256)
        path = tmp_path / f"{number}.mmdb"
        path.write_bytes(damaged)
        locator = IpLocator(path, path)
        for ip in ("192.0.2.1", "198.51.100.9", "2001:db8::1", "203.0.113.1", "255.255.255.255"):
            country = locator.locate(ip).country
            assert country is None or (len(country) == 2 and country.isupper())


def test_a_wrong_override_is_an_input_error() -> None:
    with pytest.raises(InputError, match="not a network"):
        IpLocator(overrides={"192.0.2.1/24": {"country": "FR"}})


LOCATOR = IpLocator(overrides={"192.0.2.0/24": {"country": "FR"}})


@given(st.ip_addresses().map(str) | st.text(max_size=50))
def test_any_text_has_facts_and_never_an_error(ip: str) -> None:
    facts = LOCATOR.locate(ip)
    assert facts.country is None or (len(facts.country) == 2 and facts.country.isupper() and facts.country.isalpha())
    assert facts.how in {"override", "registry", "unknown", "invalid"}


@given(st.one_of(st.none(), st.integers(), st.text(), st.lists(st.text())))
def test_only_countries_are_countries(value: object) -> None:
    code = country_code(value)
    assert code is None or (isinstance(value, str) and code == value.strip().upper())


@pytest.mark.parametrize("region", ["EU", "ap", "ZZ", "", "FRA", "F1", "ßx"])
def test_regions_are_not_countries(region: str) -> None:
    assert country_code(region) is None
