"""What users of an existing match service (HMA 1.1.7) met, so that it does not happen here; see docs/matcher.md."""

import io
import pickle
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from matcher.serving import Feed, Service, code, flipped, running, write_list
from PIL import Image
from signals.pictures import encoded, scene

from rempart.signals.fingerprint import pdq

PICTURE = scene(640, 480, seed=11)
SIZES = (1, 2, 4, 8, 16, 32)


def listed_picture() -> bytes:
    return pdq(encoded(PICTURE, "PNG"))[0]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Has answered before, was stopped, and reads its lists again."""
    folder = tmp_path_factory.mktemp("hma")
    lists = [Feed(folder / f"of{size}", f"of{size}", [code(size)] * size).folder for size in SIZES]
    lists.append(write_list(folder / "pictures.csv", [("pdq", listed_picture(), "baseline")]))
    with running(lists, folder / "data") as first, first.client() as client:
        assert client.get("/v1/lists").json()["lists"]
    with running(lists, folder / "data") as again:
        yield again


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[httpx.Client]:
    with service.client() as opened:
        yield opened


@pytest.mark.parametrize("size", SIZES)
def test_a_list_of_few_equal_fingerprints_matches_after_a_reload(client: httpx.Client, size: int) -> None:
    items = [{"pdq": flipped(code(size), bits).hex()} for bits in (0, 31, 32)]
    answer = client.post("/v1/lookup", json={"items": items, "lists": [f"of{size}"]}).json()
    assert [one["verdict"] for one in answer["results"]] == ["match", "match", "no_match"]
    assert [len(one["hits"]) for one in answer["results"]] == [size, size, 0]


def rotated() -> bytes:
    """Stored on its side, with an EXIF orientation that turns it upright."""
    sideways = PICTURE.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(sideways, "JPEG", quality=95, exif=exif)


def animated() -> bytes:
    """The listed picture is the last frame."""
    others = [scene(640, 480, seed=seed) for seed in (21, 22, 23)]
    return encoded(others[0], "GIF", save_all=True, append_images=[*others[1:], PICTURE], duration=100)


@pytest.mark.parametrize(
    "upload",
    [
        lambda: encoded(PICTURE.quantize(256), "GIF"),
        lambda: encoded(PICTURE.quantize(64), "PNG"),
        lambda: encoded(PICTURE.convert("CMYK"), "JPEG", quality=92),
        rotated,
        lambda: encoded(PICTURE.convert("RGBA"), "WEBP", quality=90),
        lambda: encoded(PICTURE, "TIFF"),
        animated,
    ],
    ids=["gif", "palette png", "cmyk jpeg", "rotated jpeg", "webp with alpha", "tiff", "animated gif"],
)
def test_whatever_the_format_the_listed_picture_matches(client: httpx.Client, upload) -> None:
    answer = client.post("/v1/media", content=upload()).json()
    assert answer["verdict"] == "match", answer
    assert [(hit["list"], hit["match"]) for hit in answer["hits"]] == [("pictures", "near")]


def test_a_blank_image_is_no_error(client: httpx.Client) -> None:
    for mode, colour in (("L", 255), ("RGB", (0, 0, 0)), ("1", 1)):
        answer = client.post("/v1/media", content=encoded(Image.new(mode, (200, 100), colour), "PNG"))
        assert answer.status_code == 200
        assert (answer.json()["verdict"], answer.json()["reason"]) == ("no_match", "low_quality")


@pytest.mark.parametrize(
    "body",
    [b"this is text", b"\x00" * 5000, b"\xff\xd8\xff\xe0" + b"\x00" * 100, b"%PDF-1.7", b"GIF89a", pickle.dumps(print)],
    ids=["text", "zeros", "cut off jpeg", "pdf", "cut off gif", "pickle"],
)
def test_what_is_no_image_is_no_failure(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/v1/media", content=body)
    assert answer.status_code == 200
    assert (answer.json()["verdict"], answer.json()["reason"]) == ("no_match", "unreadable")


def test_nothing_it_keeps_is_a_pickle(service: Service) -> None:
    folder = Path(service.log).parent / "data"
    files = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
    assert any(path.name == "pdq" for path in files)
    for path in files:
        with pytest.raises(Exception):  # noqa: B017 - whatever unpickling fails with
            pickle.loads(path.read_bytes())


def test_no_address_that_a_client_names_is_fetched(client: httpx.Client) -> None:
    asked = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as bait:
        bait.settimeout(5)

        def watch() -> None:
            try:
                bait.accept()[0].close()
                asked.set()
            except OSError:
                pass

        watching = threading.Thread(target=watch)
        watching.start()
        url = f"http://127.0.0.1:{bait.getsockname()[1]}/picture.jpg"
        answers = [
            client.post("/shield/v1/url/", json={"url": url}),
            client.post("/v1/media", params={"url": url}, content=url.encode()),
            client.post("/v1/lookup", params={"url": url}, json={"items": [{"md5": "0" * 32}]}),
            client.get("/v1/lists", params={"url": url}),
        ]
        bait.shutdown(socket.SHUT_RDWR)
        watching.join()
    assert not asked.is_set()
    assert [answer.status_code for answer in answers] == [422, 200, 200, 200]
    assert url not in answers[0].text


def test_lists_are_added_in_bulk_told_and_counted(client: httpx.Client) -> None:
    """Bulk add is a file or a feed; listing and metrics are calls. Authentication: test_matcher_api."""
    told = {one["name"]: one["entries"] for one in client.get("/v1/lists").json()["lists"]}
    assert told == {**{f"of{size}": size for size in SIZES}, "pictures": 1}
    assert 'rempart_matcher_list_entries{list="pictures"} 1.0' in client.get("/metrics").text


def test_a_batch_is_one_call(client: httpx.Client) -> None:
    body = np.random.default_rng(5).bytes(32 * 9999) + code(32)
    answer = client.post("/v1/lookup", content=body, headers={"Content-Type": "application/octet-stream"}).json()
    assert (answer["items"], [one["item"] for one in answer["found"]]) == (10_000, [9999])


def test_the_answer_says_where_a_fingerprint_comes_from(client: httpx.Client) -> None:
    out = io.BytesIO()
    PICTURE.save(out, "PNG")
    [hit] = client.post("/v1/media", content=out.getvalue()).json()["hits"]
    assert (hit["source"], hit["category"], hit["confirmations"]) == ("pictures.csv", "baseline", 0)
