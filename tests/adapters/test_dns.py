import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.adapters.dns import Resolver, StaticResolver, SystemResolver
from rempart.core.errors import InputError, OutsideFailure

Zone = Callable[[dns.message.Message], dns.message.Message | None]


@pytest.fixture
def ask() -> Iterator[Callable[[Zone], Resolver]]:
    """ask(zone) starts a name server on loopback and returns a resolver that asks it."""
    opened: list[socket.socket] = []

    def start(zone: Zone) -> Resolver:
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", 0))
        opened.append(server)

        def answer() -> None:
            while True:
                try:
                    packet, peer = server.recvfrom(4096)
                except OSError:
                    return
                if not packet:
                    return
                reply = zone(dns.message.from_wire(packet))
                if reply is not None:
                    server.sendto(reply.to_wire(), peer)

        threading.Thread(target=answer, daemon=True).start()
        return SystemResolver(0.4, ["127.0.0.1"], server.getsockname()[1])

    yield start
    for server in opened:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", server.getsockname())
        server.close()


def reply_to(query: dns.message.Message, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> dns.message.Message:
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA
    reply.set_rcode(rcode)
    return reply


def zone_of(records: dict[str, list[tuple[str, str]]]) -> Zone:
    def zone(query: dns.message.Message) -> dns.message.Message:
        question = query.question[0]
        name = question.name.to_text().rstrip(".").lower()
        if name not in records:
            return reply_to(query, dns.rcode.NXDOMAIN)
        reply = reply_to(query)
        for kind, value in records[name]:
            if kind == "CNAME":
                reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", "CNAME", value))
                name = value.rstrip(".")
        for kind, value in records[name]:
            if kind == question.rdtype.name:
                reply.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", kind, value))
        return reply

    return zone


RECORDS = {
    "both.example": [("AAAA", "2001:db8::7"), ("A", "203.0.113.9"), ("A", "198.51.100.2")],
    "four.example": [("A", "203.0.113.9")],
    "alias.example": [("CNAME", "four.example.")],
    "bare.example": [],
}


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("both.example", ("198.51.100.2", "2001:db8::7", "203.0.113.9")),
        ("four.example", ("203.0.113.9",)),
        ("FOUR.example.", ("203.0.113.9",)),
        ("alias.example", ("203.0.113.9",)),
        ("bare.example", ()),
        ("nowhere.example", ()),
        ("192.0.2.1", ("192.0.2.1",)),
        ("[2001:db8::1]", ("2001:db8::1",)),
    ],
)
def test_the_system_resolver_finds_all_addresses(
    ask: Callable[[Zone], Resolver], host: str, addresses: tuple[str, ...]
) -> None:
    assert ask(zone_of(RECORDS)).resolve(host) == addresses


def test_server_failure_and_silence_are_outside_failures(ask: Callable[[Zone], Resolver]) -> None:
    with pytest.raises(OutsideFailure, match="could not be looked up"):
        ask(lambda query: reply_to(query, dns.rcode.SERVFAIL)).resolve("four.example")
    with pytest.raises(OutsideFailure, match="could not be looked up"):
        ask(lambda query: None).resolve("four.example")


def test_one_family_that_answers_is_enough(ask: Callable[[Zone], Resolver]) -> None:
    def half_broken(query: dns.message.Message) -> dns.message.Message:
        if query.question[0].rdtype.name == "AAAA":
            return reply_to(query, dns.rcode.SERVFAIL)
        return zone_of(RECORDS)(query) or reply_to(query)

    assert ask(half_broken).resolve("four.example") == ("203.0.113.9",)


@pytest.mark.parametrize("host", ["a..example", "x" * 64 + ".example", ".".join(["abcdefgh"] * 40)])
def test_impossible_names_are_input_errors(ask: Callable[[Zone], Resolver], host: str) -> None:
    with pytest.raises(InputError, match="not a valid DNS name"):
        ask(zone_of(RECORDS)).resolve(host)


def test_the_static_resolver_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "hosts.json"
    path.write_text(json.dumps({"Host.Example": ["203.0.113.9", "2001:db8::7"]}))
    resolver: Resolver = StaticResolver.from_file(path)
    assert resolver.resolve("host.example.") == ("2001:db8::7", "203.0.113.9")
    assert resolver.resolve("other.example") == ()
    assert resolver.resolve("192.0.2.4") == ("192.0.2.4",)


NOT_TABLES = st.binary(max_size=60) | st.lists(st.text() | st.none(), max_size=3).map(json.dumps).map(str.encode)


@settings(max_examples=50)
@given(NOT_TABLES)
def test_a_file_of_anything_else_is_an_input_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "hosts.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no JSON object"):
        StaticResolver.from_file(path)


@pytest.mark.parametrize("table", ['{"a.example": ["no address"]}', '{"a.example": 5}', '{"a.example": [null]}'])
def test_a_table_with_a_wrong_address_is_an_input_error(tmp_path: Path, table: str) -> None:
    path = tmp_path / "hosts.json"
    path.write_text(table)
    with pytest.raises(InputError):
        StaticResolver.from_file(path)
