"""A platform's untrusted XML to an element tree (formats.bounded_xml), refused with the protocol's codes."""

from rempart.core.errors import InputError, LimitExceeded
from rempart.formats.bounded_xml import Document, NotXml, XmlLimits, XmlTooLarge, attributes_of, parse_xml
from rempart.formats.cybertipline.vocabulary import Code

__all__ = ["MAX_BYTES", "Document", "Rejected", "TooLarge", "attributes_of", "parse_document"]

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64
MAX_ELEMENTS = 50_000
MAX_ATTRIBUTES = 100


class Rejected(InputError):
    """A document that cannot be understood; `code` is what the platform is answered."""

    def __init__(self, code: Code, what: str, *, where: str = "", advice: str = "") -> None:
        super().__init__(what, where=where, advice=advice)
        self.code = code


class TooLarge(Rejected, LimitExceeded):
    """A document over the size, depth or element limit."""


def parse_document(body: bytes, *, max_bytes: int = MAX_BYTES) -> Document:
    """Parse `body`; raises `Rejected` (4110 not XML or with a DTD) or `TooLarge` (4000)."""
    try:
        return parse_xml(body, XmlLimits(max_bytes, MAX_ELEMENTS, MAX_DEPTH, MAX_ATTRIBUTES))
    except XmlTooLarge as error:
        raise TooLarge(Code.INVALID_REQUEST, error.what, where=error.where, advice=error.advice) from None
    except NotXml as error:
        raise Rejected(Code.MALFORMED_XML, error.what, where=error.where, advice=error.advice) from None
