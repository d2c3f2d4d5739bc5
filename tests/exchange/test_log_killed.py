"""Kills, races and old backups: a log stays valid, goes on, and never has two checkpoints of one size."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from exchange.log_cases import (
    KEY,
    SIGNER,
    DyingStore,
    Killed,
    MemoryStore,
    all_openings,
    assert_valid,
    batch,
    commitments,
    published,
    writer,
)

from rempart.adapters.log_folder import FolderStore
from rempart.core.errors import Conflict, IntegrityError, OutsideFailure
from rempart.exchange.checkpoints import Checkpoint
from rempart.exchange.writer import LogWriter


@pytest.mark.parametrize("before", [0, 1, 250, 256, 700])
@pytest.mark.parametrize("count", [1, 6, 300])
def test_a_kill_before_any_step_leaves_a_valid_log_that_goes_on(before: int, count: int) -> None:
    start = MemoryStore()
    if before:
        writer(start).append(batch(before))
    openings, outcomes = batch(count, 1), set()
    for steps in range(10_000):
        store = DyingStore(start.files, steps)
        try:
            log = writer(store)
            log.append(openings)
        except Killed:
            pass
        else:
            break
        if store.read("checkpoint"):
            assert_valid(store)  # as it lies there after the kill
        outcomes.add(check_what_is_left(store, batch(before) if before else [], openings))
    assert outcomes == {"nothing", "the batch"}
    assert assert_valid(store).size == before + count


def check_what_is_left(store: DyingStore, former: list[bytes], openings: list[bytes]) -> str:
    after = MemoryStore(store.files)
    log = writer(after)
    if (at := log.find(commitments(openings))) is None:
        assert log.checkpoint.size == len(former)
        log.append(openings)
        found = "nothing"
    else:
        assert at == len(former)
        found = "the batch"
    assert all_openings(after) == former + openings
    assert_valid(after)
    log.append(batch(9, 2))
    assert assert_valid(after).size == len(former) + len(openings) + 9
    return found


def test_kills_during_recovery_are_recovered_from_as_well() -> None:
    start = MemoryStore()
    writer(start).append(batch(250))
    for steps in range(12):
        store = DyingStore(start.files, steps)
        with pytest.raises(Killed):
            writer(store).append(batch(300, 1))
        while True:
            store = DyingStore(store.files, 1)  # each attempt gets one step further
            try:
                writer(store)
            except Killed:
                continue
            break
        assert assert_valid(store).size in (250, 550)


@pytest.mark.parametrize("index", [3, 255, 256, 310])
def test_an_erasure_that_was_killed_is_repeated(index: int) -> None:
    start = MemoryStore()
    for seed in range(8):
        writer(start).append([each + b"secret" for each in batch(40, seed)])
    secret = all_openings(start)[index]
    for steps in range(200):
        store = DyingStore(start.files, steps)
        try:
            writer(store).erase(index)
        except Killed:
            after = MemoryStore(store.files)
            assert_valid(after)
            writer(after).erase(index)
            assert not [path for path, data in after.files.items() if secret in data]
            assert assert_valid(after) == published(start)
        else:
            break
    assert steps >= 2


def test_of_two_writers_one_is_first_and_the_other_signs_nothing() -> None:
    store, signed = MemoryStore(), list[bytes]()

    def sign(data: bytes) -> bytes:
        signed.append(data)
        return SIGNER.sign(data)

    one, two = writer(store), LogWriter(store, KEY, sign)
    one.append(batch(5))
    with pytest.raises(Conflict):
        two.append(batch(7, 1))
    assert not signed
    assert two.find(commitments(batch(7, 1))) is None
    two.append(batch(7, 1))
    with pytest.raises(Conflict):
        one.append(batch(1, 2))
    one.append(batch(1, 2))
    assert all_openings(store) == batch(5) + batch(7, 1) + batch(1, 2)
    assert_valid(store)


@pytest.mark.parametrize("seed", range(30))
def test_writers_that_overtake_each_other_at_any_step_never_fork(seed: int) -> None:
    """At every step of one writer another may append, refresh or erase."""
    chance, store, signed = random.Random(seed), MemoryStore(), dict[int, set[bytes]]()
    stood = list[bytes]()

    def sign(data: bytes) -> bytes:
        text = data.decode().split("\n")
        signed.setdefault(int(text[1]), set()).add(data)
        return SIGNER.sign(data)

    def act(log: LogWriter, number: int) -> None:
        openings = batch(chance.choice((1, 4, 130, 300)), number)
        try:
            if log.checkpoint.size and chance.random() < 0.2:
                log.erase(chance.randrange(log.checkpoint.size))
            elif chance.random() < 0.2:
                log.refresh()
            else:
                log.append(openings)
                stood.extend(openings)
        except Conflict:
            if log.find(commitments(openings)) is not None:
                stood.extend(openings)

    others = iter(range(1000, 1012))

    def overtake(step: str, path: str) -> None:
        if chance.random() < 0.15 and (number := next(others, None)) is not None:
            hook, store.hook = store.hook, lambda step, path: None
            act(LogWriter(store, KEY, sign), number)
            store.hook = hook

    log = LogWriter(store, KEY, sign)
    store.hook = overtake
    for number in range(8):
        act(log, number)
    store.hook = lambda step, path: None
    assert all(len(texts) == 1 for texts in signed.values())
    writer(store)
    assert_valid(store)
    # Every batch that a writer said stands is there once, and no other.
    there = all_openings(store)
    assert len(there) == len(stood)
    assert {each for each in there if each} <= set(stood)


def test_a_writer_with_a_memory_of_an_earlier_state_does_not_fork() -> None:
    store = MemoryStore()
    old = writer(store)
    old.append(batch(10))
    for seed in range(3):
        writer(store).append(batch(10, seed))
    with pytest.raises(Conflict):
        old.append(batch(10, 9))
    assert assert_valid(store).size == 40


def test_a_head_that_was_put_back_alone_is_refused() -> None:
    store = MemoryStore()
    log = writer(store)
    log.append(batch(10))
    old = store.files["head"]
    log.append(batch(10, 1))
    store.files["head"] = old
    with pytest.raises(IntegrityError, match="checkpoint"):
        writer(store)


def test_a_checkpoint_that_was_put_back_alone_is_refused_or_published_anew() -> None:
    store = MemoryStore()
    log = writer(store)
    log.append(batch(10))
    old = store.files["checkpoint"]
    log.append(batch(10, 1))
    store.files["checkpoint"] = old
    assert writer(store).checkpoint.size == 20
    writer(store).append(batch(10, 2))
    store.files["checkpoint"] = old
    with pytest.raises(IntegrityError, match="checkpoint"):
        writer(store)


def test_what_fails_in_the_middle_is_finished_by_the_next_call() -> None:
    store = MemoryStore()
    log = writer(store)
    failing = {"write": 1}

    def fail(step: str, path: str) -> None:
        if failing.pop(step, None):
            raise OutsideFailure("the disk is full.")

    store.hook = fail
    with pytest.raises(OutsideFailure):
        log.append(batch(10))
    assert log.find(commitments(batch(10))) == 0
    log.append(batch(10, 1))
    assert assert_valid(store).size == 20


WRITER = """
import sys, random
from pathlib import Path
from exchange.log_cases import KEY, SIGNER, batch
from rempart.adapters.log_folder import FolderStore
from rempart.exchange.writer import LogWriter
log = LogWriter(FolderStore(Path(sys.argv[1])), KEY, SIGNER.sign)
print("ready", flush=True)
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 10_000):
    log.append(batch(random.Random(number).choice((4, 64, 300)), number))
    print(number, flush=True)
"""


def write_until_killed(folder: Path, start: int, count: int, after: float) -> list[int]:
    """The batches whose append returned before SIGKILL, which comes a moment after `count` of them."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(start)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        first = [int(process.stdout.readline()) for _ in range(count)]
        time.sleep(after)
        process.kill()
        return first + [int(line) for line in process.stdout if line.endswith("\n")]


def test_a_log_on_the_disk_survives_kills(tmp_path: Path) -> None:
    chance, confirmed, sizes = random.Random(1), list[int](), [0]
    store = FolderStore(tmp_path / "log")
    for kill in range(12):
        confirmed += write_until_killed(tmp_path / "log", kill * 10_000, kill % 3, chance.uniform(0.0, 0.05))
        if store.read("checkpoint"):
            sizes.append(assert_valid(store).size)
    assert sizes == sorted(sizes)
    LogWriter(store, KEY, SIGNER.sign)
    assert_valid(store)
    openings = all_openings(store)
    assert len(confirmed) >= 12
    at = 0
    for number in confirmed:
        wanted = batch(random.Random(number).choice((4, 64, 300)), number)
        at = openings.index(wanted[0], at)
        assert openings[at : at + len(wanted)] == wanted


def test_two_processes_that_write_one_folder_make_one_log(tmp_path: Path) -> None:
    program = WRITER.replace("print(number, flush=True)", "").replace(
        "    log.append(batch(random.Random(number).choice((4, 64, 300)), number))",
        """    openings = batch(random.Random(number).choice((4, 64, 300)), number)
    while True:
        try:
            log.append(openings)
            break
        except Conflict:
            from exchange.log_cases import commitments
            if log.find(commitments(openings)) is not None:
                break""",
    )
    program = "from rempart.core.errors import Conflict\n" + program.replace("10_000", "15")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(start)], env=environment, stdout=-3)
        for start in (0, 100)
    ]
    assert [each.wait(120) for each in running] == [0, 0]
    store = FolderStore(tmp_path)
    writer_of_both = LogWriter(store, KEY, SIGNER.sign)
    for number in (*range(15), *range(100, 115)):
        wanted = batch(random.Random(number).choice((4, 64, 300)), number)
        assert writer_of_both.find(commitments(wanted)) is not None
    sizes = [len(batch(random.Random(n).choice((4, 64, 300)), n)) for n in (*range(15), *range(100, 115))]
    assert assert_valid(store) == Checkpoint(KEY.name, sum(sizes), writer_of_both.checkpoint.root)
