import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.adapters.vault import CHUNK_SIZE, ReportKey, Vault, lock_of, open_sealed, seal_for, sealing_key
from rempart.core.errors import (
    Conflict,
    InputError,
    IntegrityError,
    LimitExceeded,
    NotFound,
    NotPermitted,
    UnsafeStart,
)

NODE_KEY = bytes(range(32))
KEY = ReportKey(bytes(range(32, 64)))
OTHER_KEY = ReportKey(bytes(32))
HEADER = 27
SEALED_CHUNK = CHUNK_SIZE + 16


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, NODE_KEY, 4 * CHUNK_SIZE)


def put(vault: Vault, blob_id: str, *parts: bytes, key: bytes = KEY) -> None:
    with vault.writer(key, blob_id) as blob:
        for part in parts:
            blob.write(part)
        blob.commit()


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def stored(root: Path, blob_id: str) -> Path:
    (found,) = root.glob(f"*/{blob_id}")
    return found


SIZES = [0, 1, 1000, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE, 3 * CHUNK_SIZE + 5]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [70_001, 5 * CHUNK_SIZE])
def test_what_is_written_is_read(vault: Vault, size: int, step: int) -> None:
    content = os.urandom(size)
    put(vault, "blob-1", *(content[start : start + step] for start in range(0, size, step)))
    assert vault.read_all(KEY, "blob-1") == content
    assert all(len(chunk) <= CHUNK_SIZE for chunk in vault.reader(KEY, "blob-1"))


@settings(max_examples=30)
@given(st.lists(st.binary(max_size=2000), max_size=8), st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,30}", fullmatch=True))
def test_any_parts_under_any_id_round_trip(parts: list[bytes], blob_id: str) -> None:
    with TemporaryDirectory() as folder:
        vault = Vault(Path(folder), NODE_KEY, 10**6)
        put(vault, blob_id, *parts)
        assert vault.read_all(KEY, blob_id) == b"".join(parts)
        assert vault.exists(blob_id)


def test_neither_content_nor_keys_are_on_the_disk_in_the_clear(vault: Vault, tmp_path: Path) -> None:
    put(vault, "blob-1", b"test card " * 100)
    raw = stored(tmp_path, "blob-1").read_bytes()
    assert b"test card" not in raw
    assert KEY not in raw
    assert stored(tmp_path, "blob-1").stat().st_mode & 0o077 == 0


def test_the_same_content_twice_looks_different(vault: Vault, tmp_path: Path) -> None:
    put(vault, "blob-1", b"same")
    put(vault, "blob-2", b"same")
    assert stored(tmp_path, "blob-1").read_bytes()[HEADER:] != stored(tmp_path, "blob-2").read_bytes()[HEADER:]


@settings(max_examples=80)
@given(st.data())
def test_any_flipped_bit_is_found(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        vault = Vault(Path(folder), NODE_KEY, 10**6)
        put(vault, "blob-1", data.draw(st.binary(max_size=300)))
        path = stored(Path(folder), "blob-1")
        raw = bytearray(path.read_bytes())
        bit = data.draw(st.integers(0, len(raw) * 8 - 1))
        raw[bit // 8] ^= 1 << bit % 8
        path.write_bytes(raw)
        with pytest.raises(IntegrityError):
            vault.read_all(KEY, "blob-1")


@settings(max_examples=60)
@given(st.integers(0, HEADER + 2 * SEALED_CHUNK + 116 - 1))
def test_any_truncation_is_found(keep: int) -> None:
    with TemporaryDirectory() as folder:
        vault = Vault(Path(folder), NODE_KEY, 10**7)
        put(vault, "blob-1", bytes(2 * CHUNK_SIZE + 100))
        path = stored(Path(folder), "blob-1")
        os.truncate(path, keep)
        with pytest.raises(IntegrityError):
            vault.read_all(KEY, "blob-1")


def _swap_first_two(header: bytes, chunks: list[bytes]) -> bytes:
    return header + b"".join([chunks[1], chunks[0], *chunks[2:]])


TAMPERINGS: dict[str, Callable[[bytes, list[bytes]], bytes]] = {
    "swapped": _swap_first_two,
    "dropped first": lambda header, chunks: header + b"".join(chunks[1:]),
    "dropped last": lambda header, chunks: header + b"".join(chunks[:-1]),
    "repeated last": lambda header, chunks: header + b"".join([*chunks, chunks[-1]]),
    "repeated first": lambda header, chunks: header + b"".join([chunks[0], *chunks]),
    "appended bytes": lambda header, chunks: header + b"".join(chunks) + b"\0",
    "no chunks": lambda header, chunks: header,
    "other format": lambda header, chunks: b"RVB2" + header[4:] + b"".join(chunks),
}


@pytest.mark.parametrize("tamper", TAMPERINGS.values(), ids=list(TAMPERINGS))
def test_moved_dropped_and_repeated_chunks_are_found(
    vault: Vault, tmp_path: Path, tamper: Callable[[bytes, list[bytes]], bytes]
) -> None:
    put(vault, "blob-1", os.urandom(3 * CHUNK_SIZE))
    path = stored(tmp_path, "blob-1")
    raw = path.read_bytes()
    chunks = [raw[start : start + SEALED_CHUNK] for start in range(HEADER, len(raw), SEALED_CHUNK)]
    assert len(chunks) == 3
    path.write_bytes(tamper(raw[:HEADER], chunks))
    with pytest.raises(IntegrityError):
        vault.read_all(KEY, "blob-1")


def test_a_blob_under_another_name_or_key_does_not_open(vault: Vault, tmp_path: Path) -> None:
    put(vault, "blob-1", b"one")
    put(vault, "blob-2", b"two")
    stored(tmp_path, "blob-2").write_bytes(stored(tmp_path, "blob-1").read_bytes())
    with pytest.raises(IntegrityError):
        vault.read_all(KEY, "blob-2")
    with pytest.raises(IntegrityError):
        vault.read_all(OTHER_KEY, "blob-1")


def test_a_chunk_of_another_blob_of_the_same_report_does_not_fit(vault: Vault, tmp_path: Path) -> None:
    put(vault, "blob-1", bytes(2 * CHUNK_SIZE))
    put(vault, "blob-2", bytes(2 * CHUNK_SIZE))
    first, second = stored(tmp_path, "blob-1"), stored(tmp_path, "blob-2")
    second.write_bytes(second.read_bytes()[: HEADER + SEALED_CHUNK] + first.read_bytes()[HEADER + SEALED_CHUNK :])
    with pytest.raises(IntegrityError):
        vault.read_all(KEY, "blob-2")


def test_beyond_the_limit_nothing_remains(vault: Vault, tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded, match="larger than the limit"):
        put(vault, "blob-1", *[bytes(CHUNK_SIZE)] * 5)
    assert files(tmp_path) == []
    put(vault, "blob-2", bytes(4 * CHUNK_SIZE))
    assert vault.exists("blob-2")


def test_leaving_without_commit_leaves_nothing(vault: Vault, tmp_path: Path) -> None:
    with vault.writer(KEY, "blob-1") as blob:
        blob.write(b"half")
        assert not vault.exists("blob-1")
    assert files(tmp_path) == []
    with pytest.raises(NotFound):
        vault.reader(KEY, "blob-1")


def test_writing_outside_with_or_after_commit_is_refused(vault: Vault) -> None:
    blob = vault.writer(KEY, "blob-1")
    with pytest.raises(Conflict):
        blob.write(b"early")
    with blob:
        blob.write(b"whole")
        blob.commit()
        with pytest.raises(Conflict):
            blob.write(b"late")
        with pytest.raises(Conflict):
            blob.commit()
    assert vault.read_all(KEY, "blob-1") == b"whole"


def test_a_second_commit_of_an_id_replaces_it(vault: Vault, tmp_path: Path) -> None:
    put(vault, "blob-1", b"first try")
    put(vault, "blob-1", b"second try")
    assert vault.read_all(KEY, "blob-1") == b"second try"
    assert len(files(tmp_path)) == 1


def test_delete_is_idempotent(vault: Vault) -> None:
    put(vault, "blob-1", b"x")
    vault.delete("blob-1")
    vault.delete("blob-1")
    assert not vault.exists("blob-1")


@pytest.mark.parametrize("blob_id", ["", ".", "..", "../x", "a/b", "-x", ".x.tmp", "a\0", "é", "a" * 129, "a\n"])
def test_ids_that_could_leave_the_vault_are_refused(vault: Vault, blob_id: str) -> None:
    with pytest.raises(InputError):
        vault.writer(KEY, blob_id)
    with pytest.raises(InputError):
        vault.exists(blob_id)


def test_ids_with_a_common_prefix_spread_over_folders(vault: Vault, tmp_path: Path) -> None:
    for number in range(64):
        put(vault, f"20260105-{number:04}", b"")
    assert len(list(tmp_path.iterdir())) > 32


def test_sweep_removes_old_orphans_and_temporaries_only(vault: Vault, tmp_path: Path) -> None:
    for blob_id in ("known", "orphan", "young"):
        put(vault, blob_id, b"x")
    abandoned = vault.writer(KEY, "abandoned")
    abandoned.__enter__()
    (temporary,) = tmp_path.glob("*/.abandoned.*.tmp")
    past = time.time() - 7200
    for path in (stored(tmp_path, "known"), stored(tmp_path, "orphan"), temporary):
        os.utime(path, (past, past))
    removed = vault.sweep(lambda blob_id: blob_id == "known", 3600)
    assert sorted(removed) == sorted(["orphan", temporary.name])
    assert sorted(path.name for path in files(tmp_path)) == ["known", "young"]
    abandoned.__exit__(None, None, None)


@given(st.text(max_size=40), st.binary(max_size=200), st.binary(max_size=40))
def test_keys_and_texts_open_only_in_their_place(report_ref: str, text: bytes, context: bytes) -> None:
    vault = Vault(Path("unused"), NODE_KEY, 0)
    key = vault.new_report_key()
    wrapped = vault.wrap(key, report_ref)
    assert vault.unwrap(wrapped, report_ref) == key
    with pytest.raises(IntegrityError):
        vault.unwrap(wrapped, report_ref + "x")
    with pytest.raises(IntegrityError):
        Vault(Path("unused"), bytes(32), 0).unwrap(wrapped, report_ref)
    sealed = vault.seal(key, text, context)
    assert vault.open(key, sealed, context) == text
    with pytest.raises(IntegrityError):
        vault.open(key, sealed, context + b"x")
    with pytest.raises(IntegrityError):
        vault.open(OTHER_KEY, sealed, context)


@given(st.binary(max_size=100))
def test_garbage_never_opens(garbage: bytes) -> None:
    vault = Vault(Path("unused"), NODE_KEY, 0)
    with pytest.raises(IntegrityError):
        vault.open(KEY, garbage, b"context")
    with pytest.raises(IntegrityError):
        vault.unwrap(garbage, "report")


def test_keys_have_one_size_and_hide_themselves(vault: Vault) -> None:
    with pytest.raises(InputError):
        ReportKey(b"short")
    with pytest.raises(UnsafeStart):
        Vault(Path("unused"), b"short", 0)
    key = vault.new_report_key()
    assert key.hex() not in f"{key!r} {key} {[key]}"
    assert repr(key) == "ReportKey(hidden)"


@given(st.text(max_size=40), st.binary(max_size=200), st.binary(max_size=40))
def test_who_only_seals_opens_nothing(report_ref: str, text: bytes, context: bytes) -> None:
    """What a taken-over public process could do: add, and read nothing back, its own reports included."""
    whole = Vault(Path("unused"), NODE_KEY, 0)
    public = Vault(Path("unused"), None, 0, sealing_key(NODE_KEY))
    key = public.new_report_key()
    wrapped = public.wrap(key, report_ref)
    assert len(wrapped) == 80
    with pytest.raises(NotPermitted):
        public.unwrap(wrapped, report_ref)
    with pytest.raises(NotPermitted):
        public.unwrap(whole.wrap(key, report_ref), report_ref)
    assert whole.unwrap(wrapped, report_ref) == key
    assert whole.open(key, public.seal(key, text, context), context) == text
    with pytest.raises(IntegrityError):
        whole.unwrap(wrapped, report_ref + "x")
    with pytest.raises(IntegrityError):
        Vault(Path("unused"), bytes(32), 0).unwrap(wrapped, report_ref)


@given(st.binary(max_size=200), st.binary(max_size=40), st.integers(0, 10_000))
def test_a_message_opens_with_its_reports_key_alone(text: bytes, context: bytes, at: int) -> None:
    key, other = ReportKey(KEY), ReportKey(OTHER_KEY)
    sealed = seal_for(lock_of(key), text, context)
    assert open_sealed(key, sealed, context) == text
    assert seal_for(lock_of(key), text, context) != sealed
    for wrong_key, wrong_context in ((other, context), (key, context + b"x")):
        with pytest.raises(IntegrityError):
            open_sealed(wrong_key, sealed, wrong_context)
    flipped = bytearray(sealed)
    flipped[at % len(sealed)] ^= 1
    with pytest.raises(IntegrityError):
        open_sealed(key, bytes(flipped), context)


def test_a_vault_needs_one_of_its_halves() -> None:
    with pytest.raises(UnsafeStart, match="neither"):
        Vault(Path("unused"), None, 0)
    assert sealing_key(NODE_KEY) != sealing_key(bytes(32))
    assert NODE_KEY not in (sealing_key(NODE_KEY), lock_of(ReportKey(NODE_KEY)))
