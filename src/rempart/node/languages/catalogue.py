"""The sentences of the public pages, and what shipped as their translations."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rempart.node import tongues
from rempart.node.languages import po

LISTED = Path(__file__).parent / "data" / "sentences.json"
"""Every public sentence in the order of the pages; `scripts/messages.py` writes it."""
Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """`english` has two forms where a number chooses; `place` is the page or module it stands in."""

    key: str
    context: str | None
    english: Texts
    place: str


@dataclass(frozen=True, slots=True)
class Shipped:
    """What came with the program: texts by the key of their sentence, and which of them machines made."""

    texts: Mapping[str, Texts]
    machine_made: frozenset[str]


@cache
def sentences() -> Mapping[str, Sentence]:
    """By key, in the order of the pages."""
    listed = json.loads(LISTED.read_text(encoding="utf-8"))
    found = (
        Sentence(po.key_of(one["context"], one["en"]), one["context"], tuple(one["en"]), one["where"]) for one in listed
    )
    return {one.key: one for one in found}


@cache
def translated() -> list[str]:
    """Languages with a translation, English left out, by their English name."""
    codes = [code for code in tongues.OFFICIAL if code != tongues.SOURCE and tongues.compiled(code).exists()]
    return sorted(codes, key=tongues.english_name)


@cache
def shipped(language: str) -> Shipped:
    texts, machine = po.read_compiled(tongues.compiled(language).read_bytes())
    return Shipped(texts, frozenset(texts) if machine is None else machine)
