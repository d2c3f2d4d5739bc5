"""How to reach every page of the public surface, as a visitor does."""

from collections.abc import Callable, Iterator

from playwright.sync_api import Page

Visit = tuple[str, Callable[[], object]]


def visits(page: Page, root: str, language: str = "en") -> Iterator[Visit]:
    """Every public page by name, each with what to do to get there from the one before."""

    def open_page(path: str) -> Callable[[], object]:
        return lambda: page.goto(f"{root}/{language}/{path}")

    def go_on() -> None:
        page.click("main button.primary")
        page.wait_for_load_state()

    def choose(selector: str) -> None:
        page.check(selector)
        go_on()

    def write(text: str) -> None:
        page.fill("textarea[name=addresses]", text)
        go_on()

    yield "home", open_page("")
    yield "report-1", open_page("report/")
    yield "report-1-errors", go_on
    yield "report-2", lambda: choose("input[value=addresses]")
    yield "report-2-errors", lambda: write("https://pictures.example/a\nthis is no address\nabc")
    yield "report-3", lambda: write("https://pictures.example/a\nhttps://pictures.example/b?page=2")
    yield "report-4", lambda: choose("input[name=danger][value=yes]")
    yield "report-5", go_on
    yield "sent", go_on
    yield "status", lambda: (page.click(".actions form:nth-child(2) button"), page.wait_for_load_state())
    yield "report-account", lambda: (open_page("report/")(), choose("input[value=account]"))
    yield "report-live", lambda: (open_page("report/")(), choose("input[value=live]"))
    yield "report-written", lambda: (open_page("report/")(), choose("input[value=written]"))
    yield "me", open_page("me/")
    yield "young-1", open_page("young/")
    yield "young-2", lambda: choose("input[value=threat]")
    yield "receipt", open_page("receipt/")
    yield "services", open_page("services/")
    yield "privacy", open_page("privacy/")
    yield "log", open_page("log/")
    yield "not-found", open_page("nowhere/")
