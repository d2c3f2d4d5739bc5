"""Incident details to report items: what was met, and through which channel."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml import etree

from rempart.core.vocabulary import Channel, ItemKind
from rempart.formats.cybertipline.elements import own_text, read_address, read_ip_events, read_phone, text_of
from rempart.formats.cybertipline.findings import FindingCode, Findings
from rempart.formats.cybertipline.model import Location

_WHERE = "/report/internetDetails"

_NAMED_PLACES: dict[str, tuple[Channel, str, ItemKind]] = {
    "newsgroupIncident": (Channel.SOCIAL, "name", ItemKind.CHANNEL),
    "chatImIncident": (Channel.MESSAGING, "chatRoomName", ItemKind.CHANNEL),
    "onlineGamingIncident": (Channel.GAME, "gameName", ItemKind.CHANNEL),
    "nonInternetIncident": (Channel.OFFLINE, "locationName", ItemKind.TEXT),
    "peer2peerIncident": (Channel.PEER_TO_PEER, "fileNames", ItemKind.FILE),
}
"""Per incident: its channel, the element whose text names the place, and what that place is."""

_EXTRA = ("chatClient", "console", "client", "latitude", "longitude", "content", "additionalInfo")


def read_locations(report: etree._Element, findings: Findings) -> tuple[Location, ...]:
    """Every item named in `internetDetails`, in document order."""
    return tuple(
        location
        for details in report.iterfind("internetDetails")
        for incident in details
        for location in _read_incident(incident, findings)
    )


def _read_incident(incident: etree._Element, findings: Findings) -> Iterator[Location]:
    extra = {name: text for name in _EXTRA if (text := text_of(incident, name))}
    if incident.tag == "webPageIncident":
        found = list(_web_pages(incident, extra))
    elif incident.tag == "emailIncident":
        found = _email_accounts(incident, extra)
    elif incident.tag == "cellPhoneIncident":
        found = _phones(incident, extra)
    elif incident.tag in _NAMED_PLACES:
        found = _named_places(incident, extra, findings)
    else:
        return
    if not found:
        findings.add(FindingCode.EMPTY, f"{_WHERE}/{incident.tag}", "The incident names neither a place nor a text.")
    yield from found


def _web_pages(incident: etree._Element, extra: dict[str, str]) -> Iterator[Location]:
    third_party = incident.get("thirdPartyHostedContent")
    if third_party is not None:
        extra = extra | {"thirdPartyHostedContent": third_party}
    for element in incident.iterfind("url"):
        url = own_text(element)
        if url and _is_onion(url):
            yield Location(ItemKind.ONION, Channel.ONION_SERVICE, url, extra)
        elif url:
            yield Location(ItemKind.URL, Channel.WEB, url, extra)


def _is_onion(url: str) -> bool:
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return False
    return host.rstrip(".").endswith(".onion")


def _email_accounts(incident: etree._Element, extra: dict[str, str]) -> list[Location]:
    accounts = [
        Location(ItemKind.ACCOUNT, Channel.EMAIL, address, extra)
        for element in incident.iterfind("emailAddress")
        if (address := own_text(element))
    ]
    return accounts or _text_only(Channel.EMAIL, extra)


def _phones(incident: etree._Element, extra: dict[str, str]) -> list[Location]:
    phones = [
        Location(ItemKind.ACCOUNT, Channel.PHONE, number, extra)
        for element in incident.iterfind("phoneNumber")
        if (number := read_phone(element))
    ]
    return phones or _text_only(Channel.PHONE, extra)


def _named_places(incident: etree._Element, extra: dict[str, str], findings: Findings) -> list[Location]:
    channel, name, kind = _NAMED_PLACES[incident.tag]
    addresses = [line for element in incident.iterfind("incidentAddress") if (line := read_address(element))]
    place = text_of(incident, name)
    if place is None and addresses:
        place = addresses.pop(0)
    if addresses:
        extra = extra | {"incidentAddress": "\n".join(addresses)}
    events = read_ip_events(incident, findings, f"{_WHERE}/{incident.tag}")
    if place is not None:
        found = [Location(kind, channel, place, extra, events)]
    elif events:
        found = [Location(ItemKind.TEXT, channel, extra.get("content", ""), extra, events)]
    else:
        found = _text_only(channel, extra)
    return found + _email_accounts_beside(incident)


def _email_accounts_beside(incident: etree._Element) -> list[Location]:
    return [
        Location(ItemKind.ACCOUNT, Channel.EMAIL, address)
        for element in incident.iterfind("emailAddress")
        if (address := own_text(element))
    ]


def _text_only(channel: Channel, extra: dict[str, str]) -> list[Location]:
    text = extra.get("content") or extra.get("additionalInfo") or extra.get("chatClient") or extra.get("client")
    return [Location(ItemKind.TEXT, channel, text, extra)] if text else []
