"""The app with codes that a made-up person would have on a phone. Import only once Django is set up."""

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

_STEP_SECONDS = 30


def code_now(secret: str) -> str:
    """The code that an app with this secret shows now (RFC 6238)."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // _STEP_SECONDS)))
