"""An uploaded file recognised: its own hashes and every picture in it, looked up together and judged as one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rempart.matcher.edge import Call, unsupported
from rempart.matcher.lookup import Scope, find, strength, verdict_of
from rempart.matcher.media import Examined, Shown
from rempart.matcher.wire import Verdict
from rempart.signals.catalogue import Key
from rempart.signals.lists import Hit

_FEW_QUERIES = 16
"""Answered at once; more in a thread, so that others are answered meanwhile."""


class FrameHit(NamedTuple):
    """`shown` is None for the file itself and its first picture."""

    hit: Hit
    shown: Shown | None


@dataclass(frozen=True, slots=True)
class Recognised:
    """`hits` has each entry once, where it was nearest, the strongest first."""

    examined: Examined
    hits: list[FrameHit]
    verdict: Verdict


async def recognise(call: Call) -> Recognised:
    """Take the body in, examine it and look it up. Raises Refusal, InputError and LimitExceeded."""
    if call.media_type.startswith("multipart/"):
        raise unsupported("the file's bytes as the body, not a form")
    recogniser, desk = call.worker.recogniser, call.worker.media
    with desk.place() as intake:
        call.count(1)
        data = await intake.receive(call.chunks(), call.announced)
        examined = await desk.examine(data)
    queries, scope = examined.queries(), Scope.of(call.client, None)
    if len(queries) <= _FEW_QUERIES:
        found = find(recogniser, queries, scope)
    else:
        found = await asyncio.to_thread(find, recogniser, queries, scope)
    return Recognised(examined, nearest(examined, found), verdict_of_file(found))


def nearest(examined: Examined, found: Sequence[list[Hit]]) -> list[FrameHit]:
    """`found` is in the order of `examined.queries()`."""
    best: dict[Key, FrameHit] = {}
    for shown, hits in zip((None, *examined.frames), found, strict=True):
        for hit in hits:
            known = best.get(hit.entry.key)
            if known is None or strength(hit) < strength(known.hit):
                best[hit.entry.key] = FrameHit(hit, shown)
    return sorted(best.values(), key=lambda each: strength(each.hit))


def verdict_of_file(found: Sequence[list[Hit]]) -> Verdict:
    """The file itself decides if it is listed; else one picture that matches is enough, whatever the others show."""
    if any(hit.match == "exact" for hit in found[0]):
        return verdict_of(found[0])
    verdicts = {verdict_of(hits) for hits in found}
    return next(each for each in (Verdict.MATCH, Verdict.NOT_ILLEGAL, Verdict.NO_MATCH) if each in verdicts)
