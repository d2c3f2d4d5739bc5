"""What the other members' nodes make of the played node's signals: their journeys, and the people and platforms there.

The Netherlands have an analyst, Germany has nobody at work: what is decided there, its lists decide. Import only once
Django is set up for the demonstration's folder.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rempart.core.vocabulary import FingerprintType
from rempart.demo import images
from rempart.demo.cast import Person
from rempart.demo.clerk import side_by_side
from rempart.demo.client_platform import PlatformClient, Upload
from rempart.demo.client_staff import Workplace
from rempart.demo.crew import Crew
from rempart.demo.journeys import NATIONAL
from rempart.demo.members import ANY, Place
from rempart.demo.submissions import MISTAKEN, UNKNOWN, report_document
from rempart.demo.watch import NOT_YET, Row, Watch
from rempart.formats.hash_csv import HashRow, read_hash_csv
from rempart.signals.fingerprint import file_hashes

ALLIANCE = "alliance"
STEPS = ("France", "Netherlands", "Germany", "alliance's list")
LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Story:
    """A journey between members: of a picture, and of the step in each column at its end."""

    key: str
    title: str
    end: tuple[str, ...]


STORIES = (
    Story("confirmed", "Confirmed in two countries", ("confirmed", "confirmed", "listed", "listed by 3 nodes")),
    Story("recognised", "Its near copy, where nobody is at work", (NOT_YET, NOT_YET, "recognised, unseen", NOT_YET)),
    Story("recalled", "Confirmed by mistake, recalled", ("recalled", "listed, gone", "listed, gone", NOT_YET)),
)


class Abroad:
    """Looks at the other nodes now and then, and lets people and platforms there act when it is their turn."""

    def __init__(self, netherlands: Place, germany: Place, analyst: Person, watch: Watch, crew: Crew) -> None:
        self._places = (netherlands, germany)
        self._watch, self._crew = watch, crew
        self._analyst = Workplace(netherlands.seat.base, analyst)
        self._analyst.enrol()
        self._platforms = [PlatformClient(place.seat.base, *place.credential) for place in self._places]
        self._picture, self._mistake = (_sha256(seed) for seed in (UNKNOWN, MISTAKEN))
        self._cells = {story.key: [NOT_YET] * len(STEPS) for story in STORIES}
        self._reported: list[int] = []
        self._next = 0.0
        self.digests: list[str] = []

    def step(self) -> bool:
        """Look, and do one piece of work if there is any; False when there was none, or it is not time yet."""
        if time.monotonic() < self._next or not self.missing():
            return False
        self._see()
        self._next = time.monotonic() + LOOK_SECONDS
        return self._report() or self._confirm() or self._recall()

    def rows(self) -> list[Row]:
        return [Row(story.title, "members", tuple(self._cells[story.key]), STEPS) for story in STORIES]

    def missing(self) -> dict[str, list[str]]:
        """What each journey lacks of its end, by title."""
        found = {story.title: list(self._lacks(story)) for story in STORIES}
        return {title: lacks for title, lacks in found.items() if lacks}

    def close(self) -> None:
        self._analyst.close()
        for platform in self._platforms:
            platform.close()

    def _lacks(self, story: Story) -> Iterator[str]:
        for step, wanted, got in zip(STEPS, story.end, self._cells[story.key], strict=True):
            if wanted != got:
                yield f"{step}: {wanted!r} expected, {got!r} found"

    def _see(self) -> None:
        exports = [
            (place.clerk, ("lists", "export", ANY, place.listed_file, "--format", "csv")) for place in self._places
        ]
        side_by_side(exports)
        for column, place in enumerate(self._places, 1):
            listed = _read_listed(place.listed_file)
            if self._picture in listed:
                self._progress("confirmed", column, NOT_YET, "listed")
            if self._mistake in listed:
                self._progress("recalled", column, NOT_YET, "listed")
            else:
                self._progress("recalled", column, "listed", "listed, gone")
        self._see_decisions()
        self._see_alliance()

    def _see_decisions(self) -> None:
        for key, journey in (("confirmed", "slow-file"), ("recalled", "mistaken")):
            if self._watch.since(journey, "content:decided") is not None:
                self._progress(key, 0, NOT_YET, "confirmed")
        if self._reported and self._platforms[1].feedback(self._reported[1])["outcome"] is not None:
            self._progress("recognised", 2, NOT_YET, "recognised, unseen")

    def _see_alliance(self) -> None:
        if self._cells["confirmed"][1] != "confirmed":
            return
        shown = side_by_side([(place.clerk, ("lists", "show", ALLIANCE, "--json")) for place in self._places])
        lists: list[dict[str, Any]] = [json.loads(each.out) for each in shown]
        own = self._watch.list_digest(ALLIANCE)
        self.digests = [own, *(each["sha256"] for each in lists)]
        if len(set(self.digests)) == 1 and all(each["entries"] for each in lists):
            self._progress("confirmed", 3, NOT_YET, f"listed by {len(self.digests)} nodes")

    def _report(self) -> bool:
        """Once both list the picture, platforms report it to them: here the same file, there a near copy."""
        if self._reported or [self._cells["confirmed"][column] for column in (1, 2)] != ["listed", "listed"]:
            return False
        card = images.draw_card(UNKNOWN)
        uploads = (Upload("same.png", images.encode(card)), Upload("copy.jpg", images.near_copy(card), viewed=False))
        document = report_document(datetime.now(UTC))
        self._reported = [
            platform.report(document, (upload,)) for platform, upload in zip(self._platforms, uploads, strict=True)
        ]
        return True

    def _confirm(self) -> bool:
        if not self._reported or self._cells["confirmed"][1] != "listed":
            return False
        case = self._analyst.next_case()
        if case is not None:
            self._analyst.decide(case, NATIONAL)
            self._progress("confirmed", 1, "listed", "confirmed")
        return case is not None

    def _recall(self) -> bool:
        if self._cells["recalled"] != ["confirmed", "listed", "listed", NOT_YET]:
            return False
        self._crew.recall("mistaken")
        self._progress("recalled", 0, "confirmed", "recalled")
        return True

    def _progress(self, key: str, column: int, before: str, after: str) -> None:
        if self._cells[key][column] == before:
            self._cells[key][column] = after


def _read_listed(file: Path) -> set[str]:
    """SHA-256 of what a list held when it was exported."""
    with file.open(encoding="utf-8") as lines:
        rows = [row for row in read_hash_csv(lines) if isinstance(row, HashRow)]
    return {value for row in rows for kind, value in row.hashes.items() if kind is FingerprintType.SHA256}


def _sha256(seed: int) -> str:
    return str(file_hashes([images.encode(images.draw_card(seed))]).sha256)
