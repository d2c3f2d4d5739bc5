import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.adapters.signing import Signer, verify
from rempart.core.errors import InputError

# RFC 8032, section 7.1, test 2.
SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_the_rfc_vector() -> None:
    signer = Signer(SEED)
    assert signer.public_key == PUBLIC
    assert signer.sign(b"\x72") == SIGNATURE
    assert verify(PUBLIC, SIGNATURE, b"\x72")
    assert signer.key_id == "39f713d0a644253f"


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.integers(0, 511))
def test_any_flipped_bit_fails(seed: bytes, data: bytes, bit: int) -> None:
    signer = Signer(seed)
    signature = signer.sign(data)
    assert verify(signer.public_key, signature, data)
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not verify(signer.public_key, bytes(flipped), data)
    assert not verify(signer.public_key, signature, data + b"!")


@given(st.binary(max_size=40), st.binary(max_size=70))
def test_malformed_parts_are_false_not_errors(public: bytes, signature: bytes) -> None:
    assert not verify(public, signature, b"data")


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_of_a_wrong_size_is_refused(size: int) -> None:
    with pytest.raises(InputError, match=f"not {size}"):
        Signer(bytes(size))
