"""Untrusted XML to an element tree without namespaces, within fixed limits.

No DTD, no entity but the five built in, no network; size, depth and number of elements are capped
while parsing, so a hostile document costs no more than an honest one of the same size.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from lxml import etree

from rempart.core.errors import InputError, LimitExceeded
from rempart.formats.cybertipline.vocabulary import Code

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64
MAX_ELEMENTS = 50_000
MAX_ATTRIBUTES = 100
"""Of one element. The tree adds each behind the others: 200,000 would take a minute."""

_IGNORED_NAMESPACES = ("{http://www.w3.org/2001/XMLSchema-instance}", "{http://www.w3.org/XML/1998/namespace}")


class Rejected(InputError):
    """A document that cannot be understood; `code` is what the platform is answered."""

    def __init__(self, code: Code, what: str, *, where: str = "", advice: str = "") -> None:
        super().__init__(what, where=where, advice=advice)
        self.code = code


class TooLarge(Rejected, LimitExceeded):
    """A document over the size, depth or element limit."""


@dataclass(frozen=True, slots=True)
class Document:
    """`root` holds local names only; `had_namespace` says whether any had to be stripped."""

    root: etree._Element
    had_namespace: bool


class _Target:
    """Parser target that builds the tree, strips namespaces and stops at the first broken limit."""

    def __init__(self) -> None:
        self._builder = etree.TreeBuilder()
        self._depth = 0
        self._elements = 0
        self.had_namespace = False
        self.refusal: Rejected | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH:
            self._refuse(TooLarge(Code.INVALID_REQUEST, f"Elements are nested deeper than {MAX_DEPTH} levels."))
        if self._elements > MAX_ELEMENTS:
            self._refuse(TooLarge(Code.INVALID_REQUEST, f"The document has more than {MAX_ELEMENTS} elements."))
        if len(attributes) > MAX_ATTRIBUTES:
            self._refuse(TooLarge(Code.INVALID_REQUEST, f"An element has more than {MAX_ATTRIBUTES} attributes."))
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
            Rejected(
                Code.MALFORMED_XML,
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

    def _refuse(self, refusal: Rejected) -> None:
        self.refusal = refusal
        raise refusal


def parse_document(body: bytes, *, max_bytes: int = MAX_BYTES) -> Document:
    """Parse `body`; raises `Rejected` (4110 not XML or with a DTD) or `TooLarge` (4000)."""
    if len(body) > max_bytes:
        raise TooLarge(Code.INVALID_REQUEST, f"The document is larger than {max_bytes} bytes.")
    target = _Target()
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
    except (etree.LxmlError, Rejected) as error:
        if target.refusal is not None:
            raise target.refusal from None
        line = getattr(error, "lineno", None)
        raise Rejected(
            Code.MALFORMED_XML,
            "The body is not well-formed XML.",
            where=f"line {line}" if line else "",
            advice="Check the encoding and that every element is closed.",
        ) from None
    return Document(root, target.had_namespace)


def attributes_of(element: etree._Element) -> dict[str, str]:
    """The element's attributes as text."""
    return {str(name): str(value) for name, value in element.attrib.items()}
