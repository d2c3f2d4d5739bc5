"""The state of the count and published months as bytes, to be kept between two processes. Exact both ways."""

import base64
import json
import zlib
from array import array
from collections import Counter
from datetime import datetime
from typing import Any

from rempart.core.errors import IntegrityError
from rempart.core.figures.numbers import Numbers, Words
from rempart.core.figures.releases import Release, Share
from rempart.core.figures.state import Decided, Folded, Month, Told


def pack_release(release: Release) -> bytes:
    return _packed(
        {
            "counts": release.counts,
            "parts": release.parts,
            "shares": release.shares,
            "hours": {name: _array(found) for name, found in release.hours.items()},
            "part_shares": release.part_shares,
            "part_hours": {
                name: None if table is None else {key: _array(found) for key, found in table.items()}
                for name, table in release.part_hours.items()
            },
        }
    )


def unpack_release(data: bytes) -> Release:
    """Raises IntegrityError for what `pack_release` did not write."""
    found = _unpacked(data)
    return Release(
        found["counts"],
        found["parts"],
        _shares(found["shares"]),
        {name: _unarray(each) for name, each in found["hours"].items()},
        {name: None if table is None else _shares(table) for name, table in found["part_shares"].items()},
        {
            name: None if table is None else {key: _unarray(each) for key, each in table.items()}
            for name, table in found["part_hours"].items()
        },
    )


def pack_state(state: Folded) -> bytes:
    """All but the final months, which are kept one by one."""
    return _packed(
        {
            "seq": state.seq,
            "at": state.at.isoformat() if state.at else None,
            "running": {name: _month(month) for name, month in state.running.items()},
            "numbers": [_bytes(each.packed()) for each in (state.decided, state.told, state.removed, state.reachable)],
            "words": [_words(each) for each in (state.places, state.providers)],
        }
    )


def unpack_state(data: bytes) -> Folded:
    """Raises IntegrityError for what `pack_state` did not write."""
    found = _unpacked(data)
    decided, told, removed, reachable = (Numbers(_unbytes(each)) for each in found["numbers"])
    places, providers = (Words(words, _unbytes(codes)) for words, codes in found["words"])
    return Folded(
        seq=found["seq"],
        at=datetime.fromisoformat(found["at"]) if found["at"] else None,
        running={name: _unmonth(each) for name, each in found["running"].items()},
        decided=decided,
        places=places,
        told=told,
        providers=providers,
        removed=removed,
        reachable=reachable,
    )


def _month(month: Month) -> dict[str, Any]:
    return {
        "reports": month.reports,
        "contents": [[number, each.is_illegal, each.is_unseen, each.kind] for number, each in month.contents.items()],
        "told": [[number, each.provider, each.taken] for number, each in month.told.items()],
        "report_to_notice": _array(month.report_to_notice),
        "removed": month.removed,
        "report_to_removal": _array(month.report_to_removal),
        "notice_to_removal": {name: _array(each) for name, each in month.notice_to_removal.items()},
        "once": {action: sorted(numbers) for action, numbers in month.once.items()},
        "feedback": month.feedback,
        "referrals": month.referrals,
        "signals": month.signals,
        "reachable": month.reachable,
    }


def _unmonth(found: dict[str, Any]) -> Month:
    return Month(
        reports=Counter(found["reports"]),
        contents={number: Decided(*each) for number, *each in found["contents"]},
        told={number: Told(*each) for number, *each in found["told"]},
        report_to_notice=_some(found["report_to_notice"]),
        removed=found["removed"],
        report_to_removal=_some(found["report_to_removal"]),
        notice_to_removal={name: _some(each) for name, each in found["notice_to_removal"].items()},
        once={action: set(numbers) for action, numbers in found["once"].items()},
        feedback=found["feedback"],
        referrals=Counter(found["referrals"]),
        signals=found["signals"],
        reachable=found["reachable"],
    )


def _shares(found: dict[str, list[int] | None]) -> dict[str, Share | None]:
    return {name: None if pair is None else (pair[0], pair[1]) for name, pair in found.items()}


def _words(words: Words) -> tuple[list[str], str]:
    known, codes = words.packed()
    return known, _bytes(codes)


def _array(found: "array[int] | None") -> str | None:
    return None if found is None else _bytes(found.tobytes())


def _unarray(found: str | None) -> "array[int] | None":
    return None if found is None else _some(found)


def _some(found: str) -> "array[int]":
    return array("I", _unbytes(found))


def _bytes(found: bytes) -> str:
    return base64.b64encode(found).decode("ascii")


def _unbytes(found: str) -> bytes:
    return base64.b64decode(found)


def _packed(found: dict[str, Any]) -> bytes:
    return zlib.compress(json.dumps(found, separators=(",", ":")).encode(), 1)


def _unpacked(data: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(zlib.decompress(data))
    except (zlib.error, ValueError):
        raise IntegrityError(
            "what was kept of the figures cannot be read.", where="figures", advice="Run `rempart figures recount`."
        ) from None
    return found
