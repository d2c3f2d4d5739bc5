"""Rows written and read by SQL text that is built once a process, for the few calls that come in by the hundred.

The ORM takes some ten times longer to build a statement than the database to run it; when platforms report in bulk
the node is bound by its processors, and on SQLite all other writers wait while one builds. Values pass through the
same conversions of the model's fields as in the ORM, and the text suits SQLite and PostgreSQL. What is left out:
signals, `save()` overrides and `auto_now`, which no model of this node has. What is not hot uses the ORM.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)
Value = str | int | bytes | None

# The databases' drivers take the values of these fields as they are.
_AS_IS = (
    models.CharField,
    models.TextField,
    models.IntegerField,
    models.FloatField,
    models.BooleanField,
    models.BinaryField,
    models.ForeignKey,
)


@dataclass(frozen=True, slots=True)
class _Writing:
    """A statement and where its values come from: attributes of a row, each with its conversion if it needs one."""

    sql: str
    values: tuple[tuple[str, Callable[..., Any] | None], ...]
    numbered: bool = False

    def values_of(self, row: models.Model) -> list[Any]:
        return [
            getattr(row, name) if convert is None else convert(getattr(row, name), connection)
            for name, convert in self.values
        ]


def insert(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> None:
    """Insert new rows of one model; a number the database gives is set, unless conflicts are ignored."""
    if len(rows) > 1:
        # One round trip, and the building is spread over many rows.
        type(rows[0])._default_manager.bulk_create(rows, ignore_conflicts=ignore_conflicts)
        return
    for row in rows:
        insertion = _insertion(type(row), ignore_conflicts)
        with connection.cursor() as cursor:
            cursor.execute(insertion.sql, insertion.values_of(row))
            if insertion.numbered:
                row.pk = cursor.fetchone()[0]
        row._state.adding, row._state.db = False, connection.alias


def update(row: models.Model, *names: str) -> None:
    """Write these fields of a row that exists."""
    change = _change(type(row), names)
    with connection.cursor() as cursor:
        cursor.execute(change.sql, [*change.values_of(row), row.pk])


@cache
def _insertion(model: type[models.Model], ignore_conflicts: bool) -> _Writing:
    meta, quote = model._meta, connection.ops.quote_name
    fields = [field for field in meta.concrete_fields if not isinstance(field, models.AutoField)]
    numbered = len(fields) < len(meta.concrete_fields) and not ignore_conflicts
    columns, places = ", ".join(quote(str(field.column)) for field in fields), ", ".join(["%s"] * len(fields))
    conflict = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    returning = f" RETURNING {quote(str(meta.pk.column))}" if numbered else ""
    sql = f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES ({places}){conflict}{returning}"  # noqa: S608 - names
    return _Writing(sql, tuple(map(_source, fields)), numbered)


@cache
def _change(model: type[models.Model], names: tuple[str, ...]) -> _Writing:
    meta, quote = model._meta, connection.ops.quote_name
    fields = [field for field in meta.concrete_fields if field.name in names]
    changes = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
    sql = f"UPDATE {quote(meta.db_table)} SET {changes} WHERE {quote(str(meta.pk.column))} = %s"  # noqa: S608 - names
    return _Writing(sql, tuple(map(_source, fields)))


def _source(field: Any) -> tuple[str, Callable[..., Any] | None]:
    return field.attname, None if isinstance(field, _AS_IS) else field.get_db_prep_save


_Conversions = list[tuple[int, list[Callable[..., Any]], Any]]


class Select(Generic[M]):
    """`SELECT` some fields of a model's rows; a row's other fields are loaded by the ORM if anybody asks for them.

    `condition` is SQL of our own code with %s for its values. `lock` holds the rows to the end of the transaction;
    on SQLite the transaction itself does.
    """

    def __init__(self, model: type[M], names: Sequence[str], condition: str, *, lock: bool = False) -> None:
        self._model, self._names, self._condition, self._lock = model, frozenset(names), condition, lock
        self._plan: tuple[str, list[str], _Conversions] | None = None

    def all(self, *values: Value) -> list[M]:
        self._plan = self._plan or self._prepare()
        sql, names, conversions = self._plan
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            found = cursor.fetchall()
        return [self._model.from_db(connection.alias, names, _converted(row, conversions)) for row in found]

    def first(self, *values: Value) -> M | None:
        return next(iter(self.all(*values)), None)

    def _prepare(self) -> tuple[str, list[str], _Conversions]:
        quote, table = connection.ops.quote_name, self._model._meta.db_table
        # In the model's own order, which `from_db` expects.
        fields = [field for field in self._model._meta.concrete_fields if field.name in self._names]
        conversions: _Conversions = []
        for place, field in enumerate(fields):
            expression = field.get_col(table)
            converters = connection.ops.get_db_converters(expression) + expression.get_db_converters(connection)
            if converters:
                conversions.append((place, converters, expression))
        columns = ", ".join(f"{quote(table)}.{quote(str(field.column))}" for field in fields)
        locking = " FOR UPDATE" if self._lock and connection.features.has_select_for_update else ""
        sql = f"SELECT {columns} FROM {quote(table)} WHERE {self._condition}{locking}"  # noqa: S608 - names
        return sql, [field.attname for field in fields], conversions


def _converted(row: Sequence[Any], conversions: _Conversions) -> list[Any]:
    values = list(row)
    for place, converters, expression in conversions:
        for convert in converters:
            values[place] = convert(values[place], expression, connection)
    return values
