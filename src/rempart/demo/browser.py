"""A browser without script: opens pages, fills the forms it finds, presses their buttons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from lxml import html

from rempart.core.errors import NotFound, OutsideFailure

Value = str | Sequence[str]
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

    def find(self, action: str = "", value: str = "") -> Button | None:
        """The first button that sends to an address ending with `action` and has this value (empty: any)."""
        for element in self.document.xpath("//button[not(@disabled)]"):
            form = self._form_of(element)
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

    def _form_of(self, element: Any) -> Any:
        if element.get("form"):
            return next((form for form in self.document.forms if form.get("id") == element.get("form")), None)
        return next(element.iterancestors("form"), None)


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
        for name, given in values.items():
            _fill(page, button.form, name, given)
        data: dict[str, list[str]] = {}
        for name, text in [*button.form.form_values(), *_fields_elsewhere(page, button.form)]:
            data.setdefault(name, []).append(text)
        if button.element.get("name"):
            data.setdefault(button.element.get("name"), []).append(button.element.get("value") or "")
        return _page(self._http.post(button.target, data=data, headers={"Sec-Fetch-Site": "same-origin"}))

    def close(self) -> None:
        self._http.close()


def _fill(page: Page, form: Any, name: str, value: Value) -> None:
    try:
        if isinstance(value, str):
            form.fields[name] = value
        else:
            chosen = form.inputs[name]
            # One check box alone is no group for lxml.
            form.fields[name] = set(value) if hasattr(chosen, "value_options") else bool(value)
    except (KeyError, ValueError, TypeError) as error:
        raise NotFound(f"'{page.title}' does not offer this answer.", where=name) from error


def _fields_elsewhere(page: Page, form: Any) -> Iterator[tuple[str, str]]:
    """Hidden fields that stand outside the form they belong to."""
    for element in page.document.xpath("//input[@type='hidden'][@form=$id]", id=form.get("id") or ""):
        yield element.get("name"), element.get("value") or ""


def _page(answer: httpx.Response) -> Page:
    if answer.status_code >= 500 or answer.status_code in (403, 404):
        raise OutsideFailure(f"the node answered {answer.status_code}.", where=answer.request.url.path)
    return Page(str(answer.url), answer.status_code, html.document_fromstring(answer.text))
