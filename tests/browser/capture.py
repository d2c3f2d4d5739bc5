"""Pictures of pages."""

from pathlib import Path

from playwright.sync_api import Error, Page


def picture(page: Page, path: Path) -> None:
    """The whole page into a file. A browser short of time fails to capture now and then: it tries three times."""
    for attempt in range(3):
        try:
            page.screenshot(path=path, full_page=True)
        except Error as error:
            if "Unable to capture screenshot" not in str(error) or attempt == 2:
                raise
        else:
            return
