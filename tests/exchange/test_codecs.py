"""Every codec of a log: what is written is read, and there is one byte string for each meaning."""

import base64

import pytest
from exchange.log_cases import KEY, NOON, SIGNER, WITNESSES
from hypothesis import example, given
from hypothesis import strategies as st

from rempart.adapters.signing import Signer, verify
from rempart.core.errors import InputError, IntegrityError, RempartError
from rempart.core.vocabulary import FingerprintType
from rempart.exchange import signals
from rempart.exchange.checkpoints import Checkpoint, cosign, cosigned_at, open_checkpoint, parse_checkpoint
from rempart.exchange.checkpoints import sign_checkpoint as signed
from rempart.exchange.commitments import commit, commit_opening, signal_in
from rempart.exchange.head import Head
from rempart.exchange.signals import CATEGORIES, MAX_CONTENT, MAX_TIME, Action, Reason, Signal, SignalBasis
from rempart.exchange.tiles import (
    bundle_path,
    bundles_of,
    entries_path,
    join_entries,
    join_hashes,
    number_path,
    split_entries,
    split_hashes,
    tile_path,
    tiles_of,
)
from rempart.exchange.tree import EMPTY_ROOT, MAX_SIZE
from rempart.formats.signed_note import Key, KeyType, Note, Signature, read_note, read_vkey

SIZES = {"md5": 16, "sha1": 20, "sha256": 32, "pdq": 32}
NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="+"), min_size=1, max_size=30)
HASHES = st.binary(min_size=32, max_size=32)


@st.composite
def some_signals(draw: st.DrawFn) -> Signal:
    kind = draw(st.sampled_from([FingerprintType(name) for name in (*SIZES, "photodna")]))
    if kind is FingerprintType.PHOTODNA:
        value = draw(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=1024)).encode()
    else:
        value = draw(st.binary(min_size=SIZES[kind], max_size=SIZES[kind]))
    action = draw(st.sampled_from(Action))
    content, at = draw(st.integers(0, MAX_CONTENT)), draw(st.integers(0, MAX_TIME))
    if not action.lists:
        return Signal(action, kind, value, content, at, reason=draw(st.sampled_from(Reason)))
    category, basis = draw(st.sampled_from(CATEGORIES)), draw(st.sampled_from(SignalBasis))
    return Signal(action, kind, value, content, at, category, basis, draw(st.integers(1, 255)))


@given(some_signals())
def test_a_signal_is_read_as_it_was_written(signal: Signal) -> None:
    data = signals.encode(signal)
    assert signals.decode(data) == signal
    assert len(data) <= signals.MAX_SIGNAL


@given(some_signals(), st.data())
def test_a_signal_has_one_byte_string(signal: Signal, data: st.DataObject) -> None:
    raw = bytearray(signals.encode(signal))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    is_read_as_one(bytes(raw))


@given(st.binary(max_size=80))
def test_any_bytes_are_one_signal_or_none(data: bytes) -> None:
    is_read_as_one(data)


def is_read_as_one(data: bytes) -> None:
    try:
        found = signals.decode(data)
    except InputError:
        return
    assert signals.encode(found) == data


ADD = Signal(Action.ADD, FingerprintType.MD5, bytes(16), 1, NOON, "A1", SignalBasis.OWN_ANALYSIS, 2)
WITHDRAW = Signal(Action.WITHDRAW, FingerprintType.MD5, bytes(16), 1, NOON, reason=Reason.MISTAKE)


@pytest.mark.parametrize(
    "wrong",
    [
        ADD._replace(value=bytes(15)),
        ADD._replace(kind=FingerprintType.PHOTODNA),
        ADD._replace(content=-1),
        ADD._replace(content=MAX_CONTENT + 1),
        ADD._replace(at=MAX_TIME + 1),
        ADD._replace(category="C1"),
        ADD._replace(category=""),
        ADD._replace(basis=None),
        ADD._replace(verifiers=0),
        ADD._replace(verifiers=256),
        ADD._replace(reason=Reason.OTHER),
        WITHDRAW._replace(reason=None),
        WITHDRAW._replace(category="A1"),
        WITHDRAW._replace(verifiers=1),
    ],
)
def test_a_signal_without_a_meaning_is_not_written(wrong: Signal) -> None:
    with pytest.raises(InputError):
        signals.encode(wrong)


def test_a_signal_does_not_show_its_fingerprint() -> None:
    assert "00" not in repr(ADD)


@given(st.binary(min_size=16, max_size=16), st.binary(max_size=60))
def test_a_commitment_is_that_of_its_opening(salt: bytes, signal: bytes) -> None:
    assert commit(salt, signal) == commit_opening(salt + signal)
    assert signal_in(salt + signal) == signal


@given(st.binary(max_size=15))
def test_what_is_shorter_than_a_salt_opens_nothing(opening: bytes) -> None:
    with pytest.raises(IntegrityError):
        signal_in(opening)


@given(NAMES, st.integers(1, MAX_SIZE), HASHES)
def test_a_checkpoint_is_read_as_it_was_written(origin: str, size: int, root: bytes) -> None:
    point = Checkpoint(origin, size, root)
    assert parse_checkpoint(point.text) == point
    key = Key(origin, SIGNER.public_key)
    assert open_checkpoint(str(signed(point, key, SIGNER.sign)), key, [], verify).checkpoint == point


@given(st.text(max_size=20), st.text("0123456789+-_ ٣", max_size=21), st.text(max_size=50), st.booleans())
def test_any_text_is_one_checkpoint_or_none(origin: str, size: str, root: str, is_coded: bool) -> None:
    text = f"{origin}\n{size}\n{base64.b64encode(root.encode()[:32].ljust(32)).decode() if is_coded else root}\n"
    try:
        found = parse_checkpoint(text)
    except IntegrityError:
        return
    assert found.text == text


@pytest.mark.parametrize("size", ["01", "+1", "-1", " 1", "1 ", "1_0", "٣", str(2**63), "", "0"])
def test_a_size_has_one_spelling(size: str) -> None:
    good = Checkpoint("a", 1, bytes(32)).text
    with pytest.raises(IntegrityError):
        parse_checkpoint(good.replace("\n1\n", f"\n{size}\n"))


@pytest.mark.parametrize(
    "change",
    [lambda t: t + "more\n", lambda t: t[:-1], lambda t: t.replace("A=", "B="), lambda t: t.replace("\n", "\r\n")],
)
def test_a_checkpoint_has_three_lines_in_one_spelling(change: object) -> None:
    with pytest.raises(IntegrityError):
        parse_checkpoint(change(Checkpoint("a", 1, bytes(32)).text))  # type: ignore[operator]
    assert parse_checkpoint(Checkpoint("a", 0, EMPTY_ROOT).text).size == 0


@given(st.integers(0, 2**64 - 1))
def test_a_cosignature_says_when(at: int) -> None:
    text = Checkpoint("a", 1, bytes(32)).text
    key, signer = WITNESSES[0]
    line = cosign(text, key, signer.sign, at)
    assert cosigned_at(line, key, text, verify) == at
    for wrong in (Signature(line.name, line.number, line.blob[:-1]), cosign(text, key, Signer(b"x" * 32).sign, at)):
        with pytest.raises(IntegrityError):
            cosigned_at(wrong, key, text, verify)
    with pytest.raises(IntegrityError):
        cosigned_at(line, key, text.replace("a", "b"), verify)


def test_a_checkpoint_of_another_log_or_without_its_signature_is_refused() -> None:
    point = Checkpoint(KEY.name, 1, bytes(32))
    note = signed(point, KEY, SIGNER.sign)
    for log in (Key("other.example/log", SIGNER.public_key), Key(KEY.name, Signer(b"x" * 32).public_key)):
        with pytest.raises(IntegrityError):
            open_checkpoint(str(note), log, [], verify)
    key, signer = WITNESSES[0]
    alone = Note(note.text, (cosign(note.text, key, signer.sign, NOON),))
    with pytest.raises(IntegrityError):
        open_checkpoint(str(alone), KEY, [key], verify)
    other = Note(Checkpoint("other", 1, bytes(32)).text, ())
    with pytest.raises(IntegrityError):
        open_checkpoint(str(signed(parse_checkpoint(other.text), KEY, SIGNER.sign)), KEY, [], verify)


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), min_size=1, max_size=4),
    st.lists(
        st.builds(Signature, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80)),
        min_size=1,
        max_size=4,
    ),
)
def test_a_note_is_read_as_it_was_written(lines: list[str], signatures: list[Signature]) -> None:
    note = Note("".join(f"{each}\n" for each in lines), tuple(signatures))
    assert read_note(str(note)) == note


NOTE = str(signed(Checkpoint(KEY.name, 1, bytes(32)), KEY, SIGNER.sign))


@given(st.integers(0, len(NOTE)), st.integers(0, 3), st.text(st.sampled_from("\n\r\t — =+/aA0é\u2028\x85"), max_size=3))
@example(len(NOTE), 0, "\n")
@example(0, 0, "\n")
def test_any_text_is_one_note_or_none(at: int, gone: int, put: str) -> None:
    text = NOTE[:at] + put + NOTE[at + gone :]
    try:
        found = read_note(text)
    except RempartError:
        return
    assert str(found) == text


@given(NAMES, st.binary(min_size=32, max_size=32), st.sampled_from(KeyType))
def test_a_key_is_read_as_it_was_written(name: str, public: bytes, kind: KeyType) -> None:
    key = Key(name, public, kind)
    assert read_vkey(key.vkey) == key


@given(st.integers(0, len(KEY.vkey)), st.integers(0, 2), st.text("+=/aA0 é", max_size=2))
def test_a_key_has_one_text(at: int, gone: int, put: str) -> None:
    text = KEY.vkey[:at] + put + KEY.vkey[at + gone :]
    try:
        found = read_vkey(text)
    except InputError:
        return
    assert found.vkey == text.strip()


ENTRIES = st.lists(st.binary(max_size=90), max_size=256)


@given(ENTRIES)
def test_entries_are_read_as_they_were_written(entries: list[bytes]) -> None:
    assert split_entries(join_entries(entries), len(entries)) == entries
    assert split_entries(join_entries([b"x" * 65535]), 1) == [b"x" * 65535]


@given(st.binary(max_size=60), st.integers(0, 12))
def test_any_bytes_are_one_bundle_of_a_width_or_none(data: bytes, width: int) -> None:
    try:
        found = split_entries(data, width)
    except IntegrityError:
        return
    assert len(found) == width
    assert join_entries(found) == data


@given(st.lists(HASHES, max_size=5), st.integers(-1, 1))
def test_a_tile_holds_as_many_hashes_as_it_should(hashes: list[bytes], more: int) -> None:
    data = join_hashes(hashes)
    assert split_hashes(data, len(hashes)) == hashes
    for wrong in (data + b"x", data[:-1] if data else b"x"):
        with pytest.raises(IntegrityError):
            split_hashes(wrong, len(hashes))


@pytest.mark.parametrize(
    ("number", "path"),
    [
        (0, "000"),
        (67, "067"),
        (999, "999"),
        (1000, "x001/000"),
        (1234067, "x001/x234/067"),
        (10**9, "x001/x000/x000/000"),
    ],
)
def test_numbers_are_written_as_the_specification_has_them(number: int, path: str) -> None:
    assert number_path(number) == path
    assert tile_path(2, number) == f"tile/2/{path}"
    assert tile_path(0, number, 8) == f"tile/0/{path}.p/8"
    assert entries_path(number, 256) == f"tile/entries/{path}"
    assert bundle_path(number, 255) == f"bundle/{path}.p/255"


@given(st.integers(0, 70_000), st.integers(0, 70_000))
def test_growing_makes_the_tiles_whose_width_changes(one: int, two: int) -> None:
    start, end = sorted((one, two))

    def tiles(size: int) -> set[tuple[int, int, int]]:
        return {(level, number, width) for level in range(4) for number, width in bundles_of(0, size >> 8 * level)}

    assert set(tiles_of(start, end)) >= tiles(end) - tiles(start)
    assert set(tiles_of(start, end)) <= tiles(end)
    assert sum(width for _, width in bundles_of(0, end)) == end


@given(st.integers(0, 2**40), st.integers(0, 2**40), HASHES, st.lists(st.binary(max_size=60), max_size=5))
def test_a_head_is_read_as_it_was_written(turn: int, start: int, root: bytes, openings: list[bytes]) -> None:
    head = Head(turn, start + len(openings), root, tuple(openings))
    assert Head.from_bytes(head.to_bytes()) == head
    assert head.start == start


@given(st.data())
def test_a_head_that_was_changed_is_damaged(data: st.DataObject) -> None:
    raw = bytearray(Head(3, 9, bytes(32), (b"one", b"two")).to_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    if bytes(raw) == Head(3, 9, bytes(32), (b"one", b"two")).to_bytes():
        return
    with pytest.raises(IntegrityError):
        Head.from_bytes(bytes(raw))
