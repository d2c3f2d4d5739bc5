"""Lists as CSV and VICS: what is written reads back as it was, by the readers that import them."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_csv import HashRow, read_hash_csv, write_hash_csv
from rempart.formats.hash_values import EMPTY_FILE
from rempart.formats.vics import VicsMedia, read_vics, write_vics


def hexadecimal(kind: FingerprintType, length: int) -> st.SearchStrategy[str]:
    digits = st.text("0123456789abcdef", min_size=length, max_size=length)
    return digits.filter(lambda text: text.strip("0") and text != EMPTY_FILE.get(kind))


KINDS = {
    FingerprintType.MD5: hexadecimal(FingerprintType.MD5, 32),
    FingerprintType.SHA1: hexadecimal(FingerprintType.SHA1, 40),
    FingerprintType.SHA256: hexadecimal(FingerprintType.SHA256, 64),
    FingerprintType.PDQ: hexadecimal(FingerprintType.PDQ, 64),
    FingerprintType.PHOTODNA: st.just("AAEC" * 48) | st.just(",".join(["7"] * 144)),
}
HASHES = st.fixed_dictionaries({}, optional=KINDS).filter(bool)
CATEGORIES = st.none() | st.sampled_from(["baseline", "national", "A1", "not_illegal", 'with "quotes"; and, more'])


@given(st.lists(st.tuples(HASHES, CATEGORIES), max_size=8))
def test_a_csv_reads_back_as_it_was_written(entries: list[tuple[dict[FingerprintType, str], str | None]]) -> None:
    rows = [HashRow(line, hashes, category) for line, (hashes, category) in enumerate(entries, start=2)]
    lines = [line.decode() for line in write_hash_csv(rows)]
    assert list(read_hash_csv(lines)) == rows


def test_a_row_without_a_fingerprint_is_not_written() -> None:
    with pytest.raises(InputError):
        list(write_hash_csv([HashRow(2, {})]))


MOMENTS = st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(
    st.lists(
        st.builds(
            VicsMedia,
            media_id=st.integers(0, 2**63 - 1),
            hashes=st.fixed_dictionaries(
                {FingerprintType.MD5: KINDS[FingerprintType.MD5]},
                optional={kind: values for kind, values in KINDS.items() if kind is not FingerprintType.MD5},
            ),
            category=st.none() | st.sampled_from(["baseline", "national", "B2", "not_illegal"]),
            updated_at=MOMENTS,
        ),
        max_size=6,
    )
)
def test_a_hash_set_reads_back_with_illegal_and_lawful_told_apart(media: list[VicsMedia]) -> None:
    entries = list(read_vics(b"".join(write_vics(media))))
    assert [(entry.media_id, entry.hashes) for entry in entries] == [
        (each.media_id, dict(each.hashes)) for each in media
    ]
    for entry, each in zip(entries, media, strict=True):
        told = {None: None, "not_illegal": "not_illegal"}.get(each.category, "national")
        assert entry.category == told


def test_a_hash_set_has_the_address_and_the_spelling_that_tools_look_for() -> None:
    media = VicsMedia(7, {FingerprintType.MD5: "ab" * 16, FingerprintType.PDQ: "cd" * 32}, "A1")
    document = json.loads(b"".join(write_vics([media])))
    assert document["@odata.context"].endswith("/DataModels/2.0.xml/Default/$metadata#Media")
    assert document["value"] == [
        {
            "MediaID": 7,
            "Category": 1,
            "MD5": "AB" * 16,
            "AlternativeHashes": [{"HashName": "PDQ", "HashValue": "cd" * 32}],
        }
    ]


def test_a_file_without_md5_is_refused() -> None:
    with pytest.raises(InputError, match="MD5"):
        list(write_vics([VicsMedia(1, {FingerprintType.SHA1: "ab" * 20})]))
