"""Fingerprints as inputs: CSV and Parquet say the same, a bad row spoils itself only."""

from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError, IntegrityError, NotFound
from rempart.core.vocabulary import FingerprintType
from rempart.scanning.rows import from_csv, from_parquet

PDQ, SHA256 = FingerprintType.PDQ, FingerprintType.SHA256
ROW = st.fixed_dictionaries(
    {
        "pdq": st.one_of(st.none(), st.binary(min_size=32, max_size=32)),
        "sha256": st.binary(min_size=32, max_size=32),
        "quality": st.one_of(st.none(), st.integers(0, 100)),
    }
)


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@given(rows=st.lists(ROW, max_size=20))
def test_csv_and_parquet_give_what_was_written(rows, tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("rows")
    lines = [
        f"{r['pdq'].hex() if r['pdq'] else ''},{r['sha256'].hex()},{r['quality'] or ''},p{n}"
        for n, r in enumerate(rows)
    ]
    csv = written(folder / "rows.csv", "\n".join(["PDQ,SHA-256,quality,path", *lines]) + "\n")
    schema = pyarrow.schema(
        [
            ("pdq", pyarrow.binary()),
            ("sha256", pyarrow.string()),
            ("quality", pyarrow.int64()),
            ("path", pyarrow.string()),
        ]
    )
    table = [{**r, "sha256": r["sha256"].hex(), "path": f"p{n}"} for n, r in enumerate(rows)]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(table, schema=schema), folder / "rows.parquet")
    for items in (list(from_csv(csv)), list(from_parquet(folder / "rows.parquet"))):
        assert [item.name for item in items] == [f"p{n}" for n in range(len(rows))]
        for item, row in zip(items, rows, strict=True):
            assert item.fingerprints == {kind: row[kind.value] for kind in (PDQ, SHA256) if row[kind.value]}
            assert (item.quality or None) == (row["quality"] or None)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("zz,50", "64 hexadecimal digits"),
        ("00ff,50", "64 hexadecimal digits"),
        (",50", "no fingerprint"),
        (f"{'ab' * 32},101", "0 to 100"),
        (f"{'ab' * 32},x", "0 to 100"),
        ('"ab,50', "CSV"),
    ],
)
def test_a_bad_row_says_why_without_its_value(tmp_path: Path, row: str, said: str) -> None:
    good = "cd" * 32
    items = list(from_csv(written(tmp_path / "rows.csv", f"pdq,quality\n{row}\n{good},7\n")))
    assert said in items[0].problem
    assert "zz" not in items[0].problem
    assert items[0].name == "rows.csv:2"
    assert (items[1].name, items[1].fingerprints[PDQ].hex(), items[1].quality) == ("rows.csv:3", good, 7)


def test_rows_have_their_own_keys_even_if_they_are_called_the_same(tmp_path: Path) -> None:
    text = "path,pdq\n" + f"same.jpg,{'ab' * 32}\n" * 2
    items = list(from_csv(written(tmp_path / "rows.csv", text)))
    assert [item.name for item in items] == ["same.jpg"] * 2
    assert len({item.key for item in items}) == 2


def test_files_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column of fingerprints"):
        list(from_csv(written(tmp_path / "a.csv", "path,name\nx,y\n")))
    with pytest.raises(NotFound):
        list(from_csv(tmp_path / "nothing.csv"))
    with pytest.raises(NotFound):
        list(from_parquet(tmp_path / "nothing.parquet"))
    with pytest.raises(IntegrityError, match="not a Parquet file"):
        list(from_parquet(written(tmp_path / "a.parquet", "PAR1 and nothing else")))


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InputError, match=r"rempart\[parquet\]"):
        list(from_parquet(tmp_path / "a.parquet"))
