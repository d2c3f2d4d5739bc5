"""A platform that matches against a list of one node: by the match service, and by a command."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from matcher.serving import Service, running
from scenarios.alliance import ANY, Node, picture


class Connected:
    """A platform that was granted the list `ANY` of a node."""

    def __init__(self, node: Node, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self._folder = folder
        told = node.json("platform", "add", "Example Chat", "--scope", "lists")
        node.clerk.does("lists", "terms", ANY, "--may-share")
        node.clerk.does("lists", "grant", ANY, told["username"])
        self._key_file, self._trust = folder / "key", folder / "trust"
        self._key_file.touch(0o600)
        self._key_file.write_text(f"{told['username']}:{told['secret']}")
        self._trust.write_text(node.key.vkey)
        who = (told["username"], told["secret"])
        [found] = httpx.get(f"{node.seat.base}/api/v1/lists", auth=who, trust_env=False).json()["lists"]
        self.url = f"{node.seat.base}/api/v1/lists/{found['id']}"

    @property
    def _options(self) -> list[str]:
        return ["--list-key-file", str(self._key_file), "--list-trust", str(self._trust)]

    def matches(self, path: Path) -> bool:
        """What `rempart match` says of a file."""
        command = [sys.executable, "-m", "rempart.cli", "match", str(path), "--list", self.url, "--json"]
        done = subprocess.run([*command, *self._options], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode in (0, 10), done.stderr
        assert bool(json.loads(done.stdout.splitlines()[0])["hits"]) == (done.returncode == 10)
        return done.returncode == 10

    @contextmanager
    def service(self) -> Iterator[Service]:
        """The match service, following the list every half second."""
        with running([self.url], self._folder / "matcher", "--poll", "0.5", *self._options) as found:
            yield found


def is_matched(service: Service, seed: int) -> bool:
    """Whether the match service knows the SHA-256 of a picture."""
    item = {"id": "one", "sha256": hashlib.sha256(picture(seed)).hexdigest()}
    with service.client() as http:
        [result] = http.post("/v1/lookup", json={"items": [item]}).json()["results"]
    return bool(result["verdict"] == "match")
