"""A security key in software (WebAuthn level 2, ES256, attestation "none"), as a browser would speak for it."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

UP_UV = 0x05


@dataclass
class SoftwareKey:
    host: str = "testserver"
    origin: str = "https://testserver"
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def create(self, options: str) -> str:
        """The answer to an offer to register."""
        public = ES256.from_cryptography_key(self.private.public_key())
        credential = AttestedCredentialData.create(bytes(16), self.credential_id, public)
        data = AuthenticatorData.create(self._host(), UP_UV | AuthenticatorData.FLAG.AT, 0, credential)
        attestation = AttestationObject.create("none", data, {})
        return self._answer(
            {
                "clientDataJSON": self._client("webauthn.create", options),
                "attestationObject": websafe_encode(bytes(attestation)),
                "transports": ["usb"],
            }
        )

    def get(self, options: str) -> str:
        """The answer to a challenge at login."""
        client = self._client("webauthn.get", options)
        data = bytes(AuthenticatorData.create(self._host(), UP_UV, 1))
        signed = data + hashlib.sha256(websafe_decode(client)).digest()
        return self._answer(
            {
                "clientDataJSON": client,
                "authenticatorData": websafe_encode(data),
                "signature": websafe_encode(self.private.sign(signed, ec.ECDSA(SHA256()))),
                "userHandle": None,
            }
        )

    def _host(self) -> bytes:
        return hashlib.sha256(self.host.encode()).digest()

    def _client(self, kind: str, options: str) -> str:
        challenge = json.loads(options)["publicKey"]["challenge"]
        return websafe_encode(json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode())

    def _answer(self, response: dict[str, object]) -> str:
        number = websafe_encode(self.credential_id)
        whole = {"id": number, "rawId": number, "type": "public-key", "response": response}
        return json.dumps({**whole, "clientExtensionResults": {}, "authenticatorAttachment": "cross-platform"})
