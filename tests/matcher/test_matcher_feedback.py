"""Feedback: durable, said once, told to its client alone."""

from pathlib import Path

import pytest
from matcher.serving import together

from rempart.core.errors import IntegrityError
from rempart.matcher import feedback
from rempart.matcher.feedback import FeedbackDesk
from rempart.matcher.wire import FeedbackReason, FeedbackRequest, Outcome


def opinion(entry: int, outcome: Outcome = Outcome.CONFIRMED, *reasons: FeedbackReason) -> FeedbackRequest:
    return FeedbackRequest(list="a", entry=str(entry), outcome=outcome, reasons=reasons)


@pytest.fixture
def desk(tmp_path: Path):
    made = FeedbackDesk(tmp_path)
    yield made
    made.close()


def test_the_same_opinion_is_kept_once(desk: FeedbackDesk) -> None:
    first = desk.record("one", opinion(1))
    again = desk.record("one", opinion(1))
    assert (first.recorded, again.recorded) == (True, False)
    assert again.record == first.record
    changed = desk.record("one", opinion(1, Outcome.NOT_CONFIRMED, FeedbackReason.DIFFERENT_IMAGE))
    back = desk.record("one", opinion(1))
    assert [changed.record.number, back.record.number] == [2, 3]


def test_the_order_of_reasons_does_not_matter(desk: FeedbackDesk) -> None:
    reasons = FeedbackReason.OTHER, FeedbackReason.NOT_ILLEGAL
    assert desk.record("one", opinion(1, Outcome.NOT_CONFIRMED, *reasons)).recorded
    assert not desk.record("one", opinion(1, Outcome.NOT_CONFIRMED, *reversed(reasons))).recorded


def test_clients_see_their_own(desk: FeedbackDesk) -> None:
    desk.record("one", opinion(1))
    assert desk.page("other", 0).records == []
    assert [record.entry for record in desk.page("one", 0).records] == ["1"]


def test_pages(desk: FeedbackDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "PAGE", 2)
    for entry in range(5):
        desk.record("one", opinion(entry))
    seen, after = [], 0
    while True:
        page = desk.page("one", after)
        seen += [record.entry for record in page.records]
        if page.next is None:
            break
        after = page.next
    assert seen == ["0", "1", "2", "3", "4"]
    assert desk.page("one", 99).records == []


def test_a_line_cut_off_by_a_crash_is_dropped_and_the_rest_stays(tmp_path: Path) -> None:
    for cut in (b"{", b'{"number":2,"at":"2026', b'{"number":2}'):
        desk = FeedbackDesk(tmp_path)
        entry = len(desk.page("one", 0).records) + 1
        desk.record("one", opinion(entry))
        desk.close()
        with (tmp_path / "one.jsonl").open("ab") as file:
            file.write(cut)
    desk = FeedbackDesk(tmp_path)
    assert [record.entry for record in desk.page("one", 0).records] == ["1", "2", "3"]
    assert desk.record("one", opinion(4)).record.number == 4
    desk.close()
    assert (tmp_path / "one.jsonl").read_bytes().count(b"\n") == 4


def test_an_altered_line_is_told(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text('{"number": "two"}\n')
    desk = FeedbackDesk(tmp_path)
    with pytest.raises(IntegrityError, match="altered"):
        desk.record("one", opinion(1))
    desk.close()


def test_only_its_owner_reads_the_file(desk: FeedbackDesk, tmp_path: Path) -> None:
    desk.record("one", opinion(1))
    assert (tmp_path / "one.jsonl").stat().st_mode & 0o077 == 0


SAY = """
import sys
from pathlib import Path
from rempart.matcher.feedback import FeedbackDesk
from rempart.matcher.wire import FeedbackRequest, Outcome
desk = FeedbackDesk(Path(sys.argv[1]))
for entry in range(int(sys.argv[2]), int(sys.argv[2]) + 60):
    desk.record("one", FeedbackRequest(list="a", entry=str(entry), outcome=Outcome.CONFIRMED))
"""


def test_processes_write_together_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    together(SAY, *((tmp_path, start) for start in (0, 30, 60)))
    desk = FeedbackDesk(tmp_path)
    records = desk.page("one", 0).records
    desk.close()
    assert sorted(int(record.entry) for record in records) == list(range(120))
    assert [record.number for record in records] == list(range(1, 121))
