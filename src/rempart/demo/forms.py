"""What a browser sends for an HTML form: its successful controls, filled as asked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rempart.core.errors import NotFound

Value = str | Sequence[str]


def owner(document: Any, element: Any) -> Any:
    """The form that a field or button belongs to, None if it belongs to none."""
    named = element.get("form")
    if named is not None:
        return next(iter(document.xpath("//form[@id=$id]", id=named)), None)
    return next(element.iterancestors("form"), None)


def controls(document: Any, form: Any) -> list[Any]:
    """The form's enabled, named fields in order of the document, those outside it that name it as theirs included."""
    return [
        element
        for element in document.iter("input", "select", "textarea")
        if element.get("name") and element.get("disabled") is None and owner(document, element) is form
    ]


def filled(fields: Sequence[Any], values: Mapping[str, Value]) -> list[tuple[str, str]]:
    """Names and values in order, with `values` chosen or typed; raises NotFound for an answer that is not offered."""
    data = [(field.get("name"), text) for field in fields for text in _texts(field, values)]
    for name, value in values.items():
        wanted = [value] if isinstance(value, str) else list(value)
        sent = [text for sent_name, text in data if sent_name == name]
        if name not in {field.get("name") for field in fields} or sorted(sent) != sorted(wanted):
            raise NotFound("the page does not offer this answer.", where=name)
    return data


def _texts(field: Any, values: Mapping[str, Value]) -> Iterator[str]:
    given = values.get(field.get("name"))
    chosen = None if given is None else [given] if isinstance(given, str) else list(given)
    if field.tag == "select":
        yield from _options(field, chosen)
    elif field.get("type") in ("radio", "checkbox"):
        own = field.get("value", "on")
        if own in chosen if chosen is not None else field.get("checked") is not None:
            yield own
    else:
        own = (field.text or "").removeprefix("\n") if field.tag == "textarea" else field.get("value", "")
        yield from [own] if chosen is None else chosen


def _options(field: Any, chosen: Sequence[str] | None) -> Iterator[str]:
    options = {
        option.get("value", option.text or ""): option.get("selected") is not None for option in field.iter("option")
    }
    if chosen is not None:
        yield from (option for option in options if option in chosen)
        return
    selected = [option for option, is_selected in options.items() if is_selected]
    yield from selected or list(options)[:1]
