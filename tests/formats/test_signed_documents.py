"""Canonical JSON, signed envelopes and referral files."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.core.errors import InputError, IntegrityError
from rempart.core.vocabulary import Characteristic, FingerprintType, Legality, Offence
from rempart.formats.referral_file import SCHEMA, HostingFact, ReferredItem, build_referral
from rempart.formats.signed_json import canonical_json, sign_document, verify_document

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY_ID = "member-fr/2024"
MOMENT = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
ITEM = ReferredItem(
    url="https://files.example/a",
    fingerprints={FingerprintType.SHA256: "ab" * 32},
    legality=Legality.BASELINE,
    assessed_at=MOMENT,
    offences=frozenset({Offence.DISTRIBUTION}),
    characteristics=frozenset({Characteristic.COMMERCIAL}),
    hosting=HostingFact(MOMENT, ip="192.0.2.7", country="NL"),
)
ARGUMENTS: dict[str, Any] = {
    "referral_id": "r-1",
    "created_at": MOMENT,
    "sender": "FR",
    "recipient": "NL",
    "reason": "hosted in NL",
    "legal_basis": "agreement, article 3",
    "items": (ITEM,),
}
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.text(), PLAIN, max_size=3)


def verify(key_id: str, message: bytes, signature: bytes) -> bool:
    if key_id != KEY_ID:
        return False
    try:
        KEY.public_key().verify(signature, message)
    except InvalidSignature:
        return False
    return True


@given(OBJECTS)
def test_canonical_json_is_json_and_stable(obj: dict[str, Any]) -> None:
    text = canonical_json(obj)
    assert json.loads(text) == obj
    assert canonical_json(json.loads(text)) == text
    assert canonical_json(dict(reversed(obj.items()))) == text


@pytest.mark.parametrize(
    "obj", [math.nan, {"a": math.inf}, {1: "a"}, {"a": b"x"}, {"a": "\ud800"}, {"a": {2: 1}}, {1j}]
)
def test_what_has_no_canonical_form_is_refused(obj: object) -> None:
    with pytest.raises(InputError):
        canonical_json(obj)


def test_deep_values_are_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InputError):
        canonical_json(deep)


@given(OBJECTS)
def test_a_signed_document_comes_back(obj: dict[str, Any]) -> None:
    assert verify_document(sign_document(canonical_json(obj), KEY.sign, KEY_ID), verify) == obj


SIGNED = sign_document(canonical_json(build_referral(**ARGUMENTS)), KEY.sign, KEY_ID)


@given(st.integers(0, len(SIGNED) * 8 - 1))
@settings(max_examples=400)
def test_any_flipped_bit_is_noticed(bit: int) -> None:
    damaged = bytearray(SIGNED)
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(IntegrityError):
        verify_document(bytes(damaged), verify)


@given(st.integers(0, len(SIGNED)), st.binary(min_size=1, max_size=3))
def test_inserted_bytes_and_cuts_are_noticed(at: int, extra: bytes) -> None:
    for damaged in (SIGNED[:at] + extra + SIGNED[at:], SIGNED[: at - 1] if at else b""):
        with pytest.raises(IntegrityError):
            verify_document(damaged, verify)


def test_another_key_name_or_unsigned_spelling_is_noticed() -> None:
    envelope = json.loads(SIGNED)
    for changed in (envelope | {"key_id": "member-nl/2024"}, envelope | {"alg": "none"}, envelope | {"more": 1}):
        with pytest.raises(IntegrityError):
            verify_document(canonical_json(changed), verify)
    with pytest.raises(IntegrityError):
        verify_document(json.dumps(envelope, indent=1).encode(), verify)


def test_the_key_name_is_covered_by_the_signature() -> None:
    payload = canonical_json({"a": 1})
    envelope = json.loads(sign_document(payload, KEY.sign, "other-key"))
    with pytest.raises(IntegrityError):
        verify_document(canonical_json(envelope | {"key_id": KEY_ID}), verify)


@given(st.binary(max_size=200))
def test_random_bytes_are_no_document(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        verify_document(data, verify)


@pytest.mark.parametrize("payload", [b"[1]", b"not json", b"\xff"])
def test_a_signed_payload_must_be_an_object(payload: bytes) -> None:
    with pytest.raises(InputError):
        verify_document(sign_document(payload, KEY.sign, KEY_ID), verify)


def test_a_key_name_cannot_carry_other_fields() -> None:
    with pytest.raises(InputError):
        sign_document(b"{}", KEY.sign, "a\x00b")


def test_a_referral_holds_the_facts_in_plain_words() -> None:
    referral = build_referral(**ARGUMENTS)
    assert (referral["schema"], referral["from"], referral["to"]) == (SCHEMA, "FR", "NL")
    assert referral["created_at"] == "2024-03-01T12:00:00Z"
    (item,) = referral["items"]
    assert item["fingerprints"] == {"sha256": "ab" * 32}
    assert (item["legality"], item["offences"], item["hosting"]["country"]) == ("baseline", ["distribution"], "NL")
    assert json.loads(canonical_json(referral)) == referral


@pytest.mark.parametrize(
    "changes",
    [
        {"items": ()},
        {"reason": " "},
        {"legal_basis": ""},
        {"referral_id": ""},
        {"created_at": datetime(2024, 1, 1)},
        {"items": (replace(ITEM, url=None, fingerprints={}),)},
    ],
)
def test_incomplete_referrals_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        build_referral(**(ARGUMENTS | changes))
