"""VICS JSON 1.2, 1.3 and 2.0 (Project VIC): hash sets as forensic tools exchange them.

Read are a list of cases with media and a flat list of media. Flags about pre-categorisation and the announced
number of files are not relied on. Category numbers differ by region and go through an editable mapping. Written is a
hash set: 2.0, region Default, a flat list.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_values import fingerprint_type, normalise
from rempart.formats.rows import RejectedRow

_REGION = re.compile(r"/DataModels/[0-9.]+(?:\.xml)?/(US|UK|Default|CUSTOM)/", re.IGNORECASE)
_HASH_FIELDS = ("MD5", "SHA1", "PhotoDNA")
_HASH_SET = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media"
_FIELD_OF = {FingerprintType.MD5: "MD5", FingerprintType.SHA1: "SHA1", FingerprintType.PHOTODNA: "PhotoDNA"}
_ALTERNATIVE = {FingerprintType.SHA256: "SHA256", FingerprintType.PDQ: "PDQ"}
_ILLEGAL, _LAWFUL = 1, 4


@dataclass(frozen=True, slots=True)
class VicsEntry:
    """One file of the set. `category` is None where the set leaves it open; sizes are in bytes."""

    line: int
    hashes: dict[FingerprintType, str] = field(repr=False)
    category: str | None
    category_number: int | None
    media_id: int | None
    size: int | None
    mime_type: str | None
    series: str | None
    victim_identified: bool
    offender_identified: bool

    @property
    def is_video(self) -> bool:
        return (self.mime_type or "").lower().startswith("video/")


@dataclass(frozen=True, slots=True)
class VicsMedia:
    """One file to write; `md5` is what the format requires of each. `category` is a legal category of a list."""

    media_id: int
    hashes: Mapping[FingerprintType, str] = field(repr=False)
    category: str | None = None
    updated_at: datetime | None = None


def default_mapping(region: str) -> Mapping[int, str]:
    """The shipped mapping of a region (US, UK, Default); raises `InputError` for a region without one."""
    regions = _shipped()
    if region not in regions:
        raise InputError(
            "The file uses custom category numbers.", where="@odata.context", advice="Give a mapping for them."
        )
    return regions[region]


def region_of(context: str) -> str:
    """The region token of a context URL; `Default` where it has none."""
    found = _REGION.search(context)
    if found is None:
        return "Default"
    return {"us": "US", "uk": "UK", "custom": "CUSTOM"}.get(found[1].lower(), "Default")


def read_vics(data: bytes, mapping: Mapping[int, str] | None = None) -> Iterator[VicsEntry | RejectedRow]:
    """Entries and rejected entries in file order; a line is the number of the media entry.

    Raises `InputError` when the file is not VICS JSON, or uses custom numbers and no mapping is given.
    """
    document = _load(data)
    context = document.get("@odata.context", document.get("odata.metadata", ""))
    known = mapping if mapping is not None else default_mapping(region_of(str(context)))
    return _entries(document["value"], known)


def write_vics(media: Iterable[VicsMedia]) -> Iterator[bytes]:
    """A hash set in pieces, which `read_vics` reads. Raises InputError for a file without MD5.

    Legal categories become 1 (illegal) or 4 (not illegal) of the region Default, so a finer one is not read back.
    """
    yield json.dumps({"@odata.context": _HASH_SET}).removesuffix("}").encode() + b', "value": ['
    between = b"\n"
    for each in media:
        yield between + json.dumps(_written(each)).encode()
        between = b",\n"
    yield b"\n]}\n"


def _written(media: VicsMedia) -> dict[str, Any]:
    if FingerprintType.MD5 not in media.hashes:
        raise InputError("The format requires an MD5 of every file.", where=f"media {media.media_id}")
    entry: dict[str, Any] = {"MediaID": media.media_id}
    if media.category is not None:
        is_lawful = media.category == "not_illegal"
        entry["Category"] = _LAWFUL if is_lawful else _ILLEGAL
    for kind, name in _FIELD_OF.items():
        if kind in media.hashes:
            value = media.hashes[kind]
            entry[name] = value if kind is FingerprintType.PHOTODNA else value.upper()
    others = [
        {"HashName": name, "HashValue": media.hashes[kind]}
        for kind, name in _ALTERNATIVE.items()
        if kind in media.hashes
    ]
    if others:
        entry["AlternativeHashes"] = others
    if media.updated_at is not None:
        entry["DateUpdated"] = media.updated_at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    return entry


def _entries(value: list[Any], mapping: Mapping[int, str]) -> Iterator[VicsEntry | RejectedRow]:
    for line, media in enumerate(_media(value), start=1):
        try:
            yield _read_media(line, media, mapping)
        except InputError as error:
            yield RejectedRow(line, error.what)


@cache
def _shipped() -> Mapping[str, Mapping[int, str]]:
    text = files("rempart.formats").joinpath("vics_categories.json").read_text(encoding="utf-8")
    return {
        region: {int(number): category for number, category in numbers.items()}
        for region, numbers in json.loads(text)["regions"].items()
    }


def _load(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        raise InputError("The file is not JSON.", advice="Export it again as VICS JSON.") from None
    if not isinstance(document, dict) or not isinstance(document.get("value"), list):
        raise InputError("The file is not VICS JSON: it has no list `value`.", advice="Export it again as VICS JSON.")
    return document


def _media(value: list[Any]) -> Iterator[Any]:
    for entry in value:
        media = entry.get("Media") if isinstance(entry, dict) else None
        if isinstance(media, list):
            yield from media
        else:
            yield entry


def _read_media(line: int, media: Any, mapping: Mapping[int, str]) -> VicsEntry:
    if not isinstance(media, dict):
        raise InputError("The entry is not an object.")
    hashes = _read_hashes(media)
    if not hashes:
        raise InputError("The entry has no fingerprint this node reads.")
    number = _whole(media.get("Category"), "Category")
    if number is not None and number not in mapping:
        raise InputError(f"The category number {number} is not in the mapping.", advice="Add it to the mapping.")
    return VicsEntry(
        line=line,
        hashes=hashes,
        category=None if number is None else mapping[number],
        category_number=number,
        media_id=_whole(media.get("MediaID"), "MediaID"),
        size=_whole(media.get("MediaSize"), "MediaSize"),
        mime_type=_text(media.get("MimeType")),
        series=_text(media.get("Series")),
        victim_identified=_says_yes(media.get("VictimIdentified")),
        offender_identified=_says_yes(media.get("OffenderIdentified")),
    )


def _read_hashes(media: dict[str, Any]) -> dict[FingerprintType, str]:
    named: list[tuple[Any, Any]] = [(name, media.get(name)) for name in _HASH_FIELDS]
    alternatives = media.get("AlternativeHashes")
    if isinstance(alternatives, list):
        named += [(other.get("HashName"), other.get("HashValue")) for other in alternatives if isinstance(other, dict)]
    found: dict[FingerprintType, str] = {}
    for name, value in named:
        kind = fingerprint_type(name) if isinstance(name, str) else None
        if kind is not None and isinstance(value, str) and value.strip():
            found.setdefault(kind, normalise(kind, value))
    return found


def _whole(value: Any, name: str) -> int | None:
    """A number, also where it is written as a string (British sets)."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value.strip(), re.ASCII):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    raise InputError(f"The field {name} is not a whole number.")


def _text(value: Any) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None


def _says_yes(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")
