"""A node in the middle of a busy day, made by its own services and steps, and how to reach every page of it."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from browser.busy_house import add_house, house_visits
from django.urls import reverse
from outside_world import FRANCE, GERMANY, RUSSIA, WebHost
from playwright.sync_api import Page
from signals.pictures import encoded, scene

from rempart.core.vocabulary import Basis, FingerprintType, IndustryClass, ItemKind, Legality, Role, Source
from rempart.node.casework import assessing, evidence, holds, queue
from rempart.node.casework.forms import DecisionForm
from rempart.node.casework.models import Content
from rempart.node.intake import platforms, reports
from rempart.node.intake.models import Message, Platform, Report, StoredFile
from rempart.node.jobs import services as jobs
from rempart.node.notices import services as notices
from rempart.node.notices.models import Notice
from rempart.node.referrals import services as referrals
from rempart.node.referrals.models import Referral
from rempart.node.staff.models import StaffMember
from rempart.signals.fingerprint import pdq

PICTURE, OTHER, SEEN, KNOWN = (encoded(scene(seed=seed)) for seed in (4, 5, 6, 7))
COPIES = [encoded(scene(seed=4).resize((4 * size, 3 * size))) for size in (60, 50, 40)]
LONG = "https://a-very-long-name-of-a-made-up-gallery.pictures.host.example/" + "a-long-name/" * 16 + "?page=2"
OUTWARD = ("resolve", "route", "notice", "follow")
SUSPECTS = {"suspects": [{"emails": ["a.person@mail.example"], "ip_events": [{"ip": FRANCE}]}]}
ONION = "http://aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3kead.onion/page"
ORIGINAL = ("report.json", json.dumps(SUSPECTS).encode())
HOSTS = {
    "images.host.example": FRANCE,
    "kept.host.example": FRANCE,
    "removed.host.example": FRANCE,
    "back.host.example": FRANCE,
    "held.host.example": FRANCE,
    "slow.relay.example": FRANCE,
    "bilder.netz.example": GERMANY,
    "mirror.netz.example": GERMANY,
    "kartinki.primer.example": RUSSIA,
}


def opinion(legality: str, note: str, **more: object):
    form = DecisionForm(
        {
            "legality": legality,
            "age_band": "infant" if legality == "baseline" else "pubescent",
            "gender": "not_determined",
            "offences": ["distribution", "trade"],
            "site_type": "image_host",
            "commerciality": "not_determined",
            "note": note,
        }
        | more
    )
    assert form.is_valid(), form.errors
    return form.decision(), note


def content_of(data: bytes) -> int:
    return Content.objects.get(fingerprints__kind="sha256", fingerprints__value=hashlib.sha256(data).digest()).pk


@pytest.fixture
def busy(submit, work, upload, listed, clock, people, world, decided) -> Iterator[SimpleNamespace]:
    """Cases, notices, referrals and lists in every state that staff meet, and the events of all that."""
    serge = StaffMember.objects.create_user("serge", "correct horse battery staple", [Role.SENIOR_ANALYST], "Serge")
    gone = WebHost()
    world.names(**{name.replace(".", "_"): [ip] for name, ip in HOSTS.items()})
    world.connect(**{name.replace(".", "_"): world.web.port for name in HOSTS})
    _lists(listed)
    made = _notices(world, decided, clock, people, gone)
    people["serge"] = serge
    _cases(submit, work, upload, clock, people, serge, made)
    add_house(made, people, clock)
    yield made
    gone.close()


def _lists(listed: Callable[..., int]) -> None:
    code, _ = pdq(PICTURE)
    numbers = [{FingerprintType.MD5: f"{number:032x}"} for number in range(1, 40)]
    listed("Example list", "national", {FingerprintType.PDQ: code.hex()}, settles=False)
    listed("Exchange of examples between hotlines and platforms, second edition", "baseline", *numbers)
    listed("Not illegal, seen often", "not_illegal", *numbers[:3], settles=False)
    known = hashlib.sha256(KNOWN).hexdigest()
    listed("Industry examples", str(IndustryClass.A1), {FingerprintType.SHA256: known})


def _outward(*kinds: str) -> None:
    """Do what is due. A step that another one of its batch asks for again is simply done again."""
    while claims := jobs.claim(1, kinds or OUTWARD):
        jobs.perform(claims[0])
    assert jobs.failed() == []


def _notices(world, decided, clock, people, gone) -> SimpleNamespace:
    def at(host: str, **more) -> int:
        content = decided(f"http://{host}/gallery/{len(host)}?page=1", **more)
        jobs.wake("resolve", content)
        return content

    kept, back, _ = (at(f"{name}.host.example") for name in ("kept", "back", "removed"))
    plain = at("images.host.example", basis=Basis.LIST_MATCH, legality=Legality.NATIONAL)
    held = at("held.host.example")
    at("slow.relay.example")
    world.relay.refuse["abuse@relay.example"] = "451 4.7.1 try again later"
    mirror = at("mirror.netz.example")
    for host in ("bilder.netz.example", "kartinki.primer.example"):
        at(host)
    _outward()
    holds.place(people["luis"], held, clock.now() + timedelta(days=20), "Request 9 of the police")
    referrals.withdraw(people["luis"], Referral.objects.get(content=mirror).pk, "Sent by mistake; it is a copy")
    _outward("export")
    persons = [decided(None, kind=ItemKind.FILE, source=Source.PLATFORM, original=ORIGINAL) for _ in range(3)]
    for content in persons:
        jobs.wake("resolve", content)
    _outward()
    first, second, _ = Referral.objects.filter(about_person=True).order_by("pk")
    referrals.decide(people["luis"], first.pk, True, "Identified account", "Code of criminal procedure, article 1")
    referrals.decide(people["vera"], second.pk, False, "The person is known to the service already", "")
    refused, open_one, again = (Notice.objects.get(content=content).pk for content in (kept, plain, back))
    clock.advance(hours=3)
    notices.refuse(people["ben"], refused, "Says that it is lawful where it is")
    gone.status = 404
    world.connect(
        **{name.replace(".", "_"): world.web.port for name in HOSTS if not name.startswith(("removed", "back"))},
        removed_host_example=gone.port,
        back_host_example=gone.port,
    )
    for _ in range(8):
        clock.advance(hours=6)
        _outward()
    world.connect(
        **{name.replace(".", "_"): world.web.port for name in HOSTS if not name.startswith("removed")},
        removed_host_example=gone.port,
    )
    for _ in range(6):
        clock.advance(hours=40)
        _outward()
    notices.acknowledge(people["ana"], open_one)
    return SimpleNamespace(
        notice=refused,
        notice_open=open_one,
        notice_back=again,
        proposed=Referral.objects.get(state="proposed").pk,
        exported=Referral.objects.filter(state="exported").first().pk,
        queued=first.pk,
        decided=kept,
    )


def _cases(submit, work, upload, clock, people, serge, made) -> None:
    platforms.add_platform("Example Chat")
    platform = Platform.objects.get()
    submit(files=[upload(PICTURE)], facts={"sextortion": True}, source=Source.VICTIM_SELF)
    submit(files=[upload(OTHER, viewed=None)], source=Source.PLATFORM, platform=platform)
    submit(files=[upload(SEEN)])
    submit(files=[upload(KNOWN)])
    for copy in COPIES:
        submit(files=[upload(copy)])
    submit(("account", "made-up-person"), source=Source.POLICE)
    submit(("onion", ONION))
    submit(("channel", "made-up-channel"), ("live_stream", "https://live.example/room/5"))
    work()
    clock.advance(days=2, hours=5, minutes=20)
    submit(("url", "https://pictures.host.example/gallery/one?page=2"), facts={"child_in_danger": True})
    submit(("url", "https://pictures.host.example/gallery/one?page=2"), source=Source.MEMBER)
    submit(("url", "https://pictures.host.example/gallery/two"))
    submit(("url", "https://pictures.host.example/gallery/three"))
    submit(("url", LONG))
    submit(("url", "https://forum.example/topic/7"), ("text", "words of a made-up person; see https://forum.example/8"))
    work()
    clock.advance(minutes=40)

    def address(end: str) -> int:
        return Content.objects.get(locator__endswith=end).pk

    made.image, made.sealed, made.seen, made.known = map(content_of, (PICTURE, OTHER, SEEN, KNOWN))
    made.danger, made.second, made.long, made.forum = map(address, ("one?page=2", "two", "name/?page=2", "7"))
    made.arbitration = address("three")
    made.account = Content.objects.get(kind="account").pk
    made.text = Content.objects.get(kind="text").pk
    for content, who in ((made.second, people["ben"]), (made.arbitration, people["sacha"])):
        queue.claim(who, content)
        assessing.assess(who, content, *opinion("baseline", "the first opinion"))
    queue.claim(serge, made.arbitration)
    assessing.assess(serge, made.arbitration, *opinion("national", "the second opinion"))
    for copy, legality in zip(COPIES, ("national", "baseline"), strict=False):
        queue.claim(people["sacha"], content_of(copy))
        assessing.assess(people["sacha"], content_of(copy), *opinion(legality, "as the picture it is a copy of"))
    queue.claim(people["ben"], made.seen)
    evidence.show(people["ben"], made.seen, StoredFile.objects.get(sha256=hashlib.sha256(SEEN).digest()).pk)
    holds.place(people["luis"], made.danger, clock.now() + timedelta(days=6), "Request 12 of the police")
    _write_message(made.forum, clock)


def _write_message(content_id: int, clock) -> None:
    report = Report.objects.get(items__content=content_id)
    sealed = reports.seal_message(report, "The second page shows more")
    Message.objects.create(report=report, sealed=sealed, repeat_key=bytes(32), sent_at=clock.now())


Visit = tuple[str, str, Callable[[Page], object]]


def follow(page: Page, selector: str) -> None:
    """Click, and wait until the page it leads to is whole: a click alone returns when its first byte has come."""
    with page.expect_navigation():
        page.click(selector)


def visits(made: SimpleNamespace) -> Iterator[Visit]:
    """Every page of the workplace: who looks, its name, and how to get there."""

    def place(name: str, *args: int, query: str = "") -> Callable[[Page], object]:
        return lambda page: page.goto(reverse(name, args=args) + query)

    def then(go: Callable[[Page], object], more: Callable[[Page], object]) -> Callable[[Page], object]:
        return lambda page: (go(page), more(page))

    def case(number: int, *clicks: str) -> Callable[[Page], object]:
        def go(page: Page) -> None:
            page.goto(reverse("casework:case", args=[number]))
            for click in clicks:
                follow(page, f"text={click}")
            if page.locator("img.shown").count():
                page.locator("img.shown").evaluate("image => image.decode()")

        return go

    take = "Take this case"
    yield "ana", "queue", place("casework:queue")
    yield "ana", "queue-filtered", place("casework:queue", query="?kind=url&level=high")
    yield "ana", "queue-none", place("casework:queue", query="?state=arbitration&kind=text")
    yield "ana", "search", place("casework:search")
    yield "ana", "identical", place("casework:alike", made.decided)
    yield "ana", "case-open", case(made.long)
    yield "ana", "case", case(made.image, take)
    yield "ana", "case-shown", case(made.image, "Show small, grey and blurred")
    yield "ana", "case-wrong", case(made.image, "Record decision")
    yield "ana", "case-account", case(made.account, take)
    yield "ana", "case-text", case(made.text, take)
    yield "ana", "case-message", case(made.forum, take)
    yield "ana", "case-held", case(made.danger)
    yield "ana", "case-colleague", case(made.seen)
    yield "ana", "case-known", case(made.known)
    yield "ana", "case-decided", case(made.decided)
    yield "ana", "case-unknown", place("casework:case", 98765)
    yield "ana", "notices", place("notices:list")
    yield "ana", "notices-none", place("notices:list", query="?state=removed&country=JP")
    yield "ana", "notice", place("notices:detail", made.notice)
    yield "ana", "notice-open", place("notices:detail", made.notice_open)
    yield "ana", "notice-back", place("notices:detail", made.notice_back)
    yield "ana", "lists-view", place("lists:list")
    yield "ana", "subscriptions", place("lists:subscriptions")
    yield "ana", "not-permitted", place("audit:list")
    yield "sacha", "queue-senior", place("casework:queue")
    yield "sacha", "case-second-look", case(made.second, take)
    yield "sacha", "case-sealed", case(made.sealed, take)
    yield "serge", "case-arbitration", case(made.arbitration)
    yield "luis", "case-hold-owner", case(made.danger)
    yield "luis", "referrals", place("referrals:list")
    yield "luis", "referrals-none", place("referrals:list", query="?state=declined&country=JP")
    yield "luis", "referral-proposed", place("referrals:detail", made.proposed)
    yield "luis", "referral-queued", place("referrals:detail", made.queued)
    yield "luis", "referral-exported", place("referrals:detail", made.exported)
    yield "lin", "lists", place("lists:list")
    yield "aude", "audit", place("audit:list")
    yield "aude", "audit-filtered", place("audit:list", query="?action=case:")
    yield "aude", "audit-none", place("audit:list", query="?action=nothing")
    yield from house_visits(made, place, then)
