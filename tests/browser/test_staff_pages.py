"""The workplace in a real browser: narrow, middle and wide, light and dark, without script and without a mouse."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from browser.busy_node import OTHER, PICTURE, busy, content_of, follow, visits  # noqa: F401
from browser.capture import judged, moved
from node.casework.conftest import listed, submit, upload, work  # noqa: F401
from node.conftest import clock, people  # noqa: F401
from outside_world import decided, world  # noqa: F401
from playwright.sync_api import Page

from rempart.core.vocabulary import FingerprintType
from rempart.node.casework import assessing, holds, queue
from rempart.node.casework.forms import DecisionForm
from rempart.node.casework.models import Assessment, Case, Content, Exposure
from rempart.signals.fingerprint import pdq

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


@pytest.fixture
def cases(submit, work, upload, listed, clock, people) -> SimpleNamespace:  # noqa: F811
    """A morning's queue: an address in danger, an image near a listed one, an account, a text, a second look."""
    code, _ = pdq(PICTURE)
    listed("Example list", "national", {FingerprintType.PDQ: code.hex()}, settles=False)
    listed("Exchange of examples", "baseline", {FingerprintType.MD5: "0" * 31 + "1"})
    submit(files=[upload(PICTURE)], facts={"sextortion": True})
    submit(files=[upload(OTHER, viewed=None)])
    submit(("account", "made-up-person"))
    work()
    clock.advance(hours=5, minutes=20)
    submit(("url", "https://pictures.host.example/gallery/one?page=2"), facts={"child_in_danger": True})
    submit(("url", "https://pictures.host.example/gallery/two"))
    submit(("url", "https://forum.example/topic/7"), ("text", "words of a made-up person"))
    work()
    clock.advance(minutes=40)
    found = SimpleNamespace(
        image=content_of(PICTURE),
        sealed=content_of(OTHER),
        danger=Content.objects.get(locator__endswith="page=2").pk,
        second=Content.objects.get(locator__endswith="two").pk,
        forum=Content.objects.get(locator__endswith="7").pk,
    )
    queue.claim(people["ben"], found.second)
    chosen = DecisionForm(
        {
            "legality": "baseline",
            "age_band": "infant",
            "gender": "not_determined",
            "offences": ["distribution"],
            "site_type": "image_host",
            "commerciality": "not_determined",
            "note": "the first opinion",
        }
    )
    assert chosen.is_valid()
    assessing.assess(people["ben"], found.second, chosen.decision(), "the first opinion")
    holds.place(people["luis"], found.danger, clock.now() + timedelta(days=6), "Request 12 of the police")
    return found


CLOSELY = {"queue", "case", "case-shown", "case-decided", "notice", "audit", "care"}


def test_every_page(enter, busy):  # noqa: F811
    """At three widths, in both themes, from right to left: whole, inside the window, without a barrier."""
    windows: dict[str, Page] = {}
    wrong = []
    for who, name, go in visits(busy):
        page = windows.get(who) or windows.setdefault(who, enter(who))
        go(page)
        # Error pages are free of barriers too: first, that this is a page of the workplace.
        assert page.get_by_role("button", name="Log out").count() == 1, f"{name}: {page.content()[:600]}"
        wrong += judged(page, f"staff-{name}", closely=name in CLOSELY)
    assert wrong == [], "\n".join(wrong)


def test_the_queue_stays_where_it_is_while_it_comes_over_a_slow_link(enter, busy):  # noqa: F811
    ana = enter("ana")
    ana.goto("/staff/queue/")
    link = ana.context.new_cdp_session(ana)
    link.send("Network.enable")
    slow = {"offline": False, "latency": 50, "downloadThroughput": 6000, "uploadThroughput": -1}
    link.send("Network.emulateNetworkConditions", slow)
    ana.goto("/staff/queue/")
    assert ana.locator(".queue-lines tbody tr").count() > 10
    assert moved(ana) < 0.005


def test_the_decision_stands_at_one_place(enter, cases):
    """Whatever is known of a case, and however far one has read, the decision is where it was."""
    sacha = enter("sacha", width=1600)
    places = []
    for content_id in (cases.image, cases.danger, cases.forum):
        sacha.goto(f"/staff/cases/{content_id}/")
        follow(sacha, "text=Take this case")
        for down in (0, 400):
            sacha.evaluate(f"window.scrollTo(0, {down})")
            box = sacha.locator(".pane.decision").bounding_box()
            button = sacha.get_by_role("button", name="Record decision")
            places.append((box["x"], box["width"]))
            assert button.evaluate("b => b.getBoundingClientRect().bottom <= window.innerHeight")
    assert len(set(places)) == 1


def test_an_image_hides_by_itself(enter, cases):
    ana = enter("ana")
    ana.goto(f"/staff/cases/{cases.image}/")
    follow(ana, "text=Take this case")
    follow(ana, "text=Show small, grey and blurred")
    ana.locator("img.shown").evaluate("image => image.decode()")
    is_hidden = "getComputedStyle(document.querySelector('img.shown')).visibility === 'hidden'"
    assert not ana.evaluate(is_hidden)
    ana.evaluate("document.getAnimations().forEach(one => one.finish())")
    assert ana.evaluate(is_hidden)
    assert ana.evaluate("document.querySelector('img.shown').naturalWidth") <= 96


class Keyboard:
    """A person who has keys only."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, described: str) -> None:
        """Tab until what has the focus fits."""
        target = self.page.locator(described).first
        for _ in range(150):
            if target.and_(self.page.locator(":focus")).count():
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{described} is not reached by Tab")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


def test_a_case_is_taken_decided_and_undone_by_keys_alone_without_script(enter, cases, people, settings):  # noqa: F811
    settings.UNDO_SECONDS = 600
    page = enter("ana", script=False)
    page.goto("/staff/queue/")
    keys = Keyboard(page)
    keys.to("button:has-text('Next item')")
    keys.press("Enter")
    page.wait_for_url(re.compile(r"/staff/cases/\d+/"))
    content_id = Case.objects.get(claimed_by=people["ana"]).pk
    keys.to("input[name=legality]")
    keys.press("Space", "ArrowDown")
    keys.to("input[name=age_band]:checked")
    keys.press("ArrowUp")
    keys.to("input[name=offences][value=distribution]")
    keys.press("Space")
    # Enter in a field is not a decision, and what was chosen stays.
    with page.expect_navigation():
        keys.press("Enter")
    assert page.is_checked("input[name=offences][value=distribution]")
    assert not Exposure.objects.exists()
    assert not Assessment.objects.filter(content=content_id).exists()
    keys.to("textarea[name=note]")
    page.keyboard.type("by keys")
    keys.to("button:has-text('Record decision')")
    keys.press("Enter")
    page.wait_for_selector("text=Recorded and decided")
    one = Assessment.objects.get(content=content_id)
    assert (one.legality, one.age_band, one.offences, one.note) == (
        "national",
        "pubescent",
        ["distribution"],
        "by keys",
    )
    keys.to("button:has-text('Undo the decision')")
    keys.press("Enter")
    page.wait_for_selector("text=Undone. The case is yours again")
    assert Case.objects.get(pk=content_id).claimed_by == people["ana"]
    assert not Content.objects.get(pk=content_id).legality


def test_the_focus_goes_by_the_order_of_reading_and_is_seen(enter, cases):
    """From the link over the bar to the work itself, without script; where the focus is, a ring is."""
    page = enter("ana", script=False)
    page.goto("/staff/queue/")
    assert not page.locator("[data-keys-on]").is_visible(), "single keys need the script"
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    assert page.locator(":focus").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text().startswith("Next item")
    page.goto("/staff/queue/")
    order = []
    for _ in range(14):
        page.keyboard.press("Tab")
        reached = page.locator(":focus")
        ring = reached.evaluate("e => [getComputedStyle(e).outlineStyle, parseFloat(getComputedStyle(e).outlineWidth)]")
        assert ring[0] != "none", reached.inner_text()
        assert ring[1] >= 2
        order.append(reached.evaluate("e => e.textContent.trim().split('\\n')[0] || e.getAttribute('aria-label')"))
    parts = ["Queue", "Notices", "Referrals", "Lists", "Log out"]
    assert [name for name in order if name in parts] == parts


@pytest.mark.parametrize(
    ("name", "place"), [("ana", "queue"), ("ana", "notices"), ("luis", "referrals"), ("lin", "lists")]
)
def test_every_key_is_shown_and_is_of_one_control(enter, cases, name, place):
    page = enter(name, script=False)
    page.goto(f"/staff/{place}/")
    keys = page.locator("[accesskey]")
    found = [keys.nth(number).get_attribute("accesskey") for number in range(keys.count())]
    assert found
    assert len(set(found)) == len(found)
    for number, key in enumerate(found):
        assert keys.nth(number).locator("kbd").inner_text() == key.upper()


def access_key(page: Page, key: str) -> None:
    """Alt and the key, with the unmodified text by which the browser finds the button."""
    session = page.context.new_cdp_session(page)
    pressed = {"modifiers": 1, "key": key, "text": key, "unmodifiedText": key}
    session.send("Input.dispatchKeyEvent", {"type": "keyDown", **pressed})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **pressed})


def test_keys_on_the_buttons_act(enter, cases):
    page = enter("ana", script=False)
    page.goto(f"/staff/cases/{cases.image}/")
    for key, appears in (
        ("c", "Hand back"),
        ("v", "Show more"),
        ("m", "grey and lightly blurred"),
        ("x", "Show small"),
    ):
        access_key(page, key)
        page.wait_for_selector(f"text={appears}")
    access_key(page, "2")
    assert page.is_checked("input[name=legality][value=national]")
    assert Exposure.objects.count() == 2
    access_key(page, "b")
    page.wait_for_url("**/staff/queue/")


def test_a_reload_shows_nothing(enter, cases):
    page = enter("ana")
    page.goto(f"/staff/cases/{cases.image}/")
    follow(page, "text=Take this case")
    follow(page, "text=Show small, grey and blurred")
    page.wait_for_selector("img.shown")
    page.goto(f"/staff/cases/{cases.image}/")
    assert page.locator("img.shown").count() == 0


def test_single_keys_work_with_the_script_and_can_be_switched_off(enter, cases, people):  # noqa: F811
    page = enter("ana")
    page.goto("/staff/queue/")
    page.keyboard.press("n")
    page.wait_for_url(re.compile(r"/staff/cases/\d+/"))
    content_id = Case.objects.get(claimed_by=people["ana"]).pk
    page.keyboard.press("2")
    assert page.is_checked("input[name=legality][value=national]")
    page.check("input[name=offences][value=distribution]")
    page.fill("textarea[name=note]", "")
    page.focus("textarea[name=note]")
    page.keyboard.type("r1b")
    assert page.input_value("textarea[name=note]") == "r1b", "who writes, writes"
    assert page.is_checked("input[name=legality][value=national]")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.wait_for_selector("text=Recorded and decided")
    assert Assessment.objects.get(content=content_id).note == "r1b"
    page.goto("/staff/queue/")
    page.click("text=Single keys are on")
    page.keyboard.press("n")
    page.reload()
    page.keyboard.press("n")
    page.wait_for_timeout(300)
    assert page.url.endswith("/staff/queue/")
    assert page.locator("text=Single keys are off").count() == 1


def test_the_standing_of_the_queue_follows_by_itself_and_moves_nothing(enter, cases, people):  # noqa: F811
    page = enter("ana")
    page.clock.install()
    page.goto("/staff/queue/")
    steady = page.locator(".counts.steady")
    before, box = steady.inner_text(), page.locator("#all").bounding_box()
    queue.next_case(people["ana"])
    with page.expect_response("**/staff/queue/progress"):
        page.clock.run_for(15_000)
    page.wait_for_function("before => document.querySelector('.counts.steady').innerText !== before", arg=before)
    assert "1 yours" in steady.inner_text().replace("\n", " ")
    assert page.locator("#all").bounding_box() == box


def test_a_claim_is_renewed_while_its_holder_works(enter, cases, people, clock):  # noqa: F811
    page = enter("ana")
    page.clock.install()
    page.goto(f"/staff/cases/{cases.image}/")
    follow(page, "text=Take this case")
    until = Case.objects.get(pk=cases.image).claimed_until
    clock.advance(minutes=10)
    page.clock.run_for(300_000)
    assert Case.objects.get(pk=cases.image).claimed_until == until, "nobody did anything"
    page.fill("textarea[name=note]", "working")
    with page.expect_response("**/renew"):
        page.clock.run_for(300_000)
    assert Case.objects.get(pk=cases.image).claimed_until > until
