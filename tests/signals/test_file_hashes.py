import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.signals.fingerprint import FileHasher, FileHashes, file_hashes


def test_known_digests_of_abc():
    assert file_hashes([b"abc"]) == FileHashes(
        md5="900150983cd24fb0d6963f7d28e17f72",
        sha1="a9993e364706816aba3e25717850c26c9cd0d89d",
        sha256="ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        size=3,
    )


@pytest.mark.parametrize("chunks", [[], [b""], [b"", b""]])
def test_an_empty_file_has_the_empty_digests(chunks):
    assert file_hashes(chunks).md5 == "d41d8cd98f00b204e9800998ecf8427e"
    assert file_hashes(chunks).size == 0


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_cutting_into_chunks_changes_nothing(chunks):
    whole = b"".join(chunks)
    hashes = file_hashes(iter(chunks))
    assert hashes == file_hashes([whole])
    assert hashes.sha256 == hashlib.sha256(whole).hexdigest()
    assert hashes.size == len(whole)


def test_chunks_are_consumed_once_and_lazily():
    taken = []

    def source():
        for piece in (b"one", b"two"):
            taken.append(piece)
            yield piece

    file_hashes(source())
    assert taken == [b"one", b"two"]


def test_finish_may_be_asked_on_the_way():
    hasher = FileHasher()
    hasher.update(b"ab")
    assert hasher.finish() == file_hashes([b"ab"])
    hasher.update(memoryview(b"c"))
    assert hasher.finish() == file_hashes([b"abc"])
