"""What is checked once every journey has ended: receipts, the platform's answers, files, the chain, the figures."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from rempart.adapters.home import Home
from rempart.adapters.signing import Signer, verify
from rempart.core.errors import RempartError
from rempart.demo import client_public
from rempart.demo.browser import TIMEOUT
from rempart.demo.processes import rempart
from rempart.demo.submissions import Submitter
from rempart.formats.signed_json import verify_document

_WORDS = {"Closed", "Acted upon"}
_STATES = {"acted", "closed"}


def wrong_with(base: str, home: Home, submitter: Submitter, counted: Mapping[str, int]) -> list[str]:
    """Every sentence names one thing that is not as it should be; empty when all is well.

    `counted` are figures by name, as the events count them.
    """
    return [
        *_wrong_receipts(submitter),
        *_wrong_answers(submitter),
        *_wrong_referrals(home),
        *_wrong_commands(),
        *_wrong_figures(base, counted),
    ]


def _wrong_receipts(submitter: Submitter) -> Iterator[str]:
    for key, receipt in submitter.receipts.items():
        said = client_public.look_up(submitter.browser, receipt)
        if said not in _WORDS:
            yield f"the receipt of '{key}' says '{said}'"


def _wrong_answers(submitter: Submitter) -> Iterator[str]:
    for key, report_id in submitter.platform_reports.items():
        state = submitter.platform.status(report_id)
        if state not in _STATES:
            yield f"the platform is told that '{key}' is {state}"
        if submitter.platform.feedback(report_id)["outcome"] is None:
            yield f"the platform got no feedback on '{key}'"


def referral_files(home: Home) -> list[Path]:
    return sorted(home.referrals.glob("*.json"))


def _wrong_referrals(home: Home) -> Iterator[str]:
    signer = Signer(home.keys.signing)

    def is_ours(key_id: str, message: bytes, signature: bytes) -> bool:
        return key_id == signer.key_id and verify(signer.public_key, signature, message)

    files = referral_files(home)
    if not files:
        yield "no referral was exported"
    for path in files:
        try:
            verify_document(path.read_bytes(), is_ours)
        except RempartError as error:
            yield f"referral {path.name}: {error.what}"


def _wrong_commands() -> Iterator[str]:
    status, _ = rempart(["status", "--json"], ["audit", "verify"])
    counts = json.loads(status.out)
    if counts["jobs"].get("failed"):
        yield f"{counts['jobs']['failed']} steps were given up (`rempart jobs failed` names them)"


def figures(base: str) -> Mapping[str, Any]:
    """The public figures over the whole time, by indicator."""
    answer = httpx.get(f"{base}/open-data/figures.json", timeout=TIMEOUT, trust_env=False)
    answer.raise_for_status()
    return next(each["figures"] for each in answer.json()["periods"] if each["period"] == "all")


def _wrong_figures(base: str, counted: Mapping[str, int]) -> Iterator[str]:
    """The public page may leave out a month with too few cases, and says so; what it shows in full has to be right."""
    shown = figures(base)
    for name, number in counted.items():
        figure = shown[name]
        if figure["status"] == "shown" and figure["value"] != number:
            yield f"the figure '{name}' is {figure['value']} where the events count {number}"
        elif figure["status"] not in ("shown", "partial"):
            yield f"the figure '{name}' is {figure['status']}"
