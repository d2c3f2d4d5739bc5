"""Deviations from the schema, filed as quality findings instead of refusals.

A finding names only elements and attributes known from the schema or from existing clients, so that nothing a
sender wrote, in a name or in a value, can travel in it. Unknown elements are told by their position.
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

from rempart.formats.cybertipline import schema
from rempart.formats.cybertipline.document import attributes_of
from rempart.formats.cybertipline.scalars import SIMPLE_TYPES, has_zone

MAX_FINDINGS = 200


class FindingCode(StrEnum):
    NAMESPACE = "namespace"
    UNKNOWN_ELEMENT = "unknown_element"
    UNKNOWN_ATTRIBUTE = "unknown_attribute"
    CLIENT_DEVIATION = "client_deviation"
    WRONG_ORDER = "wrong_order"
    REPEATED = "repeated"
    MISSING = "missing"
    BAD_VALUE = "bad_value"
    TOO_LONG = "too_long"
    NO_TIME_ZONE = "no_time_zone"
    STRAY_TEXT = "stray_text"
    EMPTY = "empty"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class QualityFinding:
    """`where` is a path such as `/report/victim[2]/ipCaptureEvent/port`."""

    code: FindingCode
    where: str
    text: str


CLIENT_DEVIATIONS: dict[tuple[str, str], str] = {
    ("associatedAccount", "@accountType"): "The account's kind belongs in the attribute `type`.",
    ("associatedAccount", "@thirdPartyUser"): "The attribute belongs to the element `platform`.",
    ("associatedAccount", "accountType"): "The account's kind belongs in the attribute `type`.",
    ("associatedAccount", "accountDisplayName"): "The element is called `displayName`.",
    ("associatedAccount", "accountIdentifier"): "The element is called `espIdentifier`.",
    ("associatedAccount", "ageAssertionDiscrepancy"): "The element is not part of the schema.",
    ("person", "ageAssertionDiscrepancy"): "The element is not part of the schema.",
    ("nameValuePair", "@type"): "The attribute belongs to the element `details`.",
    ("lawEnforcement", "@fleaCountry"): "The attribute belongs to the element `servedLegalProcessInternational`.",
    ("reportAnnotations", "informational"): "The annotation is not part of the schema.",
    ("phone", "number"): "The number is the element's own text.",
}
"""What clients in use send beside the schema, by (type, child or @attribute); the reader understands each."""


class Findings:
    """Collects findings, at most `MAX_FINDINGS` and one closing `MORE`."""

    def __init__(self) -> None:
        self._found: list[QualityFinding] = []
        self._seen: set[tuple[FindingCode, str]] = set()

    def add(self, code: FindingCode, where: str, text: str) -> None:
        if (code, where) in self._seen or len(self._found) > MAX_FINDINGS:
            return
        self._seen.add((code, where))
        if len(self._found) == MAX_FINDINGS:
            self._found.append(QualityFinding(FindingCode.MORE, "/", "There are more deviations than are listed."))
        else:
            self._found.append(QualityFinding(code, where, text))

    def as_tuple(self) -> tuple[QualityFinding, ...]:
        return tuple(self._found)


def check_against_schema(root: etree._Element, findings: Findings) -> None:
    """File every deviation of a `report` or `fileDetails` tree from the published schema."""
    _check(root, schema.rule_for(root.tag), root.tag, f"/{root.tag}", findings)


def _check(element: etree._Element, rule: schema.TypeRule, type_name: str, path: str, findings: Findings) -> None:
    _check_attributes(element, rule, type_name, path, findings)
    if rule.text is None:
        _check_children(element, rule, type_name, path, findings)
    else:
        _check_text(element.text or "", rule.text, path, findings)
        for number, child in enumerate(element, start=1):
            _unknown_child(child, number, type_name, path, findings)


def _check_attributes(
    element: etree._Element, rule: schema.TypeRule, type_name: str, path: str, findings: Findings
) -> None:
    present = attributes_of(element)
    for name, value in present.items():
        known = rule.attributes.get(name)
        deviation = CLIENT_DEVIATIONS.get((type_name, f"@{name}"))
        if known is not None:
            _check_text(value, known.text, f"{path}/@{name}", findings)
        elif deviation is not None:
            findings.add(FindingCode.CLIENT_DEVIATION, f"{path}/@{name}", deviation)
        else:
            findings.add(FindingCode.UNKNOWN_ATTRIBUTE, f"{path}/@*", "The attribute is not part of the schema.")
    for name, known in rule.attributes.items():
        if known.required and name not in present:
            findings.add(FindingCode.MISSING, f"{path}/@{name}", "The required attribute is missing.")


def _check_children(
    element: etree._Element, rule: schema.TypeRule, type_name: str, path: str, findings: Findings
) -> None:
    counts: Counter[str] = Counter()
    furthest = -1
    for number, child in enumerate(element, start=1):
        known = rule.children.get(child.tag)
        if known is None:
            _unknown_child(child, number, type_name, path, findings)
            continue
        counts[child.tag] += 1
        repetition = counts[child.tag]
        child_path = f"{path}/{child.tag}" if repetition == 1 else f"{path}/{child.tag}[{repetition}]"
        if repetition > 1 and not known.many:
            findings.add(FindingCode.REPEATED, child_path, "The element may appear only once; the first one counts.")
        if rule.order == "sequence" and known.position < furthest:
            findings.add(FindingCode.WRONG_ORDER, child_path, "The element comes later than the schema's order asks.")
        furthest = max(furthest, known.position)
        if not (known.is_flag and not (child.text or "").strip()):
            _check(child, schema.rule_for(known.type_name), known.type_name, child_path, findings)
        if known.is_flag and (child.text or "").strip() in {"false", "0"}:
            findings.add(FindingCode.BAD_VALUE, child_path, "A flag is left out where it does not apply.")
    _check_completeness(element, rule, counts, path, findings)


def _check_completeness(
    element: etree._Element, rule: schema.TypeRule, counts: Counter[str], path: str, findings: Findings
) -> None:
    for name, known in rule.children.items():
        if known.required and name not in counts:
            findings.add(FindingCode.MISSING, f"{path}/{name}", "The required element is missing.")
    if rule.order == "choice" and len(counts) > 1:
        findings.add(FindingCode.REPEATED, path, "Only one of the alternatives may appear; all were read.")
    if rule.order == "choice" and not counts:
        findings.add(FindingCode.EMPTY, path, "None of the alternatives is present.")
    if any((text or "").strip() for text in (element.text, *(child.tail for child in element))):
        findings.add(FindingCode.STRAY_TEXT, path, "There is text between the elements.")


def _unknown_child(child: etree._Element, number: int, type_name: str, path: str, findings: Findings) -> None:
    deviation = CLIENT_DEVIATIONS.get((type_name, child.tag))
    if deviation is not None:
        findings.add(FindingCode.CLIENT_DEVIATION, f"{path}/{child.tag}", deviation)
    else:
        findings.add(FindingCode.UNKNOWN_ELEMENT, f"{path}/*[{number}]", "The element is not part of the schema here.")


def _check_text(text: str, rule: schema.SimpleRule, path: str, findings: Findings) -> None:
    if not SIMPLE_TYPES[rule.base](text):
        findings.add(FindingCode.BAD_VALUE, path, f"The value is not a valid {rule.base.removeprefix('xs:')}.")
    elif rule.base == "xs:dateTime" and not has_zone(text):
        findings.add(FindingCode.NO_TIME_ZONE, path, "The time has no zone; it was read as UTC.")
    if rule.max_length is not None and len(text) > rule.max_length:
        findings.add(FindingCode.TOO_LONG, path, f"The text is longer than {rule.max_length} characters.")
    outside = bool(rule.values) and text not in rule.values
    if outside or (rule.pattern is not None and not rule.pattern.fullmatch(text)):
        findings.add(FindingCode.BAD_VALUE, path, "The value is not one of those the schema allows.")
