"""What allauth's second factors need to know of this node."""

import base64

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings

from rempart.node import runtime
from rempart.node.staff.models import StaffMember

_SEALED_AS = b"staff second factor"


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of factors are sealed under the node's key: the database alone gives no codes."""

    def encrypt(self, text: str) -> str:
        sealed = runtime.vault().seal(settings.HOME.keys.factors, text.encode(), _SEALED_AS)
        return base64.b64encode(sealed).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        sealed = base64.b64decode(encrypted_text)
        return runtime.vault().open(settings.HOME.keys.factors, sealed, _SEALED_AS).decode()

    def get_totp_issuer(self) -> str:
        return settings.ORGANISATION

    def get_totp_label(self, user: StaffMember) -> str:
        return user.username

    def generate_authenticator_name(self, user: StaffMember, type: Authenticator.Type) -> str:
        return "Security key"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": context.request.get_host().partition(":")[0], "name": settings.ORGANISATION}

    def get_public_key_credential_user_entity(self, user: StaffMember) -> dict[str, object]:
        # Not the plain row number: keys store it in the clear.
        return {"id": f"staff-{user.pk}".encode(), "display_name": str(user), "name": user.username}
