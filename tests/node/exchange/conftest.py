"""A log of each test's own, files that an analyst decides, and what then stands in the log."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from node.casework.conftest import listed, second_senior, submit, told, upload, work
from node.casework.pages import enter
from node.exchange.away import internet
from signals.pictures import encoded, scene

from rempart.adapters.signing import verify
from rempart.core.assessment import Decision
from rempart.core.vocabulary import AgeBand, Legality, Offence
from rempart.exchange.checkpoints import open_checkpoint
from rempart.exchange.commitments import signal_in
from rempart.exchange.signals import Signal, decode
from rempart.exchange.tiles import bundle_path, bundles_of, split_entries
from rempart.node.casework import assessing, queue
from rempart.node.casework.models import Content
from rempart.node.exchange import own_log, signing

__all__ = ["enter", "internet", "listed", "second_senior", "submit", "told", "upload", "work"]
OFFENCES = frozenset({Offence.DISTRIBUTION})
BASELINE = Decision(Legality.BASELINE, age_band=AgeBand.INFANT, offences=OFFENCES)
NATIONAL = Decision(Legality.NATIONAL, offences=OFFENCES)
HARMLESS = Decision(Legality.NOT_ILLEGAL)


@pytest.fixture(autouse=True)
def log_folder(settings, home, tmp_path: Path) -> Path:
    """The node's data folder with another log."""
    moved = tmp_path / "log"
    moved.mkdir()

    class Moved(type(home)):
        log = moved

    settings.HOME = Moved(home.path)
    own_log.forget_writer()
    return moved


@pytest.fixture
def file(submit, work, upload) -> Callable[[int], int]:
    """A reported image nobody knows; returns its content."""

    def report(seed: int = 4) -> int:
        before = set(Content.objects.values_list("pk", flat=True))
        submit(files=[upload(encoded(scene(seed=seed)))])
        work()
        return Content.objects.exclude(pk__in=before).get(kind="file").pk

    return report


@pytest.fixture
def decide(people) -> Callable[..., None]:
    """Let people decide a content, one after the other."""

    def run(content_id: int, decision: Decision, *names: str) -> None:
        for name in names or ("ana",):
            queue.claim(people[name], content_id)
            assessing.assess(people[name], content_id, decision)

    return run


@pytest.fixture
def decide_again(people) -> Callable[..., None]:
    """What a later decision leads to, without a way there through the pages."""

    def run(content_id: int, legality: Legality) -> None:
        from django.db import transaction

        from rempart.core.vocabulary import Basis

        with transaction.atomic():
            assessing._write(
                content_id,
                people["ben"].pk,
                replace(HARMLESS, legality=legality),
                Basis.ANALYST,
                assessing.SecondLook.NOT_NEEDED,
                "",
            )
            assessing.decide(content_id, legality, Basis.ANALYST)

    return run


@dataclass
class Log:
    """The log as a member reads it."""

    folder: Path

    @property
    def note(self) -> str:
        return (self.folder / "checkpoint").read_text()

    @property
    def size(self) -> int:
        return open_checkpoint(self.note, own_log.key(), [], verify).checkpoint.size

    def openings(self) -> list[bytes]:
        found: list[bytes] = []
        for number, width in bundles_of(0, self.size):
            found += split_entries((self.folder / bundle_path(number, width)).read_bytes(), width)
        return found

    def signals(self) -> list[Signal]:
        """In their order, without padding and what was erased."""
        return [decode(body) for opening in self.openings() if opening and (body := signal_in(opening))]


@pytest.fixture
def log(log_folder: Path) -> Log:
    return Log(log_folder)


@pytest.fixture
def sign(db) -> Callable[[], None]:
    """The step, once."""

    def run() -> None:
        signing.sign("all")()

    return run
