"""Lists from files, folders and servers: the whole list, then only what changed, and nothing unchecked."""

import base64
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.adapters import list_fetch, list_state
from rempart.adapters.list_sources import UNSTATED, Changes, Source, entry_id_of, open_source
from rempart.adapters.list_state import ListState
from rempart.core.errors import InputError, IntegrityError, LimitExceeded, OutsideFailure, Rejected
from rempart.core.vocabulary import FingerprintType as F
from rempart.formats.list_feed import ChangeFile, FeedHead, FeedRow, Snapshot, write_head, write_rows
from rempart.signals.lists import ListEntry

KEY = "example-chat-1a2b3c4d:made-up-secret"
Content = dict[int, tuple[str, int]]


def md5(number: int) -> bytes:
    return hashlib.md5(f"made up {number}".encode()).digest()


def as_rows(sequence: int, content: Content) -> list[FeedRow]:
    return [
        FeedRow(0, sequence, False, entry, category, F.MD5, md5(number))
        for entry, (category, number) in sorted(content.items())
    ]


@dataclass
class Publisher:
    """A list and the files of its feed, as a node keeps them."""

    files: dict[str, bytes] = field(default_factory=dict)
    sequence: int = 0
    content: Content = field(default_factory=dict)
    snapshot: Snapshot = field(default_factory=lambda: Snapshot("snapshot-0.csv", 0, 0, ""))
    changes: list[ChangeFile] = field(default_factory=list)
    name: str = "Example"

    def begin(self, content: Content) -> None:
        self.content = dict(content)
        self.sequence += 1
        self.snap()

    def snap(self, *, forget_changes: bool = True) -> None:
        path = f"snapshot-{self.sequence}.csv"
        digest = self._write(path, as_rows(self.sequence, self.content))
        self.snapshot = Snapshot(path, self.sequence, len(self.content), digest)
        if forget_changes:
            self.changes = []
        self.publish()

    def change(self, wanted: Content) -> None:
        last, rows = self.sequence, []
        self.sequence += 1
        rows += [FeedRow(0, self.sequence, True, entry) for entry in sorted(self.content.keys() - wanted.keys())]
        moved = {entry: value for entry, value in wanted.items() if self.content.get(entry) != value}
        rows += as_rows(self.sequence, moved)
        self.content = dict(wanted)
        path = f"changes-{last}-{self.sequence}.csv"
        self.changes.append(ChangeFile(path, last, self.sequence, self._write(path, rows)))
        self.publish()

    def publish(self) -> None:
        head = FeedHead(self.name, "made up", self.sequence, self.snapshot, tuple(self.changes))
        self.files["list.json"] = write_head(head)

    def _write(self, path: str, rows: list[FeedRow]) -> str:
        self.files[path] = b"".join(write_rows(rows))
        return hashlib.sha256(self.files[path]).hexdigest()

    def into(self, folder: Path) -> Path:
        folder.mkdir(exist_ok=True)
        for name, data in self.files.items():
            (folder / f"{name}.new").write_bytes(data)
            os.replace(folder / f"{name}.new", folder / name)
        return folder


class Held:
    """What somebody who follows a source holds."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.entries = {entry.entry_id: entry for entry in source.entries()}

    def follow(self) -> Changes | None:
        changes = self.source.poll()
        if changes is not None:
            for name, entry_id in changes.removed:
                assert name == self.source.name
                del self.entries[entry_id]
            for entry in changes.added:
                assert entry.entry_id not in self.entries
                self.entries[entry.entry_id] = entry
        return changes

    @property
    def content(self) -> dict[int, tuple[str, bytes]]:
        return {entry_id: (entry.category, entry.value) for entry_id, entry in self.entries.items()}


def expected(content: Content) -> dict[int, tuple[str, bytes]]:
    return {entry: (category, md5(number)) for entry, (category, number) in content.items()}


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


@dataclass
class Web:
    """A server on this machine that answers from a table, and what it was asked."""

    answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    url: str = ""

    def serve(self, publisher: Publisher, *, key: str | None = None) -> None:
        """The publisher's files as they are when asked for, with ETags; for those who know the key."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            wanted = f"Basic {base64.b64encode(key.encode()).decode()}" if key else None
            if wanted and request.headers.get("Authorization") != wanted:
                reply(request, 401)
                return
            data = publisher.files.get(request.path.rpartition("/")[2])
            if data is None:
                reply(request, 404)
                return
            tag = f'"{hashlib.sha256(data).hexdigest()}"'
            unchanged = request.headers.get("If-None-Match") == tag
            reply(request, 304 if unchanged else 200, b"" if unchanged else data, {"ETag": tag})

        self.answers[""] = answer

    @property
    def names(self) -> list[str]:
        return [path.rpartition("/")[2] for path, _ in self.asked]


def reply(
    request: BaseHTTPRequestHandler, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> None:
    request.send_response(status)
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@pytest.fixture
def web() -> Iterator[Web]:
    table = Web()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            table.asked.append((self.path, dict(self.headers)))
            table.answers.get(self.path, table.answers.get("", lambda request: reply(request, 404)))(self)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    table.url = f"http://127.0.0.1:{server.server_port}/lists/3"
    yield table
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def publisher() -> Publisher:
    made = Publisher()
    made.begin({1: ("A1", 1), 2: ("national", 2)})
    return made


class TestServer:
    def test_a_list_is_followed_with_its_key(self, web: Web, publisher: Publisher) -> None:
        web.serve(publisher, key=KEY)
        with open_source(web.url, key=KEY) as source:
            held = Held(source)
            web.asked.clear()
            assert held.follow() is None
            assert web.names == ["list.json"]
            publisher.change({2: ("national", 2), 3: ("A1", 3)})
            held.follow()
            assert web.names == ["list.json", "list.json", "changes-1-2.csv"]
            assert held.content == expected(publisher.content)

    def test_who_is_too_far_behind_reads_the_snapshot(self, web: Web, publisher: Publisher) -> None:
        web.serve(publisher)
        with open_source(web.url + "/list.json") as source:
            held = Held(source)
            publisher.change({1: ("B2", 1)})
            publisher.change({1: ("B2", 1), 4: ("A1", 4)})
            publisher.snap()
            held.follow()
            assert held.content == expected(publisher.content)

    def test_a_file_pruned_meanwhile_is_replaced_by_a_newer_one(self, web: Web, publisher: Publisher) -> None:
        web.serve(publisher)
        with open_source(web.url) as source:
            held = Held(source)
            publisher.change({1: ("A1", 1)})

            def pruned(request: BaseHTTPRequestHandler) -> None:
                publisher.snap()
                reply(request, 404)

            web.answers["/lists/3/changes-1-2.csv"] = pruned
            held.follow()
            assert held.content == expected({1: ("A1", 1)})

    @pytest.mark.parametrize(
        ("status", "kind"),
        [(401, Rejected), (403, Rejected), (404, Rejected), (429, OutsideFailure), (500, OutsideFailure)],
    )
    def test_a_refusal_names_the_place_and_never_the_key(self, web: Web, status: int, kind: type[Exception]) -> None:
        web.answers[""] = lambda request: reply(request, status)
        with open_source(web.url, key=KEY) as source, pytest.raises(kind) as failed:
            source.poll()
        assert str(failed.value).startswith("127.0.0.1:")
        assert not any(part in str(failed.value) + repr(failed.value) for part in (KEY, "made-up-secret", "Basic"))

    def test_no_redirect_leads_to_another_host(self, web: Web, publisher: Publisher) -> None:
        web.serve(publisher)
        other = web.url.replace("127.0.0.1", "localhost")
        web.answers["/lists/3/list.json"] = lambda r: reply(r, 302, headers={"Location": other + "/list.json"})
        with open_source(web.url, key=KEY) as source, pytest.raises(Rejected, match="another host"):
            source.poll()
        assert len(web.asked) == 1

    def test_a_redirect_within_the_host_is_followed(self, web: Web, publisher: Publisher) -> None:
        web.serve(publisher)
        web.answers["/lists/3/list.json"] = lambda r: reply(r, 307, headers={"Location": "/moved/list.json"})
        with open_source(web.url) as source:
            assert len(list(source.entries())) == 2

    def test_an_endless_redirect_ends(self, web: Web) -> None:
        web.answers[""] = lambda r: reply(r, 307, headers={"Location": r.path})
        with open_source(web.url) as source, pytest.raises(OutsideFailure, match="too often"):
            source.poll()
        assert len(web.asked) < 10

    def test_a_head_without_end_is_cut_off(self, web: Web) -> None:
        web.answers[""] = lambda request: reply(request, 200, b"x" * (list_fetch.MAX_HEAD_BYTES + 1))
        with open_source(web.url) as source, pytest.raises(LimitExceeded):
            source.poll()

    def test_a_file_beyond_the_limit_is_cut_off(
        self, web: Web, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        web.serve(publisher)
        monkeypatch.setattr(list_fetch, "MAX_FILE_BYTES", 20)
        with open_source(web.url) as source, pytest.raises(LimitExceeded):
            source.poll()

    def test_a_server_that_falls_silent_or_dawdles_is_left(self, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
        def dawdle(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.send_header("Content-Length", "1000")
            request.end_headers()
            for _ in range(100):
                try:
                    request.wfile.write(b" ")
                    request.wfile.flush()
                except OSError:
                    return
                time.sleep(0.05)

        web.answers[""] = dawdle
        monkeypatch.setattr(list_fetch, "_GRACE_SECONDS", 0.2)
        began = time.monotonic()
        with open_source(web.url) as source, pytest.raises(OutsideFailure):
            source.poll()
        assert time.monotonic() - began < 4

    def test_nobody_there(self) -> None:
        with open_source("http://127.0.0.1:1/lists/3") as source, pytest.raises(OutsideFailure, match="ConnectError"):
            source.poll()

    @pytest.mark.parametrize(
        "url",
        [
            "http://lists.example/3",
            "https://user:secret@lists.example/3",
            "https://lists.example/3?key=secret",
            "https://lists.example/3#secret",
            "https:///3",
            "https://[bad/3",
        ],
    )
    def test_addresses_that_are_refused_are_not_repeated(self, url: str) -> None:
        with pytest.raises(InputError) as refused:
            open_source(url)
        assert "secret" not in str(refused.value)

    @pytest.mark.parametrize("key", ["word-without-colon", "name:sécret", "name:se\ncret"])
    def test_a_key_that_is_none(self, key: str) -> None:
        with pytest.raises(InputError) as refused:
            open_source("https://lists.example/3", key=key)
        assert key not in str(refused.value)


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
