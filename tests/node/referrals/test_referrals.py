"""Referrals: content at once, a person after a person's decision, and the file that leaves."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from outside_world import FRANCE, GERMANY, ONION, RUSSIA, UNKNOWN

from rempart.adapters.signing import verify
from rempart.core.errors import Conflict, InputError, NotPermitted
from rempart.core.vocabulary import ItemKind, Legality, ReferralState, Source
from rempart.formats.signed_json import verify_document
from rempart.node import runtime
from rempart.node.audit import services as audit
from rempart.node.casework import holds
from rempart.node.casework.models import Content, Fingerprint
from rempart.node.hosting import services as hosting
from rempart.node.intake.models import Report
from rempart.node.jobs import services as jobs
from rempart.node.jobs.models import Job
from rempart.node.jobs.steps import load_steps
from rempart.node.referrals import services
from rempart.node.referrals.models import Referral
from rempart.node.register.models import CountryRoute

SUSPECT = "a.person@mail.example"


@pytest.fixture
def work(clock):
    load_steps()

    def run(*kinds: str) -> None:
        while claims := jobs.claim(kinds=kinds or ("resolve", "route", "export")):
            for held in claims:
                assert jobs.perform(held)

    return run


@pytest.fixture
def begin(decided, world, work):
    def start(at: str = FRANCE, **given) -> int:
        world.at(at)
        content = decided(**given)
        jobs.wake("resolve", content)
        work()
        return content

    return start


def report_about(ip: str) -> bytes:
    suspect = {"emails": [SUSPECT], "ip_events": [{"ip": "192.0.2.1"}, {"ip": ip, "at": "2026-03-01T00:00:00Z"}]}
    return json.dumps({"suspects": [suspect], "items": [{"kind": "text", "value": "words"}]}).encode()


def read(home, referral: Referral) -> dict:
    signer = runtime.signer()
    data = (home.referrals / f"{referral.reference}.json").read_bytes()
    assert hashlib.sha256(data).digest() == bytes(referral.document_digest)
    return verify_document(
        data,
        lambda key_id, message, signature: verify(signer.public_key, signature, message) and key_id == signer.key_id,
    )


def routes() -> list[dict]:
    return [event.data for event in audit.events(actions=["route:decided"])]


def test_content_in_a_members_country_is_exported_signed_to_it(begin, home):
    content = begin(GERMANY)
    referral = Referral.objects.get()
    assert (referral.state, referral.target, referral.country) == (ReferralState.EXPORTED, "member", "DE")
    document = read(home, referral)
    assert (document["from"], document["to"]) == ("FR", "DE")
    assert document["items"][0]["hosting"]["ip"] == GERMANY
    assert document["items"][0]["legality"] == "baseline"
    assert services.outcomes(content) == [ReferralState.EXPORTED]
    assert routes() == [{"kind": "member", "country": "DE", "notify_host": False}]
    names = [event.action for event in audit.events() if event.action.startswith("referral:")]
    assert names == ["referral:proposed", "referral:queued", "referral:exported"]


def test_a_non_member_gets_notice_and_the_configured_route(begin, home, db):
    CountryRoute.objects.create(country="RU", channel="liaison-office")
    begin(RUSSIA)
    referral = Referral.objects.get()
    assert (referral.target, referral.country, referral.channel) == ("non_member", "RU", "liaison-office")
    assert Job.objects.filter(kind="notice").exists()


def test_own_country_needs_no_referral(begin):
    begin(FRANCE)
    assert not Referral.objects.exists()
    assert routes() == [{"kind": "own_host", "country": "FR", "notify_host": True}]


@pytest.mark.parametrize(("at", "given"), [(UNKNOWN, {}), (FRANCE, {"url": ONION, "kind": ItemKind.ONION})])
def test_what_has_no_known_place_goes_to_police_as_content_only(begin, home, at, given):
    begin(at, **given)
    referral = Referral.objects.get()
    assert (referral.target, referral.country, referral.about_person) == ("police", "FR", False)
    assert read(home, referral)["legal_basis"] == services.CONTENT_LEGAL_BASIS
    assert not Job.objects.filter(kind="notice").exists()


def test_held_content_goes_to_police_alone(decided, world, work, people, clock):
    content = decided()
    holds.place(people["luis"], content, clock.now() + timedelta(days=3), "Request 7")
    jobs.wake("resolve", content)
    work()
    assert Referral.objects.get().target == "police"
    assert not Job.objects.filter(kind="notice").exists()


def test_routing_twice_is_one_decision_and_one_referral(begin, work):
    content = begin(GERMANY)
    jobs.wake("resolve", content)
    work()
    assert len(routes()) == 1
    assert Referral.objects.count() == 1


def test_content_that_is_no_longer_illegal_is_taken_back_before_it_leaves(decided, world, work):
    world.at(GERMANY)
    content = decided()
    jobs.wake("resolve", content)
    work("resolve", "route")
    Content.objects.update(legality=Legality.NOT_ILLEGAL)
    jobs.wake("route", content)
    work("route")
    work("export")
    assert Referral.objects.get().state == ReferralState.WITHDRAWN
    assert not list(runtime_files())


def runtime_files() -> list[Path]:
    known = set(Referral.objects.values_list("reference", flat=True))
    return [path for path in settings.HOME.referrals.iterdir() if path.stem in known]


def test_a_platforms_report_about_a_person_waits_and_nothing_leaves(begin, people, work):
    begin(url=None, kind=ItemKind.FILE, source=Source.PLATFORM, original=("report.json", report_about(GERMANY)))
    referral = Referral.objects.get()
    assert (referral.state, referral.about_person) == (ReferralState.PROPOSED, True)
    assert (referral.target, referral.country) == ("member", "DE"), "by the address seen last"
    assert referral.decided_by is None
    assert not runtime_files()
    assert not Job.objects.filter(kind="export").exists()


def test_a_forwarded_report_names_its_number_and_nobody(begin, people, work, home):
    content = begin(
        url=None, kind=ItemKind.FILE, source=Source.PLATFORM, original=("report.json", report_about(FRANCE))
    )
    known = bytes(Fingerprint.objects.get(content=content).value).hex()
    referral = Referral.objects.get()
    assert (referral.target, referral.country) == ("police", "FR")
    services.decide(people["luis"], referral.pk, True, "Identified account, ongoing", "Code of procedure, art. 1")
    work()
    referral.refresh_from_db()
    assert referral.state == ReferralState.EXPORTED
    document = read(home, referral)
    assert document["report_reference"] == Report.objects.get().reference
    assert document["legal_basis"] == "Code of procedure, art. 1"
    assert document["items"][0]["fingerprints"] == {"sha256": known}
    text = (home.referrals / f"{referral.reference}.json").read_text() + json.dumps(document)
    assert SUSPECT not in text
    assert FRANCE not in text
    actors = [event.actor for event in audit.events(actions=["referral:queued"])]
    assert actors == [people["luis"].actor]


def test_a_grooming_report_without_content_can_be_forwarded(begin, people, work, home):
    begin(url=None, kind=ItemKind.TEXT, source=Source.PLATFORM, original=("report.json", report_about(FRANCE)))
    referral = Referral.objects.get()
    services.decide(people["vera"], referral.pk, True, "Child at risk", "Code of procedure, art. 1")
    work()
    referral.refresh_from_db()
    assert read(home, referral)["items"] == []


def test_a_decision_needs_the_right_role_a_reason_and_a_basis(begin, people):
    begin(url=None, kind=ItemKind.FILE, source=Source.PLATFORM, original=("report.json", report_about(FRANCE)))
    number = Referral.objects.get().pk
    with pytest.raises(NotPermitted):
        services.decide(people["ana"], number, True, "reason", "basis")
    with pytest.raises(InputError):
        services.decide(people["sacha"], number, True, " ", "basis")
    with pytest.raises(InputError):
        services.decide(people["sacha"], number, True, "reason", "")
    services.decide(people["sacha"], number, False, "Not identifiable", "")
    assert Referral.objects.get().state == ReferralState.WITHDRAWN
    with pytest.raises(Conflict):
        services.decide(people["luis"], number, True, "reason", "basis")
    assert not Job.objects.filter(kind="export").exists()


def test_a_referral_is_taken_back_only_while_it_is_in_the_house(decided, world, work, people):
    world.at(GERMANY)
    first = decided()
    jobs.wake("resolve", first)
    work("resolve", "route")
    number = Referral.objects.get().pk
    services.withdraw(people["sacha"], number, "Sent by mistake")
    work("export")
    assert not runtime_files()
    second = decided(url="http://images.host.example/gallery/2")
    jobs.wake("resolve", second)
    work()
    with pytest.raises(Conflict):
        services.withdraw(people["sacha"], Referral.objects.get(content=second).pk, "Too late")


def test_a_crash_after_writing_gives_the_same_file(decided, world, work, clock, monkeypatch):
    world.at(GERMANY)
    content = decided()
    jobs.wake("resolve", content)
    work("resolve", "route")
    referral = Referral.objects.get()

    class Killed(BaseException):
        """A killed process."""

    def die(*args: object) -> None:
        raise Killed

    monkeypatch.setattr(services, "exported", die)
    (held,) = jobs.claim(kinds=["export"])
    with pytest.raises(Killed):
        jobs.perform(held)
    (path,) = runtime_files()
    before = path.read_bytes()
    monkeypatch.undo()
    clock.advance(hours=5)
    jobs.enqueue("export", referral.pk)
    hosting.keep(content, hosting.look(content))
    Job.objects.update(lease_until=0.0)
    work("export")
    assert path.read_bytes() == before
    referral.refresh_from_db()
    assert referral.state == ReferralState.EXPORTED
    assert path.stat().st_mode & 0o077 == 0


def test_counts_are_by_state(begin):
    begin(GERMANY)
    assert services.counts() == {"exported": 1}


XML = """<?xml version="1.0" encoding="UTF-8"?>
<report><incidentSummary><incidentType>Child Pornography (possession, manufacture, and distribution)</incidentType>
<incidentDateTime>2026-03-01T08:00:00Z</incidentDateTime></incidentSummary>
<reporter><reportingPerson><firstName>Trust</firstName><email>trust@platform.example</email></reportingPerson></reporter>
<personOrUserReported><espIdentifier>user-1</espIdentifier>
<ipCaptureEvent><ipAddress>198.51.100.7</ipAddress><eventName>Login</eventName>
<dateTime>2026-03-01T07:00:00Z</dateTime></ipCaptureEvent></personOrUserReported></report>"""


def test_a_report_in_the_platforms_xml_is_read_for_the_country_too(begin):
    begin(url=None, kind=ItemKind.FILE, source=Source.PLATFORM, original=("report.xml", XML.encode()))
    referral = Referral.objects.get()
    assert (referral.state, referral.target, referral.country) == (ReferralState.PROPOSED, "member", "DE")


def test_a_platforms_report_that_names_nobody_is_content_alone(begin):
    begin(url=None, kind=ItemKind.FILE, source=Source.PLATFORM, original=("report.json", b'{"suspects": []}'))
    referral = Referral.objects.get()
    assert (referral.about_person, referral.target) == (False, "police")


def test_an_original_that_cannot_be_read_any_more_blocks_nothing(begin):
    begin(url=None, kind=ItemKind.FILE, source=Source.PLATFORM, original=("report.json", b"{not json"))
    assert Referral.objects.get().about_person is False


def test_what_the_public_writes_names_no_person(begin):
    begin(url=None, kind=ItemKind.FILE, source=Source.PUBLIC, original=("report.json", report_about(FRANCE)))
    assert Referral.objects.get().about_person is False


def test_an_account_the_public_reports_is_about_a_person_and_waits(begin):
    begin(url=None, kind=ItemKind.ACCOUNT, source=Source.PUBLIC)
    referral = Referral.objects.get()
    assert (referral.about_person, referral.state, referral.target) == (True, ReferralState.PROPOSED, "police")
    assert not Job.objects.filter(kind="export").exists()
