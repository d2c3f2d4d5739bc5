"""Walk through the public form as a browser without script does: only what stands in the page is sent."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


class Controls(HTMLParser):
    """The successful controls of the form `answers`, as HTML defines them; no button."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.inside = False
        self.area: str | None = None
        self.select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "form":
            self.inside = given.get("id") == "answers"
        elif not self.inside:
            return
        elif tag == "input":
            if given.get("type") != "radio" or "checked" in given:
                self.values[name] = given.get("value") or ""
        elif tag == "textarea":
            self.area, self.values[name] = name, ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and (self.select not in self.values or "selected" in given):
            self.values[self.select] = given.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.values[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.area is not None:
            # The first line break after the tag is HTML's, not the visitor's; a browser sends the others as CR LF.
            self.values[self.area] = (
                self.values[self.area].removeprefix("\n").replace("\r\n", "\n").replace("\n", "\r\n")
            )
            self.area = None
        elif tag == "select":
            self.select = None
        elif tag == "form":
            self.inside = False


@dataclass
class Walk:
    """A visitor on the way through one form."""

    address: str = "/en/report/"
    client: Client = field(default_factory=lambda: Client(headers=SAME_ORIGIN, enforce_csrf_checks=True))
    page: Any = None

    def __post_init__(self) -> None:
        self.page = self.client.get(self.address)

    @property
    def text(self) -> str:
        return self.page.content.decode()

    @property
    def controls(self) -> dict[str, str]:
        parser = Controls()
        parser.feed(self.text)
        return parser.values

    def press(self, action: str, *, at: str = "", **typed: str) -> "Walk":
        self.sent = {**self.controls, **typed, "action": action}
        self.page = self.client.post(at or self.address, self.sent)
        return self

    def go_on(self, **typed: str) -> "Walk":
        return self.press("next", **typed)

    def send(self) -> "Walk":
        return self.press("send")

    def send_again(self) -> "Walk":
        self.page = self.client.post(self.address, self.sent)
        return self

    @property
    def code(self) -> str:
        return str(self.page.context["code"])


def reported(addresses: str = "https://pictures.example/a", *, address: str = "/en/report/", **known: str) -> Walk:
    """A whole report of addresses, sent."""
    walk = Walk(address).go_on(what="addresses").go_on(addresses=addresses)
    return walk.go_on(**known).go_on().send()
