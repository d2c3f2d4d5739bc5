"""List feeds through the package's own fetch and store, from a folder and over HTTP, with everything withdrawn gone."""

import base64
import hashlib
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from adapters.signed_lists import ORIGIN, STRANGER, SignedPublisher, pdq, trust_file
from threatexchange.signal_type.md5 import VideoMD5Signal
from threatexchange.signal_type.pdq.signal import PdqSignal

from rempart.core.errors import IntegrityError, OutsideFailure, RempartError
from rempart.core.vocabulary import FingerprintType
from rempart.formats.list_feed import ChangeFile, FeedHead, FeedRow, Snapshot, write_head, write_rows
from rempart.formats.signed_list import lists_key
from rempart.plugins.threatexchange import exchange
from rempart.plugins.threatexchange.exchange import ListConfig, ListCredentials, RempartListExchange

TYPES = [PdqSignal, VideoMD5Signal]
KEY = "example:secret-of-the-test"


def value(number: int) -> bytes:
    return hashlib.sha256(f"made up {number}".encode()).digest()


@dataclass
class Feed:
    """A published list in a folder: its snapshot, and a file of changes for each change after it."""

    folder: Path
    standing: dict[int, str] = field(default_factory=dict)
    sequence: int = 0
    changes: list[ChangeFile] = field(default_factory=list)
    snapshot: Snapshot | None = None

    def _file(self, name: str, rows: list[FeedRow]) -> str:
        data = b"".join(write_rows(rows))
        (self.folder / name).write_bytes(data)
        return hashlib.sha256(data).hexdigest()

    def _row(self, number: int) -> FeedRow:
        return FeedRow(0, self.sequence, False, number, self.standing[number], FingerprintType.PDQ, value(number), 2)

    def change(self, add: dict[int, str] | None = None, remove: tuple[int, ...] = ()) -> None:
        self.sequence += 1
        self.standing |= add or {}
        rows = [FeedRow(0, self.sequence, True, number) for number in remove]
        rows += [self._row(number) for number in add or {}]
        for number in remove:
            del self.standing[number]
        name = f"changes-{self.sequence - 1}-{self.sequence}.csv"
        self.changes.append(ChangeFile(name, self.sequence - 1, self.sequence, self._file(name, rows)))
        self.publish()

    def begin(self, *, keeps_changes: bool = False) -> None:
        """A new snapshot of what stands; older changes go."""
        digest = self._file(f"snapshot-{self.sequence}.csv", [self._row(number) for number in self.standing])
        self.snapshot = Snapshot(f"snapshot-{self.sequence}.csv", self.sequence, len(self.standing), digest)
        self.changes = self.changes if keeps_changes else []
        self.publish()

    def publish(self) -> None:
        assert self.snapshot is not None
        head = FeedHead("Example", "hashes.csv", self.sequence, self.snapshot, tuple(self.changes))
        (self.folder / "list.json").write_bytes(write_head(head))


@pytest.fixture
def feed(tmp_path) -> Feed:
    """Entries 1 to 3."""
    (tmp_path / "feed").mkdir()
    made = Feed(tmp_path / "feed")
    made.begin()
    made.change(dict.fromkeys((1, 2, 3), "national"))
    return made


@dataclass
class Reader:
    """As the package's stores do it: merge each delta, keep the last checkpoint, forget all where it is stale."""

    api: RempartListExchange
    state: dict = field(default_factory=dict)
    checkpoint: object = None

    def fetch(self, most: int | None = None) -> int:
        if self.checkpoint is not None and self.checkpoint.is_stale():
            self.state, self.checkpoint = {}, None
        deltas = 0
        for delta in self.api.fetch_iter(TYPES, self.checkpoint):
            self.api.naive_fetch_merge(self.state, delta.updates)
            self.checkpoint = delta.checkpoint
            deltas += 1
            if deltas == most:
                break
        return deltas

    @property
    def signals(self) -> dict[str, object]:
        return self.api.naive_convert_to_signal_type(TYPES, self.api.collab, self.state).get(PdqSignal, {})


@pytest.fixture
def reader(feed) -> Reader:
    return Reader(RempartListExchange.for_collab(ListConfig(name="example", address=str(feed.folder))))


def test_the_snapshot_then_changes_and_withdrawals(feed, reader):
    reader.fetch()
    assert set(reader.signals) == {value(number).hex() for number in (1, 2, 3)}
    feed.change({4: "A1"}, remove=(2,))
    assert reader.fetch() == 1
    assert set(reader.signals) == {value(number).hex() for number in (1, 3, 4)}
    assert reader.fetch() == 0


def test_what_a_signal_carries(feed, reader):
    feed.change({4: "A1", 5: "not_illegal"})
    reader.fetch()
    told = {number: reader.signals[value(number).hex()].get_as_aggregate_opinion() for number in (4, 5)}
    assert (told[4].category.name, told[4].tags) == ("POSITIVE_CLASS", {"A1"})
    assert (told[5].category.name, told[5].tags) == ("NEGATIVE_CLASS", {"not_illegal"})
    assert reader.signals[value(4).hex()].get_as_opinions()[0].confirmations == 2


def test_a_reader_who_is_too_far_behind_keeps_what_it_has_and_then_begins_again(feed, reader, caplog):
    reader.fetch()
    feed.change(remove=(2,))
    feed.begin()
    feed.change({9: "national"})
    reader.fetch()
    assert set(reader.signals) == {value(number).hex() for number in (1, 2, 3)}
    assert reader.checkpoint.is_stale()
    assert "begins again" in caplog.text
    reader.fetch()
    assert set(reader.signals) == {value(number).hex() for number in (1, 3, 9)}


def test_a_first_fetch_that_is_cut_off_begins_again(feed, reader, monkeypatch):
    monkeypatch.setattr(exchange, "_TOGETHER", 2)
    feed.begin()
    reader.fetch(most=1)
    assert reader.checkpoint.is_stale()
    feed.change(remove=(1,))
    reader.fetch()
    assert set(reader.signals) == {value(number).hex() for number in (2, 3)}


@pytest.mark.parametrize("name", ["snapshot-0.csv", "changes-0-1.csv"])
def test_a_file_that_was_altered_is_refused(feed, reader, name):
    (feed.folder / name).write_bytes((feed.folder / name).read_bytes() + b"\n")
    with pytest.raises(IntegrityError, match="announces"):
        reader.fetch()
    assert reader.signals == {}


def test_a_list_that_goes_back_is_refused(feed, reader):
    reader.fetch()
    before = (feed.folder / "list.json").read_bytes()
    feed.change({4: "national"})
    reader.fetch()
    (feed.folder / "list.json").write_bytes(before)
    with pytest.raises(IntegrityError, match="goes back"):
        reader.fetch()


def test_a_row_that_cannot_be_read_is_told_without_its_value(feed, reader, caplog):
    broken = "not-a-fingerprint-0123456789"
    path = feed.folder / "snapshot-0.csv"
    path.write_bytes(path.read_bytes() + f"0,add,8,national,pdq,{broken},1\n".encode())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    feed.snapshot = Snapshot(path.name, 0, 1, digest)
    feed.publish()
    reader.fetch()
    assert "line 2" in caplog.text
    assert broken not in caplog.text
    assert len(reader.signals) == 3


def test_no_folder_is_an_error_of_ours(tmp_path):
    api = RempartListExchange.for_collab(ListConfig(name="example", address=str(tmp_path / "nothing")))
    with pytest.raises(OutsideFailure):
        list(api.fetch_iter(TYPES, None))


def test_credentials_are_found_where_the_package_keeps_them(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ListCredentials.of_the_environment() is None
    (tmp_path / ".tx_rempart_list_key").write_text(f"{KEY}\n")
    assert ListCredentials.of_the_environment() == ListCredentials(KEY)
    monkeypatch.setenv("TX_REMPART_LIST_KEY", "other:key")
    assert ListCredentials.of_the_environment() == ListCredentials("other:key")
    assert "secret" not in repr(ListCredentials(KEY))


@pytest.fixture
def server(feed) -> Iterator[str]:
    """The folder over HTTP, for who has the key."""
    expected = "Basic " + base64.b64encode(KEY.encode()).decode()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(feed.folder))

        def do_GET(self) -> None:
            if self.headers["Authorization"] != expected:
                self.send_error(401)
            else:
                super().do_GET()

        def log_message(self, *args: object) -> None:
            pass

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_address[1]}/"
    listening.shutdown()
    listening.server_close()
    thread.join(5)


def test_over_http_with_the_credential(feed, server):
    config = ListConfig(name="example", address=server)
    reader = Reader(RempartListExchange.for_collab(config, ListCredentials(KEY)))
    reader.fetch()
    feed.change(remove=(1,))
    reader.fetch()
    assert set(reader.signals) == {value(number).hex() for number in (2, 3)}
    stranger = Reader(RempartListExchange.for_collab(config, ListCredentials("example:wrong")))
    with pytest.raises(RempartError, match="credential"):
        stranger.fetch()


class TestSigned:
    @pytest.fixture
    def publisher(self, tmp_path) -> SignedPublisher:
        made = SignedPublisher(tmp_path / "signed")
        made.change({pdq(number): ("national", 2) for number in (1, 2, 3)})
        made.publish()
        return made

    def test_a_signed_list_counts_for_who_names_its_key(self, publisher, tmp_path):
        config = ListConfig(name="example", address=str(publisher.folder), trust=str(trust_file(tmp_path)))
        reader = Reader(RempartListExchange.for_collab(config))
        reader.fetch()
        assert set(reader.signals) == {pdq(number).hex() for number in (1, 2, 3)}
        publisher.change({pdq(1): ("A1", 3), pdq(3): ("national", 2)})
        publisher.publish()
        reader.fetch()
        assert set(reader.signals) == {pdq(1).hex(), pdq(3).hex()}
        assert reader.signals[pdq(1).hex()].get_as_aggregate_opinion().tags == {"A1"}

    def test_without_a_key_or_with_another_it_is_refused(self, publisher, tmp_path):
        stranger = trust_file(tmp_path, lists_key(ORIGIN, STRANGER.public_key))
        for trust in (None, str(stranger)):
            config = ListConfig(name="example", address=str(publisher.folder), trust=trust)
            with pytest.raises(RempartError):
                Reader(RempartListExchange.for_collab(config)).fetch()


def tx(folder: Path, *arguments: str, key: str = "") -> str:
    environment = {**os.environ, "TX_STATEDIR": str(folder / "state"), "PYTHONWARNINGS": "ignore", "HOME": str(folder)}
    environment |= {"TX_REMPART_LIST_KEY": key} if key else {}
    done = subprocess.run(
        [sys.executable, "-c", "from threatexchange.cli.main import main; main()", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_tx_command_fetches_matches_and_forgets(feed, server, tmp_path):
    tx(tmp_path, "config", "extensions", "add", "rempart.plugins.threatexchange")
    tx(tmp_path, "config", "collab", "edit", "rempart_list", "--create", "--address", server, "example")
    tx(tmp_path, "fetch", "--only-api", "rempart_list", key=KEY)
    match = ("match", "--hashes", "--only-signal", "pdq", "photo", "--", value(2).hex())
    assert "(example) POSITIVE_CLASS national" in tx(tmp_path, *match)
    feed.change(remove=(2,))
    tx(tmp_path, "fetch", "--only-api", "rempart_list", key=KEY)
    assert "example" not in tx(tmp_path, *match)
