"""A message queue: your web application puts uploads aside and answers at once; consumers screen and publish them.

    SPOOL=… UPLOADS_FOLDER=… SCREEN_URL=… SCREEN_FOLDER=… SCREEN_UNDECIDED=hold python -m queue_consumer.consumer

The best of the ways shown here: an answer to an upload cannot depend on what is found, not even in its timing. The
queue is a folder, which needs no broker and survives a power cut. Start as many consumers as you like: a message is
claimed by renaming it, and one whose consumer died is given out again, so each is handled at least once.

With a broker, `take` and `done` become its calls and the rest stays. RabbitMQ (pika): `basic_qos(prefetch_count=1)`,
each message of `channel.consume(queue)`, and `channel.basic_ack(method.delivery_tag)`; it gives out again what was not
acknowledged. SQS (boto3): `receive_message(QueueUrl=…, WaitTimeSeconds=20)` and `delete_message(QueueUrl=…,
ReceiptHandle=…)`, with a visibility timeout of SECONDS_TO_HANDLE. Let the message carry the reference, and put the
bytes into storage that only consumers can read: brokers want small messages, and their operators can see them.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from screening import Desk, desk_of

SECONDS_TO_HANDLE = 300.0
SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_BETWEEN_TRIES = 60.0


class Spool:
    """`new/` holds what was put, `taken/` what a consumer has in hand; the file's name is the upload's reference."""

    def __init__(self, folder: Path) -> None:
        self._new, self._taken, self._drafts = (folder / name for name in ("new", "taken", "drafts"))
        for each in (self._new, self._taken, self._drafts):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, reference: str, data: bytes) -> None:
        """What the web application calls. On disk when it returns."""
        draft = self._drafts / reference
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._new / reference)

    def take(self) -> Iterator[tuple[str, bytes]]:
        """What there is, one by one, in no order."""
        self._give_out_again()
        for path in list(self._new.iterdir()):
            claimed = self._taken / path.name
            with suppress(FileNotFoundError):  # another consumer was faster
                os.utime(path)
                path.rename(claimed)
                yield claimed.name, claimed.read_bytes()

    def done(self, reference: str) -> None:
        (self._taken / reference).unlink(missing_ok=True)

    def _give_out_again(self) -> None:
        for path in self._taken.iterdir():
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > SECONDS_TO_HANDLE:
                    path.rename(self._new / path.name)


def publish(folder: Path, reference: str, data: bytes) -> None:
    """Seen by nobody until it is whole; done twice, it has the effect of once."""
    draft = folder / f".{reference}"
    draft.write_bytes(data)
    draft.replace(folder / reference)


def settle(desk: Desk, published: Path) -> None:
    """Publish what waited and is clear; take down what was published unscreened and is listed."""
    for reference, data, is_clear in desk.again():
        if is_clear:
            publish(published, reference, data)
        else:
            (published / reference).unlink(missing_ok=True)


def consume(desk: Desk, spool: Spool, published: Path, stopped: threading.Event) -> None:
    """Until told to stop; what is in hand then is finished first."""
    next_try = 0.0
    while not stopped.wait(SECONDS_BETWEEN_LOOKS):
        for reference, data in spool.take():
            if desk.admit(reference, data):
                publish(published, reference, data)
            spool.done(reference)
            if stopped.is_set():
                return
        if time.monotonic() > next_try:
            settle(desk, published)
            next_try = time.monotonic() + SECONDS_BETWEEN_TRIES


def main() -> None:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    published = Path(os.environ["UPLOADS_FOLDER"])
    published.mkdir(parents=True, exist_ok=True)
    consume(desk_of(), Spool(Path(os.environ["SPOOL"])), published, stopped)


if __name__ == "__main__":
    main()
