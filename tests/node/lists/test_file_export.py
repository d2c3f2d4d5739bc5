"""A list as a file of others' formats: what stands is in it, what was withdrawn is not, and it reads back."""

import json
import stat

import pytest
from node.lists.conftest import md5

from rempart.core.errors import Conflict, OutsideFailure
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_csv import HashRow, read_hash_csv
from rempart.formats.vics import read_vics
from rempart.node.audit import services as audit
from rempart.node.lists.file_export import FileFormat, export_file
from rempart.node.lists.importing import import_rows


@pytest.fixture
def mixed(example):
    """MD5s, one of which is withdrawn, and other kinds."""
    others = [
        HashRow(2, {FingerprintType.PDQ: "ab" * 32}, "A1"),
        HashRow(3, {FingerprintType.PHOTODNA: ",".join(["7"] * 144)}),
    ]
    import_rows("Example", "national", others, source="hashes.csv")
    example.withdraw(2)
    example.share()
    return example


def test_csv_holds_every_kind_and_reads_back(mixed, tmp_path):
    written = export_file("Example", tmp_path / "list.csv", FileFormat.CSV)
    assert (written.entries, written.left_out) == (4, 0)
    rows = list(read_hash_csv((tmp_path / "list.csv").read_text().splitlines()))
    assert [(row.hashes, row.category) for row in rows] == [
        ({FingerprintType.MD5: md5(1)}, "national"),
        ({FingerprintType.MD5: md5(3)}, "national"),
        ({FingerprintType.PDQ: "ab" * 32}, "A1"),
        ({FingerprintType.PHOTODNA: ",".join(["7"] * 144)}, "national"),
    ]


def test_vics_holds_md5s_and_counts_the_rest(mixed, tmp_path):
    written = export_file("Example", tmp_path / "list.json", FileFormat.VICS)
    assert (written.entries, written.left_out) == (2, 2)
    entries = list(read_vics((tmp_path / "list.json").read_bytes()))
    assert [entry.hashes for entry in entries] == [{FingerprintType.MD5: md5(number)} for number in (1, 3)]
    assert json.loads((tmp_path / "list.json").read_bytes())["value"][0]["MD5"] == md5(1).upper()


def test_the_file_is_private_replaced_whole_and_on_record(mixed, tmp_path):
    path = tmp_path / "list.csv"
    for _ in range(2):
        export_file("Example", path, FileFormat.CSV)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["list.csv"]
    assert [fact.data for fact in audit.events(actions=["list:written"])] == [{"entries": 4, "format": "csv"}] * 2


def test_a_list_that_may_not_be_passed_on_is_not_written(example, tmp_path):
    with pytest.raises(Conflict):
        export_file("Example", tmp_path / "list.csv", FileFormat.CSV)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(mixed, tmp_path):
    with pytest.raises(OutsideFailure):
        export_file("Example", tmp_path / "missing" / "list.csv", FileFormat.CSV)
