"""A scan that is cut off anywhere and taken up again writes every input exactly once."""

import io
import json
import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.core.errors import Conflict, IntegrityError, OutsideFailure
from rempart.scanning import pipeline
from rempart.scanning.outputs import JsonLines, Output
from rempart.scanning.records import Examined, Item, Match, Outcome, Query, Totals
from rempart.scanning.resume import State

SETTINGS = {"radius": [31], "--fast": False}


class Done:
    def __init__(self, outcomes: list[Outcome]) -> None:
        self._outcomes = outcomes

    def result(self) -> list[Outcome]:
        return self._outcomes


class Instant:
    """An engine that matches nothing, at once."""

    window = 3

    def __init__(self) -> None:
        self.seen: list[str] = []

    def submit(self, items) -> Done:
        self.seen += [item.name for item in items]
        return Done([Outcome(Examined(item, (Query({}),))) for item in items])

    def close(self) -> None:
        pass


class CutOff(Exception):
    pass


def scan_until(folder: Path, names: list[str], most: int) -> Totals:
    """Scan, and be cut off when `most` inputs were written; what was not committed stays in the output."""
    with State(folder / "state", SETTINGS) as state:
        length = state.length
        if length is None:
            state.commit([], Totals(), 0)
            length = 0
        output = Output(JsonLines(with_hits=True), folder / "out.jsonl", io.BytesIO(), length)
        left = most

        def report(outcome: Outcome) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise CutOff

        items = [Item(name, key=name, path=name) for name in names]
        try:
            return pipeline.run(items, Instant(), output, state=state, report=report, task_items=2)
        finally:
            output._file.flush()
            output.close()


@settings(max_examples=40)  # each waits for the disk
@given(
    names=st.lists(st.text(st.characters(codec="utf-8"), min_size=1), unique=True, max_size=30),
    cuts=st.lists(st.integers(0, 12), max_size=8),
    seconds=st.sampled_from([0.0, 1e9]),
)
def test_every_input_is_written_once_wherever_it_is_cut(names, cuts, seconds, tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("scan")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pipeline, "_COMMIT_SECONDS", seconds)
        for cut in cuts:
            try:
                scan_until(folder, names, cut)
            except CutOff:
                with (folder / "out.jsonl").open("ab") as torn:
                    torn.write(b'{"path": "torn')
        totals = scan_until(folder, names, 10_000)
    written = [json.loads(line)["path"] for line in (folder / "out.jsonl").read_text().splitlines()]
    assert sorted(written) == sorted(names)
    assert totals.inputs == len(names)


def test_what_is_finished_is_not_done_again(tmp_path: Path) -> None:
    scan_until(tmp_path, ["a", "b", "c"], 100)
    with State(tmp_path / "state", SETTINGS) as state:
        assert [state.claim(name) for name in ("a", "b", "d", "d")] == [False, False, True, False]
        assert state.totals == Totals(3, 0, 0)


def test_an_input_named_twice_is_written_once(tmp_path: Path) -> None:
    assert scan_until(tmp_path, ["a", "a", "b", "a"], 100).inputs == 2


def test_other_options_are_refused(tmp_path: Path) -> None:
    scan_until(tmp_path, ["a"], 100)
    with pytest.raises(Conflict, match="another radius"):
        State(tmp_path / "state", {**SETTINGS, "radius": [30]})


def test_two_scans_do_not_share_a_state(tmp_path: Path) -> None:
    with State(tmp_path / "state", SETTINGS), pytest.raises(Conflict, match="Another scan"):
        State(tmp_path / "state", SETTINGS)


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state").write_bytes(content)
    with pytest.raises(IntegrityError, match="no state"):
        State(tmp_path / "state", SETTINGS)
    assert (tmp_path / "state").read_bytes() == content


def test_another_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "state") as database:
        database.execute("create table scan (name text primary key, value text)")
        database.execute("insert into scan values ('format', 'other')")
    database.close()
    with pytest.raises(IntegrityError, match="no state"):
        State(tmp_path / "state", SETTINGS)


def test_a_state_where_nothing_can_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(OutsideFailure, match="cannot be written"):
        State(tmp_path / "nowhere" / "state", SETTINGS)


def test_an_output_that_was_cut_is_refused(tmp_path: Path) -> None:
    scan_until(tmp_path, ["a", "b"], 100)
    (tmp_path / "out.jsonl").write_text("")
    with pytest.raises(IntegrityError, match="shorter"):
        scan_until(tmp_path, ["a", "b"], 100)


def test_the_state_holds_no_name_and_no_fingerprint(tmp_path: Path) -> None:
    scan_until(tmp_path, ["secret-name.jpg"], 100)
    assert b"secret-name" not in (tmp_path / "state").read_bytes()
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("precious")
    with pytest.raises(Conflict, match="exists already"):
        Output(JsonLines(with_hits=True), tmp_path / "out", io.BytesIO())
    assert (tmp_path / "out").read_text() == "precious"


def test_an_input_that_fails_stops_the_scan_with_its_error(tmp_path: Path) -> None:
    def items():
        yield Item("a", key="a", path="a")
        raise Conflict("made up")

    output = Output(JsonLines(with_hits=True), tmp_path / "out", io.BytesIO())
    with pytest.raises(Conflict, match="made up"):
        pipeline.run(items(), Instant(), output, state=None, report=lambda outcome: None, task_items=1)
    output.close()


def test_reading_ahead_is_bounded(tmp_path: Path) -> None:
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield Item(f"{taken}", key=f"{taken}", path="x")

    def report(outcome: Outcome) -> None:
        if int(outcome.name) == 50:
            raise CutOff
        assert taken <= int(outcome.name) + (Instant.window + 2) * 2

    output = Output(JsonLines(with_hits=True), tmp_path / "out", io.BytesIO())
    with pytest.raises(CutOff):
        pipeline.run(endless(), Instant(), output, state=None, report=report, task_items=2)
    output.close()


def test_lawful_content_is_no_hit() -> None:
    totals = Totals()
    lawful = Match("list", 1, "not_illegal", "", "exact", "sha256", None)
    totals.count(Outcome(Examined(Item("a", key="a")), (lawful,)))
    assert totals == Totals(1, 0, 0)
    totals.count(Outcome(Examined(Item("b", key="b")), (lawful, Match("list", 2, "A1", "", "near", "pdq", 3))))
    assert totals == Totals(2, 1, 0)


def test_what_is_done_is_durable_while_no_more_inputs_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_COMMIT_SECONDS", 0.05)
    committed = threading.Event()

    class Watched(State):
        def commit(self, keys, totals, length) -> None:
            super().commit(keys, totals, length)
            committed.set()

    def items():
        yield Item("a", key="a", path="a")
        assert committed.wait(20)

    with Watched(tmp_path / "state", SETTINGS) as state:
        output = Output(JsonLines(with_hits=True), tmp_path / "out", io.BytesIO(), 0)
        pipeline.run(items(), Instant(), output, state=state, report=lambda outcome: None, task_items=1)
        output.close()
        assert not state.claim("a")
