"""Lists in a folder: one writes, others follow; whatever is torn, missing or damaged is told."""

import json
import os
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from rempart.core.errors import Conflict, IntegrityError, NotFound, OutsideFailure
from rempart.core.vocabulary import FingerprintType as Kind
from rempart.signals import shared
from rempart.signals.lists import ListEntry, Recogniser
from rempart.signals.match import journal, levels
from rempart.signals.shared import ListReader, ListWriter


def entry(number: int, name: str = "north", seed: int | None = None) -> ListEntry:
    kind = (Kind.PDQ, Kind.SHA256, Kind.MD5)[number % 3]
    code = bytes([(number if seed is None else seed) % 256]) * (16 if kind is Kind.MD5 else 32)
    return ListEntry(number, name, "baseline", kind, code)


def keys_in(recogniser: Recogniser, listed) -> set[tuple[str, int]]:
    """Of these entries, those that their own fingerprints find."""
    entries = list(listed)
    answers = recogniser.lookup_many([({each.kind: each.value}, None) for each in entries], radius=0)
    return {each.key for each, hits in zip(entries, answers, strict=True) if each in [hit.entry for hit in hits]}


@pytest.fixture
def writer(tmp_path):
    made = ListWriter(tmp_path / "lists")
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path, writer):
    writer.publish([entry(number) for number in range(6)])
    return tmp_path / "lists"


class Followed(RuleBasedStateMachine):
    """A writer, killed or closed at times, and readers that refresh when they like, against a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        for module, name, small in (
            (levels, "SMALL", 4),
            (levels, "RATIO", 2),
            (shared, "_CHANGES", 12),
            (shared, "_SHARE", 10**9),
        ):
            self.patch.setattr(module, name, small)
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name) / "lists"
        self.writer = ListWriter(self.folder)
        self.readers: list[ListReader] = []
        self.entries: dict[tuple[str, int], ListEntry] = {}

    def teardown(self) -> None:
        self.writer.close()
        for reader in self.readers:
            reader.close()
        self.temporary.cleanup()
        self.patch.undo()

    new = st.builds(entry, st.integers(0, 30), st.sampled_from(["north", "south"]), st.integers(0, 255))

    @rule(added=st.lists(new, max_size=6, unique_by=lambda each: each.key), data=st.data())
    def apply(self, added: list[ListEntry], data: st.DataObject) -> None:
        gone = data.draw(st.sets(st.sampled_from(sorted(self.entries)))) if self.entries else set()
        if {each.key for each in added} & (self.entries.keys() - gone):
            with pytest.raises(Conflict):
                self.writer.apply(added, gone)
            return
        self.writer.apply(added, gone)
        for key in gone:
            del self.entries[key]
        self.entries |= {each.key: each for each in added}

    @rule()
    def remove_what_is_not_there(self) -> None:
        with pytest.raises(NotFound):
            self.writer.apply([entry(40)], [("north", 99)])

    @rule(listed=st.lists(new, max_size=6, unique_by=lambda each: each.key), keep=st.booleans())
    def publish(self, listed: list[ListEntry], keep: bool) -> None:
        north = [each for each in listed if each.list_name == "north"]
        kept = {key: each for key, each in self.entries.items() if keep and key[0] == "south"}
        self.writer.publish(north if keep else listed, keep=frozenset({"south"} if keep else ()))
        self.entries = kept | {each.key: each for each in (north if keep else listed)}

    @rule()
    def compact(self) -> None:
        self.writer.compact()

    @rule()
    def write_elsewhere(self) -> None:
        self.writer.close()
        self.writer = ListWriter(self.folder)

    @precondition(lambda self: len(self.readers) < 3)
    @rule()
    def read(self) -> None:
        self.readers.append(ListReader(self.folder, verify=True))

    @rule()
    def refresh(self) -> None:
        everything = [entry(number, name) for number in range(31) for name in ("north", "south")]
        for reader in self.readers:
            reader.refresh()
            assert not reader.refresh()
            assert len(reader.recogniser) == len(self.entries)
            expected = {each.key for each in everything if self.entries.get(each.key) == each}
            assert keys_in(reader.recogniser, everything) == expected
            assert keys_in(reader.recogniser, self.entries.values()) == self.entries.keys()

    @invariant()
    def counts(self) -> None:
        counted = {}
        for name, _ in self.entries:
            counted[name] = counted.get(name, 0) + 1
        assert {name: count for name, count in self.writer.counts().items() if count} == counted


TestFollowed = Followed.TestCase
TestFollowed.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)


def test_what_was_applied_is_seen_at_the_next_refresh(folder, writer):
    reader = ListReader(folder)
    assert not reader.refresh()
    before = reader.recogniser
    writer.apply([entry(50)], [("north", 0)])
    assert keys_in(before, [entry(50), entry(0)]) == {("north", 0)}
    assert reader.refresh()
    assert keys_in(reader.recogniser, [entry(50), entry(0)]) == {("north", 50)}
    reader.close()


def test_only_one_writes(folder):
    with pytest.raises(Conflict, match="Another"):
        ListWriter(folder)
    with pytest.raises(Conflict, match="Another"):
        Recogniser.build([]).save(folder)


def test_after_closing_nothing_is_taken(folder, writer):
    writer.close()
    for attempt in (lambda: writer.apply([entry(9)], []), lambda: writer.publish([]), writer.compact):
        with pytest.raises(Conflict, match="closed"):
            attempt()
    assert len(Recogniser.open(folder)) == 6


def test_old_generations_and_drafts_are_removed(folder, writer):
    (folder / ".generation-99").mkdir()
    for number in range(60, 64):
        writer.publish([entry(number)])
    generations = sorted(path.name for path in folder.iterdir() if path.is_dir())
    assert len(generations) == 2
    assert ".generation-99" not in generations


def test_readers_meanwhile_see_one_state(folder, writer):
    """Each change adds two entries and removes two; compactions go on."""
    stop = threading.Event()
    wrong: list[int] = []

    def read() -> None:
        reader = ListReader(folder)
        while not stop.is_set():
            reader.refresh()
            if (count := sum(reader.recogniser.counts().values())) != 6:
                wrong.append(count)
        reader.close()

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(100, 220, 2):
        gone = [("north", each) for each in ((number - 2, number - 1) if number > 100 else (0, 1))]
        writer.apply([entry(number), entry(number + 1)], gone)
        if number % 20 == 0:
            writer.compact()
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_failed_switch_gives_up_rather_than_lose(folder, writer, monkeypatch):
    replace = os.replace

    def full(source, target):
        if os.path.basename(target) == failing:
            raise OSError(28, os.strerror(28))
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    failing = "columns"
    with pytest.raises(OutsideFailure):
        writer.publish([])
    writer.apply([entry(8)], [])  # nobody could have seen the new generation
    failing = "CURRENT"
    with pytest.raises(OutsideFailure):
        writer.publish([])
    with pytest.raises(Conflict, match="closed"):
        writer.apply([entry(9)], [])
    assert len(Recogniser.open(folder)) == 7
    failing = ""
    again = ListWriter(folder)
    again.apply([entry(9)], [])
    assert len(again.recogniser) == 8
    again.close()


class TestDamaged:
    @pytest.fixture
    def closed(self, folder, writer):
        writer.close()
        return folder

    @pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": "rempart-lists/2", "generation": 1}', "7"])
    def test_the_name_of_the_current_generation(self, closed, content):
        (closed / "CURRENT").write_text(content)
        for attempt in (ListWriter, ListReader, Recogniser.open):
            with pytest.raises(IntegrityError):
                attempt(closed)

    def test_a_generation_that_is_not_there(self, closed):
        (closed / "CURRENT").write_text(json.dumps({"format": "rempart-lists/1", "generation": 99}))
        with pytest.raises(IntegrityError, match="not complete"):
            ListReader(closed)

    def test_nothing_published(self, tmp_path):
        with pytest.raises(NotFound):
            ListReader(tmp_path)
        with pytest.raises(NotFound):
            Recogniser.open(tmp_path / "nowhere")

    @pytest.mark.parametrize("name", ["columns", "pdq", "sha256", "md5"])
    def test_any_file_of_a_generation(self, closed, name):
        (path,) = [each for each in closed.glob(f"generation-*/{name}") if each.parent.name in self.current(closed)]
        data = bytearray(path.read_bytes())
        data[-40] ^= 1
        path.write_bytes(data)
        with pytest.raises(IntegrityError):
            ListReader(closed, verify=True)
        with pytest.raises(IntegrityError):
            Recogniser.open(closed)

    @pytest.mark.parametrize(
        "payload", [b"", b"[]", b"{}", b"[[],[[1]]]", b'[[["a"]],[]]', b'[[],[[1,"a","b","md5","!","",0]]]', b"\xff"]
    )
    def test_a_record_that_is_no_change(self, closed, payload):
        path = closed / self.current(closed).replace("generation", "journal")
        made, _ = journal.Journal.open(path)
        made.append(payload)
        made.close()
        for attempt in (ListWriter, ListReader, Recogniser.open):
            with pytest.raises(IntegrityError):
                attempt(closed)

    @staticmethod
    def current(folder) -> str:
        return f"generation-{json.loads((folder / 'CURRENT').read_text())['generation']}"
