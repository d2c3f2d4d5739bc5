import json
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.adapters.dns import StaticResolver
from rempart.adapters.rdap import RdapClient, RdapFacts, parse_ip_network
from rempart.core.errors import InputError, NotFound, OutsideFailure


def card(name: str, *mails: str, org: str | None = None) -> list[Any]:
    fields: list[Any] = [["version", {}, "text", "4.0"], ["fn", {}, "text", name], ["kind", {}, "text", "group"]]
    fields.append(["adr", {"label": "1 Example Street\nExample Town"}, "text", ["", "", "", "", "", "", ""]])
    fields += [["email", {"type": "email"}, "text", mail] for mail in mails]
    if org:
        fields.append(["org", {}, "text", org])
    return ["vcard", fields]


def entity(roles: list[str], vcard: list[Any], nested: list[Any] | None = None) -> dict[str, Any]:
    return {
        "objectClassName": "entity",
        "handle": "EX-1",
        "roles": roles,
        "vcardArray": vcard,
        "entities": nested or [],
    }


# The shapes of three registries; every name and address is made up.
RIPE = {
    "objectClassName": "ip network",
    "handle": "192.0.2.0 - 192.0.2.255",
    "name": "EXAMPLE-NET",
    "country": "NL",
    "startAddress": "192.0.2.0",
    "endAddress": "192.0.2.255",
    "ipVersion": "v4",
    "type": "ASSIGNED PA",
    "entities": [
        entity(["administrative", "technical"], card("Example Contact")),
        entity(["registrant"], card("Example Hosting BV")),
        entity(["registrant"], card("EXAMPLE-MNT")),
        entity(["abuse"], card("Abuse Contact Role", "abuse@host.example")),
    ],
    "rdapConformance": ["rdap_level_0"],
}
ARIN = {
    "objectClassName": "ip network",
    "handle": "NET-198-51-100-0-1",
    "name": "SAMPLE-4",
    "entities": [
        entity(
            ["registrant"],
            card("Sample Servers Inc."),
            [
                entity(["noc"], card("Operations", "noc@sample.example")),
                entity(["abuse"], card("Abuse", "abuse@sample.example", "second@sample.example", org="Abuse Desk")),
            ],
        )
    ],
}
APNIC = {
    "objectClassName": "ip network",
    "handle": "203.0.113.0 - 203.0.113.255",
    "name": "TESTNET-AP",
    "country": "jp",
    "entities": [
        entity(["technical", "administrative"], card("Test Admin", "admin@test.example")),
        entity(["abuse"], card("IRT-TEST-AP", "mailto:abuse@test.example", "not a mailbox")),
    ],
}


def ok(answer: Any) -> bytes:
    body = json.dumps(answer).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/rdap+json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def by_path(table: dict[str, bytes]) -> Callable[[socket.socket, bytes], None]:
    def script(connection: socket.socket, request: bytes) -> None:
        connection.sendall(table.get(request.split()[1].decode(), b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"))

    return script


def client(base: str, timeout: float = 2.0) -> RdapClient:
    return RdapClient(base, timeout, resolver=StaticResolver({}))


@pytest.mark.parametrize(
    ("ip", "answer", "expected"),
    [
        ("192.0.2.7", RIPE, ("EXAMPLE-NET", "NL", "abuse@host.example", "Example Hosting BV", RIPE["handle"])),
        ("198.51.100.9", ARIN, ("SAMPLE-4", None, "abuse@sample.example", "Sample Servers Inc.", ARIN["handle"])),
        ("203.0.113.5", APNIC, ("TESTNET-AP", "JP", "abuse@test.example", "Test Admin", APNIC["handle"])),
        ("2001:db8::1", {"objectClassName": "ip network"}, (None, None, None, None, None)),
    ],
)
def test_registries_of_every_shape(serve: Any, ip: str, answer: Any, expected: tuple[str, ...]) -> None:
    server = serve(by_path({f"/rdap/ip/{ip}": ok(answer)}))
    facts = client(server.url("/rdap/")).lookup_ip(ip)
    assert facts == RdapFacts(*expected, raw_source=server.url(f"/rdap/ip/{ip}"))
    assert b"Accept: application/rdap+json" in server.requests[0]


def test_the_shallowest_abuse_contact_is_taken() -> None:
    inner = entity(["abuse"], card("Inner", "inner@host.example"))
    answer = {**RIPE, "entities": [entity(["registrant"], card("Org"), [inner]), *RIPE["entities"][3:]]}
    assert parse_ip_network(answer, "source").abuse_mail == "abuse@host.example"
    deep: dict[str, Any] = inner
    for _ in range(20):
        deep = entity(["registrant"], card("Org"), [deep])
    assert parse_ip_network({**RIPE, "entities": [deep]}, "source").abuse_mail is None


@pytest.mark.parametrize("region", ["EU", "", 5, None, "France"])
def test_a_region_is_no_country(region: Any) -> None:
    assert parse_ip_network({**RIPE, "country": region}, "source").country is None


def test_registries_refer_to_each_other(serve: Any) -> None:
    table = {"/new/ip/192.0.2.7": ok(RIPE)}
    server = serve(by_path(table))
    table["/old/ip/192.0.2.7"] = (
        f"HTTP/1.1 302 Found\r\nLocation: {server.url('/new/ip/192.0.2.7')}\r\nContent-Length: 0\r\n\r\n".encode()
    )
    assert client(server.url("/old")).lookup_ip("192.0.2.7").raw_source == server.url("/new/ip/192.0.2.7")


def test_an_unknown_network_is_not_found(serve: Any) -> None:
    with pytest.raises(NotFound):
        client(serve(by_path({})).url()).lookup_ip("192.0.2.7")


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_other_statuses_are_outside_failures(serve: Any, status: int) -> None:
    server = serve(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())
    with pytest.raises(OutsideFailure, match=str(status)):
        client(server.url()).lookup_ip("192.0.2.7")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\xff\xfe",
        b"[" * 200_000,
        b"null",
        b"[]",
        b'{"objectClassName": "domain"}',
        b"{}",
        b"x" * 2_000_000,
    ],
    ids=range(9),
)
def test_garbage_is_an_outside_failure(serve: Any, body: bytes) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    with pytest.raises(OutsideFailure):
        client(server.url()).lookup_ip("192.0.2.7")


@pytest.mark.parametrize(
    "location", ["/ip/192.0.2.7", "http://10.0.0.1/", "http://nowhere.example/", "ftp://x.example/", "http://["]
)
def test_redirects_in_circles_or_inside_are_outside_failures(serve: Any, location: str) -> None:
    server = serve(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())
    with pytest.raises(OutsideFailure):
        client(server.url()).lookup_ip("192.0.2.7")
    assert server.connections <= 6


def test_silence_and_a_closed_port_are_outside_failures(serve: Any, closed_port: int) -> None:
    def hold(connection: socket.socket, _: bytes) -> None:
        with suppress(TimeoutError):
            connection.recv(1)

    for port in (serve(hold).port, closed_port):
        with pytest.raises(OutsideFailure):
            client(f"http://127.0.0.1:{port}/", 0.3).lookup_ip("192.0.2.7")


def test_something_else_than_an_address_is_an_input_error() -> None:
    for text in ("", "host.example", "192.0.2.0/24", "../../x"):
        with pytest.raises(InputError):
            client("http://127.0.0.1:1/").lookup_ip(text)


def test_the_bootstrap_names_the_registry_of_the_longest_prefix(serve: Any) -> None:
    table = {"/near/ip/192.0.2.7": ok(RIPE), "/far/ip/198.51.100.9": ok(ARIN)}
    server = serve(by_path(table))
    services = [[["0.0.0.0/0"], [server.url("/far/")]], [["192.0.2.0/24"], [server.url("/near/")]]]
    table["/boot/ipv4.json"] = ok({"version": "1.0", "services": services})
    table["/boot/ipv6.json"] = ok({"services": []})
    rdap = RdapClient(None, 2.0, resolver=StaticResolver({}), bootstrap_url=server.url("/boot/"))
    assert rdap.lookup_ip("192.0.2.7").network_name == "EXAMPLE-NET"
    assert rdap.lookup_ip("198.51.100.9").network_name == "SAMPLE-4"
    with pytest.raises(NotFound, match="no registry"):
        rdap.lookup_ip("2001:db8::1")
    asked = [request.split()[1] for request in server.requests]
    assert asked.count(b"/boot/ipv4.json") == 1


@pytest.mark.parametrize(
    "table", [[], {}, {"services": 5}, {"services": [[["x"], ["y"]]]}, {"services": [[["0.0.0.0/0"], ["y"]]]}]
)
def test_a_wrong_bootstrap_file_is_an_outside_failure(serve: Any, table: Any) -> None:
    server = serve(ok(table))
    with pytest.raises(OutsideFailure, match="RFC 9224"):
        RdapClient(None, 2.0, resolver=StaticResolver({}), bootstrap_url=server.url()).lookup_ip("192.0.2.7")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["abuse", "vcard", "email", "fn"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["entities", "roles", "vcardArray", "name", "country", "handle"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(["entities", "name", "country", "handle"]), JSON))
def test_any_json_in_a_network_is_read_without_an_error(answer: dict[str, Any]) -> None:
    facts = parse_ip_network({**answer, "objectClassName": "ip network"}, "source")
    assert facts.abuse_mail is None or "@" in facts.abuse_mail
