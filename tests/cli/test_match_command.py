"""`rempart hash`, `match` and `index` as a platform's scripts use them."""

import csv
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from cli.conftest import COMMAND
from PIL import Image
from signals.pictures import encoded, scene

from rempart.signals.fingerprint import pdq
from rempart.signals.match.segment import engine


def objects(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_hash_prints_what_the_library_computes(rempart, store) -> None:
    for said in objects(rempart("hash", store.folder, "--json").stdout):
        data = Path(said["path"]).read_bytes()
        assert set(said) == {"path", "fingerprint", "quality", "error"}
        for kind in ("md5", "sha1", "sha256"):
            assert said["fingerprint"][kind] == hashlib.new(kind, data).hexdigest()
        if said["path"].endswith(".jpg"):
            code, quality = pdq(data)
            assert (said["fingerprint"]["pdq"], said["quality"]) == (code.hex(), quality)
        else:
            assert "pdq" not in said["fingerprint"]
            assert said["error"] is None


def test_hash_has_lines_for_people_and_for_spreadsheets(rempart, store) -> None:
    path = store.near[0]
    code, quality = pdq(Path(path).read_bytes())
    assert f"pdq {code.hex()}  {path} (quality {quality})" in rempart("hash", path).stdout.splitlines()
    (row,) = csv.DictReader(io.StringIO(rempart("hash", path, "--csv").stdout))
    assert (row["path"], row["pdq"], row["quality"], row["error"]) == (path, code.hex(), str(quality), "")


def test_what_cannot_be_read_is_told_and_the_rest_is_done(rempart, tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes(encoded(scene(), "PNG")[:200])
    (tmp_path / "fine.png").write_bytes(encoded(scene(), "PNG"))
    (tmp_path / "empty").touch()
    done = rempart("hash", tmp_path, tmp_path / "missing", "--json", code=3)
    by_name = {Path(said["path"]).name: said for said in objects(done.stdout)}
    assert "No such file" in by_name["missing"]["error"]
    assert "cut off" in by_name["cut.png"]["error"]
    assert by_name["cut.png"]["fingerprint"]["md5"]
    assert by_name["empty"] == {"path": str(tmp_path / "empty"), "fingerprint": {}, "quality": None, "error": None}
    assert "pdq" in by_name["fine.png"]["fingerprint"]
    assert f"{tmp_path / 'missing'}: It cannot be read" in done.stderr
    assert "2 of 4 inputs" in done.stderr


def test_match_prints_one_object_a_line(rempart, store) -> None:
    done = rempart("match", store.folder, "--list", store.list_csv, "--json", code=10)
    said = {line["path"]: line for line in objects(done.stdout)}
    assert sorted(said) == store.names
    assert all(set(line) == {"path", "fingerprint", "quality", "hits", "error"} for line in said.values())
    assert sorted(path for path, line in said.items() if line["hits"]) == sorted([*store.near, store.exact])
    (near,) = said[store.near[0]]["hits"]
    assert near["distance"] <= 31
    assert {name: near[name] for name in ("list", "category", "source", "match", "kind", "turn", "frame")} == {
        "list": "hashes", "category": "A1", "source": "hashes.csv", "match": "near", "kind": "pdq",
        "turn": None, "frame": None,
    }  # fmt: skip
    (exact,) = said[store.exact]["hits"]
    assert (exact["match"], exact["kind"], exact["distance"]) == ("exact", "sha256", None)
    assert exact["entry"].isdecimal()
    assert "13 inputs, 3 with hits, 0 that" in done.stderr


def test_exit_codes_say_how_it_went(rempart, store, tmp_path: Path) -> None:
    arguments = ("--list", store.list_csv)
    other = tmp_path / "other.jpg"
    other.write_bytes(encoded(scene(seed=500)))
    rempart("match", other, *arguments, code=0)
    rempart("match", store.exact, *arguments, code=0)  # its entry says that it is lawful
    rempart("match", store.near[0], *arguments, code=10)
    rempart("match", other, tmp_path / "missing", *arguments, code=3)
    rempart("match", store.near[0], tmp_path / "missing", *arguments, code=13)
    assert "no such file" in rempart("match", other, "--list", tmp_path / "no.csv", code=1).stderr
    rempart("match", other, code=2)
    rempart("match", other, *arguments, "--radius", "64", code=2)
    rempart("match", other, *arguments, "--json", "--csv", code=2)
    assert "one way" in rempart("match", *arguments, code=1).stderr


def test_a_line_for_people_cannot_drive_their_terminal(rempart, store, tmp_path: Path) -> None:
    odd = tmp_path / "a\x1b[31mred\n.jpg"
    odd.write_bytes(Path(store.near[0]).read_bytes())
    done = rempart("match", tmp_path, "--list", store.list_csv, "--table", code=10)
    (line,) = done.stdout.splitlines()
    assert "\x1b" not in line
    assert "a\\x1b[31mred\\n.jpg: hashes entry " in line
    assert "pdq, distance " in line


def test_csv_has_a_row_a_hit_and_one_for_each_input_without(rempart, store) -> None:
    done = rempart("match", store.folder, "--list", store.list_csv, "--csv", code=10)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert sorted(row["path"] for row in rows) == store.names
    assert {row["path"] for row in rows if row["kind"] == "pdq"} == set(store.near)
    only = rempart("match", store.folder, "--list", store.list_csv, "--csv", "--only-hits", code=10)
    assert len(only.stdout.splitlines()) == 1 + len(store.near) + 1


def test_the_radius_counts_for_all_lists_or_for_one(rempart, store) -> None:
    def hits(*radius: str) -> int:
        given = [word for each in radius for word in ("--radius", each)]
        words = ("match", *store.near, "--list", store.list_csv, "--csv", "--only-hits", *given)
        done = subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)
        return len(done.stdout.splitlines()) - 1

    assert hits() == 3
    assert hits("0") == 0
    assert hits("0", "hashes=31") == 3
    assert hits("31", "hashes=0") == 0
    unknown = rempart("match", *store.near, "--list", store.list_csv, "--radius", "other list=31", code=1)
    assert "There is no list called other list. There are: hashes." in unknown.stderr


def test_a_plain_picture_matches_nothing_unless_asked(rempart, tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    blank.write_bytes(encoded(Image.linear_gradient("L"), "PNG"))
    said = objects(rempart("hash", blank, "--json").stdout)[0]
    assert said["quality"] < 50
    (tmp_path / "list.csv").write_text(f"pdq\n{said['fingerprint']['pdq']}\n")
    rempart("match", blank, "--list", tmp_path / "list.csv", code=0)
    rempart("match", blank, "--list", tmp_path / "list.csv", "--min-quality", "0", code=10)


def test_names_come_on_standard_input(rempart, store) -> None:
    for end in (b"\n", b"\0"):
        listed = end.join(os.fsencode(name) for name in store.names) + end
        done = rempart("match", "-", "--list", store.list_csv, "--json", code=10, given=listed)
        assert [line["path"] for line in objects(done.stdout)] == store.names


def test_addresses_of_files_come_in_a_list(rempart, store, tmp_path: Path) -> None:
    (tmp_path / "urls").write_text("\n".join([Path(store.near[0]).as_uri(), "https://www.example/a.jpg"]) + "\n")
    done = rempart("match", "--urls", tmp_path / "urls", "--list", store.list_csv, "--json", code=13)
    assert [bool(line["hits"]) for line in objects(done.stdout)] == [True, False]


def test_fingerprints_taken_before_match_the_same(rempart, store, tmp_path: Path) -> None:
    direct = objects(rempart("match", store.folder, "--list", store.list_csv, "--json", code=10).stdout)
    (tmp_path / "prints.csv").write_text(rempart("hash", store.folder, "--csv").stdout)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "prints.csv").read_text())))
    table = pyarrow.Table.from_pylist([{**row, "quality": int(row["quality"] or 0)} for row in rows])
    pyarrow.parquet.write_table(table, tmp_path / "prints.parquet")
    for given in (("--from-csv", tmp_path / "prints.csv"), ("--from-parquet", tmp_path / "prints.parquet")):
        done = rempart("match", *given, "--list", store.list_csv, "--json", code=10)
        assert [(line["path"], line["hits"]) for line in objects(done.stdout)] == [
            (line["path"], line["hits"]) for line in direct
        ]


def test_an_index_stands_for_its_lists(rempart, store, tmp_path: Path) -> None:
    direct = rempart("match", store.folder, "--list", store.list_csv, "--json", code=10).stdout
    made = json.loads(rempart("index", "build", store.list_csv, "-o", tmp_path / "index", "--json").stdout)
    assert made["lists"] == {"hashes": 4}
    assert rempart("match", store.folder, "--list", tmp_path / "index", "--json", code=10).stdout == direct
    facts = json.loads(rempart("index", "info", tmp_path / "index", "--json").stdout)
    assert set(facts) == {"entries", "lists", "size", "engine"}
    assert (facts["entries"], facts["engine"]) == (4, engine())
    assert "Entries of hashes" in rempart("index", "verify", tmp_path / "index").stdout
    assert "something already" in rempart("index", "build", store.list_csv, "-o", tmp_path / "index", code=1).stderr


def test_an_altered_index_is_refused(rempart, store, tmp_path: Path) -> None:
    rempart("index", "build", store.list_csv, "-o", tmp_path / "index")
    largest = max(
        (path for path in (tmp_path / "index").rglob("*") if path.is_file()), key=lambda path: path.stat().st_size
    )
    data = bytearray(largest.read_bytes())
    data[-1 - len(data) // 2] ^= 1
    largest.write_bytes(data)
    done = rempart("index", "verify", tmp_path / "index", code=1)
    assert "Traceback" not in done.stderr
    assert "altered" in done.stderr


def test_an_index_is_built_of_parquet_and_names_what_it_rejects(rempart, tmp_path: Path) -> None:
    rows = [
        {"pdq": "ab" * 32, "category": "A2"},
        {"pdq": "nonsense", "category": "A2"},
        {"pdq": "cd" * 32, "category": "Z9"},
    ]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "list.parquet")
    done = rempart("index", "build", tmp_path / "list.parquet", "-o", tmp_path / "index", "--json", code=3)
    assert json.loads(done.stdout)["lists"] == {"list": 1}
    assert "line 2: The pdq value is not 64 hexadecimal digits." in done.stderr
    assert "line 3: The category" in done.stderr
    assert "nonsense" not in done.stderr


def test_a_key_is_not_given_in_an_address(rempart, store) -> None:
    done = rempart("match", store.near[0], "--list", "https://name:secret@node.example/list", code=1)
    assert "REMPART_LIST_KEY" in done.stderr
    assert "secret" not in done.stderr


def test_a_scan_killed_at_any_time_is_completed(store, tmp_path: Path) -> None:
    """Every picture under many names, so that there is something to be killed in the middle of."""
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    for number in range(400):
        os.link(store.near[number % 3], uploads / f"{number:04}.jpg")
    output, state = tmp_path / "out.jsonl", tmp_path / "state"
    command = [sys.executable, "-m", "rempart.cli", "match", uploads, "--list", store.list_csv, "--json", "--jobs", "2"]
    command = [*map(str, command), "--output", str(output), "--resume", str(state)]
    kills = 0
    for _ in range(4):
        running = subprocess.Popen(command, stderr=subprocess.PIPE)
        before = output.stat().st_size if output.exists() else 0
        while running.poll() is None and (not output.exists() or output.stat().st_size < before + 5000):
            time.sleep(0.01)
        kills += running.poll() is None
        running.send_signal(signal.SIGKILL)
        running.communicate()
    assert kills >= 2
    last = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert last.returncode == 10, last.stderr
    written = [line["path"] for line in objects(output.read_text())]
    assert sorted(written) == sorted(map(str, uploads.iterdir()))
    assert "400 inputs, 400 with hits" in last.stderr
    again = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (again.returncode, len(output.read_text().splitlines())) == (10, 400)
    other = subprocess.run([*command, "--radius", "5"], capture_output=True, text=True, timeout=60)
    assert other.returncode == 1
    assert "another radius" in other.stderr
    assert output.stat().st_mode & 0o077 == 0


def test_an_interrupted_scan_says_how_to_go_on(store, tmp_path: Path) -> None:
    pipe, writer = os.pipe()
    command = [sys.executable, "-m", "rempart.cli", "match", "-", "--list", store.list_csv, "--json"]
    command = [*map(str, command), "-o", str(tmp_path / "out"), "--resume", str(tmp_path / "state")]
    running = subprocess.Popen(command, stdin=pipe, stderr=subprocess.PIPE, text=True)
    os.close(pipe)
    os.write(writer, f"{store.near[0]}\n".encode())
    while not (tmp_path / "out").exists() or not (tmp_path / "out").stat().st_size:
        time.sleep(0.02)
    running.send_signal(signal.SIGTERM)
    _, said = running.communicate(timeout=30)
    os.close(writer)
    assert running.returncode == 130
    assert "goes on from here" in said


def test_a_reader_that_has_seen_enough_ends_the_scan(store) -> None:
    command = [sys.executable, "-m", "rempart.cli", "match", str(store.folder), "--list", str(store.list_csv), "--json"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    running.stdout.close()
    said = running.stderr.read()
    running.stderr.close()
    assert running.wait(timeout=60) == 130
    assert b"Traceback" not in said


@pytest.mark.parametrize("words", [("--resume", "state"), ("--from-csv", "missing.csv"), ("--urls", "missing")])
def test_what_does_not_go_together_is_refused(rempart, store, tmp_path: Path, words) -> None:
    paths = [store.near[0]] if words[0] == "--resume" else []
    done = rempart("match", *paths, "--list", store.list_csv, *words, code=1, cwd=tmp_path)
    assert "rempart: " in done.stderr
    assert "Traceback" not in done.stderr
