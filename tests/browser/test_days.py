"""A day of an analyst, of a senior analyst and of an auditor: what each sees, and what the chain recorded of it."""

import json
import re
import zipfile
from types import SimpleNamespace

import pytest
from browser.busy_node import OTHER, PICTURE, content_of, follow, opinion
from browser.capture import picture
from node.casework.conftest import listed, submit, upload, work  # noqa: F401
from node.casework.test_alike import enter_stream
from node.conftest import APP_SECRET, PASSWORD, clock, people  # noqa: F401
from playwright.sync_api import Page

from rempart.core.exposure import Rules
from rempart.core.vocabulary import Legality
from rempart.demo.authenticator import code_now
from rempart.node.audit import services as audit
from rempart.node.casework import assessing, queue, release
from rempart.node.casework.models import Assessment, Case, Content, Exposure
from rempart.node.lists.models import HashList

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
FIRST, SECOND, THIRD = (f"https://pictures.host.example/gallery/{name}" for name in ("one", "two", "three"))
SECRETS = ("pictures.host.example", "pictures[.]host[.]example", "made-up-person", "hxxp", "img class")
"""What only content pages may hold."""


@pytest.fixture
def morning(submit, work, upload, clock, people, settings) -> SimpleNamespace:  # noqa: F811
    """What waits when the day begins: two files, three addresses, one of them also as a live stream, an account."""
    settings.UNDO_SECONDS = 600
    submit(files=[upload(PICTURE)], facts={"sextortion": True})
    submit(files=[upload(OTHER)])
    submit(("account", "made-up-person"))
    for address in (FIRST, SECOND, THIRD):
        submit(("url", address))
    work()
    clock.advance(minutes=40)
    addresses = [Content.objects.get(kind="url", locator=address).pk for address in (FIRST, SECOND, THIRD)]
    return SimpleNamespace(
        image=content_of(PICTURE),
        other=content_of(OTHER),
        account=Content.objects.get(kind="account").pk,
        addresses=addresses,
        stream=enter_stream(FIRST),
    )


@pytest.fixture
def begin(new_page, live_server, people):  # noqa: F811
    """Somebody comes to work: password, then the code of their app."""

    def log_in(name: str) -> Page:
        page = new_page(base_url=live_server.url, width=1600, height=1000)
        page.set_default_timeout(20_000)
        page.goto("/staff/")
        page.fill("#id_username", name)
        page.fill("#id_password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("#id_code")
        page.fill("#id_code", code_now(APP_SECRET))
        with page.expect_navigation(url=lambda address: "login" not in address):
            page.keyboard.press("Enter")
        return page

    return log_in


def press(page: Page, key: str, appears: str) -> None:
    """A single key, and what it brings."""
    page.keyboard.press(key)
    page.wait_for_selector(f"text={appears}")


def told(actor: str, *, but: tuple[str, ...] = ()) -> list[str]:
    """What the chain tells of somebody, in order."""
    return [fact.action for fact in audit.events() if fact.actor == actor and fact.action not in but]


def in_order(wanted: list[str], found: list[str]) -> bool:
    rest = iter(found)
    return all(one in rest for one in wanted)


def decide(page: Page, legality: str, **fields: str) -> None:
    page.check(f"input[name=legality][value={legality}]")
    for name, value in fields.items():
        page.check(f"input[name={name}][value={value}]")


def test_a_day_of_an_analyst(begin, morning, people, settings):  # noqa: F811
    settings.EXPOSURE_RULES = Rules(images_per_day=1, go_on_percent=100)
    ana = begin("ana")
    assert ana.inner_text("#all") == "7 open cases, most urgent first"
    _filters_and_keeps_a_view(ana)
    _looks_step_by_step_and_decides_by_keys(ana, morning)
    _notes_and_decides_alike(ana, morning)
    _searches_and_hands_back(ana, morning)
    _is_stopped_gently(ana, morning)
    picture(ana, "day-analyst-stop")
    follow(ana, "text=Log out")
    assert in_order(
        [
            "staff:login",
            "case:claimed",
            "exposure:shown",
            "content:assessed",
            "content:decision_undone",
            "content:assessed",
            "case:claimed",
            "case:noted",
            "content:assessed",
            "case:decided_alike",
            "search:made",
            "case:handed_back",
            "staff:logout",
        ],
        told(people["ana"].actor),
    ), told(people["ana"].actor)
    assert audit.verify().events > 20


def _filters_and_keeps_a_view(page: Page) -> None:
    page.select_option("#id_kind", "url")
    press(page, "f", "3 cases fit")
    page.fill("#view-name", "Addresses")
    follow(page, "text=Keep K")
    assert "View kept" in page.inner_text("[role=status]")
    press(page, "e", "7 open cases")
    follow(page, "nav[aria-label='Saved views'] >> text=Addresses")
    assert page.inner_text("#all") == "3 cases fit"


def _looks_step_by_step_and_decides_by_keys(page: Page, morning: SimpleNamespace) -> None:
    page.goto("/staff/queue/")
    page.keyboard.press("n")
    page.wait_for_url(f"**/staff/cases/{morning.image}/")
    assert page.locator("img.shown").count() == 0, "nothing is shown unasked"
    press(page, "v", "Shown small, grey and blurred")
    page.locator("img.shown").evaluate("image => image.decode()")
    press(page, "x", "Show small, grey and blurred")
    assert page.locator("img.shown").count() == 0
    page.keyboard.press("2")
    page.check("input[name=age_band][value=pubescent]")
    page.check("input[name=offences][value=distribution]")
    press(page, "r", "Recorded and decided: Illegal here")
    press(page, "u", "Undone. The case is yours again")
    decide(page, "not_illegal")
    press(page, "r", "Recorded and decided: Not illegal")
    first, last = Assessment.objects.filter(content=morning.image).order_by("pk")
    assert (first.legality, last.legality) == (Legality.NATIONAL, Legality.NOT_ILLEGAL), "what was undone stays told"
    assert Content.objects.get(pk=morning.image).legality == Legality.NOT_ILLEGAL
    assert [one.how for one in Exposure.objects.all()] == ["grey-blurred-small"]


def _notes_and_decides_alike(page: Page, morning: SimpleNamespace) -> None:
    page.goto(f"/staff/cases/{morning.addresses[0]}/")
    press(page, "c", "Hand back")
    page.fill("#case-note", "the same gallery as last week")
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    page.wait_for_selector("#notes .history >> text=the same gallery as last week")
    decide(page, "national", age_band="pubescent", offences="distribution")
    press(page, "r", "Recorded and decided")
    press(page, "a", "Decide these like")
    picture(page, "day-analyst-alike")
    page.keyboard.press("r")
    page.wait_for_selector("text=Undo these decisions")
    assert Content.objects.get(pk=morning.stream).legality == Legality.NATIONAL


def _searches_and_hands_back(page: Page, morning: SimpleNamespace) -> None:
    page.goto("/staff/search/")
    page.fill("#id_q", SECOND)
    page.keyboard.press("Enter")
    assert "1 found" in page.inner_text("#found")
    assert SECOND not in page.url
    follow(page, f"main >> text=C-{morning.addresses[1]}")
    press(page, "c", "Hand back")
    page.select_option("#why", index=1)
    press(page, "b", "Handed back. Colleagues see it in the queue again.")
    assert Case.objects.get(pk=morning.addresses[1]).claimed_by is None


def _is_stopped_gently(page: Page, morning: SimpleNamespace) -> None:
    page.goto(f"/staff/cases/{morning.other}/")
    press(page, "c", "Hand back")
    press(page, "v", "You have reached your limit for today")
    assert page.locator("img.shown").count() == 0
    assert Exposure.objects.count() == 1
    press(page, "b", "Handed back")


def test_a_day_of_a_senior(begin, morning, people, clock, listed):  # noqa: F811
    listed("Example list", "national", settles=False)
    second, third = morning.addresses[1:]
    for content, who in ((second, "ana"), (third, "ben")):
        queue.claim(people[who], content)
        assessing.assess(people[who], content, *opinion("baseline", "the first opinion"))
    asked = release.request(people["luis"], [morning.image], "Police of Examplia, 7/26", "Article 1", "their request")
    sacha = begin("sacha")
    assert "Waiting for your second look" in sacha.inner_text("main")
    _agrees_with_one_and_not_with_another(sacha, second, third)
    _restricts_a_case(sacha, morning.account, begin)
    _lets_evidence_leave(sacha, asked)
    follow(sacha, "header >> text=Lists")
    assert "Example list" in sacha.inner_text("table")
    assert sacha.locator("text=Import a file").count() == 0, "who looks at lists does not change them"
    assert HashList.objects.count() == 1
    assert in_order(
        ["staff:login", "content:assessed", "content:assessed", "case:restricted", "release:approved"],
        told(people["sacha"].actor),
    ), told(people["sacha"].actor)
    assert Content.objects.get(pk=second).legality == Legality.BASELINE
    assert Case.objects.get(pk=third).state == "arbitration"
    assert audit.verify().events > 20


def _agrees_with_one_and_not_with_another(page: Page, second: int, third: int) -> None:
    page.goto(f"/staff/cases/{second}/")
    press(page, "c", "Decide on your own")
    assert "the first opinion" not in page.inner_text("main")
    decide(page, "baseline", age_band="infant", offences="distribution")
    press(page, "r", "Recorded and decided: Baseline")
    assert "the first opinion" in page.locator("main").text_content()
    page.goto(f"/staff/cases/{third}/")
    press(page, "c", "Decide on your own")
    decide(page, "not_illegal")
    press(page, "r", "The two assessments differ, so a third person arbitrates.")
    assert page.get_by_role("button", name=re.compile("Take this case")).count() == 0, "an uninvolved person decides"


def _restricts_a_case(page: Page, account: int, begin) -> None:
    page.goto(f"/staff/cases/{account}/")
    page.click("text=Restrict it")
    page.fill("input[name=restrict-reason]", "it concerns somebody of the house")
    follow(page, "button:has-text('Restrict this case')")
    assert "Restricted. Others see that the case exists and nothing else." in page.inner_text("[role=status]")
    ben = begin("ben")
    ben.goto(f"/staff/cases/{account}/")
    seen = ben.inner_text("main")
    assert "made-up-person" not in seen
    assert "somebody of the house" not in seen
    assert ben.get_by_role("button", name=re.compile("Take this case")).count() == 0


def _lets_evidence_leave(page: Page, asked: int) -> None:
    follow(page, "header >> text=Evidence")
    follow(page, f"text=E-{asked}")
    page.fill("#decision-reason", "it names the file and the law")
    follow(page, "text=Let them leave")
    assert "Approved" in page.inner_text(".page-head")
    assert page.get_by_role("button", name="Take the files now").count() == 0, "who approves does not take"


def test_a_day_of_an_auditor(begin, morning, people, clock, tmp_path):  # noqa: F811
    queue.claim(people["ana"], morning.addresses[0])
    assessing.assess(people["ana"], morning.addresses[0], *opinion("national", "in words of nobody else"))
    clock.advance(days=1)
    aude = begin("aude")
    assert aude.inner_text("h1") == "Events"
    pages = [aude.content()]
    follow(aude, "text=Verify the whole chain")
    assert re.search(r"The chain of \d+ events is whole", aude.inner_text("[role=status]"))
    aude.fill("#f-action", "case:claimed")
    aude.fill("#f-actor", people["ana"].actor)
    aude.keyboard.press("Enter")
    aude.wait_for_selector("text=Show all")
    rows = aude.locator("tbody tr")
    assert rows.count() == 1
    assert f"case:{morning.addresses[0]}" in rows.inner_text()
    picture(aude, "day-auditor-filtered")
    pages.append(aude.content())
    lines = _exported(aude, tmp_path)
    assert [line["action"] for line in lines] == ["case:claimed"]
    for path in ("retention/", "care/", "queue/", f"cases/{morning.image}/", "search/", "evidence/", "lists/"):
        aude.goto(f"/staff/{path}")
        pages.append(aude.content())
    for text in pages:
        assert not [one for one in (*SECRETS, "in words of nobody else") if one in text]
    own = told(people["aude"].actor)
    assert in_order(["staff:login", "audit:searched", "audit:exported"], own), own
    assert audit.verify().events >= len(own)


def _exported(page: Page, folder) -> list[dict]:
    """The export that fits the filters, opened as the auditor opens it: events, and a signed note beside."""
    with page.expect_download() as waiting:
        page.click("button:has-text('JSON Lines')")
    file = folder / "events.zip"
    waiting.value.save_as(file)
    with zipfile.ZipFile(file) as packed:
        assert packed.namelist() == ["events.jsonl", "events.jsonl.note"]
        return [json.loads(line) for line in packed.read("events.jsonl").splitlines()]
