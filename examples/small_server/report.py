"""Report what lies in quarantine to a hotline that runs Rempart: a person starts this and decides on each.

    REPORT_URL=https://machines.hotline.example REPORT_USER=… REPORT_SECRET=… \
        python examples/small_server/report.py /var/lib/uploads/screening [--with-file]

The hotline gives user name and secret (`rempart platform add`). It gets the SHA-256 of the file and which list entries
it matched. Nothing is shown, and nothing about a person is sent: whether, and what, you may or must tell of an account
is for your law to say. With `--with-file` the file goes along, sealed at the hotline as one that you did not view; ask
first whether your law lets you send it. A report that was interrupted is taken up again; none is made twice.
"""

import argparse
import base64
import hashlib
import json
import os
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class Hotline:
    """A node's `/api/v1` (docs/protocol.md)."""

    def __init__(self, url: str, user: str, secret: str) -> None:
        parts = urlsplit(url)
        self._connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host = parts.netloc
        self._login = "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()

    def post(self, path: str, body: bytes, kind: str, **headers: str) -> Any:
        connection = self._connect(self._host, timeout=60)
        try:
            connection.request(
                "POST", f"/api/v1{path}", body, {"Authorization": self._login, "Content-Type": kind, **headers}
            )
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status >= 300:
            raise SystemExit(f"The hotline answered {response.status}; what is left stays in quarantine.")
        return json.loads(answer)

    def report(self, name: str, record: dict[str, Any], data: bytes, *, with_file: bool) -> str:
        """The reference of the finished report."""
        item = {"kind": "hash", "value": f"sha256:{hashlib.sha256(data).hexdigest()}"}
        matched = "; ".join(f"{each['list']} entry {each['entry']} ({each['category']})" for each in record["entries"])
        told = {"occurred_at": record["kept_at"], "additional_info": f"An upload matched: {matched}", "items": [item]}
        opened = self.post("/reports", json.dumps(told).encode(), "application/json", **{"Idempotency-Key": name})
        if with_file:
            self.post(f"/reports/{opened['id']}/files?name=upload&viewed=false", data, "application/octet-stream")
        self.post(f"/reports/{opened['id']}/finish", b"", "application/json")
        return str(opened["reference"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="SCREEN_FOLDER of the examples")
    parser.add_argument("--with-file", action="store_true", help="send the file as well")
    given = parser.parse_args()
    hotline = Hotline(os.environ["REPORT_URL"], os.environ["REPORT_USER"], os.environ["REPORT_SECRET"])
    for path in sorted((given.folder / "quarantine").glob("*.json")):
        record = json.loads(path.read_text())
        if "report" in record:
            continue
        lists = ", ".join(sorted({f"{each['list']} ({each['category']})" for each in record["entries"]}))
        if input(f"{record['kept_at']} {record['reference']}: {lists}. Report it? [y/N] ").strip().lower() != "y":
            continue
        data = path.with_suffix(".bin").read_bytes()
        record["report"] = hotline.report(path.stem, record, data, with_file=given.with_file)
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(record))
        draft.replace(path)
        print(f"reported as {record['report']}")


if __name__ == "__main__":
    main()
