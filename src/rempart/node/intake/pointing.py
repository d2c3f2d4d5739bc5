"""What a platform names, to report items: canonical where it can be, text where it cannot."""

from collections.abc import Iterable, Mapping

from rempart.core.content import canonical_account, canonical_channel, canonical_url
from rempart.core.errors import InputError
from rempart.core.vocabulary import ItemKind
from rempart.formats.hash_values import fingerprint_type, normalise
from rempart.node.intake.reports import NewItem

MAX_ITEMS = 5_000
_ADDRESSES = frozenset({ItemKind.URL, ItemKind.ONION})


def point_to(kind: ItemKind, value: str, service: str, details: Mapping[str, str]) -> NewItem:
    """The item in its canonical spelling.

    `service` names where an account or channel is; a hash is written `type:value`. Raises InputError, which never
    repeats the value.
    """
    if kind in _ADDRESSES:
        address = canonical_url(value)
        return NewItem(ItemKind.ONION if address.is_onion else ItemKind.URL, address.url, details)
    if kind is ItemKind.LIVE_STREAM:
        # As the public form names it: by service and room where known, otherwise by its address.
        return NewItem(kind, canonical_channel(service, value) if service else canonical_url(value).url, details)
    if kind is ItemKind.ACCOUNT:
        return NewItem(kind, canonical_account(service, value), details)
    if kind is ItemKind.CHANNEL:
        return NewItem(kind, canonical_channel(service, value), details)
    if kind is ItemKind.HASH:
        return NewItem(kind, _hash(value), details)
    if kind is ItemKind.FILE:
        raise InputError("a file cannot be named.", advice="Upload it, or give its hash.")
    if not value.strip():
        raise InputError("the text is empty.", advice="Write what happened, or leave the item out.")
    return NewItem(kind, value.strip(), details)


def point_or_quote(kind: ItemKind, value: str, service: str, details: Mapping[str, str]) -> NewItem | None:
    """Like `point_to`, but what has no canonical spelling is kept as a text; None for an empty one."""
    try:
        return point_to(kind, value, service, details)
    except InputError:
        text = value.strip()
        return NewItem(ItemKind.TEXT, text, {**details, "reported_as": str(kind)}) if text else None


def distinct(items: Iterable[NewItem | None]) -> tuple[NewItem, ...]:
    """Each thing once, in order; of several that name one thing the first stays."""
    found: dict[tuple[ItemKind, str], NewItem] = {}
    for item in items:
        if item is not None:
            found.setdefault((item.kind, item.value), item)
    return tuple(found.values())


def same_address(first: str, second: str) -> bool:
    """Whether two spellings name one address; False where one is no address."""
    try:
        return canonical_url(first).url == canonical_url(second).url
    except InputError:
        return False


def _hash(value: str) -> str:
    name, colon, digits = value.partition(":")
    kind = fingerprint_type(name) if colon else None
    if kind is None:
        raise InputError("the hash does not say of what type it is.", advice="Write it as sha256:… or md5:….")
    return f"{kind}:{normalise(kind, digits)}"
