"""What the receiver answers. No namespace: a default namespace breaks existing clients."""

from collections.abc import Sequence

from lxml import etree

from rempart.formats.cybertipline.vocabulary import Code


def report_response(
    code: Code,
    description: str | None = None,
    report_id: int | None = None,
    file_id: str | None = None,
    md5: str | None = None,
) -> bytes:
    """`<reportResponse>`, the answer to every call but finish. The description is never empty: clients rely on it."""
    root = etree.Element("reportResponse")
    _child(root, "responseCode", str(int(code)))
    _child(root, "responseDescription", description or code.description)
    if report_id is not None:
        _child(root, "reportId", str(report_id))
    if file_id is not None:
        _child(root, "fileId", file_id)
    if md5 is not None:
        _child(root, "hash", md5)
    return _to_bytes(root)


def done_response(code: Code, report_id: int, file_ids: Sequence[str] = ()) -> bytes:
    """`<reportDoneResponse>`, the answer to finish, also when it fails; `<files>` may be empty."""
    root = etree.Element("reportDoneResponse")
    _child(root, "responseCode", str(int(code)))
    _child(root, "reportId", str(report_id))
    files = etree.SubElement(root, "files")
    for file_id in file_ids:
        _child(files, "fileId", file_id)
    return _to_bytes(root)


def _child(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = text


def _to_bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
