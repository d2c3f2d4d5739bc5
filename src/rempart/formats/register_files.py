"""The register as files: one JSON document, or a folder of CSV files with a line for each fact.

Both hold the same: what is exported and imported again is what it was. A wrong entry is told with its place, and the
others are read. In CSV a text that a spreadsheet would run as a formula gets an apostrophe before it, as does one that
begins with an apostrophe; reading takes it away.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rempart.core.errors import InputError
from rempart.core.register.members import FIELDS as MEMBER_FIELDS
from rempart.core.register.members import Member, check_together, member_fields, read_member
from rempart.core.register.part import (
    COMMITMENT_FIELDS,
    CONTACT_FIELDS,
    EVIDENCE_FIELDS,
    PART_FIELDS,
    Part,
    part_fields,
    read_commitment,
    read_contact,
    read_part,
)
from rempart.core.register.whole import FORMAT, Register, register_fields

MAX_BYTES = 64 * 1024 * 1024
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
_FACTS = tuple(name for name in MEMBER_FIELDS if name != "names")
_SAID = tuple(name for name in COMMITMENT_FIELDS if name != "evidence")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "members.csv": _FACTS,
    "names.csv": ("code", "language", "name"),
    "parts.csv": tuple(name for name in PART_FIELDS if name not in ("contacts", "commitments")),
    "contacts.csv": ("country", *CONTACT_FIELDS),
    "commitments.csv": ("country", *_SAID),
    "evidence.csv": ("country", "commitment", *EVIDENCE_FIELDS),
}
_NUMBERS = frozenset({"number", "commitment"})
_OR_NULL = frozenset({"numeric", "number", "founded", "invited", "acceded", "left", "starts", "ends"})
T = TypeVar("T")
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """What cannot be used, and where: a line of a file, or a field of a document."""

    where: str
    reason: str


@dataclass
class Loaded:
    """What could be read, and what could not."""

    members: list[Member] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def register(self) -> Register:
        return Register(tuple(self.members), tuple(sorted(self.parts, key=lambda part: part.country)))

    def attempt(self, read: Callable[..., T], *given: Any) -> T | None:
        """What `read` makes of it; None, and one more problem, where that is an InputError."""
        try:
            return read(*given)
        except InputError as error:
            self.problems.append(Problem(error.where, error.what))
            return None


def write_json(register: Register) -> str:
    return json.dumps(register_fields(register), ensure_ascii=False, indent=1) + "\n"


def read_json(text: str) -> Loaded:
    """InputError for what is no register at all."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(f"this is no JSON of the format {FORMAT}.", where="register", advice="See docs/register.md.")
    loaded = Loaded()
    loaded.members += [each for each in _each(loaded, document, "members", read_member) if each]
    loaded.parts += [each for each in _each(loaded, document, "parts", read_part) if each]
    return _checked(loaded)


def write_csv(register: Register) -> dict[str, str]:
    """The files by name, with the columns that `COLUMNS` names."""
    lines: dict[str, list[Line]] = {name: [] for name in COLUMNS}
    for member in register.members:
        fields = member_fields(member)
        lines["members.csv"].append(fields | {"languages": " ".join(member.languages)})
        lines["names.csv"] += [{"code": member.code, "language": code, "name": n} for code, n in member.names.items()]
    for part in register.parts:
        fields, at = part_fields(part), {"country": part.country}
        lines["parts.csv"].append(fields)
        lines["contacts.csv"] += [at | each for each in fields["contacts"]]
        lines["commitments.csv"] += [at | each for each in fields["commitments"]]
        lines["evidence.csv"] += [
            at | {"commitment": each["number"]} | proof for each in fields["commitments"] for proof in each["evidence"]
        ]
    return {name: _written(columns, lines[name]) for name, columns in COLUMNS.items()}


def read_csv(files: Mapping[str, str]) -> Loaded:
    """The register of these files; one that is missing has no lines. InputError for other columns."""
    lines = {name: _lines(name, files[name]) if name in files else [] for name in COLUMNS}
    loaded = Loaded()
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for _, line in lines["names.csv"]:
        names[line["code"]][line["language"]] = line["name"]
    for where, line in lines["members.csv"]:
        entry = line | {"languages": line["languages"].split(), "names": names.get(line["code"], {})}
        member = loaded.attempt(read_member, entry, where)
        loaded.members += [member] if member else []
    _read_parts(loaded, lines)
    return _checked(loaded)


def _each(loaded: Loaded, document: Line, name: str, read: Callable[[Any, str], T]) -> list[T | None]:
    entries = document.get(name)
    if not isinstance(entries, list):
        raise InputError("a list is expected.", where=name, advice="See docs/register.md.")
    return [loaded.attempt(read, entry, f"{name}[{place}]") for place, entry in enumerate(entries)]


def _read_parts(loaded: Loaded, lines: Mapping[str, list[tuple[str, Line]]]) -> None:
    """Contacts and commitments line by line, so that each wrong one is told; a part is read whole or not at all."""
    evidence: dict[tuple[str, Any], list[Line]] = defaultdict(list)
    for _, line in lines["evidence.csv"]:
        evidence[line["country"], line["commitment"]].append({name: line[name] for name in EVIDENCE_FIELDS})
    contacts: dict[str, list[Line]] = defaultdict(list)
    commitments: dict[str, list[Line]] = defaultdict(list)
    spoiled = set()
    for where, line in lines["contacts.csv"]:
        entry = {name: line[name] for name in CONTACT_FIELDS}
        contacts[line["country"]].append(entry)
        if loaded.attempt(read_contact, entry, where) is None:
            spoiled.add(line["country"])
    for where, line in lines["commitments.csv"]:
        proofs = evidence.get((line["country"], line["number"]), [])
        entry = {name: line[name] for name in _SAID} | {"evidence": proofs}
        commitments[line["country"]].append(entry)
        if loaded.attempt(read_commitment, entry, where) is None:
            spoiled.add(line["country"])
    for where, line in lines["parts.csv"]:
        country = line["country"]
        said = {"contacts": contacts.pop(country, []), "commitments": commitments.pop(country, [])}
        if country not in spoiled:
            said["commitments"].sort(key=lambda each: each["number"])
            part = loaded.attempt(read_part, line | said, where)
            loaded.parts += [part] if part else []
    for country in sorted({*contacts, *commitments}):
        loaded.problems.append(Problem("parts.csv", f"there is no line for {country}, which other files name"))


def _checked(loaded: Loaded) -> Loaded:
    loaded.attempt(check_together, loaded.members)
    countries = [part.country for part in loaded.parts]
    twice = sorted({country for country in countries if countries.count(country) > 1})
    loaded.problems += [Problem("parts", f"{country} occurs twice") for country in twice]
    return loaded


def _written(columns: Sequence[str], lines: Iterable[Line]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(line[name]) for name in columns] for line in lines)
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _lines(name: str, text: str) -> list[tuple[str, Line]]:
    """Each line with its place; InputError when the columns are others or a line has too many or too few."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    columns, found = COLUMNS[name], []
    try:
        header = next(reader, [])
        if tuple(header) != columns:
            raise InputError(f"the columns are {', '.join(columns)}.", where=f"{name} line 1", advice="Keep them.")
        for row in reader:
            where = f"{name} line {reader.line_num}"
            if len(row) != len(columns):
                raise InputError(f"there are {len(row)} fields, not {len(columns)}.", where=where, advice="Correct it.")
            found.append((where, {column: _value(column, cell) for column, cell in zip(columns, row, strict=True)}))
    except csv.Error:
        where = f"{name} line {reader.line_num}"
        raise InputError("this is no valid CSV.", where=where, advice="Check the quotes.") from None
    return found


def _value(column: str, cell: str) -> Any:
    text = cell.removeprefix("'")
    if not text and column in _OR_NULL:
        return None
    is_number = column in _NUMBERS and text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if is_number else text
