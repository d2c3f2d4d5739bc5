"""The node's adapters, each built once a process from its settings."""

from functools import cache

from django.conf import settings

from rempart.adapters.availability import AvailabilityChecker
from rempart.adapters.clock import Clock, clock_from_environment
from rempart.adapters.dns import Resolver
from rempart.adapters.geo import IpLocator
from rempart.adapters.guarded_http import GuardedHttp
from rempart.adapters.mail import Mailer
from rempart.adapters.rdap import RdapClient
from rempart.adapters.signing import Signer
from rempart.adapters.vault import Vault
from rempart.core.deadlines import NoticePlan
from rempart.node.hosting import outside


@cache
def clock() -> Clock:
    return clock_from_environment()


@cache
def vault() -> Vault:
    keys = settings.HOME.keys
    return Vault(settings.HOME.vault, keys.vault, settings.VAULT_MAX_FILE_BYTES, keys.sealing)


@cache
def signer() -> Signer:
    return Signer(settings.HOME.keys.signing)


@cache
def resolver() -> Resolver:
    return outside.resolver()


@cache
def locator() -> IpLocator:
    return outside.locator()


@cache
def rdap() -> RdapClient | None:
    return outside.rdap(resolver())


@cache
def mailer() -> Mailer | None:
    return outside.mailer()


@cache
def asker() -> GuardedHttp:
    return outside.asker(resolver())


@cache
def poster() -> outside.Poster:
    return outside.poster(resolver())


@cache
def checker() -> AvailabilityChecker:
    return outside.checker(resolver())


@cache
def notice_plan() -> NoticePlan:
    return outside.notice_plan()
