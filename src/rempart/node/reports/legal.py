"""Transparency reports: each field of a dated template, counted from published figures or declared, or not available.

What was declared goes through the same disclosure control as figures do, each field for itself.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from rempart.core.disclosure import DEFAULT_THRESHOLD, TOTAL, suppress
from rempart.formats import tables
from rempart.node.observatory.services import Measure, Status, Value
from rempart.node.reports import closing
from rempart.node.reports.figures import Figures, value_text
from rempart.node.reports.legal_templates import Field, Template
from rempart.node.reports.paper import Block, Cell, Paper, Section, Table, Text
from rempart.node.reports.sources import Published
from rempart.node.reports.texts import Texts
from rempart.node.reports.yearly import part_name

FORMAT = "rempart transparency report 1"
_NOTHING = Value(None, Status.NOT_AVAILABLE)
COUNTED, DECLARED = "counted", "declared"
COLUMNS = (
    tables.Column("field", tables.Kind.TEXT, "The field's key in the template."),
    tables.Column("title", tables.Kind.TEXT, "What the field is called in the report's language."),
    tables.Column("row", tables.Kind.TEXT, "Empty for the field itself or the total of its table; else the row."),
    tables.Column("value", tables.Kind.NUMBER, "The number.", is_nullable=True),
    tables.Column("status", tables.Kind.TEXT, "shown, partial (at least), suppressed or not_available (not 0)."),
    tables.Column("text", tables.Kind.TEXT, "What a field in words says."),
    tables.Column("source", tables.Kind.TEXT, "counted, declared or empty."),
    tables.Column("declared_by", tables.Kind.TEXT, "Who declared it."),
    tables.Column("declared_on", tables.Kind.DATE, "The day it was entered, UTC.", is_nullable=True),
)


class Subject(Protocol):
    """Whose report, about which year."""

    @property
    def member(self) -> str: ...

    @property
    def year(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Declared:
    """The last statement about a field: `content` as `models.Statement` holds it."""

    content: Mapping[str, Any]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """A field as it is published. `figure` names the published figure behind a counted one."""

    wanted: Field
    value: Value = _NOTHING
    rows: Mapping[str, Value] = field(default_factory=dict)
    text: str = ""
    source: str = ""
    by: str = ""
    on: date | None = None
    figure: str = ""


def answers(
    template: Template, figures: Figures | None, declared: Mapping[str, Declared], year: int
) -> tuple[Answer, ...]:
    """Every field of the template: counted where its figure is published, else declared, else not available."""
    return tuple(_counted(each, figures, year) or _declared(each, declared.get(each.key)) for each in template.fields)


def _counted(wanted: Field, figures: Figures | None, year: int) -> Answer | None:
    if figures is None or wanted.figure not in figures.indicators:
        return None
    value = figures.value(str(year), wanted.figure, wanted.part)
    rows = figures.parts(str(year), wanted.figure) if wanted.shape == "table" else {}
    if value.status is Status.NOT_AVAILABLE or (wanted.shape == "table" and not rows):
        return None
    table = figures.indicators[wanted.figure].parts
    name = figures.as_cell(value, str(year), wanted.figure, wanted.part).figure
    named = {part_name(table, part, figures.say): row for part, row in rows.items()}
    return Answer(wanted, value, named, source=COUNTED, figure=name)


def _declared(wanted: Field, said: Declared | None) -> Answer:
    if said is None or not said.content:
        return Answer(wanted)
    told = {"source": DECLARED, "by": said.by, "on": said.at.date()}
    if "text" in said.content:
        return Answer(wanted, text=str(said.content["text"]), **told)  # type: ignore[arg-type]
    if "rows" in said.content:
        found = suppress({(name,): int(number) for name, number in said.content["rows"].items()})
        rows = {name: _disclosed(number) for (name,), number in found.items() if name != TOTAL}
        return Answer(wanted, _disclosed(found.get((TOTAL,))), rows, **told)  # type: ignore[arg-type]
    number = int(said.content["number"])
    return Answer(wanted, _disclosed(None if 0 < number < DEFAULT_THRESHOLD else number), **told)  # type: ignore[arg-type]


def _disclosed(number: int | None) -> Value:
    return Value(None, Status.SUPPRESSED) if number is None else Value(number, Status.SHOWN, number)


def paper(
    template: Template, found: tuple[Answer, ...], published: Published, order: Subject, at: datetime, say: Texts
) -> Paper:
    """The report in one of its languages."""
    own = template.say(say.language)
    texts = [each for each in found if each.wanted.shape == "text"]
    numbers = [each for each in found if each.wanted.shape == "number"]
    grids = [each for each in found if each.wanted.shape == "table"]
    cover = (
        (say("cover.organisation"), published.organisation),
        (say("legal.basis"), f"{template.act}, {template.article}"),
        (say("legal.period"), say("legal.period_text", year=order.year)),
        (say("legal.template"), say("legal.template_text", name=own("name"), date=say.day(template.since))),
    )
    blocks: list[Block] = [_numbers(numbers, own, say)]
    blocks += [_grid(each, own, say) for each in grids]
    return Paper(
        say.language,
        own("title", year=order.year),
        published.name(order.member, say.language),
        published.organisation,
        at,
        cover,
        own("summary"),
        (
            Section("numbers", say("legal.numbers"), tuple(blocks), new_page=True),
            *(_words(each, own, say) for each in texts),
            _about(template, say),
            closing.contact(published, say),
        ),
        closing.words(say),
    )


def _numbers(found: list[Answer], own: Texts, say: Texts) -> Table:
    rows = tuple(
        (Cell(own(f"fields.{each.wanted.key}.title")), _cell(each.value, say, each.figure), Cell(_source(each, say)))
        for each in found
    )
    heads = ((say("legal.item"), False), (say("legal.value"), True), (say("legal.source"), False))
    return Table(own("name"), heads, rows)


def _grid(found: Answer, own: Texts, say: Texts) -> Block:
    title = own(f"fields.{found.wanted.key}.title")
    if not found.rows:
        missing = Cell(say("words.not_available"), None, str(Status.NOT_AVAILABLE))
        rows: tuple[tuple[Cell, ...], ...] = ((Cell(say("legal.total")), missing),)
    else:
        rows = tuple(
            (Cell(_row_name(found.wanted, name, own)), _cell(value, say)) for name, value in found.rows.items()
        )
        rows += ((Cell(say("legal.total")), _cell(found.value, say, found.figure)),)
    return Table(title, ((say("legal.item"), False), (say("legal.value"), True)), rows, _source(found, say))


def _words(found: Answer, own: Texts, say: Texts) -> Section:
    said = tuple(Text(each) for each in found.text.split("\n\n") if each.strip())
    source = (Text(_source(found, say), "note"),) if said else ()
    key = found.wanted.key
    return Section(key, own(f"fields.{key}.title"), (*(said or (Text(say("words.not_available")),)), *source))


def _about(template: Template, say: Texts) -> Section:
    lines = [Text(say("legal.disclosure", threshold=DEFAULT_THRESHOLD)), Text(say("legal.personal"))]
    if template.until is not None:
        lines.append(Text(say("legal.until", day=say.day(template.until))))
    return Section("about", say("legal.note_title"), (*lines, Text(say("legal.machine"), "note")))


def _cell(value: Value, say: Texts, figure: str = "") -> Cell:
    return Cell(value_text(Measure.COUNT, value, say), value.number, str(value.status), figure)


def _source(found: Answer, say: Texts) -> str:
    if found.source == COUNTED:
        return say("legal.counted")
    if found.source == DECLARED and found.on is not None:
        return say("legal.declared", by=found.by, day=say.day(found.on))
    return "–" if found.wanted.shape == "number" else ""


def _row_name(wanted: Field, name: str, own: Texts) -> str:
    return own(f"fields.{wanted.key}.parts.{name}") if name in wanted.parts else name


def as_json(template: Template, found: tuple[Answer, ...], published: Published, year: int, own: Texts) -> bytes:
    """The report for machines."""
    document = {
        "format": FORMAT,
        "kind": template.kind,
        "template": template.since.isoformat(),
        "act": template.act,
        "article": template.article,
        "organisation": published.organisation,
        "year": year,
        "language": own.language,
        "threshold": DEFAULT_THRESHOLD,
        "values": tables.as_objects(tables.Table(COLUMNS, _rows(found, own))),
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def as_csv(found: tuple[Answer, ...], own: Texts) -> bytes:
    """The report as a table: one line for each field and each row of its table."""
    return tables.as_csv(tables.Table(COLUMNS, _rows(found, own)))


def _rows(found: tuple[Answer, ...], own: Texts) -> list[tables.Row]:
    rows: list[tables.Row] = []
    for each in found:
        title = own(f"fields.{each.wanted.key}.title")
        end = (each.source, each.by, each.on)
        status = "" if each.text else str(each.value.status)
        rows.append((each.wanted.key, title, "", each.value.number, status, each.text, *end))
        for name, value in each.rows.items():
            label = _row_name(each.wanted, name, own)
            rows.append((each.wanted.key, title, label, value.number, str(value.status), "", *end))
    return rows
