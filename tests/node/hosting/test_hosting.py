"""Where content is: looked up, kept, and what nobody could tell."""

import json
import socket
import threading

import pytest
from outside_world import FRANCE, GERMANY, HOST, ONION, RUSSIA, UNKNOWN
from outside_world import free_port as closed_port

from rempart.core.errors import InputError, UnsafeStart
from rempart.core.vocabulary import ItemKind
from rempart.node.audit import services as audit
from rempart.node.hosting import outside, services
from rempart.node.hosting.models import Observation
from rempart.node.jobs import services as jobs
from rempart.node.jobs.models import Job
from rempart.node.jobs.steps import load_steps


@pytest.fixture
def resolve(clock):
    """Ask for a content's step and do it alone."""
    load_steps()

    def run(content_id: int) -> None:
        jobs.wake("resolve", content_id)
        (held,) = jobs.claim(kinds=["resolve"])
        assert jobs.perform(held)

    return run


def test_a_host_is_found_with_country_and_network(decided, world, resolve):
    content = decided()
    resolve(content)
    place = services.latest(content).place
    assert (place.outcome, place.ip, place.country, place.asn) == ("resolved", FRANCE, "FR", 64500)
    assert place.how == "dns, override"
    assert Job.objects.filter(kind="route", subject=str(content)).exists()
    (event,) = audit.events(actions=["hosting:observed"])
    assert event.data == {"outcome": "resolved", "country": "FR", "asn": 64500, "cdn": ""}
    assert event.subject == f"content:{content}"


def test_own_country_decides_among_several_addresses_and_all_are_kept(decided, world, resolve):
    world.at(GERMANY, FRANCE, RUSSIA)
    content = decided()
    resolve(content)
    assert services.latest(content).place.country == "FR"
    assert {seen.place.country for seen in services.history(content)} == {"FR", "DE", "RU"}
    assert len(list(audit.events(actions=["hosting:observed"]))) == 1


def test_the_network_told_is_the_one_in_the_country_asked_for(decided, world, resolve):
    world.at(GERMANY, FRANCE)
    content = decided()
    resolve(content)
    assert services.network_in(content, "FR") == 64500
    assert services.network_in(content, "JP") is None


def test_no_more_than_four_addresses_of_one_look_are_kept(decided, world, resolve):
    world.at(*(f"203.0.113.{number}" for number in range(1, 10)))
    content = decided()
    resolve(content)
    assert Observation.objects.filter(content=content).count() == services.MAX_ADDRESSES


def test_the_last_look_counts_and_earlier_ones_stay(decided, world, resolve, clock):
    content = decided()
    resolve(content)
    world.at(GERMANY)
    resolve(content)
    assert services.latest(content).place.country == "DE"
    assert [seen.place.country for seen in services.history(content)] == ["DE", "FR"]
    clock.advance(hours=1)
    moved_at = clock.now()
    world.at(RUSSIA)
    clock.advance(hours=1)
    resolve(content)
    assert services.latest(content, until=moved_at).place.country == "DE"


def test_a_name_without_address_is_an_outcome_and_is_routed(decided, world, resolve):
    world.at()
    content = decided()
    resolve(content)
    assert services.latest(content).place.outcome == "no_address"
    assert Job.objects.filter(kind="route", subject=str(content)).exists()


def test_an_onion_address_is_never_looked_up(decided, world, resolve):
    content = decided(ONION, kind=ItemKind.ONION)
    world.set(DNS_TABLE="")  # a look-up would now go to the network, which tests forbid
    resolve(content)
    assert services.latest(content).place.outcome == "onion"


def test_content_without_an_address_has_no_host_but_a_route(decided, world, resolve):
    content = decided(None, kind=ItemKind.FILE)
    with pytest.raises(InputError):
        services.look(content)
    resolve(content)
    assert services.latest(content) is None
    assert Job.objects.filter(kind="route", subject=str(content)).exists()


def test_a_look_up_nobody_could_answer_is_repeated_then_routed_as_unknown(decided, world, clock, monkeypatch):
    from rempart.adapters.dns import SystemResolver
    from rempart.node import runtime
    from rempart.node.hosting.steps import MAX_FAILURES, TRY_AGAIN

    load_steps()
    silent = SystemResolver(timeout=0.2, nameservers=["127.0.0.1"], port=closed_port())
    runtime.resolver.cache_clear()
    monkeypatch.setattr(outside, "resolver", lambda: silent)
    content = decided()
    jobs.wake("resolve", content)
    for attempt in range(MAX_FAILURES):
        assert not Job.objects.filter(kind="route", subject=str(content)).exists(), attempt
        (held,) = jobs.claim(kinds=["resolve"])
        assert jobs.perform(held)
        clock.advance(seconds=TRY_AGAIN.total_seconds())
    assert services.failures_in_row(content) == MAX_FAILURES
    assert Job.objects.filter(kind="route", subject=str(content)).exists()
    assert not jobs.claim(kinds=["resolve"])


RDAP_ANSWER = {
    "objectClassName": "ip network",
    "name": "EXAMPLE-NET",
    "country": "FR",
    "entities": [
        {
            "roles": ["abuse"],
            "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["email", {}, "text", "abuse@net.example"]]],
        }
    ],
}


def registry(answer: bytes) -> tuple[socket.socket, int]:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return listener, listener.getsockname()[1]


def test_the_registry_adds_the_abuse_contact_and_an_unknown_country(decided, world, resolve):
    world.at(UNKNOWN)
    body = json.dumps(RDAP_ANSWER).encode()
    listener, port = registry(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    with listener:
        world.set(RDAP=f"http://127.0.0.1:{port}/")
        content = decided()
        resolve(content)
        listener.shutdown(socket.SHUT_RDWR)
    place = services.latest(content).place
    assert (place.country, place.abuse_mail, place.how) == ("FR", "abuse@net.example", "dns, unknown, rdap")


def test_a_registry_that_fails_blocks_nothing_and_is_told(decided, world, resolve):
    world.set(RDAP=f"http://127.0.0.1:{closed_port()}/")
    content = decided()
    resolve(content)
    place = services.latest(content).place
    assert (place.outcome, place.country, place.how) == ("resolved", "FR", "dns, override, rdap failed")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP", "relay.example"),
        ("NOTICE_PLAN", "6 hours"),
        ("NOTICE_PLAN", '{"check_every": 6}'),
        ("NOTICE_PLAN", '{"max_sends": "3"}'),
        ("NOTICE_PLAN", '{"max_sends": true}'),
        ("NOTICE_PLAN", '{"max_sends": 0}'),
        ("NOTICE_PLAN", '{"sends": 3}'),
        ("TOR_PROXY", "http://127.0.0.1:9050"),
        ("MMDB_COUNTRY", "/nowhere/country.mmdb"),
    ],
)
def test_a_wrong_setting_stops_the_start(world, name, value):
    world.set(**{name: value})
    with pytest.raises(UnsafeStart):
        outside.check()


def test_the_notice_plan_is_read_over_the_defaults(world):
    world.set(NOTICE_PLAN='{"check_every": "PT2H", "watch_removed_for": "P10D", "max_sends": 5}')
    plan = outside.notice_plan()
    assert (plan.check_every.total_seconds(), plan.watch_removed_for.days, plan.max_sends) == (7200, 10, 5)
    assert plan.confirm_after.total_seconds() == 3600


def test_counts_are_by_outcome(decided, world, resolve):
    resolve(decided())
    assert services.counts() == {"resolved": 1}
    assert HOST not in json.dumps([event.data for event in audit.events()])
