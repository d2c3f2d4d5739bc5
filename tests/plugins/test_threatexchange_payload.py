"""What entries carry survives storing, and a stored file can name data only."""

import io
import json
from dataclasses import dataclass, field
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threatexchange.exchanges.fetch_state import FetchedSignalMetadata, SignalOpinionCategory
from threatexchange.exchanges.impl.ncmec_api import NCMECSignalMetadata

from rempart.core.errors import InputError, IntegrityError
from rempart.plugins.threatexchange import PDQIndex, allow
from rempart.plugins.threatexchange.payload import Payloads, decode, encode

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
HASHABLE = PLAIN | st.binary() | st.tuples(PLAIN, PLAIN)
VALUES = st.recursive(
    HASHABLE,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.sets(HASHABLE)
        | st.frozensets(HASHABLE)
        | st.dictionaries(st.text() | st.just("$"), inner)
        | st.dictionaries(HASHABLE, inner)
    ),
    max_leaves=12,
)


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@dataclass(frozen=True, slots=True)
class Mine:
    bank: int
    tags: frozenset[str] = field(default_factory=frozenset)
    made: int = field(init=False, default=0)

    def __post_init__(self):
        object.__setattr__(self, "made", self.made + 1)


class Colour(Enum):
    PETROL = "petrol"


class Unknown:
    pass


@given(VALUES)
def test_values_come_back_equal_and_of_the_same_type(value):
    back = decode(encode(value, set()))
    assert back == value
    assert type(back) is type(value)


@given(st.lists(VALUES, max_size=6), st.lists(VALUES, max_size=6))
def test_payloads_stored_and_added_keep_their_positions(stored, added):
    payloads = Payloads()
    payloads.extend(stored)
    classes, sections = payloads.parts()
    again = Payloads.of_parts(len(stored), classes, {name: bytearray(part) for name, part in sections.items()})
    again.extend(added)
    assert [again[position] for position in range(len(again))] == stored + added
    assert again.parts()[1]["blob"] == b"".join(encode(value, set()) for value in stored + added)


def test_what_the_packages_exchanges_attach_comes_back():
    metadata = [("Example exchange", NCMECSignalMetadata({42: {"A1", "B2"}})), ("Sample", FetchedSignalMetadata())]
    index = reloaded(PDQIndex.build([("0" * 64, metadata), ("f" * 64, SignalOpinionCategory.POSITIVE_CLASS)]))
    (first,), (second,) = index.query("0" * 64), index.query("f" * 64)
    assert first.metadata == metadata
    assert str(first.metadata[0][1]) == str(metadata[0][1])
    assert second.metadata is SignalOpinionCategory.POSITIVE_CLASS


def reloaded(index):
    stream = io.BytesIO()
    index.serialize(stream)
    return PDQIndex.deserialize(io.BytesIO(stream.getvalue()))


def test_own_classes_must_be_allowed_and_are_made_without_running_them():
    mine = Mine(7, frozenset({"a"}))
    with pytest.raises(InputError, match="allow"):
        encode(mine, set())
    allow(Mine, Colour)
    back = decode(encode([mine, Colour.PETROL], set()))
    assert back == [mine, Colour.PETROL]
    assert back[0].made == 1  # __post_init__ did not run a second time
    with pytest.raises(InputError, match="dataclasses and enums"):
        allow(Unknown)


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), 10**5000, nested(5000)], ids=range(4))
def test_what_json_does_not_hold_is_refused(value):
    with pytest.raises(InputError, match="JSON"):
        encode([value], set())


def test_a_class_unknown_to_the_reader_is_refused_at_opening_not_at_the_first_hit(monkeypatch):
    from rempart.plugins.threatexchange import payload

    allow(Mine)
    stream = io.BytesIO()
    PDQIndex.build([("0" * 64, Mine(1))]).serialize(stream)
    monkeypatch.setattr(payload, "_allowed", {})
    with pytest.raises(IntegrityError, match="Mine"):
        PDQIndex.deserialize(io.BytesIO(stream.getvalue()))


@pytest.mark.parametrize(
    "named",
    [
        ["dataclass", "os:system", {}],
        ["dataclass", "subprocess:Popen", {}],
        ["dataclass", "threatexchange.exchanges.impl.file_api:Path", {}],
        ["dataclass", "threatexchange.exchanges.impl.file_api:os.path", {}],
        ["dataclass", "threatexchange.exchanges.fetch_state:FetchedSignalMetadata", {"more": 1}],
        ["dataclass", "threatexchange.exchanges.fetch_state:FetchedSignalMetadata", []],
        ["enum", "threatexchange.exchanges.fetch_state:FetchedSignalMetadata", "x"],
        ["enum", "threatexchange.exchanges.fetch_state:SignalOpinionCategory", "__class__"],
        ["call", "print"],
        ["set", [["unhashable"]]],
        ["tuple"],
        [],
        7,
    ],
)
def test_a_file_can_name_nothing_else(named):
    with pytest.raises(IntegrityError):
        decode(json.dumps({"$": named}).encode())


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_or_are_plain_json(data):
    try:
        value = decode(data)
    except IntegrityError:
        return
    assert value == decode(encode(value, set()))
