"""Hand-made and drawn streams of events."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice, product

from hypothesis import strategies as st

from rempart.core.figures.folding import Folded, fold
from rempart.node.audit.services import Fact, Value

START = datetime(2026, 1, 1, 8, tzinfo=UTC)


class Story:
    """Events one after the other; `at` is the time of the next."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at
        self.facts: list[Fact] = []

    def wait(self, **duration: float) -> "Story":
        self.at += timedelta(**duration)
        return self

    def tell(self, action: str, subject: str, **data: Value) -> "Story":
        self.facts.append(Fact(len(self.facts) + 1, self.at, "system", action, subject, data, ""))
        return self

    def report(self, number: int, source: str = "public") -> "Story":
        return self.tell("report:received", f"report:{number}", source=source, items=1, kinds=["url"])

    def decide(
        self, number: int, legality: str = "baseline", basis: str = "analyst", kind: str = "url", viewed: bool = False
    ) -> "Story":
        return self.tell(
            "content:decided", f"content:{number}", legality=legality, basis=basis, kind=kind, viewed=viewed
        )

    def host(self, number: int, country: str) -> "Story":
        return self.tell(
            "hosting:observed", f"content:{number}", outcome="resolved", country=country, asn=64500, cdn=""
        )

    def notify(
        self, number: int, hours: float | None = 1.0, purpose: str = "first", ordinal: int = 1, asn: int | None = 64500
    ) -> "Story":
        return self.tell(
            "notice:sent",
            f"notice:{number}",
            purpose=purpose,
            ordinal=ordinal,
            channel="mail",
            hours_since_report=hours,
            asn=asn,
        )

    def check(self, number: int, availability: str) -> "Story":
        return self.tell("notice:checked", f"notice:{number}", availability=availability)

    def remove(self, number: int, since_notice: float | None, since_report: float | None) -> "Story":
        return self.tell(
            "notice:removed",
            f"notice:{number}",
            hours_since_report=since_report,
            hours_since_notice=since_notice,
            country="FR",
        )

    def reappear(self, number: int) -> "Story":
        return self.tell("notice:reappeared", f"notice:{number}")

    def once(self, action: str, number: int) -> "Story":
        """An event whose subject counts once a month, such as "hold:placed"."""
        kind = {"case": "case", "hold": "content", "notice": "notice"}[action.partition(":")[0]]
        return self.tell(action, f"{kind}:{number}")

    def recall(self, number: int, reason: str = "mistake") -> "Story":
        return self.tell("signal:recalled", f"content:{number}", signals=3, unsaid=0, reason=reason)

    def feed_back(self, entry: int, is_useful: bool, platform: int = 1) -> "Story":
        self.tell("list:feedback", "list:1", entry=entry, is_useful=is_useful, reason="")
        self.facts[-1] = replace(self.facts[-1], actor=f"platform:{platform}")
        return self

    def sign(self, signals: int) -> "Story":
        return self.tell("log:signed", "node:log", size=100, signals=signals)

    def export(self, number: int, target: str = "member") -> "Story":
        return self.tell("referral:exported", f"referral:{number}", target=target, country="NL")


def folded(facts: Iterable[Fact]) -> Folded:
    state = Folded()
    for fact in facts:
        fold(state, fact)
    return state


def example() -> Story:
    """January: every figure has its cases. The numbers are worked out in test_folding.py."""
    story = Story()
    for number in range(1, 21):
        story.report(number, "platform" if number > 12 else "public")
    for number in range(1, 21):
        known = number <= 8
        story.decide(
            number,
            "not_illegal" if number > 15 else "baseline",
            "list_match" if known else "analyst",
            "file" if number in range(9, 15) else "url",
            viewed=not known,
        )
    for number in range(1, 16):
        story.host(number, "FR" if number <= 8 else "NL")
    story.wait(hours=2)
    for number in range(1, 16):
        story.check(number, "reachable").notify(number, hours=2.0 + number / 10)
    story.wait(hours=12)
    for number in range(1, 7):
        story.check(number, "gone").remove(number, 12.0, 14.0)
    story.wait(hours=48)
    for number in range(7, 13):
        story.check(number, "gone").remove(number, 60.0, 62.0)
    story.wait(days=2)
    for number in range(1, 7):
        story.reappear(number)
    for number in range(1, 11):
        story.export(number, "member" if number % 2 else "police")
    return story


_ONCE = ("case:second_look", "hold:placed", "notice:refused", "notice:escalated")
_networks = st.sampled_from((64500, 64500, 64501, 64502, None))
_COUNTRIES = ("FR", "NL", "DE", "US", "")
_LEGALITIES = ("baseline", "national", "not_illegal", "undetermined")
_kinds = st.sampled_from(("url", "url", "url", "file"))
_numbers = st.integers(1, 60)
_hours = st.one_of(st.none(), st.floats(0, 400, allow_nan=False).map(lambda value: round(value, 3)))
_gaps = st.one_of(st.just(0.0), st.floats(0, 30), st.floats(0, 24 * 40))


@st.composite
def streams(draw: st.DrawFn, most: int = 120) -> list[Fact]:
    """Events of up to some months, of few things, so that they meet each other. Some happen in groups."""
    story = Story()
    for _ in range(draw(st.integers(0, most // 4))):
        story.wait(hours=draw(_gaps))
        for number in range(start := draw(_numbers), start + draw(st.sampled_from((1, 1, 3, 6, 9)))):
            _draw_event(draw, story, number)
    return story.facts


def _draw_event(draw: st.DrawFn, story: Story, number: int) -> None:
    draw(st.sampled_from(_HAPPENINGS))(draw, story, number)


def _draw_decision(draw: st.DrawFn, story: Story, number: int) -> None:
    basis = draw(st.sampled_from(("analyst", "list_match")))
    kind = draw(st.sampled_from(("url", "file", "text")))
    story.decide(number, draw(st.sampled_from(_LEGALITIES)), basis, kind, draw(st.booleans()))


def _one_of(*words: str) -> st.SearchStrategy[str]:
    return st.sampled_from(words)


_HAPPENINGS: tuple[Callable[[st.DrawFn, Story, int], object], ...] = (
    lambda draw, story, number: story.report(number, draw(_one_of("public", "platform", "member"))),
    _draw_decision,
    lambda draw, story, number: story.host(number, draw(st.sampled_from(_COUNTRIES))),
    lambda draw, story, number: story.notify(number, draw(_hours), asn=draw(_networks)),
    lambda draw, story, number: story.check(number, draw(_one_of("reachable", "gone", "unreachable"))),
    lambda draw, story, number: story.remove(number, draw(_hours), draw(_hours)),
    lambda _draw, story, number: story.reappear(number),
    lambda draw, story, number: story.export(number, draw(_one_of("member", "police", "non_member"))),
    lambda draw, story, number: story.once(draw(st.sampled_from(_ONCE)), number),
    lambda draw, story, number: story.feed_back(number, draw(st.booleans()), draw(st.integers(1, 2))),
    lambda draw, story, number: story.recall(number, draw(_one_of("mistake", "lawful"))),
    lambda _draw, story, number: story.sign(number),
)


_few = st.sampled_from((0, 0, 1, 2, 3, 4, 5, 6, 9, 20))


@st.composite
def busy_months(draw: st.DrawFn) -> list[Fact]:
    """Up to three months whose tables have small cells beside larger ones: what disclosure control is for."""
    story, numbers = Story(), count(1)

    def some() -> Iterator[int]:
        return islice(numbers, draw(_few))

    for month in range(1, draw(st.integers(1, 3)) + 1):
        story.at = datetime(2026, month, 3, 8, tzinfo=UTC)
        for source in ("public", "platform", "victim_self"):
            _each(some(), lambda number, source=source: story.report(number, source))
        for target in ("member", "police"):
            _each(some(), lambda number, target=target: story.export(number, target))
        for country, basis in product(("FR", "NL", ""), ("analyst", "list_match")):
            for number in some():
                story.decide(number, basis=basis, kind=draw(_kinds)).host(number, country)
        _each(some(), lambda number: story.decide(number, "not_illegal"))
        for hours, asn in product((5.0, 50.0, 100.0, None), (64500, 64501, None)):
            _each(some(), lambda number, hours=hours, asn=asn: _tell(story, number, hours, asn))
        for action in _ONCE:
            _each(some(), lambda number, action=action: story.once(action, number))
        _each(some(), lambda number: story.feed_back(number, number % 3 > 0))
        _each(some(), lambda number: story.remove(number, None, 7.0))
    return story.facts


def _tell(story: Story, number: int, hours: float | None, asn: int | None) -> None:
    story.notify(number, asn=asn)
    if hours is not None:
        story.remove(number, hours, hours + 1)


def _each(numbers: Iterable[int], tell: Callable[[int], object]) -> None:
    for number in numbers:
        tell(number)


def cut(facts: Sequence[Fact], places: Iterable[int]) -> list[Sequence[Fact]]:
    ends = sorted({min(place, len(facts)) for place in places})
    return [facts[start:end] for start, end in zip([0, *ends], [*ends, len(facts)], strict=True)]
