import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signals.pictures import encoded, scene

from rempart.core.errors import Conflict, InputError
from rempart.core.vocabulary import FingerprintType as Kind
from rempart.signals.fingerprint import file_hashes, pdq
from rempart.signals.lists import Hit, ListEntry, Recogniser


def entry(entry_id: int, kind: Kind, value: bytes, list_name: str = "north") -> ListEntry:
    return ListEntry(entry_id, list_name, "baseline", kind, value)


def flipped(code: bytes, bits: int) -> bytes:
    return (int.from_bytes(code, "big") ^ ((1 << bits) - 1)).to_bytes(32, "big")


CODE = bytes(range(32))


def test_the_same_file_and_a_new_encoding_of_it():
    original = encoded(scene(), quality=90)
    sha256 = bytes.fromhex(file_hashes([original]).sha256)
    listed = [entry(1, Kind.SHA256, sha256), entry(2, Kind.PDQ, pdq(original)[0])]
    recogniser = Recogniser.build(listed)
    again = encoded(scene(), quality=40)
    fingerprint, quality = pdq(again)
    own = {Kind.SHA256: bytes.fromhex(file_hashes([again]).sha256), Kind.PDQ: fingerprint}
    assert [(hit.entry.entry_id, hit.match) for hit in recogniser.lookup(own, pdq_quality=quality)] == [(2, "near")]
    same = {Kind.SHA256: sha256, Kind.PDQ: pdq(original)[0]}
    assert recogniser.lookup(same, pdq_quality=quality) == [Hit(listed[0], "exact", None), Hit(listed[1], "near", 0)]


def test_exact_first_then_nearest():
    recogniser = Recogniser.build(
        [
            entry(1, Kind.PDQ, flipped(CODE, 9)),
            entry(2, Kind.PDQ, CODE),
            entry(3, Kind.MD5, b"m" * 16),
            entry(4, Kind.SHA1, b"s" * 20, "south"),
            entry(5, Kind.SHA1, b"s" * 20, "north"),
            entry(6, Kind.PDQ, flipped(CODE, 9)),
            entry(7, Kind.PDQ, flipped(CODE, 32)),
        ]
    )
    own = {Kind.PDQ: CODE, Kind.MD5: b"m" * 16, Kind.SHA1: b"s" * 20}
    found = [(hit.entry.entry_id, hit.match, hit.distance) for hit in recogniser.lookup(own, pdq_quality=100)]
    assert found == [
        (4, "exact", None),
        (5, "exact", None),
        (3, "exact", None),
        (2, "near", 0),
        (1, "near", 9),
        (6, "near", 9),
    ]
    assert len(recogniser) == 7


@pytest.mark.parametrize(("quality", "is_hit"), [(0, False), (49, False), (50, True), (100, True), (None, True)])
def test_low_quality_never_matches_by_pdq(quality, is_hit):
    recogniser = Recogniser.build([entry(1, Kind.PDQ, CODE), entry(2, Kind.MD5, b"m" * 16)])
    found = recogniser.lookup({Kind.PDQ: CODE, Kind.MD5: b"m" * 16}, pdq_quality=quality)
    assert [hit.entry.entry_id for hit in found] == ([2, 1] if is_hit else [2])


@pytest.mark.parametrize(("radius", "is_hit"), [(8, False), (9, True)])
def test_the_radius_is_the_callers(radius, is_hit):
    recogniser = Recogniser.build([entry(1, Kind.PDQ, flipped(CODE, 9))])
    assert bool(recogniser.lookup({Kind.PDQ: CODE}, pdq_quality=90, radius=radius)) is is_hit


def test_the_least_quality_is_the_callers():
    recogniser = Recogniser.build([entry(1, Kind.PDQ, CODE)])
    assert recogniser.lookup({Kind.PDQ: CODE}, pdq_quality=10, min_quality=10)


def test_equal_bytes_of_another_kind_do_not_match():
    recogniser = Recogniser.build([entry(1, Kind.SHA256, CODE), entry(2, Kind.PHOTODNA, CODE)])
    assert recogniser.lookup({Kind.PDQ: CODE, Kind.VPDQ: CODE}, pdq_quality=90) == []
    assert [hit.entry.entry_id for hit in recogniser.lookup({Kind.PHOTODNA: CODE}, pdq_quality=None)] == [2]


def test_nothing_listed_and_nothing_asked():
    nothing = Recogniser.build([])
    assert len(nothing) == 0
    assert nothing.lookup({Kind.PDQ: CODE}, pdq_quality=90) == []
    assert Recogniser.build([entry(1, Kind.PDQ, CODE)]).lookup({}, pdq_quality=None) == []


def test_an_id_names_one_entry():
    with pytest.raises(Conflict, match="share an id"):
        Recogniser.build([entry(1, Kind.PDQ, CODE), entry(1, Kind.MD5, b"m" * 16)])


@pytest.mark.parametrize("kind", list(Kind))
def test_a_fingerprint_of_the_wrong_length_is_refused_and_not_repeated(kind):
    wrong = b"" if kind in (Kind.VPDQ, Kind.PHOTODNA) else b"\xab" * 7
    for attempt in (lambda: entry(1, kind, wrong), lambda: Recogniser.build([]).lookup({kind: wrong}, pdq_quality=1)):
        with pytest.raises(InputError) as caught:
            attempt()
        assert "ab" * 3 not in str(caught.value).replace("\\x", "")


def test_no_fingerprint_reaches_a_log_by_its_entry():
    text = repr(Hit(entry(1, Kind.PDQ, b"Q" * 32), "near", 3))
    assert "QQQ" not in text
    assert (b"Q" * 32).hex() not in text


@given(st.dictionaries(st.integers(0, 10**6), st.integers(0, 40), max_size=12), st.integers(0, 40))
@settings(max_examples=50, deadline=None)
def test_near_hits_are_those_within_the_radius(listed, radius):
    recogniser = Recogniser.build(entry(name, Kind.PDQ, flipped(CODE, bits)) for name, bits in listed.items())
    found = recogniser.lookup({Kind.PDQ: CODE}, pdq_quality=80, radius=radius)
    assert [(hit.distance, hit.entry.entry_id) for hit in found] == sorted(
        (bits, name) for name, bits in listed.items() if bits <= radius
    )
