"""Reads the played node, for display and for checking: its events and its apps' services, nothing else.

Import only once Django is set up for the demonstration's folder.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rempart.core.errors import NotFound
from rempart.core.vocabulary import ReferralState
from rempart.demo.journeys import Journey
from rempart.node.audit import services as audit
from rempart.node.audit.services import Fact
from rempart.node.casework import services as casework
from rempart.node.intake import services as intake
from rempart.node.lists import showing
from rempart.node.notices import services as notices
from rempart.node.referrals import services as referrals
from rempart.node.referrals.services import ReferralView
from rempart.node.runtime import clock

NOT_YET = "·"
STEPS = ("received", "recognised", "decided", "hosted in", "told", "reminded", "removed", "referred")


@dataclass
class Track:
    """Where one journey is in the node."""

    journey: Journey
    reports: list[int] = field(default_factory=list)
    content: int | None = None
    notice: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: the journey and its steps in words; `steps` names them."""

    title: str
    by: str
    cells: tuple[str, ...]
    steps: tuple[str, ...] = STEPS


class Watch:
    """What is known of every journey; `refresh` reads what happened since."""

    def __init__(self, journeys: Iterable[Journey]) -> None:
        self._tracks = {journey.key: Track(journey) for journey in journeys}
        self._events: defaultdict[str, list[Fact]] = defaultdict(list)
        self._seen = 0
        self._new_reports: list[int] = []
        self._referrals: list[ReferralView] = []
        self.waiting: dict[str, int] = {}

    @property
    def now(self) -> datetime:
        return clock().now()

    @property
    def proposed(self) -> bool:
        """Whether a referral waits for somebody's decision."""
        return any(row.state is ReferralState.PROPOSED for row in self._referrals)

    def refresh(self) -> None:
        for fact in audit.events(after=self._seen):
            self._events[fact.subject].append(fact)
            self._seen = fact.seq
            # What was made up for the past carries no journey.
            if fact.action == "report:received" and fact.reason != audit.MADE_UP:
                self._new_reports.append(_number(fact.subject))
        self._referrals = [*referrals.to_decide(), *referrals.overview({})[0]]
        self.waiting = casework.counts()
        for track in self._tracks.values():
            _locate(track)

    def carry(self, keys: Iterable[str]) -> None:
        """The reports received since the last call carry these journeys."""
        self.refresh()
        for key in keys:
            self._tracks[key].reports = list(self._new_reports)
        self._new_reports.clear()

    def journey_of(self, content_id: int) -> Journey:
        """The journey of a content, or else one of a report that names it."""
        address = casework.content(content_id).locator
        for track in self._tracks.values():
            if track.content == content_id or address in track.journey.more:
                return track.journey
        reports = set(intake.report_ids_with_content(content_id))
        for track in self._tracks.values():
            if reports & set(track.reports):
                return track.journey
        raise NotFound("nobody in the demonstration reported this.", where=f"case {content_id}")

    def content_of(self, key: str) -> int | None:
        return self._tracks[key].content

    def since(self, key: str, action: str) -> timedelta | None:
        """How long ago, by the node's clock, something last happened to a journey's content."""
        facts = self._facts(self._tracks[key], action)
        return self.now - facts[-1].at if facts else None

    @staticmethod
    def list_digest(name: str) -> str:
        """SHA-256 of a list as the played node has it; empty where it has none."""
        try:
            return showing.shown(name).sha256
        except NotFound:
            return ""

    def rows(self) -> list[Row]:
        return [Row(track.journey.title, track.journey.by, self._cells(track)) for track in self._tracks.values()]

    def missing(self) -> dict[str, list[str]]:
        """What each journey lacks of its end, by title; journeys that ended as they should are left out."""
        found = {track.journey.title: self._missing(track) for track in self._tracks.values()}
        return {title: lacks for title, lacks in found.items() if lacks}

    def counted(self) -> dict[str, int]:
        """What the public figures have to say, counted from the events on their own."""
        happened = [(fact.action, subject) for subject, facts in self._events.items() for fact in facts]
        return {
            "reports_received": sum(action == "report:received" for action, _ in happened),
            "content_assessed": len({subject for action, subject in happened if action == "content:decided"}),
            "content_removed": len({subject for action, subject in happened if action == "notice:removed"}),
        }

    def _facts(self, track: Track, action: str) -> list[Fact]:
        subjects = [f"content:{track.content}", f"case:{track.content}", f"notice:{track.notice}"]
        subjects += [f"report:{report}" for report in track.reports]
        found = [fact for subject in subjects for fact in self._events[subject] if fact.action == action]
        return sorted(found, key=lambda fact: fact.seq)

    def _purposes(self, track: Track) -> tuple[str, ...]:
        return tuple(str(fact.data["purpose"]) for fact in self._facts(track, "notice:sent"))

    def _purposes_once(self, track: Track) -> tuple[str, ...]:
        """Reminders in a row told once: how many there are before an escalation depends on how busy the machine is."""
        told = self._purposes(track)
        return tuple(one for one, before in zip(told, ("", *told), strict=False) if (one, before) != ("reminder",) * 2)

    def _referrals_of(self, track: Track) -> list[ReferralView]:
        return [
            row
            for row in self._referrals
            if (row.content_id is not None and row.content_id == track.content) or row.report_id in track.reports
        ]

    def _missing(self, track: Track) -> list[str]:
        end = track.journey.end
        if not track.reports or track.content is None:
            return ["it did not arrive in the node"]
        decided = self._facts(track, "content:decided")
        exported = {f"{r.target} {r.country}" for r in self._referrals_of(track) if r.state is ReferralState.EXPORTED}
        seen = decided[-1].data if decided else {}
        compared = [
            ("decisions", 1, len(decided)),
            ("legality", end.legality, seen.get("legality")),
            ("basis", end.basis, seen.get("basis")),
            ("match on a list", end.recognised, self._match(track)),
            ("somebody saw an image", end.viewed, seen.get("viewed")),
            ("hosting country", end.country, self._country(track)),
            ("notices", end.purposes, self._purposes_once(track)),
            ("confirmed removals", end.removed, len(self._facts(track, "notice:removed"))),
            ("referrals exported", {end.referral} - {""}, exported),
            ("reports", [end.state], self._states(track)),
        ]
        lacks = [f"{name}: {wanted!r} expected, {got!r} found" for name, wanted, got in compared if wanted != got]
        return lacks + [f"no event {name}" for name in end.events if not self._facts(track, name)]

    @staticmethod
    def _states(track: Track) -> list[str]:
        """States of the journey's own reports that name its content."""
        naming = set(intake.report_ids_with_content(track.content or 0))
        return [str(intake.report(report).state) for report in track.reports if report in naming]

    def _country(self, track: Track) -> str:
        observed = self._facts(track, "hosting:observed")
        return str(observed[-1].data["country"] or "") if observed else ""

    def _cells(self, track: Track) -> tuple[str, ...]:
        received = self._facts(track, "report:received")
        if not received:
            return (NOT_YET,) * len(STEPS)
        start = received[0].at
        return (
            f"{start:%d %b %H:%M}",
            self._recognised(track),
            self._decided(track),
            self._hosted(track),
            _after(start, self._facts(track, "notice:sent")[:1]),
            _counted(self._purposes(track)[1:]),
            _after(start, self._facts(track, "notice:removed")),
            ", ".join(map(_referred, self._referrals_of(track))) or NOT_YET,
        )

    def _match(self, track: Track) -> str:
        """exact or near, whichever is stronger; empty without a match."""
        return min((str(fact.data["how"]) for fact in self._facts(track, "content:matched")), default="")

    def _recognised(self, track: Track) -> str:
        match = self._match(track)
        if match:
            return f"listed, {match}"
        if self._facts(track, "content:settled"):
            return "by its file"
        return "unknown" if self._facts(track, "report:triaged") else NOT_YET

    def _decided(self, track: Track) -> str:
        decided = self._facts(track, "content:decided")
        if decided:
            return str(decided[-1].data["legality"]).replace("_", " ")
        return "second look" if self._facts(track, "case:second_look") else NOT_YET

    def _hosted(self, track: Track) -> str:
        observed = self._facts(track, "hosting:observed")
        if not observed:
            return NOT_YET
        return self._country(track) or str(observed[-1].data["outcome"])


def _locate(track: Track) -> None:
    """Find the journey's content among those of its reports, and the content's notice."""
    if track.content is None:
        for content_id in (pk for report in track.reports for pk in intake.content_ids_of(report)):
            content = casework.content(content_id)
            if content.locator == track.journey.url if track.journey.url else content.kind == track.journey.kind:
                track.content = content_id
    if track.content is not None and track.notice is None:
        view = notices.for_content(track.content)
        track.notice = view.id if view else None


def _number(subject: str) -> int:
    return int(subject.partition(":")[2])


def _after(start: datetime, facts: Sequence[Fact]) -> str:
    hours = [f"+{(fact.at - start).total_seconds() / 3600:.0f} h" for fact in facts]
    return ", ".join(hours) or NOT_YET


def _counted(purposes: Sequence[str]) -> str:
    words = {"reminder": "", "escalation": "escalated", "reappeared": "anew"}
    parts = [words[one] or f"{purposes.count(one)}×" for one in dict.fromkeys(purposes)]
    return ", ".join(parts) or NOT_YET


def _referred(row: ReferralView) -> str:
    named = f"{row.target} {row.country}".replace("_", "-")
    return named if row.state is ReferralState.EXPORTED else f"{named} ({row.state})"
