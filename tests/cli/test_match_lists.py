"""Lists of every origin, named on the command line; a list that cannot be had is said, and which one."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from signals.pictures import encoded, scene

from rempart.core.vocabulary import FingerprintType as F
from rempart.formats.list_feed import FeedHead, FeedRow, Snapshot, write_head, write_rows
from rempart.signals.fingerprint import file_hashes, pdq

KEY = "example-chat:made-up-secret"
PICTURE = scene(seed=3)


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    path = tmp_path / "upload.jpg"
    path.write_bytes(encoded(PICTURE))
    return path


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    folder.mkdir()
    code = pdq(encoded(PICTURE, "PNG"))[0]
    rows = b"".join(write_rows([FeedRow(0, 4, False, 17, "A2", F.PDQ, code, 2)]))
    (folder / "snapshot-4.csv").write_bytes(rows)
    head = FeedHead(
        "Example list", "Example hotline", 4, Snapshot("snapshot-4.csv", 4, 1, sha256(rows).hexdigest()), ()
    )
    (folder / "list.json").write_bytes(write_head(head))
    return folder


class Guarded(SimpleHTTPRequestHandler):
    """A mirror behind a key, as a node has it."""

    def do_GET(self) -> None:
        if self.headers.get("Authorization") != "Basic " + base64.b64encode(KEY.encode()).decode():
            self.send_error(401)
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def served(mirror: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Guarded, directory=str(mirror)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def hits(rempart, upload: Path) -> Callable[..., list[dict]]:
    def found(*words: object, **more: str) -> list[dict]:
        done = rempart("match", upload, "--json", *words, code=10, **more)
        (line,) = done.stdout.splitlines()
        return json.loads(line)["hits"]

    return found


def test_a_mirror_in_a_folder(hits, mirror: Path) -> None:
    (hit,) = hits("--list", mirror)
    assert (hit["list"], hit["entry"], hit["category"], hit["source"]) == (
        "Example list",
        "17",
        "A2",
        "Example hotline",
    )


def test_a_list_behind_a_key(hits, rempart, upload: Path, served: str, tmp_path: Path) -> None:
    (hit,) = hits("--list", served, REMPART_LIST_KEY=KEY)
    assert hit["list"] == "Example list"
    (tmp_path / "key").write_text(KEY + "\n")
    assert hits("--list", served, "--list-key-file", tmp_path / "key") == [hit]
    refused = rempart("match", upload, "--list", served, code=1, REMPART_LIST_KEY="example-chat:another")
    assert "credential is missing or wrong" in refused.stderr
    assert "127.0.0.1" in refused.stderr
    assert "another" not in refused.stderr
    assert (
        "key file cannot be read" in rempart("match", upload, "--list", served, "--list-key-file", "no", code=1).stderr
    )


def test_a_mirror_that_is_not_what_it_announces(rempart, upload: Path, mirror: Path) -> None:
    (mirror / "snapshot-4.csv").write_bytes(b"altered")
    done = rempart("match", upload, "--list", mirror, code=1)
    assert "snapshot-4.csv is not the one that the list announces" in done.stderr


def test_a_set_of_vics(hits, upload: Path, tmp_path: Path) -> None:
    md5 = file_hashes([upload.read_bytes()]).md5.upper()
    document = {"value": [{"Media": [{"MediaID": 1, "Category": 1, "MD5": md5}]}]}
    (tmp_path / "set.json").write_text(json.dumps(document))
    (hit,) = hits("--list", tmp_path / "set.json")
    assert (hit["list"], hit["kind"], hit["match"]) == ("set", "md5", "exact")


def test_several_lists_and_a_category_for_entries_without(hits, mirror: Path, tmp_path: Path) -> None:
    code = pdq(encoded(PICTURE))[0]
    (tmp_path / "plain.csv").write_text(f"pdq\n{code.hex()}\n")
    pyarrow.parquet.write_table(pyarrow.table({"pdq": [code], "category": ["B1"]}), tmp_path / "table.parquet")
    found = hits("--list", mirror, "--list", tmp_path / "plain.csv", "--list", tmp_path / "table.parquet")
    assert {hit["list"]: hit["category"] for hit in found} == {
        "Example list": "A2", "plain": "unstated", "table": "B1",
    }  # fmt: skip
    (hit,) = hits("--list", tmp_path / "plain.csv", "--category", "national")
    assert hit["category"] == "national"


def test_two_lists_of_one_name_are_told_apart_or_refused(rempart, upload: Path, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "hashes.csv").write_text(f"md5\n{'ab' * 16}\n")
    lists = [word for folder in ("one", "two") for word in ("--list", tmp_path / folder / "hashes.csv")]
    done = rempart("match", upload, *lists, code=1)
    assert "Two list entries share an id. Name each list once" in done.stderr
    assert "ab" * 16 not in done.stderr


def test_an_index_stands_alone(rempart, upload: Path, mirror: Path, tmp_path: Path) -> None:
    rempart("index", "build", mirror, "-o", tmp_path / "index")
    done = rempart("match", upload, "--list", tmp_path / "index", "--list", mirror, code=1)
    assert "Build one index of all the lists" in done.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no,known,column\n1,2,3\n", "usable header"),
        (b"\xff\xfe\0\0", "usable header"),
        (b"{", "JSON"),
    ],
)
def test_a_file_that_is_no_list_is_said_by_name(
    rempart, upload: Path, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "odd.csv").write_bytes(content)
    done = rempart("match", upload, "--list", tmp_path / "odd.csv", code=1)
    assert "odd.csv" in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
