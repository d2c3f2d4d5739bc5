"""Partial files go an hour after fuller ones came, not sooner, and the log is whole without them."""

from pathlib import Path

import pytest

from rempart.adapters.log_folder import FolderStore
from rempart.exchange.checking import check_head, check_log
from rempart.exchange.checkpoints import parse_checkpoint
from rempart.node.exchange import own_log, tidying

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_mark(settings) -> None:
    (settings.HOME.run / tidying._MARK).unlink(missing_ok=True)


def grow(entries: int) -> None:
    for number in range(entries // 4):
        own_log.writer().append([number.to_bytes(16, "big")] + [bytes([place]) + bytes(15) for place in range(3)])


def partial(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*.p/*"))


def test_what_was_replaced_goes_after_an_hour(log_folder: Path, clock) -> None:
    grow(300)
    before = partial(log_folder)
    tidying.tidy()
    clock.advance(minutes=59)
    tidying.tidy()
    assert partial(log_folder) == before
    clock.advance(minutes=1)
    tidying.tidy()
    # Those of the unfinished second bundle stay: 11 widths of tile, entries and openings, and the tile above them.
    assert partial(log_folder) == 11 * 3 + 1
    point = parse_checkpoint(own_log.writer().note.text)
    assert point.size == 300
    store = FolderStore(log_folder)
    check_log(store, point)
    check_head(store, point)


def test_what_came_within_the_hour_stays(log_folder: Path, clock) -> None:
    grow(200)
    tidying.tidy()
    grow(100)
    before = partial(log_folder)
    clock.advance(hours=2)
    tidying.tidy()
    assert partial(log_folder) == before
    clock.advance(hours=2)
    tidying.tidy()
    assert partial(log_folder) < before


def test_a_mark_that_is_damaged_removes_nothing_early(log_folder: Path, settings, clock) -> None:
    grow(300)
    before = partial(log_folder)
    (settings.HOME.run / tidying._MARK).write_text('{"done": 0, "seen": 3')
    clock.advance(hours=2)
    tidying.tidy()
    assert partial(log_folder) == before
