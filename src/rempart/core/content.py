"""What a report item points to, in one canonical spelling, so that the same thing is recognised twice.

URLs follow the WHATWG URL standard (`ada_url`), registrable domains the Public Suffix List bundled with
`tldextract`, onion addresses Tor's rend-spec-v3. No function here touches the network, and no error repeats its input.
"""

import base64
import binascii
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from ada_url import URL

from rempart.core.errors import InputError, LimitExceeded
from rempart.core.vocabulary import ItemKind

if TYPE_CHECKING:
    from tldextract import TLDExtract

MAX_URL_CHARACTERS = 8192
MAX_NAME_CHARACTERS = 256
_SCHEMES = frozenset({"http", "https", "ftp"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_DEFANGED_SCHEME = re.compile(r"h(?:xx|\*\*|tt)(ps?)(\[:\]|:|\[:)(//\]?)", re.IGNORECASE)
_DEFANGED_DOT = re.compile(r"\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_ONION_LABEL = re.compile(r"[a-z2-7]{56}")
_ONION_V2 = re.compile(r"[a-z2-7]{16}")


@dataclass(frozen=True, slots=True)
class CanonicalUrl:
    """`url` is the de-duplication key; `host` is lower-case ASCII, an IPv6 literal without its brackets.

    `registrable_domain` is the host itself for an IP address or a bare public suffix.
    """

    url: str
    scheme: str
    host: str
    registrable_domain: str
    is_onion: bool


def canonical_url(text: str, *, where: str = "") -> CanonicalUrl:
    """The canonical form of an address as people paste it: defanged, without scheme, with fragment or userinfo.

    Accepts http, https and ftp. Raises InputError (LimitExceeded above 8192 characters) with advice otherwise.
    Idempotent: the canonical form of `result.url` is `result`.
    """
    candidate = _with_scheme(_refang(_plain(text, where)), where)
    try:
        parsed = URL(candidate)
    except ValueError as error:
        raise InputError(
            "this is not an address a browser could open.", where=where, advice="Copy it again from the address bar."
        ) from error
    scheme = parsed.protocol.removesuffix(":")
    if scheme not in _SCHEMES:
        raise _wrong_scheme(where)
    host = parsed.hostname.removesuffix(".")
    is_onion = _check_host(host, where)
    port = f":{parsed.port}" if parsed.port else ""
    bare_host = host.strip("[]")
    url = f"{scheme}://{host}{port}{parsed.pathname}{parsed.search}"
    if len(url) > MAX_URL_CHARACTERS:
        raise _too_long(where)
    return CanonicalUrl(url, scheme, bare_host, registrable_domain(bare_host), is_onion)


def classify(text: str) -> ItemKind:
    """ONION or URL for one pasted line; raises InputError as `canonical_url` does."""
    return ItemKind.ONION if canonical_url(text).is_onion else ItemKind.URL


def split_lines(text: str) -> list[str]:
    """The separate addresses in a pasted text, in order, without blank lines and exact repeats.

    One address per line; a line that is nothing but addresses with a scheme each is split at its spaces. Enclosing
    angle brackets and quotes are dropped. Nothing is judged here: `classify` refuses what is no address.
    """
    found: dict[str, None] = {}
    for line in text.splitlines():
        tokens = line.split()
        several = len(tokens) > 1 and all("://" in token for token in tokens)
        for part in tokens if several else [line]:
            bare = part.strip().strip("<>\"'").strip()
            if bare:
                found[bare] = None
    return list(found)


def canonical_account(platform: str, account: str) -> str:
    """The stable key `account:platform/name`; letter case of the name is kept, since some platforms tell it apart."""
    return _named("account", platform, account)


def canonical_channel(platform: str, channel: str) -> str:
    """The stable key `channel:platform/name` of a channel, group or room."""
    return _named("channel", platform, channel)


def registrable_domain(host: str) -> str:
    """The domain a registrant owns (`a.b.example` → `b.example`), or the host itself where there is none."""
    if _is_ip(host):
        return host
    parts = _suffixes()(host)
    if parts.domain and parts.suffix:
        return f"{parts.domain}.{parts.suffix}"
    # The list's own rule for a suffix it does not name: the last label is the suffix.
    return host if parts.suffix else ".".join(host.split(".")[-2:])


def is_onion_v3(host: str) -> bool:
    """Whether the last but one label of `host` is a version 3 onion address with a correct checksum."""
    labels = host.lower().split(".")
    if len(labels) < 2 or labels[-1] != "onion" or not _ONION_LABEL.fullmatch(labels[-2]):
        return False
    try:
        decoded = base64.b32decode(labels[-2].upper())
    except binascii.Error:
        return False
    key, checksum, version = decoded[:32], decoded[32:34], decoded[34:]
    return version == b"\x03" and checksum == hashlib.sha3_256(b".onion checksum" + key + version).digest()[:2]


@cache
def _suffixes() -> "TLDExtract":
    # Imported on first use: it brings an HTTP client that would slow every start of the command line.
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def _plain(text: str, where: str) -> str:
    stripped = text.strip()
    if not stripped:
        raise InputError("the address is empty.", where=where, advice="Paste one address per line.")
    if len(stripped) > MAX_URL_CHARACTERS:
        raise _too_long(where)
    if any(character.isspace() or unicodedata.category(character) in ("Cc", "Cs") for character in stripped):
        raise InputError(
            "an address has no spaces or control characters inside.",
            where=where,
            advice="Put one address on each line, and write anything else into the message field.",
        )
    return stripped


def _refang(text: str) -> str:
    scheme = _DEFANGED_SCHEME.match(text)
    start = scheme.end() if scheme else 0
    authority = re.split(r"[/?#\\]", text[start:], maxsplit=1)[0]
    if scheme:
        text = f"htt{scheme[1].lower()}://{text[start:]}"
    was_defanged = _DEFANGED_DOT.search(authority) or (scheme and not scheme[0].lower().startswith("http"))
    while was_defanged and _DEFANGED_DOT.search(text):
        text = _DEFANGED_DOT.sub(".", text)
    return text


def _with_scheme(text: str, where: str) -> str:
    if text.startswith("//"):
        return f"http:{text}"
    named = _SCHEME.match(text)
    if named and named[1].lower() in _SCHEMES:
        return text
    is_host_with_port = named and "." in named[1] and not text[named.end() :].startswith("//")
    if named and not is_host_with_port:
        raise _wrong_scheme(where)
    authority = re.split(r"[/?#\\]", text, maxsplit=1)[0]
    if "@" in authority:
        raise InputError(
            "this looks like an e-mail address or an account, not a web address.",
            where=where,
            advice="Report it as an account, and name the service.",
        )
    if "." not in authority and not authority.startswith("["):
        raise _no_host(where)
    return f"http://{text}"


def _check_host(host: str, where: str) -> bool:
    if _is_ip(host.strip("[]")):
        return False
    labels = host.split(".")
    if len(labels) < 2:
        raise _no_host(where)
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InputError(
            "the name of the site is not valid.", where=where, advice="Copy the address again from the address bar."
        )
    if labels[-1] != "onion":
        return False
    if _ONION_V2.fullmatch(labels[-2]):
        raise InputError(
            "this is a version 2 onion address; that network was switched off in 2021.",
            where=where,
            advice="Look for the new address of the site, 56 letters and digits before .onion.",
        )
    if not is_onion_v3(host):
        raise InputError(
            "this onion address is mistyped or incomplete.",
            where=where,
            advice="It needs exactly 56 letters and digits before .onion; copy it whole.",
        )
    return True


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _named(kind: str, platform: str, name: str) -> str:
    service = _label(_label(platform).lower())
    identifier = _label(name).lstrip("@ ")
    if not service or "/" in service:
        raise InputError(
            "the service is missing or is not a plain name.",
            where="platform",
            advice="Write the name of the app or site only, for example 'Example Chat'.",
        )
    if not identifier:
        raise InputError("the name is missing.", where=kind, advice="Write the name as the service shows it.")
    if max(len(service), len(identifier)) > MAX_NAME_CHARACTERS:
        raise LimitExceeded(
            f"the name is longer than {MAX_NAME_CHARACTERS} characters.", where=kind, advice="Write the name only."
        )
    return f"{kind}:{service}/{identifier}"


def _label(text: str) -> str:
    spaced = " ".join(unicodedata.normalize("NFKC", text).split())
    visible = "".join(character for character in spaced if unicodedata.category(character) not in ("Cc", "Cf", "Cs"))
    return " ".join(unicodedata.normalize("NFKC", visible).split())


def _wrong_scheme(where: str) -> InputError:
    return InputError(
        "only web and file addresses (http, https, ftp) can be read here.",
        where=where,
        advice="Paste the address of the page itself, or report an account, a channel or a text instead.",
    )


def _no_host(where: str) -> InputError:
    return InputError(
        "this does not name a site.", where=where, advice="An address looks like https://site.example/page."
    )


def _too_long(where: str) -> LimitExceeded:
    return LimitExceeded(
        f"the address is longer than {MAX_URL_CHARACTERS} characters.",
        where=where,
        advice="Cut it after the part that still opens the page.",
    )
