"""The second face, asked by the public client package `arachnid_shield_sdk`, unmodified, in a process of its own."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha1, sha256
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest
from matcher.serving import Service, client_block, flipped, running, write_clients, write_list
from PIL import Image
from signals.pictures import encoded, scene

from rempart.signals.fingerprint import pdq

pytestmark = pytest.mark.skipif(find_spec("arachnid_shield_sdk") is None, reason="needs arachnid-shield-sdk")

CSAM, HARMFUL, BENIGN, UNLISTED = (scene(400, 300, seed=seed) for seed in (71, 72, 73, 74))
LISTED_FILE = encoded(UNLISTED, "PNG")

# Repointing is by environment variable, read when the package is imported: hence a process.
ASK = """
import asyncio, json, sys
from pathlib import Path
from arachnid_shield_sdk import ArachnidShield, ArachnidShieldAsync, ArachnidShieldException, ScanMediaFromPdq
shield = ArachnidShield(username=sys.argv[1], password=sys.argv[2])
order = json.loads(sys.argv[3])
try:
    if "file" in order:
        told = shield.scan_media_from_file(Path(order["file"])).to_dict() | {"known": None}
        scanned = shield.scan_media_from_bytes(Path(order["file"]).read_bytes(), "image/png")
        told["known"] = scanned.matches_known_media
    elif "asynchronous" in order:
        client = ArachnidShieldAsync(username=sys.argv[1], password=sys.argv[2])
        scanned = asyncio.run(client.scan_media_from_bytes(Path(order["asynchronous"]).read_bytes(), "image/png"))
        told = {"known": scanned.matches_known_media}
    elif "url" in order:
        told = shield.scan_media_from_url(order["url"]).to_dict()
    else:
        told = {
            text: [str(match.classification), match.match_type, match.near_match_details is not None]
            for text, match in shield.scan_pdq_hashes(ScanMediaFromPdq(hashes=order["hashes"])).scanned_hashes.items()
        }
except ArachnidShieldException as error:
    told = {"refused": str(error)}
print(json.dumps(told))
"""


class Shield:
    def __init__(self, service: Service, keys: dict[str, str], folder: Path) -> None:
        self.service, self.keys, self.folder = service, keys, folder

    def ask(self, order: dict[str, object], *, name: str = "plain", key: str | None = None) -> dict[str, object]:
        environment = {**os.environ, "ARACHNID_SHIELD_URL": f"{self.service.url}/shield/", "NO_PROXY": "127.0.0.1"}
        command = [sys.executable, "-c", ASK, name, key or self.keys[name], json.dumps(order)]
        return json.loads(subprocess.run(command, env=environment, capture_output=True, check=True, timeout=60).stdout)

    def scan(self, body: bytes, *, name: str = "plain") -> dict[str, object]:
        path = self.folder / "upload.png"
        path.write_bytes(body)
        return self.ask({"file": str(path)}, name=name)


def code_of(picture: Image.Image) -> bytes:
    return pdq(encoded(picture, "PNG"))[0]


@pytest.fixture(scope="module")
def shield(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shield]:
    folder = tmp_path_factory.mktemp("shield")
    listed = write_list(
        folder / "hotline.csv",
        [
            ("pdq", code_of(CSAM), "baseline"),
            ("pdq", code_of(HARMFUL), "national"),
            ("pdq", code_of(BENIGN), "not_illegal"),
            ("sha1", sha1(LISTED_FILE).digest(), "A1"),
        ],
    )
    made = {"plain": client_block("plain"), "seeing": client_block("seeing", rights='["media", "see_distance"]')}
    made["pdq-only"] = client_block("pdq-only", rights="[]")
    clients = write_clients(folder / "clients.toml", *(block for _, block in made.values()))
    with running([listed], folder / "data", "--clients", str(clients)) as service:
        yield Shield(service, {name: key for name, (key, _) in made.items()}, folder)


def test_a_near_match(shield: Shield) -> None:
    body = encoded(CSAM.resize((300, 225)), "PNG")
    told = shield.scan(body)
    assert (told["classification"], told["match_type"], told["known"]) == ("csam", "near", True)
    assert told["size_bytes"] == len(body)
    assert told["sha256_hex"] == sha256(body).hexdigest().upper()
    assert base64.b32decode(told["sha1_base32"]) == sha1(body).digest()
    [detail] = told["near_match_details"]
    assert (detail["timestamp"], detail["classification"]) == (0.0, "csam")


def test_an_exact_match(shield: Shield) -> None:
    told = shield.scan(LISTED_FILE)
    assert (told["classification"], told["match_type"], told["near_match_details"]) == ("csam", "exact", [])


def test_other_illegal_material_is_harmful_and_not_illegal_is_no_match(shield: Shield) -> None:
    assert shield.scan(encoded(HARMFUL, "PNG"))["classification"] == "harmful-abusive-material"
    for picture in (BENIGN, scene(400, 300, seed=75)):
        told = shield.scan(encoded(picture, "PNG"))
        assert (told["classification"], told["match_type"], told["known"]) == ("no-known-match", None, False)
        assert told["near_match_details"] == []


def test_what_is_no_picture(shield: Shield) -> None:
    assert shield.scan(b"text")["classification"] == "no-known-match"


def test_pdq_hashes(shield: Shield) -> None:
    csam, far, harmful, benign = (
        base64.b64encode(code).decode()
        for code in (
            flipped(code_of(CSAM), 30),
            flipped(code_of(CSAM), 40),
            code_of(HARMFUL),
            code_of(BENIGN),
        )
    )
    told = shield.ask({"hashes": [csam, far, harmful, benign]})
    assert told == {
        csam: ["csam", "near", True],
        far: ["no-known-match", None, False],
        harmful: ["harmful-abusive-material", "near", True],
        benign: ["no-known-match", None, False],
    }


def test_a_url_is_refused_in_words_that_say_what_to_do(shield: Shield) -> None:
    told = shield.ask({"url": "http://127.0.0.1:1/picture.jpg"})
    assert told == {"refused": "This service fetches nothing, so it cannot look at a URL."}


def test_refusals_arrive_as_its_own_exception(shield: Shield) -> None:
    assert shield.ask({"hashes": ["AAAA"]}) == {"refused": "A hash is the base64 of 32 bytes."}
    assert shield.ask({"hashes": []})["refused"]
    assert "key" in shield.ask({"hashes": ["AAAA"]}, key="wrong")["refused"]
    assert "key" in shield.ask({"hashes": ["AAAA"]}, name="seeing", key=shield.keys["plain"])["refused"]
    path = shield.folder / "one.png"
    path.write_bytes(encoded(CSAM, "PNG"))
    assert "right media" in shield.ask({"file": str(path)}, name="pdq-only")["refused"]


def test_distances_only_with_the_right(shield: Shield) -> None:
    """The package drops the field, so this looks at the answers themselves."""
    body = {"hashes": [base64.b64encode(flipped(code_of(CSAM), 7)).decode()]}
    for name, expected in (("plain", None), ("seeing", 7)):
        with httpx.Client(base_url=shield.service.url, auth=(name, shield.keys[name]), trust_env=False) as client:
            [match] = client.post("/shield/v1/pdq/", json=body).json()["scanned_hashes"].values()
            scanned = client.post("/shield/v1/media/", content=encoded(CSAM, "JPEG")).json()
        assert match["near_match_details"].get("distance") == expected
        assert ("distance" in scanned["near_match_details"][0]) is (expected is not None)


def test_the_asynchronous_client(shield: Shield) -> None:
    path = shield.folder / "asynchronous.png"
    path.write_bytes(encoded(CSAM, "PNG"))
    assert shield.ask({"asynchronous": str(path)}) == {"known": True}
