"""FetchHashes pages: what is written is read back, also by the stock client's types; anything else is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.formats.stopncii import CspFeedback, HashPage, HashRecord, read_page, write_page

SECRET = "0123456789abcdef" * 4
TEXT = st.text(max_size=30)
RECORDS = st.builds(
    HashRecord,
    st.integers(0, 2**63 - 1),
    st.sampled_from(["ImagePDQ", "VideoMD5", "Unknown"]),
    TEXT,
    st.sampled_from(["Active", "Withdrawn", "Deleted"]),
    st.lists(st.builds(CspFeedback, TEXT, TEXT, st.lists(TEXT, max_size=2).map(tuple)), max_size=2).map(tuple),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(TEXT, inside, max_size=3),
    max_leaves=10,
)


@given(st.lists(RECORDS, max_size=5), st.integers(0, 2**63 - 1), st.none() | st.text(min_size=1, max_size=40))
def test_a_page_reads_back_as_it_was_written(records: list[HashRecord], moment: int, token: str | None) -> None:
    page = HashPage(tuple(records), moment, token)
    assert read_page(write_page(page)) == page


@given(
    st.dictionaries(st.sampled_from(["hashRecords", "nextSetTimestamp", "hasMoreRecords", "nextPageToken"]), JSON)
    | JSON
)
def test_any_json_is_read_or_refused(document: object) -> None:
    try:
        page = read_page(json.dumps(document).encode())
    except InputError:
        return
    assert page.next_set_timestamp >= 0


@given(st.binary(max_size=100))
def test_random_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        read_page(body)


def test_a_record_that_is_none_is_told_without_its_value() -> None:
    whole = json.loads(write_page(HashPage((HashRecord(1, "ImagePDQ", SECRET),) * 2, 5)))
    whole["hashRecords"][0]["lastModtimestamp"] = SECRET
    page = read_page(json.dumps(whole).encode())
    assert len(page.records) == 1
    assert [row.line for row in page.rejected] == [1]
    assert SECRET not in page.rejected[0].reason
    assert SECRET not in repr(page)


def test_the_stock_client_reads_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    api = pytest.importorskip("threatexchange.exchanges.clients.stopncii.api")
    feedback = (CspFeedback("NotBlocked", "Hotline", ("withdrawn",)),)
    page = HashPage((HashRecord(3, "ImagePDQ", SECRET, "Withdrawn", feedback),), 5, "token")
    monkeypatch.setattr(api.StopNCIIAPI, "_get", lambda *args, **kwargs: json.loads(write_page(page)))
    read = api.StopNCIIAPI("s", "f").fetch_hashes()
    assert (read.count, read.nextSetTimestamp, read.hasMoreRecords, read.nextPageToken) == (1, 5, True, "token")
    assert read.hashRecords[0].hashStatus is api.StopNCIICaseStatus.Withdrawn
    assert read.hashRecords[0].CSPFeedbacks[0].feedbackValue is api.StopNCIICSPFeedbackValue.NotBlocked
