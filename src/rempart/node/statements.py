"""Rows written and read by SQL text that is built once a process, for the few calls that come in by the hundred.

The ORM takes some ten times longer to build a statement than the database to run it; when platforms report in bulk
the node is bound by its processors, and on SQLite everybody waits while a writer builds. Values pass through the same
conversions of the model's fields as in the ORM, and the text suits SQLite and PostgreSQL. What is left out: signals,
`save()` overrides and `auto_now`, which no model of this node has. Whatever is not hot uses the ORM.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.db import connection, models

# The database's drivers take the values of these fields as they are.
_AS_IS = (
    models.CharField,
    models.TextField,
    models.IntegerField,
    models.FloatField,
    models.BooleanField,
    models.BinaryField,
    models.ForeignKey,
)
_Fields = tuple["models.Field[Any, Any]", ...]


def insert[M: models.Model](rows: Sequence[M], *, ignore_conflicts: bool = False) -> None:
    """Insert new rows of one model; a number the database gives is set, unless conflicts are ignored."""
    if len(rows) > 1:
        # Built once for all of them, and one round trip.
        type(rows[0])._default_manager.bulk_create(rows, ignore_conflicts=ignore_conflicts)
        return
    for row in rows:
        sql, fields, numbered = _insertion(type(row), ignore_conflicts)
        with connection.cursor() as cursor:
            cursor.execute(sql, _values(row, fields))
            if numbered:
                row.pk = cursor.fetchone()[0]
        row._state.adding, row._state.db = False, connection.alias


def update(row: models.Model, *names: str) -> None:
    """Write these fields of a row that exists."""
    sql, fields = _change(type(row), names)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*_values(row, fields), row.pk])


class Select[M: models.Model]:
    """`SELECT` some fields of a model's rows; a row's other fields are loaded by the ORM if anybody asks.

    `condition` is SQL of our own code with %s for its values. `lock` holds the rows to the end of the transaction
    (on SQLite the transaction itself does).
    """

    def __init__(self, model: type[M], names: Sequence[str], condition: str, *, lock: bool = False) -> None:
        self._model = model
        self._names = [model._meta.get_field(name).attname for name in names]
        self._condition = condition
        self._lock = lock
        self._plan: tuple[str, list[tuple[int, list[Any], Any]]] | None = None

    def all(self, *values: object) -> list[M]:
        sql, conversions = self._plan or self._prepare()
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            found = cursor.fetchall()
        return [self._row(list(columns), conversions) for columns in found]

    def first(self, *values: object) -> M | None:
        return next(iter(self.all(*values)), None)

    def _row(self, columns: list[Any], conversions: list[tuple[int, list[Any], Any]]) -> M:
        for place, converters, expression in conversions:
            for convert in converters:
                columns[place] = convert(columns[place], expression, connection)
        return self._model.from_db(connection.alias, self._names, columns)

    def _prepare(self) -> tuple[str, list[tuple[int, list[Any], Any]]]:
        meta, quote = self._model._meta, connection.ops.quote_name
        columns, conversions = [], []
        by_attribute = {field.attname: field for field in meta.concrete_fields}
        # `from_db` expects the model's own order.
        self._names.sort(key=list(by_attribute).index)
        for place, name in enumerate(self._names):
            field = by_attribute[name]
            expression = field.get_col(meta.db_table)
            converters = connection.ops.get_db_converters(expression) + expression.get_db_converters(connection)
            columns.append(f"{quote(meta.db_table)}.{quote(str(field.column))}")
            if converters:
                conversions.append((place, converters, expression))
        ending = " FOR UPDATE" if self._lock and connection.features.has_select_for_update else ""
        table = quote(meta.db_table)
        sql = f"SELECT {', '.join(columns)} FROM {table} WHERE {self._condition}{ending}"  # noqa: S608 - own names only
        self._plan = sql, conversions
        return self._plan


@cache
def _insertion(model: type[models.Model], ignore_conflicts: bool) -> tuple[str, _Fields, bool]:
    meta, quote = model._meta, connection.ops.quote_name
    fields = tuple(field for field in meta.concrete_fields if not isinstance(field, models.AutoField))
    numbered = len(fields) < len(meta.concrete_fields) and not ignore_conflicts
    columns = ", ".join(quote(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    sql = f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 - own names only
    if ignore_conflicts:
        sql += " ON CONFLICT DO NOTHING"
    if numbered:
        sql += f" RETURNING {quote(str(meta.pk.column))}"
    return sql, fields, numbered


@cache
def _change(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, _Fields]:
    meta, quote = model._meta, connection.ops.quote_name
    fields: _Fields = tuple(meta.get_field(name) for name in names)
    changes = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
    return f"UPDATE {quote(meta.db_table)} SET {changes} WHERE {quote(str(meta.pk.column))} = %s", fields  # noqa: S608


def _values(row: models.Model, fields: _Fields) -> list[Any]:
    return [
        value if convert is None else convert(value, connection)
        for value, convert in ((getattr(row, field.attname), _converter(field)) for field in fields)
    ]


@cache
def _converter(field: "models.Field[Any, Any]") -> Callable[..., Any] | None:
    return None if isinstance(field, _AS_IS) else field.get_db_prep_save
