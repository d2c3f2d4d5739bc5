"""From the analyst's decision to the node's own list and back: by way of its log."""

import pytest
from node.exchange.conftest import NATIONAL

from rempart.exchange.checkpoints import parse_checkpoint
from rempart.exchange.signals import Reason
from rempart.formats.signed_note import read_note
from rempart.node.exchange import recalling
from rempart.node.exchange.models import Outgoing
from rempart.node.lists import folding, services, showing
from rempart.node.lists.models import HashList


@pytest.fixture
def fold(db):
    """The step, once."""

    def run() -> None:
        folding.fold_step("all")()

    return run


def test_what_was_decided_is_listed_once_it_is_signed(file, decide, sign, fold, log):
    decide(file(), NATIONAL)
    fold()
    assert not HashList.objects.exists()
    sign()
    fold()
    shown = showing.shown("own")
    assert shown.entries == Outgoing.objects.count() == services.recogniser().counts()["own"]
    [head] = shown.heads
    point = parse_checkpoint(read_note(log.note).text)
    assert (head.origin, head.size, head.root) == (point.origin, point.size, point.root.hex())


def test_a_recall_takes_it_off(file, decide, sign, fold, people):
    content = file()
    decide(content, NATIONAL)
    sign()
    fold()
    recalling.recall(people["lin"], content, Reason.MISTAKE, "A stock photo.")
    sign()
    fold()
    assert showing.shown("own").entries == 0
    assert not services.recogniser().counts().get("own")


def test_silence_moves_the_head_alone(file, decide, sign, fold, clock):
    decide(file(), NATIONAL)
    sign()
    fold()
    before, sequence = showing.shown("own"), HashList.objects.get().sequence
    clock.advance(hours=1)
    sign()
    fold()
    after = showing.shown("own")
    assert (after.sha256, after.sequence) == (before.sha256, before.sequence + 4)
    assert HashList.objects.get().sequence == sequence


def test_a_fold_that_ended_before_its_transaction_is_done_again(file, decide, sign, fold, monkeypatch):
    decide(file(), NATIONAL)
    sign()
    folding.policies.ensure_shipped()
    true = folding._apply

    def broken(*given: object) -> None:
        true(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(folding, "_apply", broken)
    with pytest.raises(KeyboardInterrupt):
        folding.fold(HashList.objects.get().pk)
    assert showing.shown("own").entries == 0
    monkeypatch.setattr(folding, "_apply", true)
    fold()
    assert showing.shown("own").entries > 0
