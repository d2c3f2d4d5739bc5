"""HTTP towards hosts that others name: every address is vetted, then dialled as vetted, within one deadline.

A name is resolved once and the connection goes to the address that was vetted, with the name in Host and SNI: a
second, different DNS answer has nothing to act on. No proxy setting of the environment applies.
"""

import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import ada_url
import httpcore
import socksio

from rempart.adapters.dns import Resolver, SystemResolver
from rempart.core.errors import InputError, LimitExceeded, NotFound, NotPermitted, OutsideFailure, UnsafeStart

ConnectMap = Mapping[str, tuple[str, int]]
USER_AGENT = "Mozilla/5.0 (compatible; Rempart)"
_PORTS = {"http": 80, "https": 443}
_NAT64 = IPv6Network("64:ff9b::/96")
# The rest of IPv6 is private, reserved, or another way to write an IPv4 address (compatible, ISATAP, site-local).
_GLOBAL_UNICAST = IPv6Network("2000::/3")


def _embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address a translating or tunnelling IPv6 address ends up at."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]


def _is_isatap(address: IPv4Address | IPv6Address) -> bool:
    """Whether the interface part names an IPv4 address that a tunnel delivers to (RFC 5214)."""
    return address.version == 6 and (int(address) >> 32) & 0xFDFFFFFF == 0x00005EFE


def is_public(ip: str, *, allow_loopback: bool = False) -> bool:
    """Whether `ip` belongs to the public internet; loopback counts as public only where tests and demo allow it."""
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and (inner := _embedded_ipv4(address)) is not None:
        # What embeds an address is no better than it; of 6to4 Python's versions differ on whether it is private itself.
        is_usable = address.ipv4_mapped is not None or address.is_global
        return is_usable and is_public(str(inner), allow_loopback=allow_loopback)
    if address.is_loopback:
        return allow_loopback
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast and not _is_isatap(address)


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed absolute http(s) URL (WHATWG rules). `host` is lower-case, without brackets."""

    scheme: str
    host: str
    port: int
    host_header: str
    path: str
    url: str = field(repr=False)

    @classmethod
    def parse(cls, url: str, base: str | None = None) -> "Target":
        """InputError when it is no http or https URL with a host."""
        try:
            parsed = ada_url.URL(url, base) if base else ada_url.URL(url)
        except ValueError:
            raise InputError("this is not a URL.", where="URL", advice="Check it for typing errors.") from None
        scheme = parsed.protocol.rstrip(":")
        if scheme not in _PORTS or not parsed.hostname:
            raise InputError("only http and https URLs can be asked.", where="URL")
        return cls(
            scheme=scheme,
            host=parsed.hostname.strip("[]").lower(),
            port=int(parsed.port or _PORTS[scheme]),
            host_header=parsed.host,
            path=parsed.pathname + parsed.search,
            url=parsed.href,
        )

    @property
    def is_onion(self) -> bool:
        return self.host.rstrip(".").endswith(".onion")


class _DeadlineStream(httpcore.NetworkStream):
    """Bounds all reading and writing together, so that a peer sending a byte now and then cannot hold the caller."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline passed")
        return left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, self._left()), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _FixedBackend(httpcore.NetworkBackend):
    """Dials the given addresses, in turn, whatever name the connection is for."""

    def __init__(self, addresses: Iterable[tuple[str, int]], deadline: float) -> None:
        self._addresses = tuple(addresses)
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()
        self._opened: list[httpcore.NetworkStream] = []

    def close(self) -> None:
        """Close what was opened; the pool forgets a connection whose SOCKS handshake failed."""
        for stream in self._opened:
            stream.close()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("no address to connect to")
        for tried, (address, its_port) in enumerate(self._addresses):
            share = (self._deadline - time.monotonic()) / (len(self._addresses) - tried)
            if share <= 0:
                raise httpcore.ConnectTimeout("the deadline passed")
            try:
                stream = self._inner.connect_tcp(address, its_port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                self._opened.append(stream)
                return _DeadlineStream(stream, self._deadline)
        raise failure


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and headers of a response; the body is on the wire still, and stays there unless `read` is called."""

    status: int
    reason: str
    location: str | None
    _response: httpcore.Response = field(repr=False)

    def header(self, name: str) -> str:
        """A header's value; empty where there is none."""
        wanted = name.lower().encode()
        return next((value.decode("latin-1") for each, value in self._response.headers if each.lower() == wanted), "")

    def read(self, limit: int) -> bytes:
        """The body, of at most `limit` bytes; LimitExceeded beyond, OutsideFailure when it breaks off."""
        body = bytearray()
        with _outside():
            for part in self._response.iter_stream():
                body += part
                if len(body) > limit:
                    raise LimitExceeded(f"the answer is larger than {limit} bytes.", where="HTTP answer")
        return bytes(body)


@contextmanager
def _outside() -> Iterator[None]:
    """Any failure of network, TLS, SOCKS or HTTP becomes an OutsideFailure that names its kind only."""
    try:
        yield
    except (
        httpcore.NetworkError,
        httpcore.TimeoutException,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        socksio.SOCKSError,
        OSError,
    ) as error:
        raise OutsideFailure(
            f"the host could not be asked ({type(error).__name__}).", where="HTTP", advice="It is tried again."
        ) from error


@cache
def _tls_context(verify: bool) -> ssl.SSLContext:
    """Made once: reading the machine's certificate authorities takes longer than a request on loopback."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _proxy_address(proxy: str) -> tuple[str, int]:
    try:
        url = ada_url.URL(proxy)
        address = url.hostname.strip("[]"), int(url.port or 0)
    except ValueError:
        address = "", 0
    if not (all(address) and proxy.startswith("socks5h://")):
        raise UnsafeStart(
            "the Tor proxy's address is not of the form socks5h://host:port.",
            where="Tor proxy",
            advice="Tor's own is usually socks5h://127.0.0.1:9050.",
        )
    return address


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedHttp:
    """Asks http(s) URLs; `timeout` in seconds bounds each exchange as a whole.

    allow_loopback: demo and tests. connect_map: hosts served elsewhere, as (ip, port), by the operator's word, not
    vetted. trusted_hosts: hosts from the operator's settings that may lie on private networks. tor_proxy: `socks5h://`
    address; used for onion hosts alone. verify: whether certificates must be valid.
    """

    timeout: float
    resolver: Resolver = field(default_factory=SystemResolver)
    allow_loopback: bool = False
    connect_map: ConnectMap = field(default_factory=dict)
    trusted_hosts: frozenset[str] = frozenset()
    tor_proxy: str | None = None
    verify: bool = True
    user_agent: str = USER_AGENT

    def __post_init__(self) -> None:
        if self.tor_proxy is not None:
            _proxy_address(self.tor_proxy)

    @contextmanager
    def exchange(
        self,
        method: str,
        target: Target,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        ip_hint: str | None = None,
    ) -> Iterator[Answer]:
        """Send one request; the connection closes on leaving, read or not. Redirects are the caller's business.

        NotFound: the host has no address. NotPermitted: its address is not public. OutsideFailure: anything else.
        """
        deadline = time.monotonic() + self.timeout
        sent = {"Host": target.host_header, "User-Agent": self.user_agent, **(headers or {})}
        url = httpcore.URL(
            scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
        )
        with (
            _outside(),
            self._pool(target, ip_hint, deadline) as pool,
            pool.stream(method, url, headers=list(sent.items()), content=body) as response,
        ):
            location = {name.lower(): value for name, value in response.headers}.get(b"location")
            yield Answer(
                status=response.status,
                reason=response.extensions.get("reason_phrase", b"").decode("latin-1"),
                location=location.decode("utf-8", "replace") if location is not None else None,
                _response=response,
            )

    @contextmanager
    def _pool(self, target: Target, ip_hint: str | None, deadline: float) -> Iterator[httpcore.ConnectionPool]:
        context = _tls_context(self.verify)
        through_tor = target.is_onion and target.host not in self.connect_map
        addresses = [self._proxy()] if through_tor else self._addresses(target, ip_hint)
        with (
            closing(_FixedBackend(addresses, deadline)) as backend,
            httpcore.SOCKSProxy(self.tor_proxy or "", ssl_context=context, network_backend=backend)
            if through_tor
            else httpcore.ConnectionPool(ssl_context=context, network_backend=backend) as pool,
        ):
            yield pool

    def _proxy(self) -> tuple[str, int]:
        """The proxy is the operator's word and is not vetted; it resolves the onion name, nobody else sees it."""
        if self.tor_proxy is None:
            raise NotPermitted("onion services are asked through a Tor proxy only.", where="HTTP")
        return _proxy_address(self.tor_proxy)

    def _addresses(self, target: Target, ip_hint: str | None) -> list[tuple[str, int]]:
        mapped = self.connect_map.get(target.host)
        return [mapped] if mapped else [(ip, target.port) for ip in self._vetted(target.host, ip_hint)]

    def _vetted(self, host: str, ip_hint: str | None) -> tuple[str, ...]:
        addresses = (ip_hint,) if ip_hint else self.resolver.resolve(host)
        if not addresses:
            raise NotFound("the host has no address.", where="DNS")
        if host in self.trusted_hosts:
            return addresses
        # One private address among public ones is refused as a whole: it is no mistake a public host makes.
        if not all(is_public(ip, allow_loopback=self.allow_loopback) for ip in addresses):
            raise NotPermitted(
                "the host's address is not on the public internet.",
                where="HTTP",
                advice="Nothing was sent. Check where the name points.",
            )
        return addresses
