"""What a process recognises follows the lists: only what changed is read, and all of a change or nothing counts."""

import random
import threading

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from node.lists.conftest import MadeUpList, md5

from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_csv import HashRow
from rempart.node.lists import services
from rempart.node.lists.importing import import_rows
from rempart.node.lists.models import ListEntry


def known(*numbers: int) -> set[int]:
    """Which of these are recognised."""
    recogniser = services.recogniser()
    asked = [({FingerprintType.MD5: bytes.fromhex(md5(number))}, None) for number in numbers]
    return {number for number, hits in zip(numbers, recogniser.lookup_many(asked), strict=True) if hits}


class TestChanges:
    def test_one_more_entry_is_read_alone(self, example):
        assert known(1, 2, 3, 4) == {1, 2, 3}
        # Only who reads these rows again can notice that they are others now.
        ListEntry.objects.filter(value=bytes.fromhex(md5(1))).update(value=bytes.fromhex(md5(91)))
        example.add(4)
        assert known(1, 2, 3, 4, 91) == {1, 2, 3, 4}
        services.forget_recogniser()
        assert known(1, 2, 3, 4, 91) == {2, 3, 4, 91}

    def test_what_a_change_costs_does_not_grow_with_the_list(self, example):
        example.add(*range(10, 500))
        services.recogniser()
        example.add(4)
        example.withdraw(1)
        with CaptureQueriesContext(connection) as asked:
            assert known(1, 4) == {4}
        assert len(asked) == 3
        assert all("sequence" in query["sql"] for query in asked)

    def test_a_withdrawal_counts_at_the_next_question(self, example):
        assert known(1, 2) == {1, 2}
        example.withdraw(1)
        assert known(1, 2) == {2}

    def test_added_and_withdrawn_between_two_questions(self, example):
        assert known(4) == set()
        example.add(4)
        example.withdraw(4)
        assert known(1, 4) == {1}

    def test_a_new_list_and_an_unchanged_one(self, example):
        assert known(1) == {1}
        MadeUpList("Other").add(1, 7)
        assert known(1, 7) == {1, 7}
        example.withdraw(1)
        assert known(1) == {1}

    def test_an_import_counts_when_it_ends(self, example, monkeypatch):
        monkeypatch.setattr("rempart.node.lists.importing.BATCH", 2)
        seen = []

        def rows():
            for line, number in enumerate(range(10, 18), start=2):
                seen.append(known(*range(10, 18)))
                yield HashRow(line, {FingerprintType.MD5: md5(number)})

        import_rows("Example", "national", rows())
        assert set(map(frozenset, seen)) == {frozenset()}
        assert known(*range(10, 18)) == set(range(10, 18))

    def test_after_a_failure_all_is_loaded_anew(self, example, monkeypatch):
        before = services.recogniser()
        example.add(4)
        monkeypatch.setattr(type(before), "change", lambda *_: (_ for _ in ()).throw(OSError("made up")))
        with pytest.raises(OSError, match="made up"):
            services.recogniser()
        monkeypatch.undo()
        assert services.recogniser() is not before
        assert known(1, 4) == {1, 4}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["One", "Two"]),
            st.sampled_from(["add", "withdraw", "ask"]),
            st.sets(st.integers(1, 9), max_size=4),
        ),
        max_size=15,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_after_any_changes_it_knows_what_stands(db, clock, steps):
    mark = f"{random.random()}"
    lists = {name: MadeUpList(name + mark) for name in ("One", "Two")}
    for made in lists.values():
        made.add()
    for name, what, numbers in steps:
        if what == "add":
            lists[name].add(*numbers)
        elif what == "withdraw":
            lists[name].withdraw(*numbers)
        else:
            services.recogniser()
    recogniser = services.recogniser()
    for made in lists.values():
        standing = made.row.entries.filter(withdrawn_at__isnull=True)
        assert recogniser.counts().get(made.name, 0) == standing.count()
        for number in range(1, 10):
            hits = recogniser.lookup({FingerprintType.MD5: bytes.fromhex(md5(number))}, pdq_quality=None)
            is_told = made.name in {hit.entry.list_name for hit in hits}
            assert is_told == standing.filter(value=bytes.fromhex(md5(number))).exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_threads_that_ask_while_lists_change_see_whole_changes(clock):
    """Each change adds or withdraws two entries: nobody ever knows one of them."""
    made = MadeUpList()
    made.add(0)
    services.recogniser()
    done = threading.Event()
    halves: list[set[int]] = []

    def ask() -> None:
        try:
            while not done.is_set():
                recogniser = services.recogniser()
                for pair in range(1, 13, 2):
                    asked = [({FingerprintType.MD5: bytes.fromhex(md5(n))}, None) for n in (pair, pair + 1)]
                    found = [bool(hits) for hits in recogniser.lookup_many(asked)]
                    if len(set(found)) != 1:
                        halves.append({pair, pair + 1})
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for pair in range(1, 13, 2):
            made.add(pair, pair + 1)
            if pair > 2:
                made.withdraw(pair - 2, pair - 1)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert halves == []
    assert known(*range(1, 13)) == {11, 12}
