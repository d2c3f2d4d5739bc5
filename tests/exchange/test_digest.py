"""A list's digest: of its entries and nothing else, whatever the way there."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import IntegrityError
from rempart.core.vocabulary import FingerprintType as F
from rempart.exchange.digest import LANES, ListDigest, Row, digest_of, row_bytes
from rempart.exchange.signals import CATEGORIES

ROWS = st.tuples(
    st.sampled_from(F), st.binary(min_size=1, max_size=32), st.sampled_from(CATEGORIES), st.integers(1, 200)
)


@given(st.sets(ROWS, max_size=12), st.sets(ROWS, max_size=12), st.data())
def test_what_comes_and_goes_leaves_the_digest_of_what_stays(
    stay: set[Row], pass_by: set[Row], data: st.DataObject
) -> None:
    pass_by -= stay
    found = ListDigest()
    found.change(data.draw(st.permutations(sorted(stay | pass_by))))
    found.change([], pass_by)
    assert found.sha256 == digest_of(sorted(stay))
    assert found.entries == len(stay)
    assert ListDigest.from_bytes(found.to_bytes()).sha256 == found.sha256


@given(st.sets(ROWS, max_size=6), st.sets(ROWS, max_size=6))
def test_other_entries_have_another_digest(first: set[Row], second: set[Row]) -> None:
    assert (digest_of(first) == digest_of(second)) == (first == second)


@given(ROWS, ROWS)
def test_each_row_has_bytes_of_its_own(first: Row, second: Row) -> None:
    assert (row_bytes(*first) == row_bytes(*second)) == (first == second)


def test_the_digest_is_the_one_that_the_documentation_defines() -> None:
    rows: list[Row] = [("md5", bytes(range(16)), "baseline", 2), ("pdq", b"\x09" * 32, "A1", 3)]
    lanes = [0] * LANES
    for row in rows:
        expanded = hashlib.shake_128(row_bytes(*row)).digest(2 * LANES)
        for lane in range(LANES):
            lanes[lane] = (lanes[lane] + int.from_bytes(expanded[2 * lane : 2 * lane + 2], "little")) % 2**16
    whole = b"rempart/list-digest/1\x00" + (2).to_bytes(8, "big") + b"".join(n.to_bytes(2, "little") for n in lanes)
    assert digest_of(rows) == hashlib.sha256(whole).hexdigest()


@pytest.mark.parametrize("size", [1, 519, 521, 8])
def test_bytes_of_another_size_are_refused(size: int) -> None:
    with pytest.raises(IntegrityError):
        ListDigest.from_bytes(bytes(size))


def test_no_bytes_are_an_empty_list() -> None:
    assert ListDigest.from_bytes(b"").sha256 == digest_of([])
