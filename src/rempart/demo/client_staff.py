"""People at work: they set up their accounts, take the next case, read its facts, decide, by the pages' forms."""

from datetime import date
from urllib.parse import urlsplit

from rempart.core.errors import NotFound
from rempart.demo.authenticator import code_now
from rempart.demo.browser import Browser, Page
from rempart.demo.cast import Person
from rempart.demo.journeys import Answers

LEGAL_BASIS = "Made-up legal basis of the demonstration"


class Workplace:
    """One person's browser."""

    def __init__(self, base: str, person: Person) -> None:
        self.person = person
        self._browser = Browser(base)

    def enrol(self) -> None:
        """Open the one-time link, choose the password, set up an app with codes, and be logged in."""
        path = urlsplit(self.person.link).path
        chosen = {"password": self.person.password, "again": self.person.password}
        self._browser.press(self._browser.open(path), chosen, action=path)
        page = self._browser.open("/staff/account/app")
        secrets = page.document.xpath("//*[@id='secret']/text()")
        if len(secrets) != 1:
            raise NotFound("the link did not lead to the second factor.", where=self.person.username)
        page = self._browser.press(page, {"code": code_now(secrets[0])}, action="/account/app")
        self.person.codes[:] = page.document.xpath("//ul[@class='codes']//code/text()")
        if not self.person.codes:
            raise NotFound("the second factor was not taken.", where=self.person.username)

    def next_case(self) -> int | None:
        """Take the most urgent case this person may take; its number, None when nothing waits."""
        page = self._browser.press(self._browser.open("/staff/queue/"), {}, action="/queue/next")
        number = page.url.rstrip("/").rsplit("/", 1)[-1]
        return int(number) if "/cases/" in page.url else None

    def take_second_look(self) -> int | None:
        """Take the first case that waits for this person's second look; its number, None when none does."""
        page = self._browser.open("/staff/queue/")
        links = page.document.xpath("//section[@aria-labelledby='for-me']//th/a/@href")
        if not links:
            return None
        case = int(links[0].rstrip("/").rsplit("/", 1)[-1])
        self._browser.press(self._case(case), {}, action=f"/cases/{case}/claim")
        return case

    def decide(self, case: int, answers: Answers, *, looks: bool = False) -> None:
        """Read the facts, ask for the image once if it is needed, and decide."""
        page = self._case(case)
        if page.document.xpath("//main//img[contains(@src,'/preview/')]"):
            raise NotFound("the page shows an image that nobody asked for.", where=f"case {case}")
        if looks:
            self._look(page)
        self._expect(self._browser.press(page, answers, action="/assess"), "the decision")

    def place_hold(self, case: int, reason: str, until: date) -> None:
        given = {"hold-reason": reason, "hold-deadline": until.isoformat()}
        self._expect(self._browser.press(self._case(case), given, action="/hold"), "the hold")

    def release_hold(self, case: int) -> None:
        self._expect(self._browser.press(self._case(case), {}, action="/release"), "the release")

    def decide_referrals(self, reason: str) -> int:
        """Forward every referral that waits for a person's decision; how many."""
        page = self._browser.open("/staff/referrals/")
        links = page.document.xpath("//section[@aria-labelledby='to-decide']//th/a/@href")
        for link in links:
            given = {"reason": reason, "legal_basis": LEGAL_BASIS}
            self._expect(self._browser.press(self._browser.open(link), given, value="forward"), "the referral")
        return len(links)

    def recall(self, content: int, why: str) -> None:
        """Take back what this node said of a content."""
        path = f"/staff/signals/{content}/recall"
        given = {"reason": "mistake", "why": why}
        self._expect(self._browser.press(self._browser.open(path), given, action="/recall"), "the recall")

    def close(self) -> None:
        self._browser.close()

    def _case(self, case: int) -> Page:
        return self._browser.open(f"/staff/cases/{case}/")

    def _look(self, page: Page) -> None:
        shown = self._browser.press(page, {}, action="/show", value="1")
        images = shown.document.xpath("//main//img[contains(@src,'/preview/')]/@src")
        if len(images) != 1 or not self._browser.load(images[0]).startswith(b"\xff\xd8"):
            raise NotFound("the image that was asked for is not there.", where=page.title)

    @staticmethod
    def _expect(page: Page, what: str) -> None:
        if page.status != 200:
            raise NotFound(f"{what} was not taken: {page.errors}", where=page.title)
