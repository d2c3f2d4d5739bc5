"""examples/queue_consumer: real consumers, killed at any moment; every upload is handled, and the listed one kept."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from matcher.serving import until
from queue_consumer import consumer
from queue_consumer.consumer import Spool, consume
from screening import Desk, Screening, Undecided, Verdict, desk_of


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool")


@pytest.fixture
def start(tmp_path, environment):
    started = []

    def one() -> subprocess.Popen[bytes]:
        settings = environment | {"SPOOL": str(tmp_path / "spool")}
        started.append(subprocess.Popen([sys.executable, "-m", "queue_consumer.consumer"], env=settings))
        return started[-1]

    yield one
    for process in started:
        process.kill()
        process.wait()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_two_consumers_handle_everything_and_end_when_told(tmp_path, spool, start, listed, other, kept):
    for number in range(20):
        spool.put(f"other-{number}", other)
    spool.put("listed", listed)
    consumers = [start(), start()]
    published = tmp_path / "published"
    until(lambda: len(names(published)) == 20 and kept("quarantine"), 30)
    assert names(published) == {f"other-{number}" for number in range(20)}
    assert kept("quarantine") == [listed]
    for process in consumers:
        process.terminate()
    assert [process.wait(20) for process in consumers] == [0, 0]
    until(lambda: not any(names(tmp_path / "spool" / place) for place in ("new", "taken", "drafts")), 5)


def test_what_a_killed_consumer_had_in_hand_is_given_out_again(tmp_path, spool, start, other):
    for number in range(200):
        spool.put(f"other-{number}", other)
    doomed = start()
    published = tmp_path / "published"
    until(lambda: names(published), 30)
    doomed.send_signal(signal.SIGKILL)
    doomed.wait()
    next(spool.take())  # and another one that never says "done"
    left = tmp_path / "spool" / "taken"
    assert names(left)
    for path in left.iterdir():
        os.utime(path, (0, 0))  # as long ago as it takes
    start()
    until(lambda: len({name for name in names(published) if not name.startswith(".")}) == 200, 60)


def test_a_message_in_hand_is_not_given_out_twice(spool, other):
    spool.put("upload", other)
    assert [reference for reference, _ in spool.take()] == ["upload"]
    assert list(spool.take()) == []
    spool.done("upload")


def test_consumers_that_reach_for_the_same_messages_share_them(spool, other):
    for number in range(300):
        spool.put(f"other-{number}", other)
    taken: list[str] = []

    def take() -> None:
        for reference, _ in spool.take():
            taken.append(reference)
            spool.done(reference)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(f"other-{number}" for number in range(300))


def test_what_waited_is_settled(tmp_path, spool, environment, listed, other, kept):
    class Gone:
        def screen(self, data):
            return Screening(Verdict.UNDECIDED)

    published = tmp_path / "published"
    published.mkdir()
    stopped = threading.Event()

    class Stopping(Spool):
        """Empty the first time, and that is the end."""

        def take(self):
            stopped.set()
            yield from super().take()

    desk = Desk(Gone(), tmp_path / "screening", Undecided.PUBLISH)
    for name, data in (("listed", listed), ("other", other)):
        assert desk.admit(name, data)
        consumer.publish(published, name, data)
    consume(desk_of(environment), Stopping(tmp_path / "spool"), published, stopped)
    assert {path.name: path.read_bytes() for path in published.iterdir()} == {"other": other}
    assert kept("quarantine") == [listed]
