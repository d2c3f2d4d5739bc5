"""Lists from files and folders: the whole list, then only what changed, and nothing unchecked."""

import hashlib
import json
import os
from pathlib import Path

import pytest
from adapters.list_cases import Content, Held, Publisher, as_rows, expected, md5
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.adapters import list_state
from rempart.adapters.list_sources import UNSTATED, open_source
from rempart.adapters.list_state import ListState
from rempart.core.errors import InputError, IntegrityError, OutsideFailure
from rempart.core.vocabulary import FingerprintType as F
from rempart.formats.hash_values import entry_id_of
from rempart.formats.list_feed import ChangeFile, write_rows
from rempart.signals.lists import ListEntry


class TestFile:
    def put(self, path: Path, *lines: str) -> Path:
        beside = path.with_suffix(".new")
        beside.write_text("md5,pdq,category\n" + "".join(f"{line}\n" for line in lines))
        os.replace(beside, path)
        return path

    def test_entries_have_ids_of_their_own_and_a_category(self, tmp_path: Path) -> None:
        path = self.put(tmp_path / "some list.csv", f"{md5(1).hex()},{'0f' * 32},a1", f"{md5(2).hex()},,")
        with open_source(path) as source:
            found = list(source.entries())
        assert source.name == "some list"
        assert [(e.kind, e.value, e.category, e.list_name) for e in found] == [
            (F.MD5, md5(1), "A1", "some list"),
            (F.PDQ, bytes.fromhex("0f" * 32), "A1", "some list"),
            (F.MD5, md5(2), UNSTATED, "some list"),
        ]
        assert [e.entry_id for e in found] == [entry_id_of(e.kind, e.value) for e in found]
        assert all(0 <= e.entry_id < 2**63 for e in found)

    def test_name_and_category_of_the_caller(self, tmp_path: Path) -> None:
        path = self.put(tmp_path / "a.csv", f"{md5(1).hex()},,")
        [entry] = open_source(str(path), name="Ours", category="National").entries()
        assert (entry.list_name, entry.category) == ("Ours", "national")
        with pytest.raises(InputError):
            open_source(path, category="worst")

    def test_only_what_changed_is_told(self, tmp_path: Path) -> None:
        one, two, three, four = (md5(number).hex() for number in range(1, 5))
        path = self.put(tmp_path / "a.csv", f"{one},,A1", f"{two},,A1", f"{three},,A1")
        held = Held(open_source(path))
        self.put(path, f"{four},,A1", f"{three},,A1", f"{one},,B2")
        changes = held.follow()
        assert changes is not None
        assert {entry.value for entry in changes.added} == {md5(1), md5(4)}
        assert {entry_id for _, entry_id in changes.removed} == {entry_id_of(F.MD5, md5(n)) for n in (1, 2)}
        assert {entry.value: entry.category for entry in held.entries.values()} == {
            md5(1): "B2",
            md5(3): "A1",
            md5(4): "A1",
        }

    def test_an_unchanged_file_is_not_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = self.put(tmp_path / "a.csv", f"{md5(1).hex()},,")
        os.utime(path, (1, 1))
        held = Held(open_source(path))
        monkeypatch.setattr(Path, "open", lambda *args: pytest.fail("it was opened"))
        assert held.follow() is None

    def test_a_file_written_this_instant_is_read_again(self, tmp_path: Path) -> None:
        """Two writes within one tick of the file system's clock have the same time."""
        path = tmp_path / "a.csv"
        path.write_text(f"md5\n{md5(1).hex()}\n")
        held = Held(open_source(path))
        moment = path.stat().st_mtime_ns
        with path.open("r+") as file:
            file.write(f"md5\n{md5(2).hex()}\n")
        os.utime(path, ns=(moment, moment))
        held.follow()
        assert [entry.value for entry in held.entries.values()] == [md5(2)]

    def test_touched_but_the_same_is_nothing_new(self, tmp_path: Path) -> None:
        path = self.put(tmp_path / "a.csv", f"{md5(1).hex()},,")
        held = Held(open_source(path))
        self.put(path, f"{md5(1).hex()},,", f"{md5(1).hex()},,A1")
        assert held.follow() is None

    def test_lines_that_cannot_be_used_are_told(self, tmp_path: Path) -> None:
        path = self.put(tmp_path / "a.csv", "abc,,", f"{md5(1).hex()},,worst", f"{md5(2).hex()},,")
        source = open_source(path)
        assert len(list(source.entries())) == 1
        assert [row.line for row in source.rejected] == [2, 3]

    def test_vics(self, tmp_path: Path) -> None:
        path = tmp_path / "set.json"
        media = [{"MediaID": 1, "Category": 1, "MD5": md5(1).hex()}, {"MediaID": 2, "MD5": md5(2).hex()}, {}]
        context = "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml/US/$metadata#Cases"
        path.write_text(json.dumps({"@odata.context": context, "value": [{"Media": media}]}))
        source = open_source(path)
        assert [(e.value, e.category == UNSTATED) for e in source.entries()] == [(md5(1), False), (md5(2), True)]
        assert [row.line for row in source.rejected] == [3]

    def test_after_an_error_nothing_is_lost(self, tmp_path: Path) -> None:
        path = self.put(tmp_path / "a.csv", f"{md5(1).hex()},,")
        held = Held(open_source(path))
        path.write_text("no header here\n")
        with pytest.raises(InputError, match=r"^a\.csv: line 1: "):
            held.follow()
        path.unlink()
        with pytest.raises(OutsideFailure, match=r"^a\.csv: "):
            held.follow()
        self.put(path, f"{md5(2).hex()},,")
        held.follow()
        assert [entry.value for entry in held.entries.values()] == [md5(2)]

    def test_a_poll_before_the_first_reading_adds_everything(self, tmp_path: Path) -> None:
        source = open_source(self.put(tmp_path / "a.csv", f"{md5(1).hex()},,", f"{md5(2).hex()},,"))
        changes = source.poll()
        assert changes is not None
        assert (len(changes.added), changes.removed) == (2, [])

    def test_what_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"gone\.csv"):
            open_source(tmp_path / "gone.csv")


VERSIONS = st.lists(
    st.dictionaries(st.integers(0, 30), st.tuples(st.sampled_from(["A1", "national"]), st.integers(0, 5)), max_size=12),
    min_size=1,
    max_size=8,
)
STEPS = st.lists(st.sampled_from(["change", "snap", "restart", "poll"]), max_size=8)


class TestFolder:
    @settings(max_examples=60)
    @given(VERSIONS, STEPS)
    def test_whoever_follows_holds_what_is_published(
        self, tmp_path_factory: pytest.TempPathFactory, versions: list[Content], steps: list[str]
    ) -> None:
        folder = tmp_path_factory.mktemp("mirror")
        publisher = Publisher()
        publisher.begin(versions[0])
        held = Held(open_source(publisher.into(folder)))
        for version, step in zip([*versions[1:], *versions], steps, strict=False):
            publisher.change(version)
            if step == "snap":
                publisher.snap()
            publisher.into(folder)
            if step == "restart":
                held = Held(open_source(folder))
            if step != "change":
                held.follow()
        held.follow()
        assert held.content == expected(publisher.content)
        assert held.follow() is None

    def test_only_the_needed_files_are_read(self, tmp_path: Path) -> None:
        publisher = Publisher()
        publisher.begin({1: ("A1", 1), 2: ("A1", 2)})
        publisher.change({1: ("A1", 1)})
        folder = publisher.into(tmp_path / "mirror")
        held = Held(open_source(folder))
        for name in publisher.files.keys() - {"list.json"}:
            (folder / name).unlink()
        publisher.files = {}
        publisher.change({1: ("A1", 1), 3: ("A1", 3)})
        publisher.into(folder)
        changes = held.follow()
        assert changes is not None
        assert [(entry.entry_id, changes.removed) for entry in changes.added] == [(3, [])]

    def test_an_altered_file_is_refused_and_nothing_of_it_kept(self, tmp_path: Path) -> None:
        publisher = Publisher()
        publisher.begin({1: ("A1", 1)})
        folder = publisher.into(tmp_path / "mirror")
        held = Held(open_source(folder))
        publisher.change({1: ("A1", 1), 2: ("A1", 2)})
        publisher.into(folder)
        path = folder / "changes-1-2.csv"
        path.write_bytes(path.read_bytes().replace(b"A1", b"B2"))
        with pytest.raises(IntegrityError, match=r"^mirror: The file changes-1-2\.csv"):
            held.follow()
        publisher.into(folder)
        held.follow()
        assert held.content == expected(publisher.content)

    def test_an_altered_snapshot_gives_no_entry(self, tmp_path: Path) -> None:
        publisher = Publisher()
        publisher.begin({1: ("A1", 1)})
        folder = publisher.into(tmp_path / "mirror")
        (folder / "snapshot-1.csv").write_bytes(publisher.files["snapshot-1.csv"] + b"\n")
        with pytest.raises(IntegrityError):
            next(open_source(folder).entries())

    def test_a_list_that_goes_back_is_refused(self, tmp_path: Path) -> None:
        publisher = Publisher(sequence=4)
        publisher.begin({1: ("A1", 1)})
        held = Held(open_source(publisher.into(tmp_path / "mirror")))
        old = Publisher(sequence=3)
        old.begin({})
        old.into(tmp_path / "mirror")
        with pytest.raises(IntegrityError, match="from sequence 5 to 4"):
            held.follow()

    def test_rows_outside_their_file_are_rejected(self, tmp_path: Path) -> None:
        publisher = Publisher()
        publisher.begin({1: ("A1", 1)})
        rows = [*as_rows(2, {2: ("A1", 2)}), *as_rows(9, {3: ("A1", 3)}), *as_rows(1, {4: ("A1", 4)})]
        publisher.files["c.csv"] = b"".join(write_rows(rows))
        publisher.sequence = 2
        publisher.changes = [ChangeFile("c.csv", 1, 2, hashlib.sha256(publisher.files["c.csv"]).hexdigest())]
        publisher.publish()
        source = open_source(publisher.into(tmp_path / "mirror"))
        assert {entry.entry_id for entry in source.entries()} == {1, 2}
        assert [row.line for row in source.rejected] == [3, 4]

    def test_list_json_itself_may_be_named(self, tmp_path: Path) -> None:
        publisher = Publisher(name="Another name")
        publisher.begin({1: ("A1", 1)})
        source = open_source(publisher.into(tmp_path / "mirror") / "list.json")
        assert source.name == "Another name"
        [entry] = source.entries()
        assert (entry.list_name, entry.source) == ("Another name", "made up")

    def test_a_missing_file_is_said_and_tried_again(self, tmp_path: Path) -> None:
        publisher = Publisher()
        publisher.begin({1: ("A1", 1)})
        folder = publisher.into(tmp_path / "mirror")
        (folder / "snapshot-1.csv").unlink()
        source = open_source(folder)
        with pytest.raises(OutsideFailure, match=r"snapshot-1\.csv is missing"):
            list(source.entries())
        publisher.into(folder)
        assert len(list(source.entries())) == 1


ENTRIES = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["A1", "national"]), st.integers(0, 3)).map(
        lambda drawn: ListEntry(drawn[0], "Example", drawn[1], F.MD5, md5(drawn[2]), confirmations=drawn[2])
    ),
    max_size=60,
)


def by_id(entries: list[ListEntry]) -> dict[int, ListEntry]:
    return {entry.entry_id: entry for entry in reversed(entries)}


@given(ENTRIES, ENTRIES, st.dictionaries(st.integers(0, 40), st.booleans(), max_size=10), st.integers(1, 9))
def test_differences_are_those_of_plain_dictionaries(
    first: list[ListEntry], second: list[ListEntry], touched: dict[int, bool], chunk: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(list_state, "_CHUNK", chunk)
        _, state = ListState().against(first)
        old, new = by_id(first), by_id(second)
        difference, later = state.against(second)
        assert by_id(difference.added) == {k: v for k, v in new.items() if old.get(k) != v}
        assert sorted(difference.removed) == sorted(k for k, v in old.items() if new.get(k) != v)
        last = {k: new.get(k) if keep else None for k, keep in touched.items()}
        difference, state = later.after(last)
        after = {k: v for k, v in {**new, **last}.items() if v is not None}
        assert by_id(difference.added) == {k: v for k, v in after.items() if new.get(k) != v}
        assert sorted(difference.removed) == sorted(k for k, v in new.items() if after.get(k) != v)
        assert state.against(after.values())[0] == list_state.Difference([], [])
