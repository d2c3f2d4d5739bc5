"""The node's adapters, each built once a process from its settings."""

from functools import cache

from django.conf import settings

from rempart.adapters.clock import Clock, clock_from_environment
from rempart.adapters.signing import Signer
from rempart.adapters.vault import Vault


@cache
def clock() -> Clock:
    return clock_from_environment()


@cache
def vault() -> Vault:
    return Vault(settings.HOME.vault, settings.HOME.keys.vault, settings.VAULT_MAX_FILE_BYTES)


@cache
def signer() -> Signer:
    return Signer(settings.HOME.keys.signing)
