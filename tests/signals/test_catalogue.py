"""List entries in columns against a plain list of entries."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.core.errors import Conflict, IntegrityError
from rempart.core.vocabulary import FingerprintType as Kind
from rempart.signals.catalogue import KINDS, Catalogue, ListEntry
from rempart.signals.match import arrays
from rempart.signals.match.levels import Level

WIDTH = {Kind.MD5: 16, Kind.SHA1: 20}


def value(kind: Kind, seed: int) -> bytes:
    return bytes([seed]) * WIDTH.get(kind, 32)


def entry(number: int, name: str, kind: Kind, seed: int, source: str = "", confirmations: int = 0) -> ListEntry:
    return ListEntry(number, name, "national", kind, value(kind, seed), source, confirmations)


ENTRIES = st.lists(
    st.builds(
        entry,
        st.integers(-(2**63), 2**63 - 1) | st.integers(0, 20),
        st.sampled_from(["north", "south", "é"]),
        st.sampled_from(KINDS),
        st.integers(0, 4).map(lambda seed: seed * 63),
        st.sampled_from(["", "hotline"]),
        st.integers(0, 3),
    ),
    max_size=25,
    unique_by=lambda each: each.key,
)


def found_in(catalogue: Catalogue, kind: Kind, seed: int, gone=None) -> set[ListEntry]:
    asked = value(kind, seed)
    coded = Catalogue.build([entry(0, "x", kind, seed)]).segments[kind].codes
    _, rows, _ = catalogue.find(kind, coded, 0, 1, gone)
    return {catalogue.entry(row, kind, asked) for row in rows.tolist()}


@given(ENTRIES, st.data())
@settings(max_examples=80)
def test_every_entry_is_found_by_its_value_and_its_key(tmp_path_factory, listed, data):
    built = Catalogue.build(listed)
    folder = tmp_path_factory.mktemp("catalogue")
    built.save(folder)
    removed = data.draw(st.sets(st.sampled_from(listed))) if listed else set()
    for catalogue in (built, Catalogue.open(folder), Catalogue.open(folder, verify=False)):
        assert len(catalogue) == len(listed)
        keys = [each.key for each in listed]
        positions = catalogue.positions([*keys, ("nowhere", 1), ("north", 21)])
        assert sorted(positions[:-2].tolist()) == list(range(len(listed)))
        assert positions[-2:].tolist() == [-1, -1]
        level = Level(catalogue).without(catalogue.positions([each.key for each in removed]))
        for kind in KINDS:
            for seed in (0, 63, 252):
                expected = {each for each in listed if (each.kind, each.value) == (kind, value(kind, seed))}
                assert found_in(catalogue, kind, seed) == expected
                assert found_in(catalogue, kind, seed, level.gone) == expected - removed


@given(ENTRIES, st.data())
@settings(max_examples=50)
def test_merging_equals_building_of_what_stands(listed, data):
    cut = data.draw(st.integers(0, len(listed)))
    parts = [Catalogue.build(listed[:cut]), Catalogue.build(listed[cut:])]
    removed = data.draw(st.sets(st.sampled_from(listed))) if listed else set()
    levels = []
    for part in parts:
        places = part.positions([each.key for each in removed])
        levels.append(Level(part).without(places[places >= 0]))
    merged = Catalogue.merged(tuple(levels))
    expected = Catalogue.build([each for each in listed if each not in removed])
    assert [run for run in merged.runs if run[0] != ""] == list(expected.runs)
    for kind in KINDS:
        for seed in (0, 63, 252):
            assert found_in(merged, kind, seed) == found_in(expected, kind, seed)


@given(ENTRIES, st.sets(st.sampled_from(["north", "south", "nowhere"])))
def test_only_some_lists(listed, lists):
    catalogue = Catalogue.build(listed)
    level = catalogue.only(frozenset(lists), Level(catalogue))
    kept = level.kept()
    rows = range(len(catalogue)) if kept is None else np.flatnonzero(kept).tolist()
    names = [name for row in rows for name, first, stop in catalogue.runs if first <= row < stop]
    assert sorted(names) == sorted(each.list_name for each in listed if each.list_name in lists)


@pytest.mark.parametrize("other", [Kind.PDQ, Kind.MD5])
def test_two_entries_of_one_key_are_refused(other):
    with pytest.raises(Conflict, match="share an id") as caught:
        Catalogue.build([entry(7, "north", Kind.PDQ, 1), entry(7, "north", other, 2)])
    assert caught.value.where == "north, entry 7"
    assert len(Catalogue.build([entry(7, "north", Kind.PDQ, 1), entry(7, "south", other, 2)])) == 2


def test_what_entries_share_is_kept_once():
    many = Catalogue.build(entry(number, "north", Kind.MD5, number % 200) for number in range(1000))
    assert len(many.names) == 1
    assert many.nbytes == 12_000


@pytest.mark.parametrize(
    ("columns", "facts"),
    [
        ({}, {}),
        (
            {"entry_ids": np.zeros(1, np.int64), "labels": np.zeros(1, np.uint32)},
            {"kinds": [], "names": [], "runs": []},
        ),
        ({"entry_ids": np.zeros(1, np.int64), "labels": np.array([2], np.uint32)}, None),
        ({"entry_ids": np.zeros(2, np.int64), "labels": np.zeros(1, np.uint32)}, None),
        ({"entry_ids": np.zeros(1, np.uint32), "labels": np.zeros(1, np.uint32)}, None),
        ({"entry_ids": np.array(3, np.int64), "labels": np.array(0, np.uint32)}, None),
        (None, {"kinds": ["md4"], "names": [], "runs": []}),
        (None, {"kinds": ["md5"], "names": [["north"]], "runs": []}),
        (None, {"kinds": ["md5"], "names": [["north", "national", "", 0]], "runs": [["north", 1, 0]]}),
        (None, {"kinds": ["md5"], "names": [["north", "national", "", 0]], "runs": [["north", 0, 2]]}),
        (None, {"kinds": ["md5"], "names": 5, "runs": None}),
    ],
)
def test_columns_that_contradict_themselves_are_refused(tmp_path, columns, facts):
    """Their digests are right: whoever wrote them was wrong, or means harm."""
    Catalogue.build([entry(1, "north", Kind.MD5, 1)]).save(tmp_path)
    sound = arrays.read(tmp_path / "columns", b"RMPTCAT\n", verify=True)
    kept = {name: array.copy() for name, array in sound.arrays.items()}
    arrays.write(
        tmp_path / "columns",
        b"RMPTCAT\n",
        kept if columns is None else columns,
        sound.facts if facts is None else facts,
    )
    with pytest.raises(IntegrityError):
        Catalogue.open(tmp_path)
