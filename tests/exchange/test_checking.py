"""A log checked from nothing: the first wrong file is named, whatever file and whatever is wrong with it."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from exchange.log_cases import MemoryStore, assert_valid, batch, published, writer

from rempart.core.errors import IntegrityError
from rempart.exchange.checking import Findings, Options, check_head, check_log
from rempart.exchange.checkpoints import Checkpoint


@pytest.fixture(scope="module")
def whole() -> MemoryStore:
    """Two full bundles and part of a third, with former widths; one opening is erased."""
    store = MemoryStore()
    log = writer(store)
    for seed, count in enumerate((100, 100, 100, 256, 44)):
        log.append([each + b"!" for each in batch(count - 4, seed)] + [bytes(16)] * 4)
    log.erase(7)
    return store


def check(store: MemoryStore, **more: object) -> Findings:
    return check_log(store, published(store), Options(openings=True, names=store.names), **more)  # type: ignore[arg-type]


def test_a_log_as_it_should_be_is_counted(whole: MemoryStore) -> None:
    assert check(whole) == Findings(600, 1, 20)
    assert check_log(whole, published(whole)) == Findings(600)


def test_progress_comes_to_all_entries() -> None:
    store, told = MemoryStore(), list[int]()
    writer(store).append(batch(20_000))
    check(store, progress=told.append)
    assert (len(told), sum(told)) == (3, 20_000)


def test_spans_may_be_checked_at_the_same_time() -> None:
    store = MemoryStore()
    writer(store).append(batch(20_000))
    with ThreadPoolExecutor(3) as pool:
        assert check(store, spread=pool.map).size == 20_000


@pytest.mark.parametrize("change", ["flip", "cut", "longer", "empty", "lost"])
def test_every_file_is_named_when_it_alone_is_wrong(whole: MemoryStore, change: str) -> None:
    chance = random.Random(change)
    for path in whole.files:
        if path in ("checkpoint", "head"):
            continue
        if change == "lost" and ".p/" in path and not path.endswith((".p/2", ".p/88")):
            continue  # a former width may be tidied away
        store = MemoryStore(whole.files)
        store.files[path] = changed(store.files[path], change, chance)
        if change == "lost":
            del store.files[path]
        with pytest.raises(IntegrityError) as caught:
            check(store)
        # What is computed from entries is told from them; entries themselves show only where the next file differs.
        assert caught.value.where == path or (path.startswith("tile/entries/") and "tile/0/" in caught.value.where)


def changed(data: bytes, change: str, chance: random.Random) -> bytes:
    if change == "flip":
        at = chance.randrange(len(data))
        return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
    return {"cut": data[:-1], "longer": data + b"\0", "empty": b"", "lost": b""}[change]


def test_of_several_wrong_files_the_first_is_named(whole: MemoryStore) -> None:
    store = MemoryStore(whole.files)
    for path in ("tile/0/001", "bundle/001", "tile/1/000.p/2"):
        store.files[path] = bytes(len(store.files[path]))
    with pytest.raises(IntegrityError) as caught:
        check(store)
    assert caught.value.where == "tile/0/001"


def test_another_root_is_found_though_all_files_agree(whole: MemoryStore) -> None:
    with pytest.raises(IntegrityError, match="root") as caught:
        check_log(whole, Checkpoint("hotline.example/log", 600, bytes(32)))
    assert caught.value.where == "checkpoint"


def test_a_file_that_no_log_has_is_named(whole: MemoryStore) -> None:
    for name in ("x", "0", "01", "256", "-1", "٣"):
        store = MemoryStore({**whole.files, f"tile/0/000.p/{name}": b""})
        with pytest.raises(IntegrityError) as caught:
            check(store)
        assert caught.value.where == f"tile/0/000.p/{name}"


def test_files_of_a_batch_that_waits_are_no_fault() -> None:
    store = MemoryStore()
    log = writer(store)
    log.append(batch(10))
    before = dict(store.files)
    log.append(batch(10, 1))
    waiting = MemoryStore({**store.files, "checkpoint": before["checkpoint"]})
    assert assert_valid(waiting).size == 10


@pytest.mark.parametrize(
    "change",
    [
        lambda files: files.pop("head"),
        lambda files: files.update(head=files["old"]),
        lambda files: files.update(head=b""),
    ],
)
def test_a_head_that_is_not_the_checkpoints_is_found(change: Callable[[dict[str, bytes]], object]) -> None:
    store = MemoryStore()
    log = writer(store)
    log.append(batch(3))
    store.files["old"] = store.files["head"]
    log.append(batch(3, 1))
    check_head(store, log.checkpoint)
    change(store.files)
    with pytest.raises(IntegrityError) as caught:
        check_head(store, log.checkpoint)
    assert caught.value.where == "head"
