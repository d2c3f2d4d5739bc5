"""Signals: a member's signed opinion on one fingerprint, one byte string for each meaning.

A signal speaks for its member from its place in the log on: the member's last word on a fingerprint counts. `ADD` lists
it, `CORRECT` replaces what was said of a listed one, `WITHDRAW` takes back whatever was said, `DISPUTE` speaks against
others' listing it. Bytes (big-endian):

    1   version 1 (upper four bits), action
    1   type of fingerprint          1 md5, 2 sha1, 3 sha256, 4 pdq, 5 photodna
    2   length of the value          photodna only
    n   value                        a PDQ in the byte order of its hex, photodna as the text it was carried as
    6   content                      a number that the member gave the content, the same for all its fingerprints
    5   time                         seconds since 1970, UTC
    1   category (upper), basis      ADD and CORRECT
    1   verifiers                    ADD and CORRECT: how many people or bodies confirmed it, 1 to 255
    1   reason                       WITHDRAW
    1   opinion                      DISPUTE
"""

from enum import IntEnum, StrEnum
from typing import NamedTuple

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType

VERSION = 1
MAX_SIGNAL = 1200
MAX_CONTENT = 2**48 - 1
MAX_TIME = 2**40 - 1
_MAX_PHOTODNA = 1024


class Action(IntEnum):
    ADD = 1
    CORRECT = 2
    WITHDRAW = 3
    DISPUTE = 4

    @property
    def lists(self) -> bool:
        return self <= Action.CORRECT


class SignalBasis(StrEnum):
    """Whether the member analysed the content itself; what it took over from others counts for no government."""

    OWN_ANALYSIS = "own_analysis"
    IMPORTED = "imported"


class Reason(StrEnum):
    """Why a signal is withdrawn, or what speaks against others' listing."""

    MISTAKE = "mistake"
    LAWFUL = "lawful"
    ERASURE = "erasure"
    OTHER = "other"


CATEGORIES = ("baseline", "national", "A1", "A2", "B1", "B2")
"""Legal categories by code from 1 on."""
_KINDS = (
    FingerprintType.MD5,
    FingerprintType.SHA1,
    FingerprintType.SHA256,
    FingerprintType.PDQ,
    FingerprintType.PHOTODNA,
)
_SIZES = (16, 20, 32, 32, 0)
SIZES = {kind: size for kind, size in zip(_KINDS, _SIZES, strict=True) if size}
"""Bytes of a value, of the kinds that have one size."""
_BASES = tuple(SignalBasis)
_REASONS = tuple(Reason)
_KIND_CODES = {kind: code for code, kind in enumerate(_KINDS, 1)}
_CATEGORY_CODES = {name: code for code, name in enumerate(CATEGORIES, 1)}
_BASIS_CODES = {basis: code for code, basis in enumerate(_BASES, 1)}
_REASON_CODES = {reason: code for code, reason in enumerate(_REASONS, 1)}
# By their bytes, for reading: a follower decodes millions.
_ACTIONS = {bytes([VERSION << 4 | action]): action for action in Action}
_FORMS = {bytes([code]): (kind, size) for code, (kind, size) in enumerate(zip(_KINDS, _SIZES, strict=True), 1)}
_JUDGEMENTS = {
    category << 4 | basis: (CATEGORIES[category - 1], _BASES[basis - 1])
    for category in _CATEGORY_CODES.values()
    for basis in _BASIS_CODES.values()
}


class Signal(NamedTuple):
    """`at` is in seconds since 1970. `category`, `basis` and `verifiers` are of ADD and CORRECT, `reason` of others."""

    action: Action
    kind: FingerprintType
    value: bytes
    content: int
    at: int
    category: str = ""
    basis: SignalBasis | None = None
    verifiers: int = 0
    reason: Reason | None = None

    def __repr__(self) -> str:
        """Without the fingerprint, which no log line may hold."""
        return f"Signal({self.action.name}, {self.kind})"


def encode(signal: Signal) -> bytes:
    """The signal's only byte string. Raises InputError, which does not repeat the value, for what has none."""
    code = _KIND_CODES.get(signal.kind)
    size = _SIZES[code - 1] if code else -1
    if code is None or not (len(signal.value) == size or (size == 0 and _is_photodna(signal.value))):
        raise _wrong("fingerprint")
    if not 0 <= signal.content <= MAX_CONTENT or not 0 <= signal.at <= MAX_TIME:
        raise _wrong("content or time")
    length = b"" if size else len(signal.value).to_bytes(2, "big")
    head = bytes([VERSION << 4 | signal.action, code]) + length + signal.value
    return head + signal.content.to_bytes(6, "big") + signal.at.to_bytes(5, "big") + _opinion(signal)


def decode(data: bytes) -> Signal:
    """The signal behind its only byte string. Raises InputError for any other, without repeating it."""
    action, (kind, size) = _ACTIONS.get(data[:1]), _FORMS.get(data[1:2], (None, 0))
    if action is None or kind is None:
        raise _wrong("head")
    start = 2
    if not size:
        start, size = 4, int.from_bytes(data[2:4], "big")
    end = start + size
    value, lists = data[start:end], action <= Action.CORRECT
    if len(data) != end + (13 if lists else 12) or (start == 4 and not _is_photodna(value)):
        raise _wrong("length")
    content, at = int.from_bytes(data[end : end + 6], "big"), int.from_bytes(data[end + 6 : end + 11], "big")
    if lists:
        category, basis = _JUDGEMENTS.get(data[end + 11], ("", None))
        if not category or not data[end + 12]:
            raise _wrong("category, basis or verifiers")
        return Signal(action, kind, value, content, at, category, basis, data[end + 12])
    if not 1 <= data[end + 11] <= len(_REASONS):
        raise _wrong("reason")
    return Signal(action, kind, value, content, at, reason=_REASONS[data[end + 11] - 1])


def _opinion(signal: Signal) -> bytes:
    if not signal.action.lists:
        if signal.reason is None or signal.category or signal.basis is not None or signal.verifiers:
            raise _wrong("reason")
        return bytes([_REASON_CODES[signal.reason]])
    category = _CATEGORY_CODES.get(signal.category)
    if category is None or signal.basis is None or not 1 <= signal.verifiers <= 255 or signal.reason is not None:
        raise _wrong("category, basis or verifiers")
    return bytes([category << 4 | _BASIS_CODES[signal.basis], signal.verifiers])


def _is_photodna(value: bytes) -> bool:
    return 1 <= len(value) <= _MAX_PHOTODNA and value.isascii() and value.decode("ascii").isprintable()


def _wrong(part: str) -> InputError:
    return InputError(f"a signal's {part} is not as the format has it.", where="signal")
