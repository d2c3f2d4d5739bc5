"""docs/index-format.md, read as a reader of another project would: its figures, applied to files of ours."""

import hashlib
import json
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from signals.match.segment_cases import clustered, with_tables

from rempart.core.vocabulary import FingerprintType as Kind
from rempart.signals import catalogue, generations
from rempart.signals.fingerprint.vpdq import VideoFrame
from rempart.signals.lists import ListEntry, Recogniser
from rempart.signals.match import ExactIndex, Index, arrays, exact, journal, segment, segment_file, video_file
from rempart.signals.match.segment_file import Layout
from rempart.signals.match.videos import VideoIndex

native = pytest.mark.skipif(segment.engine() == "numpy", reason="the C++ core was not built")


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "index-format.md").read_text()


def offsets_of(page: str, heading: str) -> dict[str, int]:
    """What lies at which byte, by the first table under a heading."""
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \|([^|]*)\| ([^|]*?) \|$", section, re.MULTILINE)
    return {text.split(",")[0].split(":")[0]: int(offset) for offset, _, text in rows}


def test_magics_and_versions_are_those_of_the_code(page):
    told = re.findall(r"\| `(RMPT\w+)\\n` \| (\d+) \|", page)
    assert [(f"{magic}\n".encode(), int(version)) for magic, version in told] == [
        (segment_file.MAGIC, segment_file.VERSION),
        (exact._MAGIC, arrays._VERSION),
        (catalogue._MAGIC, arrays._VERSION),
        (journal._MAGIC, journal._VERSION),
        (video_file._MAGIC, video_file._VERSION),
    ]
    assert f"`{generations._FORMAT}`" in page


def test_a_segments_head_and_digests(page, tmp_path):
    codes = np.arange(96, dtype=np.uint8).reshape(3, 32)
    ids = np.array([4, 5, 9])
    segment.Segment.build(codes, ids).save(tmp_path / "file", sequence=77)
    data = (tmp_path / "file").read_bytes()
    at = offsets_of(page, "Segment")
    assert data[: at["version"]] == b"RMPTSEG\n"
    assert struct.unpack_from("<II", data, at["version"]) == (2, 1)
    assert struct.unpack_from("<Q", data, at["number of the last change in it ([journal](#journal))"]) == (77,)
    assert struct.unpack_from("<QQ", data, at["entries N"]) == (3, len(data))
    sections = struct.unpack_from("<14Q", data, at["offset and length"])
    places = dict(
        zip(
            ("codes", "ids", "offsets", "sketches", "lows", "highs", "digests"),
            zip(sections[::2], sections[1::2], strict=True),
            strict=True,
        )
    )
    assert data[at["zeros"] : 4064] == bytes(3880)
    assert data[4064:4096] == hashlib.sha256(data[:4064]).digest()
    offset, length = places["digests"]
    body, digests = data[4096:offset], data[offset:]
    assert len(digests) == length
    assert digests == b"".join(hashlib.sha256(body[k : k + 2**20]).digest() for k in range(0, len(body), 2**20))
    assert data[at["SHA-256 of the digests at the end"] :][:32] == hashlib.sha256(digests).digest()
    offset, length = places["codes"]
    assert data[offset : offset + length] == codes.tobytes()
    offset, length = places["ids"]
    assert data[offset : offset + length] == ids.astype("<i8").tobytes()
    assert all(offset % 4096 == 0 for offset, _ in places.values())
    assert all(places[name][1] == 0 for name in ("offsets", "sketches", "lows", "highs"))


@native
@pytest.mark.parametrize("count", [1, 33, 5000, 65_536, 65_537, 140_000])
def test_a_segments_tables(count):
    """Each bucket of each table, by the page's formulas alone (a sample of buckets where there are many entries)."""
    codes = clustered(np.random.default_rng(3), count)
    offsets, sketches, lows, highs = with_tables(codes)._image.tables
    words = codes.view("<u2")
    stride, last = -(-count // 32) * 32, (count - 1) >> 16
    high_words = -(-(count + 65_536 * last) // 64) if last else 0
    assert (len(offsets), len(sketches), len(lows), len(highs)) == (
        16 * 65_537,
        16 * stride + 32,
        16 * stride,
        16 * high_words,
    )
    for table in (0, 7, 15):
        bounds = offsets[table * 65_537 : (table + 1) * 65_537]
        assert (bounds[0], bounds[-1]) == (0, count)
        bits = np.unpackbits(highs[table * high_words : (table + 1) * high_words].view(np.uint8), bitorder="little")
        for bucket in np.unique(words[:: max(1, count // 300), table]).tolist():
            first, stop = int(bounds[bucket]), int(bounds[bucket + 1])
            positions = np.flatnonzero(words[:, table] == bucket)
            slots = slice(table * stride + first, table * stride + stop)
            assert lows[slots].tolist() == (positions & 0xFFFF).tolist()
            assert sketches[slots].tolist() == words[positions, (table + 1) % 16].tolist()
            if last:
                own = bits[first + bucket * last : stop + (bucket + 1) * last]
                assert (np.flatnonzero(own) - np.arange(stop - first)).tolist() == (positions >> 16).tolist()


@native
@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 65_535, 65_536, 65_537, 10_000_000, 2**32 - 1])
def test_the_core_and_the_file_agree_on_sizes(count):
    sizes = [4 * 16 * 65_537, 2, 2, 8]
    told = segment._search.section_sizes(count)
    lengths = Layout(count, has_ids=False, has_tables=True).lengths()[2:]
    assert lengths == tuple(size * width for size, width in zip(told, (4, 2, 2, 8), strict=True))
    assert lengths[0] == sizes[0]


def read_arrays(page: str, path: Path) -> tuple[dict, dict[str, np.ndarray]]:
    data = path.read_bytes()
    at = offsets_of(page, "Arrays")
    (length,) = struct.unpack_from("<I", data, at["length T of the table"])
    encoded = data[at["the table"] : at["the table"] + length]
    assert data[at["SHA-256 of the table"] :][:32] == hashlib.sha256(encoded).digest()
    table = json.loads(encoded)
    start = -(-(at["the table"] + length) // 64) * 64
    assert data[at["the table"] + length : start].strip(b" ") == b""
    assert len(data) - start == table["bytes"]
    assert hashlib.sha256(data[start:]).hexdigest() == table["sha256"]
    found = {
        name: np.frombuffer(data, place["type"], int(np.prod(place["shape"])), start + place["offset"]).reshape(
            place["shape"]
        )
        for name, place in table["arrays"].items()
    }
    return table["facts"], found


def test_an_exact_index(page, tmp_path):
    codes = np.random.default_rng(1).integers(0, 256, (40, 20), dtype=np.uint8)
    ids = np.arange(100, 140)
    ExactIndex.build(codes, ids).save(tmp_path / "file")
    facts, found = read_arrays(page, tmp_path / "file")
    assert facts == {"sequence": 0}
    assert [code.tobytes() for code in found["codes"]] == sorted(code.tobytes() for code in codes)
    assert found["codes"].tolist() == codes[found["places"]].tolist()
    assert found["ids"].tolist() == ids.tolist()


def test_a_folder_of_lists(page, tmp_path):
    listed = [
        ListEntry(3, "south", "baseline", Kind.MD5, b"m" * 16, "hotline", 2),
        ListEntry(1, "north", "baseline", Kind.PDQ, b"p" * 32),
        ListEntry(2, "north", "national", Kind.PHOTODNA, b"value"),
    ]
    Recogniser.build(listed).save(tmp_path)
    assert json.loads((tmp_path / "CURRENT").read_text()) == {"format": "rempart-lists/1", "generation": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["CURRENT", "generation-1", "journal-1", "lock"]
    generation = tmp_path / "generation-1"
    facts, found = read_arrays(page, generation / "columns")
    assert sorted(path.name for path in generation.iterdir()) == sorted(["columns", *facts["kinds"]])
    assert facts["kinds"] == ["pdq", "md5", "photodna"]
    assert found["entry_ids"].tolist() == [1, 3, 2]
    assert [facts["names"][label] for label in found["labels"]] == [
        ["north", "baseline", "", 0],
        ["south", "baseline", "hotline", 2],
        ["north", "national", "", 0],
    ]
    assert facts["runs"] == [["north", 0, 1], ["south", 1, 2], ["north", 2, 3]]
    _, photodna = read_arrays(page, generation / "photodna")
    assert photodna["codes"].tobytes() == hashlib.sha256(b"value").digest()


def test_a_journal(page, tmp_path):
    Index.build(np.zeros((1, 32), np.uint8)).save(tmp_path / "file")
    index = Index.open(tmp_path / "file", journal=True)
    index.add(np.full((1, 32), 9, np.uint8), np.array([-4]))
    index.remove(np.array([0]))
    index.close()
    data = (tmp_path / "file.journal").read_bytes()
    at = offsets_of(page, "Journal")
    assert struct.unpack_from("<8sII", data) == (b"RMPTJNL\n", 1, zlib.crc32(bytes(8)))
    start = at["records"]
    payloads = [struct.pack("<QQq", 0, 1, -4) + b"\x09" * 32, struct.pack("<QQq", 1, 0, 0)]
    for number, payload in enumerate(payloads, 1):
        assert data[start : start + 4] == b"RCRD"
        assert struct.unpack_from("<QQ", data, start + at["length P of the payload"]) == (len(payload), number)
        assert struct.unpack_from("<I", data, start + 20) == (zlib.crc32(data[start : start + 20]),)
        end = start + at["payload"] + len(payload)
        assert data[start + at["payload"] : end] == payload
        digest = hashlib.blake2b(payload, digest_size=16, salt=struct.pack("<Q", number)).digest()
        assert data[end : end + 16] == digest
        start = end + 16
    assert start == len(data)


def test_an_index_of_videos(page, tmp_path):
    clip = [VideoFrame(number, bytes([number]) * 32, 80, 0.0) for number in range(3)]
    VideoIndex.build({70: clip, 80: clip[:1]}, min_quality=40).save(tmp_path / "index")
    data = (tmp_path / "index" / "videos").read_bytes()
    at = offsets_of(page, "Videos")
    assert struct.unpack_from("<8sII", data) == (b"RMPTVID\n", 1, 40)
    assert struct.unpack_from("<qqq", data, at["id of the next frame"]) == (4, 4, 2)
    name = data[at["name of the segment"] :][:16].rstrip(b"\0").decode()
    assert (tmp_path / "index" / name).read_bytes()[:8] == b"RMPTSEG\n"
    assert struct.unpack_from("<6q", data, at["ids of the videos"]) == (70, 80, 0, 3, 3, 1)
    assert data[-32:] == hashlib.sha256(data[:-32]).digest()
