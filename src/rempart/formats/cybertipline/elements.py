"""Reading people, accounts and network events out of the element tree."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from lxml import etree

from rempart.formats.cybertipline.findings import FindingCode, Findings
from rempart.formats.cybertipline.model import AssociatedAccount, DeviceId, IpEvent, Person
from rempart.formats.cybertipline.scalars import (
    read_age,
    read_bool,
    read_date,
    read_datetime,
    read_flag,
    read_int,
    read_ip,
    read_port,
)

T = TypeVar("T")
EnumT = TypeVar("EnumT", bound=StrEnum)


def own_text(element: etree._Element | None) -> str | None:
    """The element's stripped text; None when absent or empty."""
    return ((element.text or "").strip() or None) if element is not None else None


def text_of(parent: etree._Element, name: str) -> str | None:
    """The first child's text; None when absent or empty."""
    return own_text(parent.find(name))


def texts_of(parent: etree._Element, name: str) -> tuple[str, ...]:
    return tuple(text for child in parent.iterfind(name) if (text := own_text(child)))


def value_of(parent: etree._Element, name: str, read: Callable[[str], T | None]) -> T | None:
    text = text_of(parent, name)
    return None if text is None else read(text)


def values_of(parent: etree._Element, name: str, read: Callable[[str], T | None]) -> tuple[T, ...]:
    return tuple(value for text in texts_of(parent, name) if (value := read(text)) is not None)


def flags_of(parent: etree._Element | None, known: type[EnumT]) -> frozenset[str]:
    """Names of the annotations that are set; unknown names are left to the findings."""
    if parent is None:
        return frozenset()
    return frozenset(name.value for name in known if any(read_flag(el.text or "") for el in parent.iterfind(name)))


def named_value(text: str | None, known: type[EnumT]) -> EnumT | None:
    """The enumeration's member, whatever the case and spacing."""
    wanted = " ".join((text or "").split()).casefold()
    return next((member for member in known if member.value.casefold() == wanted), None)


def read_ip_events(parent: etree._Element, findings: Findings, where: str) -> tuple[IpEvent, ...]:
    """All usable capture events; one without a valid address is filed and left out."""
    events = []
    for element in parent.iterfind("ipCaptureEvent"):
        address = value_of(element, "ipAddress", read_ip)
        if address is None:
            findings.add(FindingCode.BAD_VALUE, f"{where}/ipCaptureEvent/ipAddress", "The value is not an IP address.")
            continue
        if text_of(element, "port") is not None and value_of(element, "port", read_port) is None:
            findings.add(FindingCode.BAD_VALUE, f"{where}/ipCaptureEvent/port", "The value is not a port number.")
        events.append(
            IpEvent(
                ip=address,
                event=text_of(element, "eventName"),
                at=value_of(element, "dateTime", read_datetime),
                possible_proxy=value_of(element, "possibleProxy", read_bool),
                port=value_of(element, "port", read_port),
            )
        )
    return tuple(events)


def read_device_ids(parent: etree._Element) -> tuple[DeviceId, ...]:
    return tuple(
        DeviceId(
            id_type=text_of(element, "idType") or "",
            id_value=value,
            event=text_of(element, "eventName"),
            at=value_of(element, "dateTime", read_datetime),
        )
        for element in parent.iterfind("deviceId")
        if (value := text_of(element, "idValue"))
    )


def read_phone(element: etree._Element) -> str | None:
    """A number with its calling code; some clients put the number into a child."""
    number = own_text(element) or text_of(element, "number")
    code = element.get("countryCallingCode", "").strip()
    return f"{code}{number}" if number and code and not number.startswith("+") else number


def read_address(element: etree._Element) -> str | None:
    """An address on one line, in the schema's order."""
    parts = [text_of(element, name) for name in ("address", "zipCode", "city", "state", "nonUsaState", "country")]
    return ", ".join(part for part in parts if part) or own_text(element)


def read_person(account: etree._Element | None, human: etree._Element | None, findings: Findings, where: str) -> Person:
    """Join the account's fields with those of the human inside it; either may be absent."""
    empty = etree.Element("absent")
    outer = empty if account is None else account
    inner = empty if human is None else human
    both = (inner,) if inner is outer else (inner, outer)
    return Person(
        first_name=text_of(inner, "firstName"),
        last_name=text_of(inner, "lastName"),
        age=next(iter(values_of(inner, "age", read_age) + values_of(inner, "approximateAge", read_age)), None),
        date_of_birth=value_of(inner, "dateOfBirth", read_date),
        emails=tuple(text for el in both for text in texts_of(el, "email")),
        phones=tuple(number for el in both for child in el.iterfind("phone") if (number := read_phone(child))),
        addresses=tuple(line for el in both for child in el.iterfind("address") if (line := read_address(child))),
        esp_user_id=text_of(outer, "espIdentifier") or text_of(outer, "accountIdentifier"),
        esp_service=text_of(outer, "espService"),
        screen_name=text_of(outer, "screenName"),
        display_names=texts_of(outer, "displayName") + texts_of(outer, "accountDisplayName"),
        profile_urls=texts_of(outer, "profileUrl"),
        profile_bio=text_of(outer, "profileBio"),
        group_id=text_of(outer, "groupIdentifier"),
        school=text_of(outer, "schoolName"),
        country=text_of(outer, "estimatedLocation/countryCode"),
        compromised=value_of(outer, "compromisedAccount", read_bool),
        disabled=any(
            read_flag(el.text or "")
            for name in ("accountTemporarilyDisabled", "accountPermanentlyDisabled")
            for el in outer.iterfind(name)
        ),
        prior_reports=values_of(outer, "priorCTReports", read_int) + values_of(outer, "priorCTReport", read_int),
        ip_events=read_ip_events(outer, findings, where),
        device_ids=read_device_ids(outer),
        associated=tuple(_read_associated(el, findings, where) for el in outer.iterfind("associatedAccount")),
        additional_info="\n".join(texts_of(outer, "additionalInfo")) or None,
    )


def _read_associated(element: etree._Element, findings: Findings, where: str) -> AssociatedAccount:
    platform = element.find("platform")
    third_party = element.get("thirdPartyUser")
    if platform is not None:
        third_party = platform.get("thirdPartyUser", third_party)
    return AssociatedAccount(
        account_type=element.get("type") or element.get("accountType") or text_of(element, "accountType"),
        platform=own_text(platform),
        third_party=None if third_party is None else read_bool(third_party),
        account=read_person(element, element, findings, f"{where}/associatedAccount"),
    )
