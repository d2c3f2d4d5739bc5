"""Is it still there? One request, answered by status and headers alone; content is never read, kept or shown."""

from collections.abc import Mapping
from dataclasses import dataclass

from rempart.adapters.dns import Resolver, SystemResolver
from rempart.adapters.guarded_http import USER_AGENT, ConnectMap, GuardedHttp, Target
from rempart.core.errors import InputError, NotFound, NotPermitted, OutsideFailure
from rempart.core.vocabulary import Availability

MAX_REDIRECTS = 5
_GONE = frozenset({404, 410, 451})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_UNCLEAR = frozenset({408, 425, 429})
# A server that honours the range sends one byte at most; none is read in any case.
_HEADERS: Mapping[str, str] = {"Accept": "*/*", "Range": "bytes=0-0", "Connection": "close"}


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """`status`: the last HTTP status; `how`: http, tor, dns or none; `detail`: plain words, without the URL's path."""

    availability: Availability
    status: int | None
    how: str
    detail: str


def judge(status: int) -> Availability:
    """What a final status says. Only the host's plain word counts as gone.

    GONE: 404, 410, 451. UNREACHABLE: 5xx and 408, 425, 429, which say nothing about the content. REACHABLE: all
    others: 2xx; 3xx that lead nowhere; 401 and 403 (there, behind a door); other 4xx (the request was disliked).
    A redirect to the site's front page or to another site is followed and judged by its end, because a host that
    hides content behind a redirect has not removed it; the detail says where it led, for a person to decide.
    """
    if status in _GONE:
        return Availability.GONE
    if status >= 500 or status in _UNCLEAR:
        return Availability.UNREACHABLE
    return Availability.REACHABLE


class AvailabilityChecker:
    """Checks URLs one at a time; `timeout` in seconds bounds each hop.

    Certificates are not verified: an invalid one does not make content unreachable, and nothing secret is sent.
    Without `tor_proxy` (`socks5h://host:port`) an onion address is honestly NOT_CHECKED.
    """

    def __init__(
        self,
        timeout: float = 20.0,
        tor_proxy: str | None = None,
        allow_loopback: bool = False,
        *,
        resolver: Resolver | None = None,
        connect_map: ConnectMap | None = None,
        user_agent: str = USER_AGENT,
    ) -> None:
        self._http = GuardedHttp(
            timeout=timeout,
            resolver=resolver if resolver is not None else SystemResolver(min(timeout, 5.0)),
            allow_loopback=allow_loopback,
            connect_map=connect_map or {},
            tor_proxy=tor_proxy,
            verify=False,
            user_agent=user_agent,
        )

    def check(self, url: str, *, ip_hint: str | None = None) -> CheckOutcome:
        """Ask for `url` and judge the answer (see `judge`). Never raises for anything a host or URL can do.

        ip_hint: the address just observed for the URL's host; it is dialled without another look-up.
        """
        try:
            target = Target.parse(url)
        except InputError as error:
            return CheckOutcome(Availability.NOT_CHECKED, None, "none", error.what)
        how = "tor" if target.is_onion else "http"
        if target.is_onion and self._http.tor_proxy is None and target.host not in self._http.connect_map:
            return CheckOutcome(Availability.NOT_CHECKED, None, "none", "an onion address, and no Tor proxy is set up")
        try:
            status, location = self._ask(target, ip_hint)
        except NotFound:
            return CheckOutcome(Availability.GONE, None, "dns", "the host's name has no address any more")
        except (NotPermitted, InputError) as error:
            return CheckOutcome(Availability.NOT_CHECKED, None, "none", error.what)
        except OutsideFailure as error:
            return CheckOutcome(Availability.UNREACHABLE, None, how, error.what)
        return self._follow(target, status, location, how)

    def _ask(self, target: Target, ip_hint: str | None = None) -> tuple[int, str | None]:
        with self._http.exchange("GET", target, headers=_HEADERS, ip_hint=ip_hint) as answer:
            return answer.status, answer.location if answer.status in _REDIRECTS else None

    def _follow(self, first: Target, status: int, location: str | None, how: str) -> CheckOutcome:
        """Follow redirects, each hop vetted like the first; one that may not be followed is the end."""
        current, steps = first, [str(status)]
        while location is not None:
            if len(steps) > MAX_REDIRECTS:
                steps.append("more redirects not followed")
                break
            try:
                following = Target.parse(location, current.url)
                if following.is_onion != first.is_onion:
                    raise NotPermitted("it leads into Tor or out of it.")
                status, location = self._ask(following)
            except (InputError, NotPermitted) as error:
                steps.append(f"redirect not followed: {error.what}")
                break
            except (NotFound, OutsideFailure) as error:
                steps.append(f"{_place(first, following)}: {error.what}")
                return CheckOutcome(Availability.UNREACHABLE, status, how, ", then ".join(steps))
            steps.append(f"{status} at {_place(first, following)}")
            current = following
        return CheckOutcome(judge(status), status, how, ", then ".join(steps))


def _place(first: Target, target: Target) -> str:
    if target.host != first.host:
        return f"another host, {target.host}"
    return "the site's front page" if target.path == "/" else "the same host"
