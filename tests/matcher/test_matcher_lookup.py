"""What is read from a request, and what is told of hits."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.core.errors import InputError, LimitExceeded, NotPermitted
from rempart.core.vocabulary import FingerprintType
from rempart.matcher import lookup
from rempart.matcher.clients import Client, Right
from rempart.matcher.edge import decode
from rempart.matcher.lookup import MOST_HITS, Scope, find_codes, read_items, told_entries, verdict_of
from rempart.matcher.wire import LookupItem, LookupRequest, Verdict
from rempart.signals.catalogue import Label
from rempart.signals.lists import Hit, ListEntry, NearHit, Recogniser

PDQ = FingerprintType.PDQ
HEX = {"pdq": 64, "md5": 32, "sha1": 40, "sha256": 64}


def hit(category: str, distance: int | None, number: int = 1) -> Hit:
    kind = FingerprintType.MD5 if distance is None else FingerprintType.PDQ
    entry = ListEntry(number, "a", category, kind, bytes(16 if distance is None else 32), "source", 2)
    return Hit(entry, "exact" if distance is None else "near", distance)


@pytest.mark.parametrize(
    ("hits", "verdict"),
    [
        ([], "no_match"),
        ([("baseline", 20)], "match"),
        ([("A1", None)], "match"),
        ([("unstated", 3)], "match"),
        ([("not_illegal", None)], "not_illegal"),
        ([("baseline", 28), ("not_illegal", 0)], "not_illegal"),
        ([("baseline", 4), ("not_illegal", 5)], "match"),
        ([("baseline", 5), ("not_illegal", 5)], "match"),
        ([("baseline", None), ("not_illegal", 0)], "match"),
        ([("baseline", 0), ("not_illegal", None)], "not_illegal"),
        ([("baseline", None), ("not_illegal", None)], "match"),
    ],
)
def test_the_strongest_hit_decides(hits: list[tuple[str, int | None]], verdict: str) -> None:
    for order in (hits, hits[::-1]):
        assert verdict_of([hit(*each) for each in order]) == Verdict(verdict)


def test_distances_are_told_to_those_with_the_right() -> None:
    blind, seeing = Client(name="a"), Client(name="b", rights=frozenset({Right.SEE_DISTANCE}))
    for client, expected in ((blind, None), (seeing, 7)):
        told = msgspec.to_builtins(told_entries([hit("baseline", 7)], client)[0])[0]
        assert told.get("distance") == expected
        assert ("distance" in told) is (expected is not None)
        assert set(told) >= {"list", "entry", "category", "source", "confirmations", "match"}
        assert not {"value", "pdq", "fingerprint"} & set(told)


def test_an_answer_is_bounded() -> None:
    told, left_out = told_entries([hit("baseline", 1, number) for number in range(MOST_HITS + 5)], Client(name="a"))
    assert (len(told), left_out) == (MOST_HITS, 5)


def test_a_foreign_list_and_one_that_is_not_there_get_the_same_answer() -> None:
    client = Client(name="a", lists=("own",))
    for name in ("foreign", "nowhere"):
        with pytest.raises(NotPermitted) as refused:
            Scope.of(client, ["own", name])
        assert str(refused.value) == "lists[1]: You are not subscribed to this list. GET /v1/lists tells yours."
    assert Scope.of(client, None).lists == frozenset({"own"})
    assert Scope.of(Client(name="b"), None).lists is None
    assert Scope.of(Client(name="b"), ["x"]).lists == frozenset({"x"})


items = st.fixed_dictionaries(
    {},
    optional={
        "id": st.one_of(st.text(max_size=20), st.integers(-(2**63), 2**63 - 1)),
        "quality": st.integers(0, 100),
        "photodna": st.text("AZaz09+/=", min_size=8, max_size=200),
        **{name: st.text("0123456789abcdefABCDEF", min_size=size, max_size=size) for name, size in HEX.items()},
    },
).filter(lambda item: item.keys() - {"id", "quality"})


@given(st.lists(items, min_size=1, max_size=5))
def test_what_is_well_formed_is_read(sent: list[dict[str, object]]) -> None:
    read = read_items(decode(msgspec.json.encode({"items": sent}), LookupRequest).items, 10)
    for item, query in zip(sent, read, strict=True):
        assert query.quality == item.get("quality")
        told = {kind.value: value for kind, value in query.fingerprints.items()}
        for name in HEX:
            assert told.pop(name, b"").hex() == str(item.get(name, "")).lower()
        assert told.pop("photodna", b"").decode() == item.get("photodna", "")
        assert not told


REFUSALS = {
    "The body does not have the expected form.",
    "The body is not JSON in UTF-8.",
    "The item has no fingerprint.",
    "The value is not hexadecimal.",
    "PhotoDNA is text in ASCII.",
}
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.one_of(
        st.binary(max_size=200),
        values.map(msgspec.json.encode),
        st.fixed_dictionaries(
            {"items": st.lists(st.dictionaries(st.sampled_from([*HEX, "id", "x"]), values, max_size=3), max_size=3)}
        ).map(msgspec.json.encode),
    )
)
def test_anything_else_is_refused_without_repeating_it(body: bytes) -> None:
    told = refusal_of(body)
    assert told is None or (told.what in REFUSALS and told.where.startswith(("body", "$", "items[")))


def refusal_of(body: bytes) -> InputError | None:
    try:
        read_items(decode(body, LookupRequest).items, 10)
    except InputError as error:
        return error
    return None


@pytest.mark.parametrize("value", ["g" * 64, "ab " * 21 + "a", " " * 64, "é" * 64, "0x" + "0" * 62])
def test_what_only_looks_like_hexadecimal(value: str) -> None:
    with pytest.raises(InputError, match="hexadecimal") as refused:
        read_items([LookupItem(pdq="0" * 64), LookupItem(pdq=value)], 10)
    assert refused.value.where == "items[1].pdq"
    assert value not in str(refused.value)


def test_too_many_items() -> None:
    with pytest.raises(LimitExceeded, match="at most 2 items"):
        read_items([LookupItem(md5="0" * 32)] * 3, 2)


def test_an_unknown_field_is_refused_so_that_a_misspelt_one_is_no_silent_miss() -> None:
    body = msgspec.json.encode({"items": [{"PDQ": "0" * 64}]})
    with pytest.raises(InputError) as refused:
        decode(body, LookupRequest)
    assert refused.value.where == "$.items[0]"


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    asked=st.sampled_from([1, 7, 1000]),
    lists=st.sampled_from([None, frozenset({"a"}), frozenset({"b", "c"})]),
    radius=st.sampled_from([0, 31, 63, {"a": 5, "b": 40}]),
)
def test_a_binary_batch_says_what_single_look_ups_say(
    seed: int, asked: int, lists: frozenset[str] | None, radius: int | dict[str, int]
) -> None:
    """Over several levels, with entries that are gone; from 1,000 on the index is gone through another way."""
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 256, (6, 32), dtype=np.uint8)

    def near_centres(count: int) -> np.ndarray:
        flips = np.packbits(rng.random((count, 256)) < rng.random((count, 1)) / 6, axis=1)
        return centres[rng.integers(0, len(centres), count)] ^ flips

    def entries(first: int, count: int) -> list[ListEntry]:
        return [
            ListEntry(number // 2, "abc"[number % 3], "baseline" if number % 5 else "not_illegal", PDQ, code.tobytes())
            for number, code in enumerate(near_centres(count), first)
        ]

    recogniser = Recogniser.build(entries(0, 60))
    recogniser.add(entries(60, 40))
    recogniser.remove([entry.key for entry in entries(0, 100)[::9]])
    codes = near_centres(asked)
    found = recogniser.lookup_codes(codes, radius=radius, lists=lists)
    single = recogniser.lookup_many([({PDQ: code.tobytes()}, None) for code in codes], radius=radius, lists=lists)
    expected = {
        place: [NearHit(hit.distance, hit.entry.entry_id, label_of(hit.entry)) for hit in hits]
        for place, hits in enumerate(single)
        if hits
    }
    assert found == expected
    client = Client(name="a", radius=radius) if isinstance(radius, int) else Client(name="a", list_radius=radius)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lookup, "_CHUNK", 400)
        told = find_codes(recogniser, codes.tobytes(), Scope(client, lists))
    assert [(one.item, one.verdict, len(one.hits)) for one in told] == [
        (place, verdict_of(hits), min(len(hits), MOST_HITS)) for place, hits in enumerate(single) if hits
    ]


def label_of(entry: ListEntry) -> Label:
    return Label(entry.list_name, entry.category, entry.source, entry.confirmations)
