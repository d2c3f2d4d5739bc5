"""A real browser on a real server on loopback. Skipped only where Debian's chromium is not installed."""

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
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
        import_module("rempart.node.register.migrations.0002_members").load(apps, None)
    if not apps.get_model("casework", "ImageSeries").objects.exists():
        import_module("rempart.node.casework.migrations.0002_image_numbers").number_what_is_there(apps, None)
    # What this process keeps of lists and images is of the last test's database.
    import_module("rempart.node.lists.services").forget_recogniser()
    # So are the signed checkpoints of its chain.
    import_module("rempart.node.audit.checkpoints").own_file().path.unlink(missing_ok=True)
    import_module("rempart.node.casework.similar").forget()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page in a context of its own: `new_page(width=360, scheme="dark", script=False)`."""
    contexts: list[BrowserContext] = []

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


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of pages go: REMPART_SCREENSHOTS, or a folder of this run."""
    named = os.environ.get("REMPART_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
