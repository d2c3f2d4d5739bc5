"""The line of time: what the node did again with the same result is told once, what people did is told each time."""

from datetime import UTC, datetime, timedelta

from rempart.node.casework.timeline import Moment, folded

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def moment(hours: int, what: str = "Looked", who: str = "", detail: str = "reachable", about: str = "") -> Moment:
    return Moment(NOON - timedelta(hours=hours), what, who, detail, about)


class TestFolded:
    def test_looks_that_came_out_the_same_are_one_line_with_the_first_and_the_last(self):
        (line,) = folded(moment(hours) for hours in (0, 6, 12))
        assert (line.at, line.times, line.first_at) == (NOON, 3, NOON - timedelta(hours=12))

    def test_another_result_begins_a_line_and_the_order_stays(self):
        lines = folded([moment(0, detail="gone"), moment(6), moment(12), moment(18, detail="gone")])
        assert [(line.detail, line.times) for line in lines] == [("gone", 1), ("reachable", 2), ("gone", 1)]

    def test_what_a_person_did_twice_is_two_lines(self):
        assert len(folded([moment(0, "Note written", "Ana", ""), moment(1, "Note written", "Ana", "")])) == 2

    def test_the_same_of_another_report_is_another_line(self):
        assert len(folded([moment(0, about="report 1"), moment(1, about="report 2")])) == 2

    def test_nothing_is_nothing(self):
        assert folded([]) == []
