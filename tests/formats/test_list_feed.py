"""The list feed: what is written is read back, and what is not of the format is refused or told line by line."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.categories import CATEGORY_LEGALITY
from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType as F
from rempart.formats.list_feed import (
    COLUMNS,
    ChangeFile,
    FeedHead,
    FeedRow,
    Snapshot,
    read_head,
    read_rows,
    write_head,
    write_rows,
)
from rempart.formats.rows import RejectedRow

HEADER = ",".join(COLUMNS)
DIGEST = "ab" * 32
NUMBERS = st.integers(0, 2**63 - 1)
SIZES = {F.MD5: 16, F.SHA1: 20, F.SHA256: 32, F.PDQ: 32}
PHOTODNA = "1," * 20 + "7"


@st.composite
def heads(draw: st.DrawFn) -> FeedHead:
    steps = sorted(draw(st.sets(NUMBERS, min_size=1, max_size=6)))
    changes = tuple(ChangeFile(f"changes-{first}.csv", first, last, DIGEST) for first, last in pairwise(steps))
    names = st.text(st.characters(categories=["L", "Nd", "P"], include_characters=" "), min_size=1, max_size=120)
    snapshot = Snapshot("snapshot.csv", draw(st.sampled_from(steps)), draw(NUMBERS), DIGEST)
    return FeedHead(draw(names), draw(st.one_of(st.just(""), names)), steps[-1], snapshot, changes)


@st.composite
def rows(draw: st.DrawFn) -> FeedRow:
    sequence, entry = draw(NUMBERS), draw(NUMBERS)
    if draw(st.booleans()):
        return FeedRow(0, sequence, True, entry)
    kind = draw(st.sampled_from([*SIZES, F.PHOTODNA]))
    size = SIZES.get(kind, 0)
    value = PHOTODNA.encode() if kind is F.PHOTODNA else draw(st.binary(min_size=size, max_size=size).filter(any))
    category = draw(st.sampled_from(sorted(CATEGORY_LEGALITY)))
    return FeedRow(0, sequence, False, entry, category, kind, value, draw(NUMBERS))


def numbered(found: list[FeedRow]) -> list[FeedRow]:
    return [
        FeedRow(line, r.sequence, r.is_removal, r.entry, r.category, r.kind, r.value, r.confirmations)
        for line, r in enumerate(found, start=2)
    ]


def read_text(*lines: str) -> list[FeedRow | RejectedRow]:
    return list(read_rows([f"{line}\n" for line in lines]))


def document(**changes: Any) -> dict[str, Any]:
    head = FeedHead("Example", "made up", 7, Snapshot("s.csv", 3, 2, DIGEST), (ChangeFile("c.csv", 3, 7, DIGEST),))
    return {**json.loads(write_head(head)), **changes}


@given(heads())
def test_a_head_is_read_as_it_was_written(head: FeedHead) -> None:
    assert read_head(write_head(head)) == head


@given(st.lists(rows(), max_size=8))
def test_rows_are_read_as_they_were_written(found: list[FeedRow]) -> None:
    lines = b"".join(write_rows(found)).decode().splitlines(keepends=True)
    assert list(read_rows(lines)) == numbered(found)


@given(st.lists(st.text(st.sampled_from('add,remove0123456789ab"\r ;\tpdqmd5A1'), max_size=60), max_size=8))
def test_every_line_is_a_row_or_a_reason(lines: list[str]) -> None:
    kept = [line for line in lines if line.strip()]
    found = read_text(HEADER, *kept)
    assert len(found) == len(kept)


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.dictionaries(
            st.sampled_from(["format", "name", "source", "sequence", "snapshot", "changes", "path", "sha256"]), inner
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_other_head_is_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError):
        read_head(data)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "rempart-list/2"},
        {"name": ""},
        {"name": "x" * 121},
        {"name": "two\nlines"},
        {"source": 7},
        {"sequence": True},
        {"sequence": -1},
        {"sequence": 2},  # before the snapshot
        {"sequence": 8},  # the changes do not reach it
        {"snapshot": None},
        {"snapshot": {"path": "../s.csv", "sequence": 3, "entries": 2, "sha256": DIGEST}},
        {"snapshot": {"path": "https://elsewhere.example/s.csv", "sequence": 3, "entries": 2, "sha256": DIGEST}},
        {"snapshot": {"path": "list.json", "sequence": 3, "entries": 2, "sha256": DIGEST}},
        {"snapshot": {"path": "s.csv", "sequence": 3, "entries": 2, "sha256": "AB" * 32}},
        {"snapshot": {"path": "s.csv", "sequence": 1, "entries": 2, "sha256": DIGEST}},  # the changes begin after it
        {"changes": []},
        {"changes": [{"path": "c.csv", "from": 7, "to": 7, "sha256": DIGEST}]},
        {
            "changes": [
                {"path": "c.csv", "from": 3, "to": 5, "sha256": DIGEST},
                {"path": "d.csv", "from": 6, "to": 7, "sha256": DIGEST},
            ]
        },
    ],
)
def test_a_head_that_does_not_hold_together_is_refused(changes: dict[str, Any]) -> None:
    assert read_head(json.dumps(document()).encode()).sequence == 7
    with pytest.raises(InputError):
        read_head(json.dumps(document(**changes)).encode())


def test_fields_of_the_future_are_ignored() -> None:
    assert read_head(json.dumps(document(signature="made up")).encode()).name == "Example"


@pytest.mark.parametrize(
    ("sequence", "needed"), [(7, []), (6, ["c"]), (5, ["c"]), (4, ["b", "c"]), (3, ["b", "c"]), (2, None), (9, None)]
)
def test_the_files_that_lead_on_from_a_sequence(sequence: int, needed: list[str] | None) -> None:
    changes = (ChangeFile("b", 3, 5, DIGEST), ChangeFile("c", 5, 7, DIGEST))
    found = FeedHead("Example", "", 7, Snapshot("s", 7, 0, DIGEST), changes).changes_after(sequence)
    assert (None if found is None else [each.path for each in found]) == needed


def test_columns_may_come_in_any_order_and_with_others() -> None:
    [row] = read_text("note,confirmations,value,kind,category,entry,change,sequence", f"x,,{'0f' * 32},PDQ,a1,5,add,9")
    assert row == FeedRow(2, 9, False, 5, "A1", F.PDQ, bytes.fromhex("0f" * 32))


@pytest.mark.parametrize("header", ["", "sequence,change,entry", HEADER.replace("kind", "entry"), '"sequence'])
def test_a_file_that_does_not_name_its_columns_is_refused(header: str) -> None:
    with pytest.raises(InputError, match="columns"):
        read_text(header or "x", "1,remove,2,,,,0")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,add,2,national,md5", "too few"),
        ("x,add,2,national,md5,{v},0", "sequence"),
        ("1,add,-2,national,md5,{v},0", "entry"),
        (f"1,add,{2**63},national,md5,{{v}},0", "entry"),
        ("1,add,2,national,md5,{v},some", "confirmations"),
        ("1,replace,2,national,md5,{v},0", "neither"),
        ("1,add,2,{v},md5,{v},0", "category"),
        ("1,add,2,national,colour,{v},0", "kind"),
        ("1,add,2,national,sha1,{v},0", "sha1"),
    ],
)
def test_a_rejected_line_is_told_without_its_value(line: str, reason: str) -> None:
    value = "0123456789abcdef" * 2
    good = f"1,add,2,national,md5,{value},0"
    rejected, kept = read_text(HEADER, line.format(v=value), good)
    assert isinstance(rejected, RejectedRow)
    assert rejected.line == 2
    assert reason in rejected.reason
    assert value not in rejected.reason
    assert isinstance(kept, FeedRow)


def test_a_row_says_no_fingerprint_when_printed() -> None:
    [row] = read_text(HEADER, f"1,add,2,national,md5,{'1f' * 16},0")
    assert "value" not in repr(row)
    assert "1f1f" not in repr(row)
