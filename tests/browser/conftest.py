"""A real browser on a real server on loopback. Skipped only where Debian's chromium is not installed."""

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import Model
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
OPEN = pytest.StashKey[list[BrowserContext]]()
"""The windows a test has open."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM.exists():
                item.add_marker(pytest.mark.skip(reason="Debian's chromium is not installed"))


@pytest.fixture(autouse=True)
def _rows_of_migrations(request: pytest.FixtureRequest) -> None:
    """A test with a server empties the database at its end; the rows that migrations wrote are put back."""
    if "live_server" not in request.fixturenames:
        return
    request.getfixturevalue("transactional_db")
    if not apps.get_model("audit", "Head").objects.exists():
        import_module("rempart.node.audit.migrations.0002_genesis").begin_chain(apps, None)
    if not apps.get_model("register", "Member").objects.exists():
        _put_members_back(apps.get_model("register", "Member"))
    if not apps.get_model("casework", "ImageSeries").objects.exists():
        import_module("rempart.node.casework.migrations.0002_image_numbers").number_what_is_there(apps, None)
    # What this process keeps of lists and images is of the last test's database.
    import_module("rempart.node.lists.services").forget_recogniser()
    # So are the signed checkpoints of its chain.
    import_module("rempart.node.audit.checkpoints").own_file().path.unlink(missing_ok=True)
    import_module("rempart.node.casework.similar").forget()


def _put_members_back(model: type[Model]) -> None:
    rules = import_module("rempart.core.register.members")
    text = files("rempart.node.register").joinpath("data/members.json").read_text(encoding="utf-8")
    shipped = rules.load_members(text)
    model.objects.bulk_create(model(**rules.member_fields(each) | {"numeric": each.numeric}) for each in shipped)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failure tells what the browser showed: a selector that never came says nothing about the page that did."""
    report = yield
    if report.when == "call" and report.failed:
        for page in (page for context in item.stash.get(OPEN, []) for page in context.pages):
            try:
                report.sections.append((f"page {page.url}", page.inner_text("body", timeout=2000)[:3000]))
            except Error as error:
                report.sections.append((f"page {page.url}", f"could not be read: {error}"))
    return report


@pytest.fixture
def new_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Open a page in a context of its own: `new_page(width=360, scheme="dark", script=False)`."""
    contexts = request.node.stash[OPEN] = []

    def make(
        *, width: int = 1024, height: int = 800, scheme: str = "light", script: bool = True, **more: object
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            java_script_enabled=script,
            reduced_motion="reduce",
            **more,
        )
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


def session_of(person) -> dict[str, str]:
    """The cookie of a new login of this person, with both factors."""
    logins = import_module("rempart.node.staff.logins")
    client = Client()
    client.force_login(person)
    session = client.session
    session[logins.KEY] = logins.start(person, "totp", "Chromium on Linux").pk
    session.save()
    return {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key}


@pytest.fixture
def enter(new_page, live_server, people) -> Callable[..., Page]:
    """Open a window in which one of the cast has logged in with both factors. How one logs in by the form is shown
    where accounts and a day's work are tested."""

    def log_in(name: str, *, width: int = 1024, height: int = 1000, **how: object) -> Page:
        page = new_page(width=width, height=height, base_url=live_server.url, bypass_csp=True, **how)
        page.set_default_timeout(20_000)
        page.context.add_cookies([session_of(people[name]) | {"url": f"{live_server.url}/staff/"}])
        return page

    return log_in
