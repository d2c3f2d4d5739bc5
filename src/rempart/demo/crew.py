"""The work of the demonstration's people, one step at a time."""

from collections.abc import Sequence
from datetime import timedelta

from rempart.demo.cast import Person
from rempart.demo.client_staff import Workplace
from rempart.demo.watch import Watch

HELD_FOR = timedelta(hours=12)


class Crew:
    """Two analysts take turns, a senior analyst gives second looks, a liaison holds, releases and forwards, a list
    manager recalls."""

    def __init__(self, base: str, people: Sequence[Person], watch: Watch) -> None:
        self._at = {person.username: Workplace(base, person) for person in people}
        self._watch = watch
        self._held: set[str] = set()
        self._released: set[str] = set()
        self._turns = 0
        for workplace in self._at.values():
            workplace.enrol()

    def step(self) -> bool:
        """One piece of work, if there is any; False when nobody had anything to do."""
        return self._second_look() or self._assess() or self._release() or self._forward()

    def recall(self, key: str) -> None:
        """The list manager takes back what was said of a journey's content."""
        case = self._watch.content_of(key)
        if case is not None:
            self._at["lena"].recall(case, "The wrong picture (made up).")

    def close(self) -> None:
        for workplace in self._at.values():
            workplace.close()

    def _assess(self) -> bool:
        if not self._watch.waiting.get("waiting"):
            return False
        self._turns += 1
        analyst = self._at["ana" if self._turns % 2 else "ben"]
        case = analyst.next_case()
        if case is not None:
            self._decide(analyst, case)
        return case is not None

    def _second_look(self) -> bool:
        if not self._watch.waiting.get("second_look"):
            return False
        senior = self._at["sacha"]
        case = senior.take_second_look()
        if case is not None:
            self._decide(senior, case)
        return case is not None

    def _decide(self, analyst: Workplace, case: int) -> None:
        self._watch.refresh()
        journey = self._watch.journey_of(case)
        if journey.hold and journey.key not in self._held:
            # The police call while the case is open.
            self._held.add(journey.key)
            until = self._watch.now.date() + timedelta(days=60)
            self._at["luis"].place_hold(case, "Police asked for time (made up).", until)
        is_own_content = self._watch.content_of(journey.key) == case
        analyst.decide(case, journey.answers, looks=journey.looks and is_own_content)

    def _release(self) -> bool:
        for key in sorted(self._held - self._released):
            case, placed = self._watch.content_of(key), self._watch.since(key, "hold:placed")
            is_decided = self._watch.since(key, "content:decided") is not None
            if case is not None and placed is not None and placed > HELD_FOR and is_decided:
                self._released.add(key)
                self._at["luis"].release_hold(case)
                return True
        return False

    def _forward(self) -> bool:
        if not self._watch.proposed:
            return False
        return self._at["luis"].decide_referrals("The account is in this country (made up).") > 0
