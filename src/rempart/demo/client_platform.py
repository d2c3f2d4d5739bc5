"""A platform that reports: by the CyberTipline calls, and by the JSON API."""

from dataclasses import dataclass
from typing import Any

import httpx
from lxml import etree

from rempart.core.errors import OutsideFailure
from rempart.demo.browser import TIMEOUT
from rempart.formats.cybertipline.builder import build_file_details

_XML = {"Content-Type": "text/xml; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a report. `location` is where the platform's visitors could reach it; `viewed` by its staff."""

    name: str
    data: bytes
    location: str | None = None
    viewed: bool | None = True


class PlatformClient:
    """Speaks with one credential; raises OutsideFailure for every answer that is not success."""

    def __init__(self, base: str, username: str, secret: str) -> None:
        self._http = httpx.Client(base_url=base, auth=(username, secret), timeout=TIMEOUT, trust_env=False)

    def submit(self, document: bytes) -> int:
        """Open a report by the CyberTipline call; returns its number."""
        return int(self._xml("submit", content=document, headers=_XML)["reportId"])

    def report(self, document: bytes, uploads: tuple[Upload, ...] = ()) -> int:
        """All calls of one report: submit, upload and fileinfo for each file, finish."""
        report_id = self.submit(document)
        for upload in uploads:
            answer = self._xml("upload", data={"id": str(report_id)}, files={"file": (upload.name, upload.data)})
            details = build_file_details(
                report_id=report_id,
                file_id=answer["fileId"],
                original_file_name=upload.name,
                location_of_file=upload.location,
                viewed=upload.viewed,
                publicly_available=upload.location is not None,
            )
            self._xml("fileinfo", content=details, headers=_XML)
        self.finish(report_id)
        return report_id

    def finish(self, report_id: int) -> None:
        self._xml("finish", data={"id": str(report_id)})

    def submit_json(self, body: dict[str, Any], key: str) -> tuple[int, bool]:
        """A report by the JSON API under an idempotency key; its number, and whether it was there already."""
        answer = self._json(self._http.post("/api/v1/reports", json=body, headers={"Idempotency-Key": key}))
        return int(answer["id"]), bool(answer["repeated"])

    def status(self, report_id: int) -> str:
        """How far a report is: received, in_review, acted or closed."""
        return str(self._json(self._http.get(f"/api/v1/reports/{report_id}"))["state"])

    def feedback(self, report_id: int) -> dict[str, Any]:
        return self._json(self._http.get(f"/api/v1/reports/{report_id}/feedback"))

    def close(self) -> None:
        self._http.close()

    def _xml(self, call: str, **request: Any) -> dict[str, str]:
        answer = self._http.post(f"/ispws/{call}", **request)
        if answer.status_code != 200:
            raise OutsideFailure(f"it answered {answer.status_code}.", where=f"/ispws/{call}")
        root = etree.fromstring(answer.content)
        fields = {etree.QName(child).localname: child.text or "" for child in root}
        if fields.get("responseCode") != "0":
            said = f"{fields.get('responseCode')} {fields.get('responseDescription', '')}".strip()
            raise OutsideFailure(f"it answered {said}.", where=f"/ispws/{call}")
        return fields

    def _json(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.status_code not in (200, 201):
            raise OutsideFailure(f"it answered {answer.status_code}.", where=answer.request.url.path)
        body: dict[str, Any] = answer.json()
        return body
