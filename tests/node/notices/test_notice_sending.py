"""A message leaves once and whole, whatever breaks: holds, crashes, relays, refusals."""

import json
from datetime import timedelta

import pytest
import xarf
from node.notices.journeys import notice, run_one, told
from outside_world import GERMANY

from rempart.core.vocabulary import NoticeState, ReferralState
from rempart.node.casework import holds
from rempart.node.jobs import services as jobs
from rempart.node.jobs.models import Job
from rempart.node.notices import services
from rempart.node.notices.models import Attempt, HostContact
from rempart.node.referrals import services as referrals


def test_a_hold_placed_between_preparing_and_sending_stops_the_message(decided, world, work, people, clock):
    content = decided()
    jobs.wake("resolve", content)
    run_one("resolve")
    run_one("route")
    run_one("notice")
    assert Attempt.objects.filter(sent_at__isnull=True).count() == 1
    holds.place(people["luis"], content, clock.now() + timedelta(days=9), "Request 7")
    work(5)
    assert world.relay.taken == []
    holds.release(people["luis"], content)
    work(1)
    assert len(world.relay.taken) == 1
    assert Attempt.objects.count() == 1


def test_a_crash_after_acceptance_repeats_the_same_bytes(decided, world, work, monkeypatch):
    from rempart.node.notices import steps

    content = decided()
    jobs.wake("resolve", content)
    run_one("resolve")
    run_one("route")
    run_one("notice")

    class Killed(BaseException):
        """What a killed process looks like from inside: nothing handles it."""

    def die(*args: object) -> None:
        raise Killed

    monkeypatch.setattr(steps, "_sent", die)
    with pytest.raises(Killed):
        run_one("notice")
    assert len(world.relay.taken) == 1
    assert Attempt.objects.get().sent_at is None
    monkeypatch.undo()
    Job.objects.update(lease_until=0.0)  # the dead worker's lease ran out
    work()
    first, second = world.relay.taken
    assert first == second
    assert len(told("notice:sent")) == 1
    assert notice(content).sends == 1


def test_a_relay_that_is_down_for_days_loses_nothing(decided, world, work):
    content = decided()
    relay, port = world.settings.SMTP, 9
    world.set(SMTP=f"127.0.0.1:{port}")
    jobs.wake("resolve", content)
    work(72)
    assert Attempt.objects.get().tries > 24
    world.set(SMTP=relay)
    work(2)
    assert len(world.relay.taken) == 1
    assert len(told("notice:sent")) == 1


def test_without_a_relay_the_notice_waits(begin, world):
    world.set(SMTP="")
    content = begin()
    assert notice(content).state == NoticeState.QUEUED
    assert "no mail relay" in services.attempts(notice(content).id)[0].reply


def test_a_waiting_message_is_not_sent_to_a_host_the_content_left(begin, world, work):
    relay = world.settings.SMTP
    world.set(SMTP="")
    content = begin()
    work(1)
    world.at(GERMANY)
    world.set(SMTP=relay)
    work(2)
    assert world.relay.taken == [], "the host was resolved once more before it was sent"
    (attempt,) = services.attempts(notice(content).id)
    assert attempt.given_up_at is not None
    assert "may have arrived" in attempt.reply
    assert notice(content).handed_over


def test_a_refused_address_is_followed_by_the_next(begin, world):
    HostContact.objects.create(site="host.example", mail="wrong@host.example")
    HostContact.objects.create(site="AS64500", mail="noc@net.example", language="fr")
    world.relay.refuse["wrong@host.example"] = "550 no such user"
    content = begin()
    assert world.relay.recipients == ["noc@net.example"]
    assert told("notice:failed") == [{}]
    refused, sent = services.attempts(notice(content).id)
    assert (refused.ordinal, sent.ordinal) == (1, 2)
    assert (refused.chosen, sent.chosen) == ("contact of the site", "contact of the network")
    assert refused.given_up_at is not None
    assert "550" in refused.reply
    assert notice(content).sends == 1


def test_when_every_address_refuses_it_is_escalated_and_still_checked(begin, world, work):
    world.relay.refuse["abuse@host.example"] = "550 no such user"
    content = begin()
    assert notice(content).state == NoticeState.ESCALATED
    assert len(told("notice:escalated")) == 1
    assert ReferralState.EXPORTED in referrals.outcomes(content)
    world.web.status = 404
    work(8)
    assert notice(content).state == NoticeState.REMOVED


def test_a_host_that_takes_notices_by_http_gets_the_document_with_a_key(begin, world):
    address = "http://abuse.host.example/notices"
    HostContact.objects.create(site="host.example", http_url=address, mail="abuse@host.example")
    begin()
    ((path, key, body),) = world.web.posted
    assert path == "/notices"
    document = json.loads(body)
    assert not xarf.parse(document).errors
    assert key == f"{document['report_id']}-1"
    assert world.relay.taken == []
    assert told("notice:sent")[0]["channel"] == "http"


def test_a_host_that_refuses_by_http_is_told_by_mail(begin, world):
    HostContact.objects.create(
        site="host.example", http_url="http://abuse.host.example/notices", mail="abuse@host.example"
    )
    world.web.post_status = 403
    begin()
    assert world.relay.recipients == ["abuse@host.example"]
