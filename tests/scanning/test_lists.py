"""Lists of a scan: Parquet says what CSV says, and what cannot be used is told by row."""

from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import Conflict, InputError, NotFound, RempartError
from rempart.core.vocabulary import FingerprintType as F
from rempart.formats.hash_values import EMPTY_FILE
from rempart.formats.rows import RejectedRow
from rempart.scanning.lists import ListSpec, OpenLists, build_index, entries_of, read_index
from rempart.signals.lists import ListEntry

PDQ = st.one_of(st.binary(min_size=32, max_size=32).map(bytes.hex), st.just("0" * 64), st.just("nonsense"), st.just(""))
MD5 = st.one_of(st.binary(min_size=16, max_size=16).map(bytes.hex), st.just(EMPTY_FILE[F.MD5]), st.just(""))
CATEGORIES = st.sampled_from(["", "A1", "b2", "NATIONAL", "Z9"])
ROWS = st.lists(st.fixed_dictionaries({"pdq": PDQ, "md5": MD5, "category": CATEGORIES}), min_size=1, max_size=12)


def read(at: Path, category: str | None = None) -> tuple[list[ListEntry], list[int]]:
    rejected: list[tuple[str, RejectedRow]] = []
    entries = list(entries_of(ListSpec(str(at), category=category), lambda *row: rejected.append(row)))
    return entries, [row.line for _, row in rejected]


def told(entry: ListEntry) -> tuple[object, ...]:
    return entry.entry_id, entry.list_name, entry.category, entry.kind, entry.value


def parquet(path: Path, rows: list[dict[str, object]]) -> Path:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


@given(rows=ROWS)
def test_parquet_says_what_csv_says(rows: list[dict[str, str]], tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("lists")
    lines = [f"{row['pdq']},{row['md5']},{row['category']}" for row in rows]
    (folder / "list.csv").write_text("\n".join(["pdq,md5,category", *lines]) + "\n")
    (csv_entries, csv_rejected), (entries, rejected) = (
        read(folder / "list.csv"),
        read(parquet(folder / "list.parquet", rows)),
    )
    assert sorted(map(told, entries)) == sorted(map(told, csv_entries))
    assert rejected == [line - 1 for line in csv_rejected]


def test_binary_columns_are_read(tmp_path: Path) -> None:
    (entry,), rejected = read(parquet(tmp_path / "a.parquet", [{"pdq": b"x" * 32}, {"pdq": None}]), "A1")
    assert (entry.value, entry.category, rejected) == (b"x" * 32, "A1", [2])


def test_a_column_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.parquet.*no column"):
        read(parquet(tmp_path / "a.parquet", [{"something": 1}]))


def test_an_index_has_a_folder_of_its_own(tmp_path: Path) -> None:
    spec = ListSpec(str(parquet(tmp_path / "a.parquet", [{"pdq": b"x" * 32}])))
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "file").touch()
    for taken in (tmp_path / "used", tmp_path / "a.parquet"):
        with pytest.raises(Conflict, match="something already"):
            build_index([spec], taken, lambda *row: None)
    made = build_index([spec], tmp_path / "index", lambda *row: None)
    assert read_index(tmp_path / "index", verify=True) == made
    with pytest.raises(NotFound):
        read_index(tmp_path / "none", verify=False)


def test_lists_in_memory_are_written_for_others_and_taken_away(tmp_path: Path) -> None:
    spec = ListSpec(str(parquet(tmp_path / "a.parquet", [{"pdq": b"x" * 32}])))
    with OpenLists([spec], lambda *row: None) as lists:
        folder = lists.folder()
        assert lists.folder() == folder
        assert read_index(folder, verify=True).lists == {"a": 1}
        assert folder.parent.stat().st_mode & 0o077 == 0
    assert not folder.exists()
    build_index([spec], tmp_path / "index", lambda *row: None)
    with OpenLists([ListSpec(str(tmp_path / "index"))], lambda *row: None) as lists:
        assert lists.folder() == tmp_path / "index"
    assert (tmp_path / "index").exists()


@pytest.mark.parametrize("cut", [0.0, 0.3, 0.99])
def test_every_file_of_an_index_is_verified(tmp_path: Path, cut: float) -> None:
    rows = [{"pdq": bytes([number]) * 32, "md5": bytes([number]) * 16} for number in range(1, 60)]
    spec = ListSpec(str(parquet(tmp_path / "a.parquet", rows)))
    build_index([spec], tmp_path / "index", lambda *row: None)
    files = [path for path in (tmp_path / "index").rglob("*") if path.is_file() and path.stat().st_size]
    assert len(files) > 3
    for path in files:
        whole = path.read_bytes()
        if "journal" in path.name or path.name == "lock":
            continue
        path.write_bytes(whole[: int(len(whole) * cut)])
        with pytest.raises(RempartError):
            read_index(tmp_path / "index", verify=True)
        path.write_bytes(whole)
    assert read_index(tmp_path / "index", verify=True).entries == 2 * 59
