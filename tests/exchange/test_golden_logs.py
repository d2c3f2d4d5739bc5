"""Golden logs: files under `golden/` that any implementation makes from the same keys and openings, byte for byte."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from exchange.log_cases import KEY, NOON, SIGNER, WITNESSES, MemoryStore, all_cosign, assert_valid, published, writer

from rempart.adapters.signing import verify
from rempart.core.vocabulary import FingerprintType
from rempart.exchange.checkpoints import open_checkpoint
from rempart.exchange.signals import CATEGORIES, Action, Reason, Signal, SignalBasis, encode
from rempart.formats.signed_note import read_vkey

GOLDEN = Path(__file__).parent / "golden"
_SIZES = {"md5": 16, "sha1": 20, "sha256": 32, "pdq": 32, "photodna": 144}


def opening(number: int) -> bytes:
    """The opening of entry `number`: salt and value are SHA-512s of plain words; every tenth entry is padding."""
    salt = hashlib.sha512(f"salt {number}".encode()).digest()[:16]
    if number % 10 == 9:
        return salt
    kind = list(_SIZES)[number % 5]
    value = hashlib.sha512(f"benign {number}".encode()).digest()[: _SIZES[kind]]
    if kind == "photodna":
        value = (value.hex() * 2)[: _SIZES[kind]].encode()
    action = Action(1 + number % 4)
    signal = Signal(action, FingerprintType(kind), value, number // 5, NOON + number)
    if action.lists:
        basis = SignalBasis.IMPORTED if number % 3 == 0 else SignalBasis.OWN_ANALYSIS
        return salt + encode(signal._replace(category=CATEGORIES[number % 6], basis=basis, verifiers=1 + number % 3))
    return salt + encode(signal._replace(reason=list(Reason)[number % 4]))


def small() -> MemoryStore:
    """Three batches, each cosigned; the last fills a bundle and begins another."""
    store = MemoryStore()
    log = writer(store)
    for start, end in ((0, 4), (4, 8), (8, 264)):
        log.append([opening(number) for number in range(start, end)], all_cosign)
    return store


def erased() -> MemoryStore:
    """Sixteen entries, the fourth of which was erased."""
    store = MemoryStore()
    log = writer(store)
    log.append([opening(number) for number in range(16)])
    log.erase(3)
    return store


LOGS = {"small": small, "erased": erased}


def files_of(name: str) -> dict[str, bytes]:
    folder = GOLDEN / name
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("name", "build"), LOGS.items())
def test_a_golden_log_is_built_again_byte_for_byte(name: str, build: Callable[[], MemoryStore]) -> None:
    built, kept = build().files, files_of(name)
    assert sorted(built) == sorted(kept)
    assert [path for path in kept if built[path] != kept[path]] == []


@pytest.mark.parametrize("name", LOGS)
def test_a_golden_log_is_valid(name: str) -> None:
    assert_valid(MemoryStore(files_of(name)))


def test_the_golden_keys_are_those_named_beside_them() -> None:
    named = [read_vkey(line) for line in (GOLDEN / "vkeys").read_text().splitlines()]
    assert named == [KEY, *(key for key, _ in WITNESSES)]
    note = files_of("small")["checkpoint"].decode()
    assert len(open_checkpoint(note, named[0], named[1:], verify).witnessed) == 3


def test_the_golden_root_follows_from_the_entries_by_the_definition() -> None:
    """Computed here from the bytes of the files alone."""
    files = files_of("small")
    data = files["tile/entries/000"] + files["tile/entries/001.p/8"]
    entries = [data[at + 2 : at + 34] for at in range(0, len(data), 34)]
    tag = b"rempart/signal/1\0"
    assert entries == [hashlib.sha256(tag + opening(number)).digest() for number in range(264)]

    def root(start: int, end: int) -> bytes:
        if end - start == 1:
            return hashlib.sha256(b"\0" + entries[start]).digest()
        split = 1
        while split * 2 < end - start:
            split *= 2
        return hashlib.sha256(b"\1" + root(start, start + split) + root(start + split, end)).digest()

    assert root(0, 264) == published(MemoryStore(files)).root
    assert SIGNER.public_key == read_vkey((GOLDEN / "vkeys").read_text().splitlines()[0]).public
