"""From a decision to confirmed removal: host, relay and clock are real parts the tests move."""

import email
import json
from datetime import timedelta

import pytest
import xarf
from django.db import transaction
from node.notices.journeys import notice, parts, told
from outside_world import FRANCE, GERMANY, HOST, ONION, RUSSIA

from rempart.core.errors import Conflict, InputError, NotPermitted
from rempart.core.reports import NoticeOutcome
from rempart.core.vocabulary import Availability, Basis, ItemKind, Legality, NoticeState, ReferralState
from rempart.node.audit import services as audit
from rempart.node.casework import holds
from rempart.node.jobs import services as jobs
from rempart.node.jobs.models import Job
from rempart.node.notices import checking, services
from rempart.node.notices.models import Notice
from rempart.node.referrals import services as referrals


def test_the_first_notice_says_what_where_and_how_sure(begin, world):
    content = begin()
    (recipient, message) = world.relay.taken[0]
    assert recipient == "abuse@host.example"
    mail, document = parts(message)
    parsed = xarf.parse(document)
    assert not parsed.errors
    assert document["classification"] == "baseline"
    assert document["detection_method"] == "manual_review"
    assert document["source_identifier"] == FRANCE
    assert document["url"] == f"http://{HOST}/gallery/1"
    assert mail["To"] == recipient
    assert not any(part.get_content_maintype() == "image" for part in mail.walk())
    sent = {"purpose": "first", "ordinal": 1, "channel": "mail", "hours_since_report": 1.0, "asn": 64500}
    assert told("notice:sent") == [sent]
    assert told("notice:queued") == [{"country": "FR"}]
    assert services.outcome(content) is NoticeOutcome.SENT
    assert [attempt.chosen for attempt in services.attempts(notice(content).id)] == ["abuse@ of the domain (RFC 2142)"]


def test_national_content_is_never_called_baseline(begin, world):
    begin(legality=Legality.NATIONAL, basis=Basis.LIST_MATCH)
    _, document = parts(world.relay.taken[0][1])
    assert not xarf.parse(document).errors
    assert document.get("classification") is None
    assert "legality:national" in document["tags"]
    assert "detection:hash_match" in document["tags"]


def test_removal_takes_two_looks_and_is_counted_from_the_first(begin, world, work):
    content = begin()
    world.web.status = 404
    work(6)
    assert notice(content).state == NoticeState.SENT, "one look is not enough"
    work(1)
    assert notice(content).state == NoticeState.REMOVED
    assert services.outcome(content) is NoticeOutcome.REMOVED
    assert told("notice:removed") == [{"hours_since_report": 7.0, "hours_since_notice": 6.0, "country": "FR"}]
    work(24 * 31)
    assert len(world.relay.taken) == 1
    assert notice(content).next.kind == "stop"
    assert Job.objects.get(kind="notice").state == Job.State.DONE


def test_a_silent_host_is_reminded_then_escalated_then_removes(begin, world, work):
    content = begin()
    work(71)
    assert [data["purpose"] for data in told("notice:sent")] == ["first", "reminder", "reminder"]
    assert told("notice:escalated") == []
    work(1)
    assert [data["purpose"] for data in told("notice:sent")] == ["first", "reminder", "reminder", "escalation"]
    assert notice(content).state == NoticeState.ESCALATED
    (referral,) = [row for row in referrals.overview({})[0] if row.target == "police"]
    assert referral.content_id == content
    assert referral.state is ReferralState.EXPORTED
    first, *others = (email.message_from_bytes(message) for _, message in world.relay.taken)
    assert {mail["In-Reply-To"] for mail in others} == {first["Message-ID"]}
    assert len({parts(message)[1]["report_id"] for _, message in world.relay.taken}) == 1
    work(48)
    assert len(world.relay.taken) == 4, "nobody is pressed after the escalation"
    world.web.status = 410
    work(8)
    assert notice(content).state == NoticeState.REMOVED
    assert len(told("notice:escalated")) == 1


def test_what_reappears_starts_a_new_round(begin, world, work):
    content = begin()
    world.web.status = 404
    work(8)
    world.web.status = 200
    work(24)
    assert told("notice:reappeared") == [{}]
    assert [data["purpose"] for data in told("notice:sent")] == ["first", "reappeared"]
    assert notice(content).state == NoticeState.SENT
    assert notice(content).sends == 1
    identities = {parts(message)[1]["report_id"] for _, message in world.relay.taken}
    assert len(identities) == 2, "a reappearance is a new incident"
    world.web.status = 404
    work(8)
    assert services.outcome(content) is NoticeOutcome.REMOVED
    assert len(told("notice:removed")) == 2


def test_a_new_report_of_removed_content_makes_it_looked_at_at_once(begin, world, work):
    content = begin()
    world.web.status = 404
    work(24 * 40)
    world.web.status = 200
    jobs.wake("resolve", content)
    work()
    assert [data["purpose"] for data in told("notice:sent")] == ["first", "reappeared"]


def test_a_host_that_does_not_answer_is_unavailable_and_not_pressed(begin, world, work):
    content = begin()
    world.web.status = 0
    work(60)
    assert notice(content).state == NoticeState.UNAVAILABLE
    assert len(world.relay.taken) == 1
    assert len(told("notice:unavailable")) == 1
    world.web.status = 200
    work(24)
    assert notice(content).state in {NoticeState.UNANSWERED, NoticeState.ESCALATED}


def test_what_is_gone_before_the_first_notice_is_not_notified(begin, world, work):
    world.web.status = 404
    content = begin()
    work(2)
    assert world.relay.taken == []
    assert notice(content).state == NoticeState.REMOVED
    assert told("notice:removed") == [{"hours_since_report": 1.0, "hours_since_notice": None, "country": "FR"}]


def test_content_that_moves_to_a_member_is_handed_over_not_sent_again(begin, world, work):
    content = begin()
    world.at(GERMANY)
    work(30)
    assert len(world.relay.taken) == 1
    assert notice(content).handed_over
    assert services.outcome(content) is NoticeOutcome.ENDED
    (referral,) = [row for row in referrals.overview({})[0] if row.target == "member"]
    assert (referral.country, referral.state) == ("DE", ReferralState.EXPORTED)
    world.web.status = 404
    work(12)
    assert notice(content).state == NoticeState.REMOVED, "it is looked at all the same"


def test_content_that_moves_to_a_non_member_is_notified_there_as_a_first_notice(begin, world, work):
    content = begin()
    world.at(RUSSIA)
    work(24)
    assert [data["purpose"] for data in told("notice:sent")] == ["first", "first"]
    assert [data["country"] for data in told("notice:queued")] == ["FR", "RU"]
    assert parts(world.relay.taken[1][1])[1]["country_code"] == "RU"
    assert notice(content).sends == 1


def test_content_that_comes_back_is_sent_again(begin, world, work):
    content = begin()
    world.at(GERMANY)
    work(25)
    world.at(FRANCE)
    jobs.wake("resolve", content)
    work(1)
    assert not notice(content).handed_over
    work(48)
    assert len(world.relay.taken) > 1


def test_held_content_sends_nothing_until_the_owner_releases_it(decided, world, work, people, clock):
    content = decided()
    holds.place(people["luis"], content, clock.now() + timedelta(days=9), "Request 7")
    jobs.wake("resolve", content)
    work(100)
    assert world.relay.taken == []
    assert world.web.asked == [], "while police hold it nobody looks either"
    holds.release(people["luis"], content)
    work()
    assert len(world.relay.taken) == 1


def test_a_hold_placed_later_stops_reminders_and_checks(begin, world, work, people, clock):
    content = begin()
    asked = len(world.web.asked)
    holds.place(people["luis"], content, clock.now() + timedelta(days=9), "Request 7")
    work(100)
    assert len(world.relay.taken) == 1
    assert len(world.web.asked) == asked
    assert notice(content).held
    holds.release(people["luis"], content)
    work(1)
    assert len(world.relay.taken) > 1


def test_asking_twice_is_one_notice(begin, world, work):
    content = begin()
    with transaction.atomic():
        assert services.queue(content, "FR") == services.queue(content, "FR")
    work()
    assert Notice.objects.count() == 1
    assert len(world.relay.taken) == 1
    assert len(told("notice:queued")) == 1


def test_an_answer_of_the_host_is_noted_by_those_who_may(begin, world, work, people):
    content = begin()
    number = notice(content).id
    with pytest.raises(NotPermitted):
        services.acknowledge(people["adam"], number)
    services.acknowledge(people["ana"], number)
    assert notice(content).state == NoticeState.ACKNOWLEDGED
    work(48)
    assert len(world.relay.taken) == 1, "who confirmed is not reminded"
    with pytest.raises(InputError):
        services.refuse(people["ana"], number, " ")
    services.refuse(people["ana"], number, "Says it is art")
    work()
    assert notice(content).state == NoticeState.ESCALATED
    assert [event.actor for event in audit.events(actions=["notice:refused"])] == [people["ana"].actor]


def test_nobody_answers_for_a_notice_that_was_not_sent(begin, world, people):
    world.set(SMTP="")
    content = begin()
    with pytest.raises(Conflict):
        services.acknowledge(people["ana"], notice(content).id)


def test_onion_content_goes_to_police_and_tells_no_host(begin, world):
    content = begin(url=ONION, kind=ItemKind.ONION)
    assert services.for_content(content) is None
    assert services.outcome(content) is NoticeOutcome.NONE
    assert world.relay.taken == []
    assert [row.target for row in referrals.overview({})[0]] == ["police"]
    seen = checking.look(content)
    assert (seen.availability, seen.how) == (Availability.NOT_CHECKED, "none")


def test_onion_content_is_looked_at_through_tor_where_it_is_set_up(decided, world, socks):
    content = decided(ONION, kind=ItemKind.ONION)
    world.set(TOR_PROXY=f"socks5h://127.0.0.1:{socks(world.web.port)}")
    seen = checking.look(content)
    assert (seen.availability, seen.how) == (Availability.REACHABLE, "tor")
    world.web.status = 404
    assert checking.look(content).availability is Availability.GONE


def test_nothing_protected_is_written_into_the_chain(begin, world, work):
    begin()
    world.web.status = 404
    work(30)
    text = json.dumps([[event.subject, event.data, event.reason] for event in audit.events()])
    assert HOST not in text
    assert FRANCE not in text
    assert "gallery" not in text
