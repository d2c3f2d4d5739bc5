"""What is published of a list: the same bytes whenever they are read, and a way to the present for every reader."""

import hashlib
import threading
from pathlib import Path

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from node.lists.conftest import MadeUpList, md5

from rempart.adapters.list_sources import open_source
from rempart.core.errors import Conflict, InputError, IntegrityError, NotFound, OutsideFailure
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_csv import HashRow
from rempart.formats.list_feed import FeedRow, read_head, read_rows
from rempart.node.audit import services as audit
from rempart.node.jobs import services as jobs
from rempart.node.jobs.models import Job
from rempart.node.jobs.steps import load_steps
from rempart.node.lists import feed, mirror, publishing, sharing
from rempart.node.lists.finding import PUBLISH_STEP
from rempart.node.lists.importing import import_rows
from rempart.node.lists.models import FeedFile, ListEntry
from rempart.node.runtime import clock as node_clock


def whole(file: FeedFile) -> bytes:
    return b"".join(feed.content(file))


def read(file: FeedFile) -> list[FeedRow]:
    return list(read_rows(whole(file).decode().splitlines()))


def names() -> list[str]:
    return [file.name for file in FeedFile.objects.order_by("pk")]


def waits() -> bool:
    return Job.objects.filter(kind=PUBLISH_STEP, state="waiting").exists()


class TestPublishing:
    def test_nothing_is_published_of_a_list_that_may_not_be_passed_on(self, example, drain):
        drain()
        example.publish()
        assert not waits()
        assert not FeedFile.objects.exists()

    def test_the_step_follows_each_change(self, example, drain):
        example.share()
        drain()
        assert names() == ["snapshot-1.csv"]
        example.add(4)
        example.withdraw(1, 4)
        drain()
        example.add(5)
        drain()
        assert names() == ["snapshot-1.csv", "changes-1-3.csv", "changes-3-4.csv"]
        head = feed.head(example.row)
        assert (head.name, head.source, head.sequence) == ("Example", "hashes.csv", 4)
        first, four = ListEntry.objects.order_by("pk")[0], ListEntry.objects.order_by("pk")[3]
        [added, *removed] = read(FeedFile.objects.get(last=3))
        assert (added.sequence, added.is_removal, added.entry, added.value.hex()) == (2, False, four.pk, md5(4))
        assert [(row.sequence, row.is_removal, row.entry) for row in removed] == [
            (3, True, first.pk),
            (3, True, four.pk),
        ]

    def test_an_import_that_adds_nothing_publishes_nothing(self, example, drain):
        example.share()
        drain()
        example.add(1, 2)
        drain()
        assert names() == ["snapshot-1.csv"]

    def test_forbidden_again_nothing_more_is_published(self, example, drain):
        example.share()
        drain()
        sharing.set_terms("Example", may_share=False)
        example.add(4)
        drain()
        assert names() == ["snapshot-1.csv"]
        example.share()
        drain()
        assert names() == ["snapshot-1.csv", "changes-1-2.csv"]

    def test_many_changes_become_a_new_snapshot_and_old_ones_go(self, example, small_files):
        small_files(since=2, kept=3, rows=100)
        example.share()
        example.publish()
        for number in range(4, 12):
            example.add(number)
            example.publish()
        head = feed.head(example.row)
        assert head.snapshot.sequence > 1
        # Three from before it, the one that led to it, and two after it.
        assert len(head.changes) <= 3 + 1 + 2
        assert FeedFile.objects.filter(is_snapshot=True).count() == 1

    def test_every_kind_and_category_comes_through(self, example):
        hashes = {kind: "ab" * size for kind, size in ((FingerprintType.SHA1, 20), (FingerprintType.PDQ, 32))}
        hashes[FingerprintType.PHOTODNA] = ",".join(["17"] * 144)
        import_rows("Example", "national", [HashRow(2, hashes, "A1")])
        example.share()
        example.publish()
        found = {row.kind: (row.value, row.category) for row in read(FeedFile.objects.get()) if row.category == "A1"}
        assert found == {
            FingerprintType.SHA1: (b"\xab" * 20, "A1"),
            FingerprintType.PDQ: (b"\xab" * 32, "A1"),
            FingerprintType.PHOTODNA: (",".join(["17"] * 144).encode(), "A1"),
        }

    def test_an_empty_list_has_an_empty_snapshot(self, db, clock):
        made = MadeUpList()
        made.add()
        made.share()
        made.publish()
        assert (names(), read(FeedFile.objects.get())) == (["snapshot-0.csv"], [])
        made.add(1)
        made.publish()
        assert names() == ["snapshot-0.csv", "changes-0-1.csv"]

    def test_an_entry_withdrawn_while_its_import_is_under_way_never_counts(self, example, monkeypatch):
        example.share()
        example.publish()
        # An import that was cut off: its entries are there and have no effect yet.
        ListEntry.objects.create(
            hash_list=example.row,
            kind="md5",
            value=bytes.fromhex(md5(4)),
            category="national",
            added_at=node_clock().now(),
        )
        assert example.withdraw(4).withdrawn == 1
        example.add(4, 5)
        example.publish()
        assert [row.value.hex() for row in read(FeedFile.objects.get(is_snapshot=False))] == [md5(5)]

    def test_published_meanwhile_by_another_it_is_planned_again(self, example, monkeypatch):
        example.share()
        plan, plans = publishing.plan, []

        def planned_beside_another(list_id: int) -> publishing.Plan | None:
            plans.append(plan(list_id))
            if len(plans) == 1:
                # Another process is faster, and then the list changes.
                monkeypatch.setattr(publishing, "plan", plan)
                example.publish()
                monkeypatch.setattr(publishing, "plan", planned_beside_another)
                example.add(4)
            return plans[-1]

        monkeypatch.setattr(publishing, "plan", planned_beside_another)
        publishing.publish_step(str(example.row.pk))
        assert [made and len(made.new) for made in plans] == [1, 1, None]
        assert names() == ["snapshot-1.csv", "changes-1-2.csv"]

    def test_what_a_worker_measured_counts_though_its_lease_ran_out(self, example):
        """Measuring a large list takes longer than a lease lasts: with two workers it must still come to an end."""
        example.share()
        load_steps()
        [held] = jobs.claim(1, [PUBLISH_STEP])
        Job.objects.filter(pk=held.job_id).update(lease_token="another's")
        assert not jobs.perform(held)
        assert names() == ["snapshot-1.csv"]

    @pytest.mark.django_db(transaction=True, serialized_rollback=True)
    def test_two_that_publish_at_once_publish_each_file_once(self, clock):
        made = MadeUpList()
        made.add(1)
        made.share()
        for number in range(2, 5):
            made.add(number)
            ready = threading.Barrier(3)

            def publish(ready: threading.Barrier = ready) -> None:
                ready.wait(30)
                try:
                    made.publish()
                finally:
                    connections.close_all()

            threads = [threading.Thread(target=publish) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert names() == ["snapshot-2.csv", "changes-2-3.csv", "changes-3-4.csv"]


CHANGES = st.lists(
    st.tuples(st.sampled_from(["add", "withdraw", "publish", "read"]), st.sets(st.integers(1, 12), max_size=4)),
    max_size=14,
)


class TestReaders:
    @given(CHANGES)
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
    def test_whoever_reads_at_any_time_gets_to_the_present(self, db, clock, small_files, tmp_path_factory, changes):
        """Readers that began at different sequences follow a mirror, with long pauses, past snapshots and prunings."""
        folder = tmp_path_factory.mktemp("mirror") / "list"
        small_files()
        # Each example has its own list; what earlier ones left behind is other lists.
        made = MadeUpList(folder.parent.name)
        made.add()
        made.share()
        made.export(folder)
        readers = [_Reader(folder)]
        ever: dict[str, bytes] = {}
        for what, numbers in changes:
            if what == "add":
                made.add(*numbers)
            elif what == "withdraw":
                made.withdraw(*numbers)
            else:
                made.export(folder)
                ever.update(self._bytes(folder, ever))
                readers += [_Reader(folder)] if what == "read" else []
                readers[0].follow()
        made.export(folder)
        self._bytes(folder, ever)
        standing = ListEntry.objects.filter(hash_list=made.row, withdrawn_at__isnull=True)
        for reader in readers:
            reader.follow()
            assert reader.held == {bytes(value) for value in standing.values_list("value", flat=True)}

    def _bytes(self, folder: Path, before: dict[str, bytes]) -> dict[str, bytes]:
        """What the files hold, which never changes under a name, there or in the node."""
        held = {path.name: path.read_bytes() for path in folder.glob("*.csv")}
        published = {file.name: file for file in FeedFile.objects.filter(hash_list__name=folder.parent.name)}
        assert set(held) == set(published)
        for name, data in held.items():
            assert before.get(name, data) == data == whole(published[name])
            assert hashlib.sha256(data).hexdigest() == published[name].sha256
            assert (len(data), data.count(b"\n") - 1) == (published[name].size, published[name].rows)
        return held


class _Reader:
    """Follows a mirror as a matcher does."""

    def __init__(self, folder: Path) -> None:
        self.source = open_source(str(folder))
        self.entries = {entry.entry_id: entry for entry in self.source.entries()}

    def follow(self) -> None:
        changes = self.source.poll()
        if changes is not None:
            for _, entry_id in changes.removed:
                del self.entries[entry_id]
            self.entries.update((entry.entry_id, entry) for entry in changes.added)

    @property
    def held(self) -> set[bytes]:
        return {entry.value for entry in self.entries.values()}


class TestMirror:
    def test_a_mirror_is_what_the_node_publishes(self, example, tmp_path):
        example.share()
        done = example.export(tmp_path / "mirror")
        assert (done.sequence, done.written, done.pruned) == (1, 1, 0)
        head = read_head((tmp_path / "mirror" / "list.json").read_bytes())
        assert head == feed.head(example.row)
        assert (tmp_path / "mirror" / head.snapshot.path).read_bytes() == whole(FeedFile.objects.get())
        [fact] = audit.events(actions=["list:exported"])
        assert (fact.subject, fact.data) == (f"list:{example.row.pk}", {"sequence": 1, "files": 1})

    def test_again_writes_nothing_and_is_no_event(self, example, tmp_path):
        example.share()
        example.export(tmp_path)
        before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
        assert example.export(tmp_path).written == 0
        assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
        assert len(list(audit.events(actions=["list:exported"]))) == 1

    def test_what_no_head_names_any_more_goes_and_an_operators_notes_stay(self, example, small_files, tmp_path):
        small_files(since=1, kept=1, rows=1)
        example.share()
        example.export(tmp_path)
        (tmp_path / "README.txt").write_text("ask Lin")
        # What a process that was killed left.
        (tmp_path / ".snapshot-1.csv.123.tmp").write_bytes(b"half")
        pruned = 0
        for number in range(4, 8):
            example.add(number)
            pruned += example.export(tmp_path).pruned
        assert pruned >= 2
        kept = {path.name for path in tmp_path.iterdir()}
        head = read_head((tmp_path / "list.json").read_bytes())
        assert kept == {"README.txt", "list.json", head.snapshot.path, *(change.path for change in head.changes)}

    def test_a_list_that_may_not_be_passed_on_is_not_written(self, example, tmp_path):
        with pytest.raises(Conflict, match="may not be passed on"):
            example.export(tmp_path / "mirror")
        assert not (tmp_path / "mirror").exists()

    def test_a_folder_of_something_else_is_left_alone(self, example, tmp_path):
        example.share()
        (tmp_path / "snapshot-9.csv").write_text("somebody's own")
        with pytest.raises(InputError, match="something else"):
            example.export(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["snapshot-9.csv"]

    def test_another_lists_mirror_is_left_alone(self, example, tmp_path):
        example.share()
        example.export(tmp_path)
        other = MadeUpList("Other")
        other.add(9)
        other.share()
        with pytest.raises(InputError, match="something else"):
            other.export(tmp_path)

    def test_an_entry_that_was_altered_after_it_was_published_is_found(self, example, tmp_path):
        example.share()
        example.publish()
        ListEntry.objects.filter(value=bytes.fromhex(md5(1))).update(category="A1")
        with pytest.raises(IntegrityError, match="altered"):
            example.export(tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_cannot_be_written_says_so(self, example, tmp_path):
        example.share()
        (tmp_path / "file").write_text("")
        with pytest.raises(OutsideFailure, match="cannot be written"):
            example.export(tmp_path / "file" / "mirror")

    def test_no_such_list(self, db):
        with pytest.raises(NotFound):
            mirror.export("Nothing", Path("/nowhere"))
