"""Uploaded files: what is looked up of them, the limits, and what is said of those that cannot be read."""

import http.client
import io
import os
import threading
from collections.abc import Iterator
from hashlib import md5, sha256
from importlib.util import find_spec
from pathlib import Path

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matcher.serving import Service, client_block, running, write_clients, write_list
from PIL import Image
from signals.pictures import claimed_png, encoded, scene

from rempart.core.errors import LimitExceeded
from rempart.core.vocabulary import FingerprintType
from rempart.matcher.media import IMAGE_FRAMES, Examined, Intake, MediaDesk, Shown
from rempart.matcher.problems import Refusal
from rempart.matcher.settings import Settings
from rempart.matcher.uploads import nearest, verdict_of_file
from rempart.matcher.wire import Verdict
from rempart.signals.fingerprint import file_hashes, pdq
from rempart.signals.lists import Hit, ListEntry

KNOWN, BENIGN, FRAME = (scene(480, 360, seed=seed) for seed in (31, 32, 33))
KNOWN_FILE = b"an archive that is listed by its MD5"
ALL = '["media", "see_distance", "see_fingerprints"]'


def code_of(picture: Image.Image) -> bytes:
    return pdq(encoded(picture, "PNG"))[0]


class Cast:
    def __init__(self, service: Service, full: httpx.Client, plain: httpx.Client, strict: httpx.Client) -> None:
        self.service, self.full, self.plain, self.strict = service, full, plain, strict


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    folder = tmp_path_factory.mktemp("media")
    listed = write_list(
        folder / "hotline.csv",
        [
            ("pdq", code_of(KNOWN), "baseline"),
            ("pdq", code_of(FRAME), "national"),
            ("pdq", code_of(BENIGN), "not_illegal"),
            ("md5", md5(KNOWN_FILE).digest(), "A1"),
            ("sha256", sha256(encoded(KNOWN, "PNG")).digest(), "not_illegal"),
        ],
    )
    made = [client_block("full", rights=ALL), client_block("plain"), client_block("strict", min_quality="100")]
    clients = write_clients(folder / "clients.toml", *(block for _, block in made))
    with (
        running([listed], folder / "data", "--clients", str(clients)) as service,
        service.client(made[0][0]) as full,
        service.client(made[1][0]) as plain,
        service.client(made[2][0]) as strict,
    ):
        yield Cast(service, full, plain, strict)


def send(client: httpx.Client, body: bytes) -> dict[str, object]:
    answer = client.post("/v1/media", content=body, headers={"Content-Type": "image/any"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_picture_like_a_listed_one(cast: Cast) -> None:
    body = encoded(KNOWN.resize((360, 270)), "JPEG", quality=80)
    told = send(cast.full, body)
    assert (told["verdict"], told["size"], told["mime"], told["frames"]) == ("match", len(body), "image/jpeg", 1)
    [hit] = told["hits"]
    assert (hit["list"], hit["category"], hit["match"]) == ("hotline", "baseline", "near")
    assert 0 <= hit["distance"] <= 31
    assert told["fingerprints"] == {
        "md5": md5(body).hexdigest(),
        "sha1": file_hashes([body]).sha1,
        "sha256": sha256(body).hexdigest(),
        "pdq": pdq(body)[0].hex(),
    }
    plain = send(cast.plain, body)
    assert "fingerprints" not in plain
    assert "distance" not in plain["hits"][0]


def test_a_file_is_known_whatever_it_is(cast: Cast) -> None:
    told = send(cast.plain, KNOWN_FILE)
    assert (told["verdict"], told["reason"]) == ("match", "unreadable")
    assert [(hit["match"], hit["category"]) for hit in told["hits"]] == [("exact", "A1")]


def test_the_file_itself_known_as_not_illegal_decides(cast: Cast) -> None:
    told = send(cast.plain, encoded(KNOWN, "PNG"))
    assert told["verdict"] == "not_illegal"
    assert [hit["match"] for hit in told["hits"]] == ["exact", "near"]
    assert send(cast.plain, encoded(BENIGN, "BMP"))["verdict"] == "not_illegal"


def test_any_frame_of_an_animated_image_is_enough(cast: Cast) -> None:
    others = [scene(480, 360, seed=seed) for seed in range(40, 45)]
    body = encoded(others[0], "WEBP", save_all=True, append_images=[*others[1:], FRAME, BENIGN], duration=40)
    told = send(cast.full, body)
    assert (told["verdict"], told["frames"]) == ("match", 7)
    assert {(hit["category"], hit["frame"]) for hit in told["hits"]} == {("national", 5), ("not_illegal", 6)}
    assert all("seconds" not in hit for hit in told["hits"])


def test_an_entry_is_told_once_however_many_frames_are_near_it(cast: Cast) -> None:
    shades = [FRAME.point(lambda value, step=step: max(0, value - step)) for step in range(0, 60, 10)]
    body = encoded(shades[0], "WEBP", save_all=True, append_images=shades[1:], duration=40, lossless=True)
    told = send(cast.full, body)
    assert [(hit["category"], hit["distance"]) for hit in told["hits"]] == [("national", 0)]
    assert "frame" not in told["hits"][0]  # the first picture is the file's own


def test_quality_counts_as_the_client_wants(cast: Cast) -> None:
    shrunk = (KNOWN.resize((4 * size, 3 * size)).resize((480, 360)) for size in range(2, 30))
    soft = next(body for picture in shrunk if 50 <= pdq(body := encoded(picture, "PNG"))[1] < 100)
    told = send(cast.full, soft)
    assert 50 <= told["quality"] < 100
    assert "reason" not in told
    assert send(cast.strict, soft)["reason"] == "low_quality"


def test_what_cannot_be_read_says_why(cast: Cast) -> None:
    cases = {
        "unreadable": b"text",
        "too_small": encoded(Image.new("RGB", (4, 4)), "PNG"),
        "too_large": claimed_png(60_000, 60_000),
        "low_quality": encoded(Image.new("RGB", (300, 200), (9, 9, 9)), "PNG"),
    }
    for reason, body in cases.items():
        told = send(cast.plain, body)
        assert (told["verdict"], told["reason"]) == ("no_match", reason)


def test_an_empty_body_and_a_form_are_refused(cast: Cast) -> None:
    assert cast.plain.post("/v1/media", content=b"").status_code == 422
    answer = cast.plain.post("/v1/media", files={"file": ("a.jpg", encoded(KNOWN))})
    assert (answer.status_code, answer.json()["where"]) == (415, "Content-Type")


def test_too_much_is_refused_before_it_was_sent(cast: Cast) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(1 << 20)

    announced = http.client.HTTPConnection("127.0.0.1", cast.service.port, timeout=30)
    announced.putrequest("POST", "/v1/media")
    for header in (("Authorization", cast.plain.headers["Authorization"]), ("Content-Length", str(65 << 20))):
        announced.putheader(*header)
    announced.endheaders()
    assert announced.getresponse().status == 413
    announced.close()
    answer = cast.plain.post("/v1/media", content=endless())
    assert answer.status_code == 413


def test_a_decoder_that_was_killed_is_replaced(cast: Cast) -> None:
    """Uploads go on; the picture in hand gets a second try."""
    import psutil

    body = encoded(KNOWN)
    assert send(cast.plain, body)["verdict"] == "match"
    server = psutil.Process(cast.service.process.pid)
    decoders = [each for each in server.children(recursive=True) if "decoder_child" in " ".join(each.cmdline())]
    assert decoders
    for each in decoders:
        each.kill()
    assert send(cast.plain, body)["verdict"] == "match"


@pytest.mark.skipif(find_spec("av") is None, reason="needs the extra video")
class TestVideo:
    def video(self, pictures: list[Image.Image], seconds_each: int = 2) -> bytes:
        import av

        out = io.BytesIO()
        with av.open(out, "w", format="mp4") as container:
            stream = container.add_stream("mpeg4", rate=10)
            stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 480, 360, "yuv420p", 4_000_000
            for picture in pictures:
                for _ in range(10 * seconds_each):
                    container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")))
            container.mux(stream.encode())
        return out.getvalue()

    def test_any_frame_is_enough_and_its_time_is_told(self, cast: Cast) -> None:
        told = send(cast.full, self.video([scene(480, 360, seed=50), scene(480, 360, seed=51), FRAME]))
        assert (told["verdict"], told["frames"]) == ("match", 6)
        [hit] = told["hits"]
        assert hit["category"] == "national"
        assert 4.0 <= hit["seconds"] <= 6.0
        assert "reason" not in told

    def test_one_on_no_list(self, cast: Cast) -> None:
        told = send(cast.plain, self.video([scene(480, 360, seed=50)]))
        assert (told["verdict"], told["hits"]) == ("no_match", [])

    def test_one_that_is_cut_off(self, cast: Cast) -> None:
        body = self.video([scene(480, 360, seed=50)])
        assert send(cast.plain, body[: len(body) // 2])["reason"] == "unreadable"


def hit(category: str, distance: int | None, number: int) -> Hit:
    kind = FingerprintType.MD5 if distance is None else FingerprintType.PDQ
    entry = ListEntry(number, "a", category, kind, bytes(16 if distance is None else 32), "source", 2)
    return Hit(entry, "exact" if distance is None else "near", distance)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ([[]], "no_match"),
        ([[], [("not_illegal", 0)], []], "not_illegal"),
        ([[], [("not_illegal", 0)], [("baseline", 31)]], "match"),
        ([[("not_illegal", 0)], [("baseline", 31)]], "match"),
        ([[("not_illegal", None)], [("baseline", 0)]], "not_illegal"),
        ([[("baseline", None)], [("not_illegal", 0)]], "match"),
        ([[], [("baseline", 9), ("not_illegal", 8)]], "not_illegal"),
    ],
)
def test_the_verdict_on_several_pictures(found: list[list[tuple[str, int | None]]], verdict: str) -> None:
    hits = [[hit(category, distance, 1) for category, distance in each] for each in found]
    assert verdict_of_file(hits) == Verdict(verdict)


@given(st.lists(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 31)), max_size=4), min_size=1, max_size=6))
def test_each_entry_once_where_it_is_nearest(found: list[list[tuple[int, int]]]) -> None:
    shown = tuple(Shown(number, bytes(32), 100, None) for number in range(1, len(found)))
    examined = Examined(file_hashes([b"x"]), None, shown, None)
    told = nearest(examined, [[hit("baseline", distance, number) for number, distance in each] for each in found])
    least = {number: min(d for each in found for n, d in each if n == number) for each in found for number, _ in each}
    assert {each.hit.entry.entry_id: each.hit.distance for each in told} == least
    assert [each.hit.distance for each in told] == sorted(least.values())
    for each in told:
        place = each.shown.number if each.shown else 0
        assert (each.hit.entry.entry_id, each.hit.distance) in found[place]


class TestPlaces:
    """Of one worker: so many files, and so many bytes, at once."""

    @pytest.fixture
    def desk(self, tmp_path: Path) -> Iterator[MediaDesk]:
        made = MediaDesk(
            Settings(lists=(), folder=tmp_path, media_waiting=2, media_bytes_waiting=100, max_media_bytes=80)
        )
        yield made
        made.close()

    def test_one_more_is_told_to_come_back(self, desk: MediaDesk) -> None:
        with desk.place(), desk.place():
            with pytest.raises(Refusal) as refused, desk.place():
                pass
            assert (refused.value.status, refused.value.retry_after) == (503, 1.0)
        with desk.place():
            pass

    def test_bytes_are_given_back(self, desk: MediaDesk) -> None:
        for _ in range(3):
            with desk.place() as one, desk.place() as other:
                desk.reserve(one, 80)
                with pytest.raises(Refusal):
                    desk.reserve(other, 21)
                desk.reserve(other, 20)

    def test_one_file_has_a_limit_of_its_own(self, desk: MediaDesk) -> None:
        with desk.place() as intake:
            desk.reserve(intake, 50)
            with pytest.raises(LimitExceeded, match="at most 80 bytes"):
                desk.reserve(intake, 31)
            assert isinstance(intake, Intake)


def test_frames_beyond_the_most_are_sampled(cast: Cast) -> None:
    """The answer says how many there are, so that a reader knows that not all were looked at."""
    pictures = [scene(64, 48, seed=seed) for seed in range(60, 60 + IMAGE_FRAMES + 20)]
    body = encoded(pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=20)
    assert send(cast.plain, body)["frames"] == IMAGE_FRAMES + 20


def test_uploads_at_once_are_all_answered(cast: Cast) -> None:
    bodies = [encoded(KNOWN.rotate(angle, expand=False), "JPEG") for angle in (0, 1, 120, 121)] * 3
    verdicts: dict[int, object] = {}

    def one(number: int) -> None:
        with httpx.Client(base_url=cast.service.url, headers=cast.plain.headers, timeout=60, trust_env=False) as client:
            verdicts[number] = client.post("/v1/media", content=bodies[number]).json()["verdict"]

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(bodies))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [verdicts[number] for number in range(len(bodies))] == ["match", "match", "no_match", "no_match"] * 3


def test_no_upload_is_left_behind(cast: Cast) -> None:
    folder = cast.service.log.parent / "data"
    marker = os.urandom(64)
    send(cast.plain, marker * 4000)
    assert not [path for path in folder.rglob("*") if path.is_file() and marker in path.read_bytes()]
