"""A browser without script: opens pages, fills the forms it finds, presses their buttons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from lxml import html

from rempart.core.errors import NotFound, OutsideFailure
from rempart.demo.forms import Value, controls, filled, owner

TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Button:
    """A button with the form it sends; `target` is absolute."""

    element: Any = field(repr=False)
    form: Any = field(repr=False)
    target: str


@dataclass(frozen=True, slots=True)
class Page:
    """An answer, read. `document` is lxml's tree of it."""

    url: str
    status: int
    document: Any = field(repr=False)

    @property
    def title(self) -> str:
        return " ".join((self.document.findtext(".//title") or "").split())

    @property
    def errors(self) -> str:
        """What the page says is wrong."""
        said = " ".join(self.document.xpath("//*[contains(@class,'error')]//text()"))
        return " ".join(said.split())[:300]

    def find(self, action: str = "", value: str = "") -> Button | None:
        """The first button that sends to an address ending with `action` and has this value (empty: any)."""
        for element in self.document.xpath("//button[not(@disabled)]"):
            form = owner(self.document, element)
            if form is None:
                continue
            target = urljoin(self.url, element.get("formaction") or form.get("action") or "")
            if urlsplit(target).path.endswith(action) and value in ("", element.get("value")):
                return Button(element, form, target)
        return None

    def button(self, action: str = "", value: str = "") -> Button:
        """Like `find`; raises NotFound when the page has no such button."""
        found = self.find(action, value)
        if found is None:
            raise NotFound(f"'{self.title}' has no button for {action or value}.", where=urlsplit(self.url).path)
        return found

    def names(self, button: Button) -> set[str]:
        """What the button's form asks."""
        return {element.get("name") for element in controls(self.document, button.form)}


class Browser:
    """Keeps cookies between pages, as long as it is open."""

    def __init__(self, base: str) -> None:
        self._http = httpx.Client(base_url=base, follow_redirects=True, timeout=TIMEOUT, trust_env=False)

    def open(self, path: str) -> Page:
        return _page(self._http.get(path, headers={"Accept": "text/html"}))

    def load(self, address: str) -> bytes:
        """What a page embeds."""
        answer = self._http.get(address)
        if answer.status_code != 200:
            raise OutsideFailure(f"it was answered with {answer.status_code}.", where="embedded file")
        return answer.content

    def press(self, page: Page, values: Mapping[str, Value], *, action: str = "", value: str = "") -> Page:
        """Fill the button's form with `values` and press it. An answer the form does not offer raises NotFound."""
        button = page.button(action, value)
        data: dict[str, list[str]] = {}
        for name, text in filled(controls(page.document, button.form), values):
            data.setdefault(name, []).append(text)
        if button.element.get("name"):
            data.setdefault(button.element.get("name"), []).append(button.element.get("value") or "")
        return _page(self._http.post(button.target, data=data, headers={"Sec-Fetch-Site": "same-origin"}))

    def close(self) -> None:
        self._http.close()


def _page(answer: httpx.Response) -> Page:
    if answer.status_code >= 500 or answer.status_code in (403, 404):
        raise OutsideFailure(f"the node answered {answer.status_code}.", where=answer.request.url.path)
    return Page(str(answer.url), answer.status_code, html.document_fromstring(answer.text))
