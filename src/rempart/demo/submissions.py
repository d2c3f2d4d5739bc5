"""What is sent in, by every way there is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rempart.core.errors import IntegrityError
from rempart.demo import client_public, images
from rempart.demo.browser import Browser
from rempart.demo.client_platform import PlatformClient, Upload
from rempart.demo.journeys import JOURNEYS
from rempart.demo.processes import rempart
from rempart.formats.cybertipline.builder import build_report
from rempart.formats.cybertipline.model import IpEvent, Person
from rempart.formats.cybertipline.vocabulary import IncidentType
from rempart.signals.fingerprint import file_hashes, pdq

LISTED = {101: "national", 102: "baseline", 103: "baseline"}
"""Seeds of pictures on the list, with their category."""
UNKNOWN = 201
MISTAKEN = 202
"""Seeds of pictures that nobody lists: one that is confirmed, one that is confirmed by mistake."""
_URLS = {journey.key: journey.url for journey in JOURNEYS}
_HARMLESS = next(journey for journey in JOURNEYS if journey.key == "harmless")
_SOME_REJECTED = 3
_REPORTER = Person(first_name="Robin", last_name="Example", emails=("safety@platform.example",))
_SUSPECT = Person(
    screen_name="made-up-account",
    esp_user_id="0000-made-up",
    ip_events=(IpEvent("192.0.2.20", event="Upload", at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC)),),
)


def hash_list() -> str:
    """A list as CSV: SHA-256 and PDQ of generated pictures."""
    lines = ["sha256,pdq,category"]
    for seed, category in LISTED.items():
        data = images.encode(images.draw_card(seed))
        lines.append(f"{file_hashes([data]).sha256},{pdq(data)[0].hex()},{category}")
    return "\n".join([*lines, ""])


def report_document(at: datetime, urls: tuple[str, ...] = (), suspects: tuple[Person, ...] = ()) -> bytes:
    """What a platform opens a report with."""
    return build_report(
        incident_type=IncidentType.CHILD_PORNOGRAPHY,
        incident_at=at,
        reporter=_REPORTER,
        platform="Example Platform",
        urls=urls,
        suspects=suspects,
    )


@dataclass
class Submitter:
    """Everybody who reports. `now` is the node's clock; receipts and report numbers are kept by journey."""

    browser: Browser
    platform: PlatformClient
    folder: Path
    now: Callable[[], datetime]
    receipts: dict[str, str] = field(default_factory=dict)
    platform_reports: dict[str, int] = field(default_factory=dict)

    def all(self) -> Iterator[tuple[str, ...]]:
        """Send everything, one submission after the other; yields the journeys each one carried."""
        for keys, send in self._acts():
            send()
            yield keys

    def _acts(self) -> tuple[tuple[tuple[str, ...], Callable[[], None]], ...]:
        # What takes longest to end goes first.
        return (
            (("stubborn",), lambda: self._public("stubborn", self._addresses("stubborn"))),
            (("again",), self._by_json),
            (("slow", "slow-file"), lambda: self._tip("slow", [self._unknown()], url=_URLS["slow"])),
            (("mistaken",), lambda: self._tip("mistaken", [self._mistaken()])),
            (("hold",), lambda: self._public("hold", self._addresses("hold"))),
            (("listed",), lambda: self._tip("listed", [self._listed()], suspect=True)),
            (("near-file", "near"), lambda: self._tip("near", [self._near_copy()], url=_URLS["near"])),
            (("repeat",), self._twice),
            (("broken",), lambda: self._tip("broken", [Upload("broken.jpg", images.broken_file(301))])),
            (("far", "member"), lambda: self._public("far", self._addresses("far", "member"))),
            (("onion",), lambda: self._public("onion", self._addresses("onion"), language="fr")),
            (("live",), self._live),
            (("text",), self._text),
            (("young",), self._young),
            (("bulk", "harmless"), self._bulk),
        )

    def _public(self, key: str, answers: dict[str, str], flow: str = "report", language: str = "en") -> None:
        self.receipts[key] = client_public.report(self.browser, flow, answers, language)

    @staticmethod
    def _addresses(*keys: str) -> dict[str, str]:
        return {"what": "addresses", "addresses": "\n".join(_URLS[key] for key in keys), "channel": "web"}

    def _live(self) -> None:
        known = {"service": "Example Live", "name": "made-up-account", "room": "room 7"}
        self._public("live", {"what": "live", **known, "live_when": "every Sunday", "payment": "Example Wallet"})

    def _text(self) -> None:
        told = {"story": "An adult keeps asking a child for pictures. (Made up.)", "service": "Example Chat"}
        self._public("text", {"what": "written", **told, "name": "made-up-account", "danger": "no"})

    def _young(self) -> None:
        told = {"happening": "threat", "danger": "no", "story": "Somebody wants more pictures. (Made up.)"}
        self._public("young", {**told, "addresses": _URLS["young"]}, flow="young")
        client_public.add_message(self.browser, self.receipts["young"], "It is still there. (Made up.)")

    def _document(self, urls: tuple[str, ...] = (), *, suspect: bool = False) -> bytes:
        return report_document(self.now(), urls, (_SUSPECT,) if suspect else ())

    def _tip(self, key: str, uploads: list[Upload], url: str = "", *, suspect: bool = False) -> None:
        document = self._document((url,) if url else (), suspect=suspect)
        self.platform_reports[key] = self.platform.report(document, tuple(uploads))

    def _twice(self) -> None:
        document = self._document((_URLS["repeat"],))
        first, second = self.platform.submit(document), self.platform.submit(document)
        if first != second:
            raise IntegrityError("the same submission was given two numbers.", where="/ispws/submit")
        self.platform.finish(first)
        self.platform_reports["repeat"] = first

    def _by_json(self) -> None:
        body = {"items": [{"kind": "url", "value": _URLS["again"], "channel": "web"}], "finish": True}
        first, _ = self.platform.submit_json(body, "demonstration-1")
        second, repeated = self.platform.submit_json(body, "demonstration-1")
        if (first, True) != (second, repeated):
            raise IntegrityError("the same key was given two reports.", where="/api/v1/reports")
        self.platform_reports["again"] = first

    def _bulk(self) -> None:
        path = self.folder / "addresses.csv"
        addresses = ("no address at all", _URLS["bulk"], _HARMLESS.url, *_HARMLESS.more)
        path.write_text("\n".join(["url", *addresses, ""]))
        imported = rempart(["reports", "import", str(path)], accepted=(_SOME_REJECTED,))[0]
        if "line 2" not in imported.err:
            raise IntegrityError("the rejected line was not named.", where="rempart reports import")

    @staticmethod
    def _unknown() -> Upload:
        return Upload("picture.png", images.encode(images.draw_card(UNKNOWN)), _URLS["slow"])

    @staticmethod
    def _mistaken() -> Upload:
        return Upload("mistaken.png", images.encode(images.draw_card(MISTAKEN)))

    @staticmethod
    def _listed() -> Upload:
        return Upload("listed.png", images.encode(images.draw_card(101)), viewed=False)

    @staticmethod
    def _near_copy() -> Upload:
        return Upload("copy.jpg", images.near_copy(images.draw_card(102)), _URLS["near"], viewed=False)
