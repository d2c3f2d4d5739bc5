"""A withdrawal takes effect at once, for good, with a reason, here and for who follows the list."""

import pytest
from node.lists.conftest import MadeUpList, md5, rows

from rempart.core.errors import InputError, NotFound
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_csv import HashRow
from rempart.formats.rows import RejectedRow
from rempart.node.audit import services as audit
from rempart.node.lists import services, withdrawing
from rempart.node.lists.models import ListEntry
from rempart.node.lists.withdrawing import withdraw_rows


def test_named_entries_are_dated_and_numbered_together(example, clock):
    example.add(4, 5)
    clock.advance(hours=1)
    done = example.withdraw(1, 4, 77)
    assert (done.withdrawn, done.absent, done.rejected) == (2, 1, 0)
    gone = ListEntry.objects.filter(withdrawn_at__isnull=False)
    assert {row.value.hex() for row in gone} == {md5(1), md5(4)}
    assert {(row.withdrawn_at, row.withdrawn_sequence) for row in gone} == {(clock.now(), 3)}
    [facts] = services.all_lists()
    assert (facts.entries, facts.withdrawn, facts.changed_at) == (3, 2, clock.now())


def test_the_event_has_the_reason_and_no_fingerprint(example):
    example.withdraw(1)
    [fact] = audit.events(actions=["list:withdrawn"])
    assert (fact.subject, fact.data, fact.reason) == (f"list:{example.row.pk}", {"entries": 1}, "A stock photo")


def test_again_changes_nothing(example, clock):
    example.withdraw(1)
    at = clock.now()
    clock.advance(hours=1)
    assert example.withdraw(1).withdrawn == 0
    assert ListEntry.objects.get(value=bytes.fromhex(md5(1))).withdrawn_at == at
    assert example.row.sequence == 2


def test_only_of_the_named_list(example):
    other = MadeUpList("Other")
    other.add(1)
    example.withdraw(1)
    assert [row.hash_list.name for row in ListEntry.objects.filter(withdrawn_at__isnull=False)] == ["Example"]


def test_a_fingerprint_of_another_kind_is_another(example):
    done = withdraw_rows("Example", [HashRow(2, {FingerprintType.SHA1: "ab" * 20})], reason="made up")
    assert (done.withdrawn, done.absent) == (0, 1)


def test_more_than_a_batch_is_one_change(example, monkeypatch):
    monkeypatch.setattr(withdrawing, "_BATCH", 2)
    example.add(*range(10, 17))
    assert example.withdraw(*range(1, 17)).withdrawn == 10
    assert set(ListEntry.objects.values_list("withdrawn_sequence", flat=True)) == {3}


def test_lines_that_cannot_be_read_are_counted(example):
    done = withdraw_rows("Example", [RejectedRow(2, "made up"), *rows([1])], reason="made up")
    assert (done.withdrawn, done.rejected) == (1, 1)


@pytest.mark.parametrize("reason", ["", "  "])
def test_without_a_reason_nothing_is_withdrawn(example, reason):
    with pytest.raises(InputError, match="reason"):
        withdraw_rows("Example", rows([1]), reason=reason)
    assert not ListEntry.objects.filter(withdrawn_at__isnull=False).exists()


def test_no_such_list(db):
    with pytest.raises(NotFound):
        withdraw_rows("Nothing", rows([1]), reason="made up")
