"""Whole logs in columns: bytes that are no signal are refused, and fingerprints that look alike stay apart."""

import numpy as np
import pytest
from exchange.folding import A1, COUNTRIES, B, listing
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType as F
from rempart.exchange import bulk_fold
from rempart.exchange.bulk_fold import fold_logs
from rempart.exchange.fold import Entry, Ruling
from rempart.exchange.policy import ALLIANCE
from rempart.exchange.signals import decode, encode

RULING = Ruling(ALLIANCE, COUNTRIES)


@given(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from([30, 31, 34, 35, 46, 47]).flatmap(lambda n: st.binary(min_size=n, max_size=n)),
    )
)
def test_bytes_are_refused_exactly_where_the_codec_refuses_them(data: bytes) -> None:
    def ways() -> None:
        decode(data)

    assert refuses(ways) == refuses(lambda: list(fold_logs({A1: [encode(listing()), data]}, RULING)))


@given(st.integers(0, 46), st.integers(0, 255))
def test_a_signal_with_one_other_byte_is_refused_where_the_codec_refuses_it(place: int, byte: int) -> None:
    data = bytearray(encode(listing((F.PDQ, b"\x07" * 32))))
    data[place] = byte
    assert refuses(lambda: decode(bytes(data))) == refuses(lambda: list(fold_logs({A1: [bytes(data)]}, RULING)))


def test_fingerprints_that_mix_to_one_number_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_fold, "_ODD", np.zeros(4, np.uint64))
    values = [(F.PDQ, bytes([number] * 32)) for number in range(1, 40)] + [(F.SHA256, bytes([3] * 32))]
    signals = [encode(listing(value)) for value in values]
    found = list(fold_logs({A1: signals, B: signals[::-1]}, RULING))
    assert sorted(found) == sorted(Entry(*value, "baseline", 2) for value in values)


def test_no_logs_make_an_empty_list() -> None:
    assert list(fold_logs({}, RULING)) == []
    assert list(fold_logs({A1: []}, RULING)) == []


def test_logs_of_others_are_not_read() -> None:
    assert list(fold_logs({"stranger.example/log": [b"nothing at all"]}, RULING)) == []


def refuses(way: object) -> bool:
    try:
        way()  # type: ignore[operator]
    except InputError:
        return True
    return False
