"""Lines of the output: what another program reads back is what was found, whatever a file is called."""

import csv
import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import OutsideFailure
from rempart.core.vocabulary import FingerprintType as F
from rempart.scanning.outputs import (
    FingerprintCsv,
    FingerprintLines,
    HitCsv,
    HitTable,
    JsonLines,
    OnlyHits,
    Output,
    printable,
)
from rempart.scanning.records import TURNS, Examined, Item, Match, Outcome, Query

PDQ = bytes(range(32))
NAMES = st.text(st.characters(exclude_characters="\0"), min_size=1)
MATCH = Match("a list", 2**62 + 1, "A1", "hashes.csv", "near", F.PDQ, 3, TURNS[0], None, None)
ON_FRAMES = Match("a list", 5, "A2", "", "near", F.PDQ, 9, None, 7, 4, 66.7)


def outcome(name: str = "a.jpg", *queries: Query, matches: tuple[Match, ...] = (), problem: str | None = None):
    return Outcome(Examined(Item(name, key=name), queries or (Query({F.PDQ: PDQ}, 88),), problem), matches)


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@given(NAMES, st.one_of(st.none(), st.text(min_size=1)))
def test_json_and_csv_keep_every_name_and_reason(name: str, problem: str | None) -> None:
    each = outcome(name, matches=(MATCH,), problem=problem)
    text = JsonLines(with_hits=True).lines(each)
    assert text.count("\n") == 1
    said = json.loads(text)
    assert (said["path"], said["error"], said["hits"][0]["entry"]) == (name, problem, str(2**62 + 1))
    shape = HitCsv()
    (row,) = read(shape.head() + shape.lines(each))
    assert (row["path"], row["error"], row["entry"]) == (name, problem or "", str(2**62 + 1))


def test_a_name_that_is_no_text_survives_in_each_form(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    for number, shape in enumerate([HitCsv(), FingerprintCsv()]):
        output = Output(shape, tmp_path / f"{number}", io.BytesIO())
        output.write(outcome(name))
        output.close()
        assert b"caf\xe9.jpg" in (tmp_path / f"{number}").read_bytes()
    assert json.loads(JsonLines(with_hits=False).lines(outcome(name)))["path"] == name
    printable(name).encode()


def test_json_has_the_documented_keys() -> None:
    queries = (
        Query({F.MD5: b"m" * 16, F.PDQ: PDQ}, 88, is_exact=False),
        Query({F.PDQ: PDQ}, 88, turn=TURNS[0]),
        Query({F.PDQ: PDQ}, 70, frame=3, seconds=1.5),
    )
    said = json.loads(JsonLines(with_hits=True).lines(outcome("a", *queries, matches=(MATCH, ON_FRAMES))))
    assert said == {
        "path": "a",
        "fingerprint": {"md5": (b"m" * 16).hex(), "pdq": PDQ.hex()},
        "quality": 88,
        "exact": False,
        "hits": [
            {
                "list": "a list", "entry": str(2**62 + 1), "category": "A1", "source": "hashes.csv", "match": "near",
                "kind": "pdq", "distance": 3, "turn": TURNS[0], "frame": None, "frames": None, "percent": None,
            },
            {
                "list": "a list", "entry": "5", "category": "A2", "source": "", "match": "near",
                "kind": "pdq", "distance": 9, "turn": None, "frame": 7, "frames": 4, "percent": 66.7,
            },
        ],
        "turned": [{"turn": TURNS[0], "pdq": PDQ.hex()}],
        "frames": [{"frame": 3, "seconds": 1.5, "quality": 70, "pdq": PDQ.hex()}],
        "error": None,
    }  # fmt: skip
    assert set(json.loads(JsonLines(with_hits=False).lines(outcome()))) == {"path", "fingerprint", "quality", "error"}


def test_csv_has_a_row_a_hit_and_one_without() -> None:
    shape = HitCsv()
    rows = read(shape.head() + shape.lines(outcome(matches=(MATCH, ON_FRAMES))) + shape.lines(outcome("b")))
    assert [(row["path"], row["entry"], row["frames"], row["percent"]) for row in rows] == [
        ("a.jpg", str(2**62 + 1), "", ""), ("a.jpg", "5", "4", "66.7"), ("b", "", "", ""),
    ]  # fmt: skip


def test_a_row_for_each_frame_and_turn() -> None:
    queries = (Query({F.PDQ: PDQ}, 88), Query({F.PDQ: PDQ}, 88, turn=TURNS[1]), Query({F.PDQ: PDQ}, 70, frame=3))
    shape = FingerprintCsv()
    rows = read(shape.head() + shape.lines(outcome("a", *queries, problem="made up")))
    assert [(row["turn"], row["frame"], row["error"]) for row in rows] == [
        ("", "", "made up"), (TURNS[1], "", ""), ("", "3", ""),
    ]  # fmt: skip


@given(NAMES)
def test_lines_for_people_are_one_line_and_harmless(name: str) -> None:
    text = HitTable().lines(outcome(name, matches=(MATCH, ON_FRAMES)))
    assert len(text.splitlines()) == 2
    assert all(line.isprintable() for line in text.splitlines())
    assert all(line.isprintable() for line in FingerprintLines().lines(outcome(name)).splitlines())


def test_lines_for_people_say_which_frame_and_turn() -> None:
    turned, frames = HitTable().lines(outcome(matches=(MATCH, ON_FRAMES))).splitlines()
    assert turned == f"a.jpg: a list entry {2**62 + 1} (A1): pdq, distance 3, rotated_90"
    assert frames == "a.jpg: a list entry 5 (A2): pdq, distance 9, 4 frames (66.7 %), nearest 7"


def test_only_hits_and_problems_are_left() -> None:
    shape = OnlyHits(JsonLines(with_hits=True))
    assert shape.head() == ""
    assert shape.lines(outcome()) == ""
    assert shape.lines(outcome(problem="made up"))
    assert shape.lines(outcome(matches=(MATCH,)))


def test_a_full_disk_is_said_with_what_to_do() -> None:
    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(OutsideFailure, match="No space left"):
        Output(HitCsv(), None, full)


@pytest.mark.parametrize("place", ["pipe", "missing/out", "."])
def test_what_is_no_file_is_no_output(tmp_path: Path, place: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutsideFailure, match="cannot be opened"):
        Output(JsonLines(with_hits=False), tmp_path / place, io.BytesIO(), 0)
