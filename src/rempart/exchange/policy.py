"""The policy of a list: whose words make an entry, and whose take it away.

Its canonical JSON is one byte string for each policy; the SHA-256 over it names the policy wherever a list goes.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType
from rempart.exchange.signals import CATEGORIES, SignalBasis
from rempart.formats.signed_json import canonical_json

KINDS = (
    FingerprintType.MD5,
    FingerprintType.SHA1,
    FingerprintType.SHA256,
    FingerprintType.PDQ,
    FingerprintType.PHOTODNA,
)
MAX_REVISION = 4095
MAX_GOVERNMENTS = 1000
MAX_MEMBERS = 1000
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._ -]{0,118}[A-Za-z0-9])?", re.ASCII)
_ORIGIN = re.compile(r"[!-*,-~]{1,200}", re.ASCII)


class Vetoes(StrEnum):
    """Whose disputes keep a fingerprint off the list: those of any active member, of nobody, or of members by name."""

    ANY = "any"
    NONE = "none"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class Policy:
    """What makes an entry: so many governments (`governments`, at least 1) whose words count.

    A word counts with one of these bases, categories and kinds, by one of `members` (none named: by every active
    member), except by `excluded`, whose words list nothing and veto nothing. Members are named by their log's origin.
    `revision` goes up with each change of a list's policy, so that its sequence does too. Raises InputError.
    """

    name: str
    governments: int = 2
    bases: tuple[SignalBasis, ...] = (SignalBasis.OWN_ANALYSIS,)
    categories: tuple[str, ...] = CATEGORIES
    kinds: tuple[FingerprintType, ...] = KINDS
    members: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    vetoes: Vetoes = Vetoes.ANY
    vetoers: tuple[str, ...] = ()
    revision: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise _wrong("name", "It has up to 120 letters, digits, spaces, dots and hyphens.")
        _check_number("governments", self.governments, MAX_GOVERNMENTS)
        _check_number("revision", self.revision, MAX_REVISION)
        _check_choice("bases", self.bases, tuple(SignalBasis))
        _check_choice("categories", self.categories, CATEGORIES)
        _check_choice("kinds", self.kinds, KINDS)
        for name in ("members", "excluded", "vetoers"):
            _check_origins(name, getattr(self, name))
        if set(self.members) & set(self.excluded):
            raise _wrong("excluded", "A member is either subscribed to or excluded.")
        if not isinstance(self.vetoes, Vetoes):
            raise _wrong("vetoes", f"Choose from: {', '.join(Vetoes)}.")
        if (self.vetoes is Vetoes.NAMED) != bool(self.vetoers):
            raise _wrong("vetoers", "They are named for the vetoes `named`, and only there.")

    @classmethod
    def of(cls, name: str, **given: Any) -> Self:
        """The policy from choices in any order; what was not given is as it is by default. Raises InputError."""
        for field, order in (("bases", tuple(SignalBasis)), ("categories", CATEGORIES), ("kinds", KINDS)):
            if field in given:
                chosen = {str(each) for each in given[field]}
                given[field] = tuple(each for each in order if each in chosen)
                if len(given[field]) != len(chosen):
                    raise _wrong(field, f"Choose from: {', '.join(order)}.")
        for field in ("members", "excluded", "vetoers"):
            if field in given:
                given[field] = tuple(sorted(set(given[field])))
        return cls(name, **given)

    def revised(self, **changes: Any) -> Self:
        """The policy after a change; itself where nothing changes."""
        values = {each.name: getattr(self, each.name) for each in fields(self)} | changes
        wished = type(self).of(**values)
        return self if wished == self else replace(wished, revision=self.revision + 1)

    @property
    def document(self) -> dict[str, Any]:
        """What `policy_from` reads: plain values, with the names of the fields."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @property
    def canonical(self) -> bytes:
        """JSON with sorted keys and without spaces."""
        return canonical_json(self.document)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.canonical).hexdigest()


def policy_from(document: Mapping[str, Any]) -> Policy:
    """The policy that a document spells out in full, in its one order; raises InputError for any other."""
    if set(document) != {each.name for each in fields(Policy)}:
        raise InputError("A policy lacks a field or has one too many.", where="policy")
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in document.items()
    }
    try:
        values["bases"] = tuple(SignalBasis(each) for each in values["bases"])
        values["kinds"] = tuple(FingerprintType(each) for each in values["kinds"])
        values["vetoes"] = Vetoes(values["vetoes"])
    except (TypeError, ValueError):
        raise InputError("A policy's basis, kind or veto is unknown.", where="policy") from None
    return Policy(**values)


def own(origin: str) -> Policy:
    """What this node's own hotline signed and did not take back; others' disputes are shown to it, not obeyed."""
    return Policy("own", governments=1, members=(origin,), vetoes=Vetoes.NONE)


def _check_number(name: str, value: Any, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise _wrong(name, f"It is a whole number from 1 to {most}.")


def _check_choice(name: str, chosen: Any, order: tuple[str, ...]) -> None:
    if not isinstance(chosen, tuple) or not chosen or chosen != tuple(each for each in order if each in chosen):
        raise _wrong(name, f"It names at least one of these, in their order: {', '.join(order)}.")


def _check_origins(name: str, origins: Any) -> None:
    if not isinstance(origins, tuple) or len(origins) > MAX_MEMBERS:
        raise _wrong(name, f"It names at most {MAX_MEMBERS} members.")
    if not all(isinstance(each, str) and _ORIGIN.fullmatch(each) for each in origins):
        raise _wrong(name, "A member is named by its log's origin.")
    if list(origins) != sorted(set(origins)):
        raise _wrong(name, "Members are named once, in ascending order.")


def _wrong(name: str, advice: str) -> InputError:
    return InputError(f"The policy's `{name}` is not as it should be.", where="policy", advice=advice)


ALLIANCE = Policy("alliance")
"""What two governments found themselves and nobody disputes."""
