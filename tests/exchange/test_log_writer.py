"""The writer: order of its steps, batches of every size, witnesses, finding, erasing, tidying."""

from collections.abc import Callable

import pytest
from exchange.log_cases import (
    KEY,
    NOON,
    SIGNER,
    WITNESSES,
    MemoryStore,
    all_cosign,
    all_openings,
    assert_valid,
    batch,
    commitments,
    published,
    writer,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.adapters.signing import Signer, verify
from rempart.core.errors import InputError, IntegrityError, NotFound
from rempart.exchange.checkpoints import Checkpoint, cosign, open_checkpoint
from rempart.exchange.reading import LogReader
from rempart.exchange.tree import EMPTY_ROOT, Frontier, leaf_hash, verify_consistency, verify_inclusion
from rempart.exchange.writer import LogWriter
from rempart.formats.signed_note import Key, Note, Signature


def root_of(openings: list[bytes]) -> bytes:
    frontier = Frontier()
    frontier.extend(leaf_hash(each) for each in commitments(openings))
    return frontier.root


def test_an_empty_log_has_published_nothing() -> None:
    store = MemoryStore()
    log = writer(store)
    assert log.note is None
    assert log.checkpoint == Checkpoint(KEY.name, 0, EMPTY_ROOT)
    assert set(store.files) == {"head"}


def test_an_empty_log_can_show_its_first_checkpoint() -> None:
    store = MemoryStore()
    writer(store).refresh()
    assert assert_valid(store).size == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_batches_of_any_size_make_the_log_of_all_entries(sizes: list[int]) -> None:
    store, all_of_them = MemoryStore(), list[bytes]()
    log = writer(store)
    for seed, size in enumerate(sizes):
        openings = batch(size, seed)
        log.append(openings)
        all_of_them += openings
        assert assert_valid(store) == log.checkpoint == Checkpoint(KEY.name, len(all_of_them), root_of(all_of_them))
    assert all_openings(store) == all_of_them
    again = writer(store)
    again.append(batch(3, 99))
    assert all_openings(store) == all_of_them + batch(3, 99)


def test_a_log_of_three_levels_is_that_of_all_entries() -> None:
    store, openings = MemoryStore(), batch(256 * 256 + 300)
    log = writer(store)
    log.append(openings[:65_000])
    log.append(openings[65_000:])
    assert "tile/2/000.p/1" in store.files
    assert "tile/0/256" in store.files
    assert assert_valid(store).root == root_of(openings)


def test_the_head_is_replaced_before_anything_is_signed_and_the_checkpoint_is_the_last_file() -> None:
    store, steps = MemoryStore(), list[str]()
    store.hook = lambda step, path: steps.append(path.split("/")[0])

    def sign(data: bytes) -> bytes:
        steps.append("sign")
        return SIGNER.sign(data)

    def gather(note: Note, size: int, proof: Callable[[int], list[bytes]]) -> list[Signature]:
        steps.append("gather")
        return []

    LogWriter(store, KEY, sign).append(batch(300), gather)
    assert list(dict.fromkeys(steps[1:])) == ["head", "bundle", "tile", "sign", "gather", "checkpoint"]


def test_witnesses_get_the_signed_note_the_published_size_and_proofs_from_any_size() -> None:
    store, seen = MemoryStore(), list[tuple[str, int]]()
    log = writer(store)
    roots = {0: EMPTY_ROOT}

    def gather(note: Note, size: int, proof: Callable[[int], list[bytes]]) -> list[Signature]:
        point = open_checkpoint(str(note), KEY, [], verify).checkpoint
        roots[point.size] = point.root
        for old, root in roots.items():
            assert verify_consistency(old, root, point.size, point.root, proof(old))
        seen.append((point.origin, size))
        return all_cosign(note, size, proof)

    for seed, size in enumerate((5, 251, 400, 256)):
        log.append(batch(size, seed), gather)
    assert seen == [(KEY.name, size) for size in (0, 5, 256, 656)]
    opened = open_checkpoint((store.read("checkpoint") or b"").decode(), KEY, [key for key, _ in WITNESSES], verify)
    assert set(opened.witnessed.values()) == {NOON}
    assert len(opened.witnessed) == 3


def test_fresh_cosignatures_replace_former_ones_and_leave_those_that_still_count() -> None:
    log = writer(MemoryStore())
    log.append(batch(4), all_cosign)
    (one, one_signer), (two, _), (three, three_signer) = WITNESSES

    def later(at: int, *who: tuple[Key, Signer]) -> Note:
        return log.refresh(lambda note, size, proof: [cosign(note.text, key, each.sign, at) for key, each in who])

    times = open_checkpoint(str(later(NOON + 600, (one, one_signer))), KEY, [one, two, three], verify).witnessed
    assert times == {one: NOON + 600, two: NOON, three: NOON}
    a_day_later = NOON + 24 * 3600 + 300
    note = later(a_day_later, (three, three_signer))
    assert open_checkpoint(str(note), KEY, [one, two, three], verify).witnessed == {
        one: NOON + 600,
        three: a_day_later,
    }
    assert len(log.append(batch(4, 1)).signatures) == 1


def test_inclusion_of_every_entry_is_proved_from_the_tiles() -> None:
    store, openings = MemoryStore(), batch(600)
    writer(store).append(openings)
    point, log = published(store), LogReader(store, 600)
    from rempart.exchange.tree import inclusion_proof

    for index, entry in enumerate(commitments(openings)):
        proof = inclusion_proof(index, 600, log.node)
        assert verify_inclusion(index, 600, leaf_hash(entry), proof, point.root)


def test_a_batch_is_found_where_it_stands_and_only_whole() -> None:
    store = MemoryStore()
    log = writer(store)
    batches = [batch(size, size) for size in (10, 500, 3, 255)]
    for each in batches:
        log.append(each)
    starts = [0, 10, 510, 513]
    for start, each in zip(starts, batches, strict=True):
        assert log.find(commitments(each)) == start
    assert log.find(commitments(batches[1]), within=200) is None
    assert log.find(commitments(batches[2] + batch(1, 77))) is None
    assert log.find(commitments(batch(5, 1234))) is None
    assert log.find([]) is None


def test_an_empty_batch_and_what_is_no_opening_are_refused_before_anything_is_written() -> None:
    store = MemoryStore()
    log = writer(store)
    for openings in ([], [b"short"], [bytes(70_000)], [b""]):
        with pytest.raises(InputError):
            log.append(openings)
    assert set(store.files) == {"head"}


@pytest.mark.parametrize("index", [0, 255, 256, 511, 512, 518])
def test_an_erased_opening_is_nowhere_and_the_tree_is_as_it_was(index: int) -> None:
    store, openings = MemoryStore(), batch(519)
    openings = [each + b"!" for each in openings]
    log = writer(store)
    for at in range(0, 519, 173):
        log.append(openings[at : at + 173])
    log.erase(index)
    assert not [path for path, data in store.files.items() if openings[index] in data]
    point = assert_valid(store)
    assert point.root == root_of(openings)
    log.append(batch(20, 5))
    assert not [path for path, data in store.files.items() if openings[index] in data]
    assert all_openings(store) == [*openings[:index], b"", *openings[index + 1 :], *batch(20, 5)]
    writer(store).append(batch(300, 6))
    assert assert_valid(store).size == 839
    log.erase(index)


def test_no_entry_beyond_the_log_is_erased() -> None:
    log = writer(MemoryStore())
    log.append(batch(3))
    for index in (-1, 3):
        with pytest.raises(NotFound):
            log.erase(index)


def test_tidying_leaves_a_log_that_every_earlier_reader_can_read() -> None:
    store = MemoryStore()
    log = writer(store)
    for seed in range(60):
        log.append(batch(11, seed))
    before, openings = len(store.files), all_openings(store)
    log.tidy(0, 300)
    log.tidy(300, 660)
    assert len(store.files) < before - 90
    assert not [path for path in store.files if path.startswith(("tile/0/000.p", "bundle/001.p", "tile/entries/000.p"))]
    assert_valid(store)
    for size in (11, 33, 256, 297):
        old = LogReader(store, size)
        assert [each for number in range(-(-size // 256)) for each in old.openings(number)] == openings[:size]
        assert old.tile(0, 0) == [leaf_hash(each) for each in commitments(openings[: min(size, 256)])]


def test_a_log_put_back_to_an_earlier_day_is_refused_where_the_later_checkpoint_is_known() -> None:
    store = MemoryStore()
    log = writer(store)
    log.append(batch(300))
    backup = MemoryStore(store.files)
    log.append(batch(20, 1))
    writer(store, known=[log.checkpoint, published(backup)])
    with pytest.raises(IntegrityError, match="earlier state"):
        writer(backup, known=[log.checkpoint])
    fork = MemoryStore(backup.files)
    writer(fork).append(batch(30, 2))
    with pytest.raises(IntegrityError, match="earlier state"):
        writer(fork, known=[log.checkpoint])


EDGE = ["head", "checkpoint", "tile/0/001.p/44", "tile/entries/001.p/44", "bundle/001.p/44"]


@pytest.mark.parametrize("is_settled", [True, False])
@pytest.mark.parametrize("path", EDGE)
def test_a_log_whose_edge_was_altered_is_not_continued(path: str, is_settled: bool) -> None:
    store = MemoryStore()
    log = writer(store)
    log.append([each + b"!" for each in batch(300)])
    if is_settled:
        log.erase(299)
    good = store.files[path]
    for bad in (b"", good[:-1], good + b"!", *(flipped(good, at) for at in (0, 20, 33))):
        store.files[path] = bad
        with pytest.raises(IntegrityError):
            writer(store)


@pytest.mark.parametrize("path", EDGE)
def test_a_lost_file_is_made_again_as_long_as_its_batch_is_in_the_head(path: str) -> None:
    store = MemoryStore()
    log = writer(store)
    log.append(batch(300))
    before = dict(store.files)
    if path != "head":
        del store.files[path]
        writer(store)
        assert store.files == before
    log.erase(299)
    del store.files[path]
    with pytest.raises(IntegrityError):
        writer(store)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_a_log_is_not_continued_under_another_origin() -> None:
    store = MemoryStore()
    writer(store).append(batch(3))
    with pytest.raises(IntegrityError, match=r"log of hotline\.example"):
        LogWriter(store, Key("other.example/log", SIGNER.public_key), SIGNER.sign)


def test_a_new_key_signs_the_same_log_anew() -> None:
    store, fresh = MemoryStore(), Signer(b"n" * 32)
    writer(store).append(batch(3))
    key = Key(KEY.name, fresh.public_key)
    note = LogWriter(store, key, fresh.sign).refresh()
    assert open_checkpoint(str(note), key, [], verify).checkpoint.size == 3
