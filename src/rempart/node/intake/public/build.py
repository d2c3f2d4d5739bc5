"""From checked pages to the report as the node understands it."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Any

from rempart.core.content import CanonicalUrl
from rempart.core.vocabulary import ItemKind
from rempart.node import runtime
from rempart.node.intake.public.flows import Filling
from rempart.node.intake.reports import NewItem, NewReport

Checked = Mapping[str, Any]
_HAPPENING: Mapping[str, str] = MappingProxyType(
    {"threat": "sextortion", "asked": "solicitation", "live": "live_stream"}
)
_WHAT: Mapping[str, str] = MappingProxyType({"written": "solicitation", "live": "live_stream"})


def typed_bytes(filling: Filling, language: str) -> bytes:
    """Exactly what was typed on the way taken, as canonical JSON; the page's ticket is no part of it."""
    typed = {"form": filling.flow.name, "language": language, "answers": filling.taken()}
    return json.dumps(typed, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def new_report(filling: Filling, checked: Checked, language: str, receipt_digest: bytes) -> NewReport:
    """The report of a filled form whose pages were all found valid; `checked` are their cleaned answers."""
    return NewReport(
        source=filling.flow.source,
        items=tuple(_items(checked)),
        original_part="form",
        original=typed_bytes(filling, language),
        language=checked.get("spoken") or language,
        facts=facts(checked),
        occurred_at=_moment(checked.get("seen_on")),
        receipt_digest=receipt_digest,
    )


def facts(checked: Checked) -> dict[str, bool]:
    """The yes-or-no facts for priority that the answers state; what was skipped is absent."""
    stated = {
        name: checked[question] == "yes"
        for question, name in (("danger", "child_in_danger"), ("threat", "sextortion"))
        if checked.get(question)
    }
    for question, table in (("what", _WHAT), ("happening", _HAPPENING)):
        if name := table.get(checked.get(question, "")):
            stated[name] = True
    return stated


def _moment(day: date | None) -> datetime | None:
    # A day ahead of UTC is today where the reporter is.
    return min(datetime.combine(day, time(), UTC), runtime.clock().now()) if day else None


def _items(checked: Checked) -> list[NewItem]:
    make = _MAKERS.get(checked.get("what", ""), _young)
    items = make(checked)
    known = {name: str(checked[name]) for name in ("channel", "comment") if checked.get(name)}
    first, *others = items
    return [NewItem(first.kind, first.value, {**first.details, **known}), *others]


def _address(address: CanonicalUrl) -> NewItem:
    return NewItem(ItemKind.ONION if address.is_onion else ItemKind.URL, address.url)


def _addresses(checked: Checked) -> list[NewItem]:
    return [_address(address) for address in checked["addresses"]]


def _named(kind: ItemKind, checked: Checked, *names: str) -> NewItem:
    return NewItem(kind, checked["canonical"], {name: checked[name] for name in names if checked.get(name)})


def _with_link(item: NewItem, checked: Checked) -> list[NewItem]:
    link = checked.get("link_address")
    return [item, _address(link)] if link else [item]


def _account(checked: Checked) -> list[NewItem]:
    kind = ItemKind.CHANNEL if checked["account_kind"] == "channel" else ItemKind.ACCOUNT
    return _with_link(_named(kind, checked, "service", "name", "link"), checked)


def _live(checked: Checked) -> list[NewItem]:
    known = ("service", "name", "room", "link", "live_when", "payment")
    return _with_link(_named(ItemKind.LIVE_STREAM, checked, *known), checked)


def _story(checked: Checked) -> list[NewItem]:
    return [NewItem(ItemKind.TEXT, checked["story"])] if checked.get("story") else []


def _person(checked: Checked) -> list[NewItem]:
    return [_named(ItemKind.ACCOUNT, checked, "service", "name")] if checked.get("canonical") else []


def _written(checked: Checked) -> list[NewItem]:
    return [*_story(checked), *_person(checked)]


def _young(checked: Checked) -> list[NewItem]:
    return [*_story(checked), *_person(checked), *_addresses(checked)]


_MAKERS: Mapping[str, Callable[[Checked], list[NewItem]]] = MappingProxyType(
    {"addresses": _addresses, "account": _account, "live": _live, "written": _written}
)
