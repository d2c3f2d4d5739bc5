"""Hash lists, URL lists and VICS files: each line becomes an entry or a reason."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType, ItemKind, Legality
from rempart.formats.hash_csv import HashRow, read_hash_csv
from rempart.formats.hash_values import EMPTY_FILE
from rempart.formats.rows import RejectedRow
from rempart.formats.url_csv import UrlRow, read_url_csv
from rempart.formats.vics import VicsEntry, default_mapping, read_vics, region_of

MD5 = "0123456789abcdef0123456789abcdef"
SHA1 = "0123456789abcdef0123456789abcdef01234567"
SHA256 = MD5 * 2
EMPTY_MD5 = EMPTY_FILE[FingerprintType.MD5]
LINES = st.lists(st.text(st.sampled_from('abc012,;\t"\n\r ﻿md5sha,url,https://x.example'), max_size=60), max_size=8)


def hashes(*lines: str) -> list[HashRow | RejectedRow]:
    return list(read_hash_csv(lines))


def test_a_column_for_each_kind() -> None:
    rows = hashes("\ufeffMD5,SHA-1,category\n", f"{MD5.upper()},{SHA1},A1\n", "\n", f",{SHA1},\n")
    assert rows == [
        HashRow(2, {FingerprintType.MD5: MD5, FingerprintType.SHA1: SHA1}, "A1"),
        HashRow(4, {FingerprintType.SHA1: SHA1}),
    ]


def test_type_and_value_with_semicolons() -> None:
    rows = hashes("type;value;category", f"sha256;{SHA256};x", f"pdq;{SHA256};", f"nonsense;{SHA256};")
    assert rows[:2] == [
        HashRow(2, {FingerprintType.SHA256: SHA256}, "x"),
        HashRow(3, {FingerprintType.PDQ: SHA256}),
    ]
    assert rows[2] == RejectedRow(4, "The kind of fingerprint is missing or unknown.")


def test_rejected_lines_are_told_without_their_value() -> None:
    wrong = "zz23456789abcdef0123456789abcdef"
    rows = hashes("md5,category", wrong, MD5[:-1], EMPTY_MD5, "0" * 32, ",x", f'"{MD5}', f"{MD5},{'c' * 65}", MD5)
    assert [row.line for row in rows] == list(range(2, 10))
    assert isinstance(rows[-1], HashRow)
    for row in rows[:-1]:
        assert isinstance(row, RejectedRow)
        assert not any(value in row.reason for value in (wrong, MD5, MD5[:-1], EMPTY_MD5))


@pytest.mark.parametrize("header", ["", "colour,size", "type", MD5, '"md5'])
def test_a_file_without_header_is_refused(header: str) -> None:
    with pytest.raises(InputError, match="header"):
        hashes(header or "x", f"{MD5}")


def test_an_entry_does_not_show_its_values_in_a_log() -> None:
    assert MD5 not in repr(hashes("md5", MD5)[0])


@given(LINES)
def test_any_hash_file_is_read_or_refused(lines: list[str]) -> None:
    try:
        rows = list(read_hash_csv(lines))
    except InputError:
        return
    numbers = [row.line for row in rows]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == max(0, sum(bool(line.strip()) for line in lines) - 1) or "\ufeff" in "".join(lines)


def urls(*lines: str) -> list[UrlRow | RejectedRow]:
    return list(read_url_csv(lines))


def test_urls_without_header() -> None:
    (row,) = urls("HTTPS://Files.Example:443/a\n")
    assert isinstance(row, UrlRow)
    assert (row.line, row.url, row.canonical, row.kind) == (
        1, "HTTPS://Files.Example:443/a", "https://files.example/a", ItemKind.URL,
    )  # fmt: skip


def test_urls_with_columns_in_any_order() -> None:
    (row,) = urls(
        "note,URL,seen at,kind,other", '"a, b",https://files.example/a,2024-01-01T02:00:00+02:00,live_stream,x'
    )
    assert isinstance(row, UrlRow)
    assert (row.note, row.kind, row.source) == ("a, b", ItemKind.LIVE_STREAM, None)
    assert row.seen_at == datetime(2024, 1, 1, tzinfo=UTC)


def test_rejected_urls_do_not_stop_the_file() -> None:
    rows = urls(
        "url,seen_at,note,kind",
        "not an address",
        "https://a.example/,yesterday",
        "https://a.example/,,,file",
        f"https://a.example/,,{'n' * 2001}",
        "https://a.example/",
    )
    assert [type(row) for row in rows] == [RejectedRow] * 4 + [UrlRow]
    assert [row.line for row in rows] == [2, 3, 4, 5, 6]


@given(LINES)
def test_any_url_file_yields_one_result_a_line(lines: list[str]) -> None:
    numbers = [row.line for row in read_url_csv(lines)]
    assert numbers == sorted(set(numbers))
    assert set(numbers) <= set(range(1, len(lines) + 1))


CONTEXT_2 = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/{}/$metadata#Cases"


def vics(*media: Any, region: str = "US") -> bytes:
    case = {"CaseID": "c1", "TotalMediaFiles": 99, "Media": list(media)}
    return json.dumps({"@odata.context": CONTEXT_2.format(region), "value": [case]}).encode()


def entries(data: bytes, mapping: dict[int, str] | None = None) -> list[VicsEntry | RejectedRow]:
    return list(read_vics(data, mapping))


def test_vics_2_with_a_case() -> None:
    media = {
        "MediaID": 5,
        "Category": 1,
        "MD5": MD5.upper(),
        "SHA1": SHA1.upper(),
        "MediaSize": "120",
        "VictimIdentified": "true",
        "OffenderIdentified": "false",
        "AlternativeHashes": [{"HashName": "PDQ", "HashValue": SHA256}, {"HashName": "other", "HashValue": "x"}, 3],
    }
    (entry,) = entries(b"\xef\xbb\xbf" + vics(media))
    assert isinstance(entry, VicsEntry)
    assert entry.hashes == {
        FingerprintType.MD5: MD5, FingerprintType.SHA1: SHA1, FingerprintType.PDQ: SHA256,
    }  # fmt: skip
    assert (entry.category, entry.category_number, entry.size, entry.media_id) == ("national", 1, 120, 5)
    assert (entry.victim_identified, entry.offender_identified) == (True, False)


def test_vics_1_3_flat() -> None:
    context = "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media"
    data = json.dumps({"odata.metadata": context, "value": [{"MD5": MD5, "Category": None}]}).encode()
    (entry,) = entries(data)
    assert isinstance(entry, VicsEntry)
    assert (entry.category, entry.category_number) == (None, None)


def test_vics_entries_that_cannot_be_used_are_numbered_and_explained() -> None:
    good = {"MD5": MD5, "Category": 1}
    rows = entries(
        vics({"MD5": EMPTY_MD5}, {"Category": 1}, "x", good | {"Category": 77}, good | {"Category": "b"}, good)
    )
    assert [row.line for row in rows] == [1, 2, 3, 4, 5, 6]
    assert isinstance(rows[5], VicsEntry)
    assert isinstance(rows[3], RejectedRow)
    assert "77" in rows[3].reason
    assert not any(EMPTY_MD5 in row.reason for row in rows if isinstance(row, RejectedRow))


def test_an_own_mapping_replaces_the_shipped_one() -> None:
    (entry,) = entries(vics({"MD5": MD5, "Category": 9}, region="CUSTOM"), {9: "baseline"})
    assert isinstance(entry, VicsEntry)
    assert entry.category == "baseline"
    with pytest.raises(InputError, match="custom"):
        entries(vics({"MD5": MD5, "Category": 9}, region="CUSTOM"))


@pytest.mark.parametrize("region", ["US", "UK", "Default"])
def test_shipped_mappings_use_the_legalities_and_never_baseline(region: str) -> None:
    assert region_of(CONTEXT_2.format(region)) == region
    meanings = set(default_mapping(region).values())
    assert meanings <= {legality.value for legality in Legality} - {Legality.BASELINE.value}


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"value": 1}', b"\xff\xfe", b"[" * 100_000, b"{"])
def test_what_is_not_vics_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        entries(data)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["MD5", "Category", "Media", "MediaSize", "AlternativeHashes"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON_VALUES, max_size=4))
def test_any_vics_shape_yields_numbered_results(value: list[Any]) -> None:
    rows = entries(json.dumps({"value": value}).encode())
    assert [row.line for row in rows] == list(range(1, len(rows) + 1))
