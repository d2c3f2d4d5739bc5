"""A notice to a host that takes them by HTTP POST."""

from rempart.adapters.dns import Resolver, SystemResolver
from rempart.adapters.guarded_http import USER_AGENT, ConnectMap, GuardedHttp, Target
from rempart.core.errors import NotFound, NotPermitted, OutsideFailure, Rejected

_WORTH_ANOTHER_TRY = frozenset({408, 425, 429})


def post_notice(
    url: str,
    body: bytes,
    *,
    idempotency_key: str,
    timeout: float = 30.0,
    connect_map: ConnectMap | None = None,
    allow_loopback: bool = False,
    resolver: Resolver | None = None,
    user_agent: str = USER_AGENT,
) -> str:
    """POST `body` (JSON) and return the host's answer, such as `202 Accepted`.

    The same `idempotency_key` on every try of one notice lets the host recognise a repeat. Rejected: the host refused
    for good (4xx, a redirect, an address that is not public). OutsideFailure: worth another try (5xx, 408, 425, 429,
    network). InputError: no http(s) URL. Redirects are not followed: a notice goes only where it was addressed.
    """
    http = GuardedHttp(
        timeout=timeout,
        resolver=resolver if resolver is not None else SystemResolver(min(timeout, 5.0)),
        allow_loopback=allow_loopback,
        connect_map=connect_map or {},
        user_agent=user_agent,
    )
    headers = {"Content-Type": "application/json", "Idempotency-Key": idempotency_key}
    try:
        with http.exchange("POST", Target.parse(url), headers=headers, body=body) as answer:
            status, reply = answer.status, f"{answer.status} {answer.reason}".strip()
    except NotPermitted as error:
        raise Rejected(error.what, where="notice by HTTP", advice=error.advice) from error
    except NotFound as error:
        raise OutsideFailure(error.what, where="notice by HTTP", advice="Check the address for notices.") from error
    if 200 <= status < 300:
        return reply
    if status >= 500 or status in _WORTH_ANOTHER_TRY:
        raise OutsideFailure(f"the host put it off ({reply}).", where="notice by HTTP", advice="It is tried again.")
    raise Rejected(
        f"the host refused the notice ({reply}).",
        where="notice by HTTP",
        advice="Check the address for notices, or use mail.",
    )
