"""Untrusted XML to an element tree without namespaces, within fixed limits.

No DTD, no entity but the five built in, no network; size, depth and number of elements are capped
while parsing, so a hostile document costs no more than an honest one of the same size.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from lxml import etree

from rempart.core.errors import InputError, LimitExceeded

_IGNORED_NAMESPACES = ("{http://www.w3.org/2001/XMLSchema-instance}", "{http://www.w3.org/XML/1998/namespace}")


class NotXml(InputError):
    """The body is not well-formed, or has a document type declaration."""


class XmlTooLarge(LimitExceeded):
    """A document over one of its limits."""


@dataclass(frozen=True, slots=True)
class XmlLimits:
    """`attributes` of one element: the tree adds each behind the others, so 200,000 would take a minute."""

    size: int
    elements: int
    depth: int = 64
    attributes: int = 100


@dataclass(frozen=True, slots=True)
class Document:
    """`root` holds local names only; `had_namespace` says whether any had to be stripped."""

    root: etree._Element
    had_namespace: bool


class _Target:
    """Parser target that builds the tree, strips namespaces and stops at the first broken limit."""

    def __init__(self, limits: XmlLimits) -> None:
        self._builder = etree.TreeBuilder()
        self._limits = limits
        self._depth = 0
        self._elements = 0
        self.had_namespace = False
        self.refusal: InputError | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        limits = self._limits
        if self._depth > limits.depth:
            self._refuse(XmlTooLarge(f"Elements are nested deeper than {limits.depth} levels."))
        if self._elements > limits.elements:
            self._refuse(XmlTooLarge(f"The document has more than {limits.elements} elements."))
        if len(attributes) > limits.attributes:
            self._refuse(XmlTooLarge(f"An element has more than {limits.attributes} attributes."))
        kept: dict[str | bytes, str | bytes] = {
            self._local(name): value for name, value in attributes.items() if not name.startswith(_IGNORED_NAMESPACES)
        }
        self._builder.start(self._local(tag), kept)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._builder.end(self._local(tag))

    def data(self, data: str) -> None:
        self._builder.data(data)

    def doctype(self, name: str, public_id: str | None, system: str | None) -> None:
        self._refuse(
            NotXml(
                "Document type declarations and entities are not accepted.",
                advice="Send the document without a DOCTYPE.",
            )
        )

    def comment(self, text: str) -> None:
        """Comments carry nothing."""

    def pi(self, target: str, data: str | None = None) -> None:
        """Processing instructions carry nothing."""

    def close(self) -> etree._Element:
        return self._builder.close()

    def _local(self, name: str) -> str:
        namespace, _, local = name.rpartition("}")
        self.had_namespace = self.had_namespace or bool(namespace)
        return local

    def _refuse(self, refusal: InputError) -> None:
        self.refusal = refusal
        raise refusal


def parse_xml(body: bytes, limits: XmlLimits) -> Document:
    """Parse `body`; raises NotXml or XmlTooLarge, neither of which repeats it."""
    if len(body) > limits.size:
        raise XmlTooLarge(f"The document is larger than {limits.size} bytes.")
    target = _Target(limits)
    parser = etree.XMLParser(
        target=cast(Any, target),
        # Otherwise an ampersand in an attribute comes as "&#38;". Others' entities need the DOCTYPE that is refused.
        resolve_entities=cast(Any, "internal"),
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        dtd_validation=False,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.LxmlError, InputError) as error:
        if target.refusal is not None:
            raise target.refusal from None
        line = getattr(error, "lineno", None)
        raise NotXml(
            "The body is not well-formed XML.",
            where=f"line {line}" if line else "",
            advice="Check the encoding and that every element is closed.",
        ) from None
    return Document(root, target.had_namespace)


def attributes_of(element: etree._Element) -> dict[str, str]:
    """The element's attributes as text."""
    return {str(name): str(value) for name, value in element.attrib.items()}
