"""The schema this receiver publishes, and the same schema as rules for finding deviations.

`schema.xsd` is the one source: it is served to platforms and read here, so the two cannot drift apart.
The reader understands only the constructs that file uses.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

from lxml import etree

from rempart.formats.cybertipline.document import attributes_of

_XS = "{http://www.w3.org/2001/XMLSchema}"

Order = Literal["sequence", "choice", "all"]


@dataclass(frozen=True, slots=True)
class SimpleRule:
    """Restrictions on a text; `base` is one of `scalars.SIMPLE_TYPES`."""

    base: str
    values: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None
    max_length: int | None = None


@dataclass(frozen=True, slots=True)
class AttributeRule:
    text: SimpleRule
    required: bool


@dataclass(frozen=True, slots=True)
class ChildRule:
    """One element as it may appear in its parent; `type_name` is looked up in the schema's rules."""

    type_name: str
    position: int
    required: bool
    many: bool
    is_flag: bool


@dataclass(frozen=True, slots=True)
class TypeRule:
    """`text` is set for elements that hold text and then `children` is empty."""

    order: Order = "sequence"
    children: Mapping[str, ChildRule] = field(default_factory=dict)
    attributes: Mapping[str, AttributeRule] = field(default_factory=dict)
    text: SimpleRule | None = None


@cache
def schema_text() -> bytes:
    """The XSD served at GET /xsd."""
    return files("rempart.formats.cybertipline").joinpath("schema.xsd").read_bytes()


@cache
def type_rules() -> Mapping[str, TypeRule]:
    """Rules by type name; the root elements `report` and `fileDetails` have types of their own names."""
    schema = etree.fromstring(schema_text())
    simple = {attributes_of(node)["name"]: _simple(node) for node in schema.iterfind(f"{_XS}simpleType")}
    rules = {name: TypeRule(text=rule) for name, rule in simple.items()}
    for node in schema.iterfind(f"{_XS}complexType"):
        rules[attributes_of(node)["name"]] = _complex(node, simple)
    return rules


def rule_for(type_name: str) -> TypeRule:
    """The rule of a named or built-in type."""
    return TypeRule(text=SimpleRule(type_name)) if type_name.startswith("xs:") else type_rules()[type_name]


def _simple(node: etree._Element) -> SimpleRule:
    restriction = node[0]
    pattern = restriction.find(f"{_XS}pattern")
    longest = restriction.find(f"{_XS}maxLength")
    return SimpleRule(
        base=attributes_of(restriction)["base"],
        values=frozenset(attributes_of(value)["value"] for value in restriction.iterfind(f"{_XS}enumeration")),
        pattern=None if pattern is None else re.compile(attributes_of(pattern)["value"], re.ASCII),
        max_length=None if longest is None else int(attributes_of(longest)["value"]),
    )


def _complex(node: etree._Element, simple: Mapping[str, SimpleRule]) -> TypeRule:
    attributes = {
        attributes_of(attribute)["name"]: AttributeRule(
            simple.get(attributes_of(attribute)["type"], SimpleRule(attributes_of(attribute)["type"])),
            attribute.get("use") == "required",
        )
        for attribute in node.iter(f"{_XS}attribute")
    }
    extension = node.find(f"{_XS}simpleContent/{_XS}extension")
    if extension is not None:
        return TypeRule(attributes=attributes, text=SimpleRule(attributes_of(extension)["base"]))
    for order in ("sequence", "choice", "all"):
        group = node.find(f"{_XS}{order}")
        if group is not None:
            return TypeRule(order=order, children=_children(group, order), attributes=attributes)
    return TypeRule(attributes=attributes)


def _children(group: etree._Element, order: Order) -> dict[str, ChildRule]:
    return {
        attributes_of(child)["name"]: ChildRule(
            type_name=attributes_of(child)["type"],
            position=position,
            required=order != "choice" and child.get("minOccurs") != "0",
            many=child.get("maxOccurs") == "unbounded",
            is_flag=child.get("fixed") == "true",
        )
        for position, child in enumerate(group.iterfind(f"{_XS}element"))
    }
