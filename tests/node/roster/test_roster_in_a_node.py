"""The roster as a node keeps, serves and fetches it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from exchange.roster_people import NOW, alliance, member, outsider, signed_by_all
from node.roster.alliance import Alliance

from rempart.adapters.guarded_http import GuardedHttp
from rempart.core.errors import Conflict, InputError, LimitExceeded, OutsideFailure, RempartError
from rempart.exchange.roster import LIFETIME, MAX_ROSTER_BYTES, Roster, read_roster
from rempart.exchange.roster_changes import Renewal, Suspension, propose_change
from rempart.node.audit import services as audit
from rempart.node.roster import fetching, services
from rempart.node.roster.models import RosterVersion

pytestmark = pytest.mark.django_db
FIRST = alliance(4)


def following(current: Roster, *changes: Any) -> Roster:
    return signed_by_all(propose_change(current, changes or [Renewal()], NOW), [0, 1, 2], current)


SECOND = following(FIRST)
THIRD = following(SECOND, Suspension(member(3).origin))


@pytest.fixture
def _first(clock) -> None:
    services.adopt([FIRST.to_bytes()], is_vouched_for=True)


def test_a_node_without_a_roster_says_so(client: Client) -> None:
    assert services.current() is None
    assert services.own_member() is None
    assert client.get("/log/roster/current.json").status_code == 404
    with pytest.raises(InputError, match="no roster"):
        services.adopt([FIRST.to_bytes()])


@pytest.mark.usefixtures("_first")
def test_versions_are_kept_and_served_as_they_were_signed(client: Client, settings) -> None:
    services.adopt([SECOND.to_bytes(), THIRD.to_bytes()])
    facts = services.current()
    assert facts
    assert (facts.version, len(facts.active)) == (3, 3)
    settings.ORIGIN = member(3).origin
    assert services.own_member() == facts.members[3]
    for name, roster in [("1", FIRST), ("2", SECOND), ("3", THIRD), ("current", THIRD)]:
        answer = client.get(f"/log/roster/{name}.json")
        assert read_roster(answer.content).payload == roster.payload
        assert answer["Content-Type"] == "application/json"
        assert ("immutable" in answer["Cache-Control"]) is (name != "current")
    assert client.get("/log/roster/4.json").status_code == 404
    assert client.post("/log/roster/3.json").status_code == 405


@pytest.mark.usefixtures("_first")
def test_what_is_known_changes_nothing_and_each_adoption_is_an_event() -> None:
    services.adopt([SECOND.to_bytes()])
    services.adopt([FIRST.to_bytes(), SECOND.to_bytes()])
    told = [(fact.subject, fact.data["active"]) for fact in audit.events() if fact.action == "roster:adopted"]
    assert told == [("roster:1", 4), ("roster:2", 4)]


@pytest.mark.usefixtures("_first")
def test_a_chain_counts_whole_or_not_at_all() -> None:
    unsigned = propose_change(SECOND, Renewal(), NOW)
    with pytest.raises(RempartError):
        services.adopt([SECOND.to_bytes(), unsigned.to_bytes()])
    with pytest.raises(Conflict):
        services.adopt([THIRD.to_bytes()])
    assert RosterVersion.objects.count() == 1


@pytest.mark.usefixtures("_first")
def test_an_expired_roster_is_not_adopted(clock) -> None:
    clock.moment = NOW + LIFETIME
    with pytest.raises(RempartError, match="expired"):
        services.adopt([SECOND.to_bytes()])
    facts = services.current()
    assert facts
    assert facts.is_expired(clock.now())


def serving(*rosters: Roster) -> fetching.Get:
    files = {f"/{each.facts.version}.json": each.to_bytes() for each in rosters}
    return lambda url: files.get(url.removeprefix(url.split("/roster")[0] + "/roster"))


def test_the_longest_sound_chain_is_taken() -> None:
    assert fetching.newer(FIRST, serving()) == []
    assert fetching.newer(FIRST, serving(SECOND, THIRD)) == [SECOND.to_bytes(), THIRD.to_bytes()]
    assert fetching.newer(FIRST, serving(THIRD)) == []
    unsigned = propose_change(SECOND, Renewal(), NOW)
    assert fetching.newer(FIRST, serving(SECOND, unsigned)) == [SECOND.to_bytes()]


def test_one_peer_that_answers_is_enough_and_none_can_do_harm() -> None:
    asked: list[str] = []

    def get(url: str) -> bytes | None:
        asked.append(url)
        match len(asked):
            case 1:
                raise OutsideFailure("the host could not be asked.")
            case 2:
                return b"{" * 1000
        return serving(SECOND)(url)

    assert fetching.newer(FIRST, get) == [SECOND.to_bytes()]
    assert len({url.split("/")[2] for url in asked}) == fetching.ASKED_AT_ONCE


def test_a_chain_without_end_is_left_for_the_next_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MAX_VERSIONS", 1)
    assert fetching.newer(FIRST, serving(SECOND, THIRD)) == [SECOND.to_bytes()]


def test_a_worker_goes_on_whatever_the_others_serve(nodes: Alliance, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes.found("de", "fr")
    monkeypatch.setattr(fetching, "newer", lambda current, get: [b"nonsense"])
    assert nodes.learns("fr") == 1


class _Peer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = {
            "/log/roster/2.json": (200, b"x" * 10),
            "/log/roster/3.json": (200, b"x" * (MAX_ROSTER_BYTES + 1)),
            "/log/roster/4.json": (302, b""),
            "/log/roster/5.json": (500, b""),
        }.get(self.path, (404, b""))
        self.send_response(status)
        self.send_header("Location", "/log/roster/2.json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def peer() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Peer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/log/roster"
        server.shutdown()


def test_a_peer_is_asked_over_http_within_bounds(peer: str) -> None:
    get = fetching.getting(GuardedHttp(timeout=10, allow_loopback=True))
    assert get(f"{peer}/2.json") == b"x" * 10
    assert get(f"{peer}/9.json") is None
    with pytest.raises(LimitExceeded):
        get(f"{peer}/3.json")
    for name in ("4", "5"):
        with pytest.raises(OutsideFailure):
            get(f"{peer}/{name}.json")


def test_what_is_shown_is_read_by_people_and_programs(nodes: Alliance) -> None:
    assert "no roster" in nodes.does("fr", "show")
    assert nodes.does("fr", "show", "--json") == "null\n"
    nodes.found("de", "fr")
    shown = json.loads(nodes.does("fr", "show", "--json"))
    assert [each["origin"] for each in shown["members"]] == ["hotline.de.example/log", "hotline.fr.example/log"]
    assert (shown["version"], shown["lacking"], shown["witness_groups_needed"]) == (1, 0, 2)
    assert "hotline.de.example/log" in nodes.does("fr", "show", nodes.path("roster-1"))


def test_commands_say_what_to_do(nodes: Alliance) -> None:
    statement = nodes.states("fr")
    assert "no roster" in nodes.fails("fr", "propose", "--renew")
    nodes.does("fr", "init", statement, "--out", nodes.path("roster-1"))
    nodes.does("fr", "adopt", nodes.path("roster-1"))
    assert "nothing is proposed" in nodes.fails("fr", "propose")
    assert "no roster key" in nodes.fails("fr", "sign", nodes.path("roster-1"), "--key", statement)
    assert "not a roster" in nodes.fails("fr", "sign", statement)
    assert "https" in nodes.fails("fr", "statement", "--machine-url", "http://api.example")
    refused = nodes.run("fr", "propose", "--renew", "--out", nodes.path("roster-2"), given="n\n")
    assert (refused.exit_code, nodes.path("roster-2").exists()) == (1, False)


def test_a_witness_from_outside_comes_and_goes(nodes: Alliance) -> None:
    nodes.found("de", "fr")
    vkey = json.loads(nodes.does("fr", "show", "--json"))["witnesses"][0]["vkey"]
    seen = outsider("observatory")
    nodes.decide("de", "fr", "--witness-add", seen.key.vkey, "--group", seen.group, "--url", seen.url)
    assert nodes.facts("fr").quorum.needed == 3
    nodes.decide("de", "fr", "--witness-remove", seen.key.vkey, "--witness-remove", vkey)
    assert len(nodes.facts("fr").witnesses) == 1
