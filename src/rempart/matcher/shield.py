"""The second face: the shapes of the Arachnid-Shield client (`arachnid_shield_sdk`), repointed by ARACHNID_SHIELD_URL.

List entries hold one fingerprint each, so the file hashes of what a near match was listed for are not known: those two
fields are empty strings. URLs are never fetched.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from rempart.core.errors import InputError, LimitExceeded
from rempart.core.vocabulary import FingerprintType, IndustryClass, Legality
from rempart.matcher.clients import Client, Right
from rempart.matcher.lookup import MOST_HITS, PDQ_BYTES, Query, verdict_of
from rempart.matcher.problems import Refusal
from rempart.matcher.uploads import FrameHit, Recognised
from rempart.matcher.wire import Verdict
from rempart.signals.lists import Hit

Classification = Literal["csam", "harmful-abusive-material", "no-known-match"]
_CSAM = frozenset({str(Legality.BASELINE), *map(str, IndustryClass)})

URL_REFUSED = Refusal(
    422,
    "This service fetches nothing, so it cannot look at a URL.",
    where="url",
    advice="Download the file yourself and send it to v1/media/.",
)


class NearMatchDetail(msgspec.Struct, kw_only=True):
    """`timestamp` is in seconds of a video, 0 for a picture; `distance` only for clients with that right."""

    timestamp: float
    sha1_base32: str
    sha256_hex: str
    classification: Classification
    distance: int | UnsetType | None = UNSET


class ScannedMedia(msgspec.Struct, kw_only=True):
    size_bytes: int
    sha1_base32: str
    sha256_hex: str
    classification: Classification
    match_type: Literal["exact", "near"] | None
    near_match_details: list[NearMatchDetail]


class PdqMatch(msgspec.Struct, kw_only=True):
    classification: Classification
    match_type: Literal["near"] | None
    near_match_details: NearMatchDetail | None


class ScannedHashes(msgspec.Struct, kw_only=True):
    """By the base64 that was sent."""

    scanned_hashes: dict[str, PdqMatch]


def classify(hits: Sequence[Hit], verdict: Verdict) -> Classification:
    """Baseline and the industry classes are csam; what is listed as illegal otherwise is harmful material."""
    if verdict is not Verdict.MATCH:
        return "no-known-match"
    return "csam" if any(hit.entry.category in _CSAM for hit in hits) else "harmful-abusive-material"


def scanned_media(recognised: Recognised, client: Client) -> ScannedMedia:
    hashes, verdict = recognised.examined.hashes, recognised.verdict
    matched = [each for each in recognised.hits if each.hit.entry.category != Legality.NOT_ILLEGAL]
    is_match = verdict is Verdict.MATCH
    exact = any(each.hit.match == "exact" for each in matched)
    near = [_detail(each, client) for each in matched if each.hit.match == "near"] if is_match else []
    return ScannedMedia(
        size_bytes=hashes.size,
        sha1_base32=_base32(bytes.fromhex(hashes.sha1)),
        sha256_hex=hashes.sha256.upper(),
        classification=classify([each.hit for each in matched], verdict),
        match_type=("exact" if exact else "near") if is_match else None,
        near_match_details=near[:MOST_HITS],
    )


def read_hashes(hashes: list[str], most: int) -> list[Query]:
    """Raises InputError and LimitExceeded."""
    if len(hashes) > most:
        raise LimitExceeded(f"One call takes at most {most} hashes.", where="hashes", advice="Send fewer.")
    return [Query({FingerprintType.PDQ: _code(text, number)}) for number, text in enumerate(hashes)]


def _code(text: str, number: int) -> bytes:
    try:
        code = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        code = b""
    if len(code) != PDQ_BYTES:
        raise InputError("A hash is the base64 of 32 bytes.", where=f"hashes[{number}]")
    return code


def scanned_hashes(hashes: list[str], found: list[list[Hit]], client: Client) -> ScannedHashes:
    return ScannedHashes(
        scanned_hashes={text: _pdq_match(hits, client) for text, hits in zip(hashes, found, strict=True)}
    )


def _pdq_match(hits: list[Hit], client: Client) -> PdqMatch:
    classification = classify(hits, verdict_of(hits))
    if classification == "no-known-match":
        return PdqMatch(classification=classification, match_type=None, near_match_details=None)
    nearest = next(hit for hit in hits if hit.entry.category != Legality.NOT_ILLEGAL)
    return PdqMatch(
        classification=classification, match_type="near", near_match_details=_detail(FrameHit(nearest, None), client)
    )


def _detail(found: FrameHit, client: Client) -> NearMatchDetail:
    hit, shown = found
    return NearMatchDetail(
        timestamp=shown.seconds if shown and shown.seconds is not None else 0.0,
        sha1_base32="",
        sha256_hex="",
        classification=classify([hit], Verdict.MATCH),
        distance=hit.distance if client.may(Right.SEE_DISTANCE) else UNSET,
    )


def _base32(digest: bytes) -> str:
    return base64.b32encode(digest).decode().rstrip("=")
