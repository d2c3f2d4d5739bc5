"""Files of others are what the list beside them says, and all of them are on it."""

import hashlib
import json
import re
from pathlib import Path

from node.observatory.alliances import FOUNDERS, LATER

import rempart.node

VENDOR = Path(rempart.node.__file__).parent / "static/vendor"
ROW = re.compile(r"^\| `([\w./-]+)` \|.*\| `([0-9a-f]{64})` \|$", re.MULTILINE)


def test_every_file_has_the_digest_it_is_listed_with() -> None:
    listed = dict(ROW.findall((VENDOR / "README.md").read_text()))
    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "README.md"
    }
    assert found == listed


def test_the_map_has_every_founding_member_inside_its_frame() -> None:
    world = json.loads((VENDOR / "world/world.json").read_text())
    assert {*FOUNDERS, *LATER, "RU"} <= set(world["countries"])
    for code in (*FOUNDERS, *LATER, "RU"):
        (x, y), path = world["countries"][code]["at"], world["countries"][code]["path"]
        assert 0 <= x <= world["width"]
        assert 0 <= y <= world["height"]
        assert path.startswith("M") or world["countries"][code]["small"]
    assert world["countries"]["MT"]["small"]
    assert not world["countries"]["FR"]["small"]


def test_states_lie_where_they_are() -> None:
    """France is not Guiana, Norway not Svalbard, the United States not Hawaii."""
    at = {code: one["at"] for code, one in json.loads((VENDOR / "world/world.json").read_text())["countries"].items()}
    assert at["US"][0] < at["PT"][0] < at["FR"][0] < at["DE"][0] < at["UA"][0] < at["JP"][0]
    assert at["NO"][1] < at["DE"][1] < at["FR"][1] < at["GH"][1] < at["NZ"][1]
