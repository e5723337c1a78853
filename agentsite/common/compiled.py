"""Queries and insertions whose SQL is written once.

Django writes the SQL of a query anew each time it is asked; for the few that stand in every request that takes longer
than the database needs to answer. See docs/adr/0026-some-queries-are-written-once.md.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet, Value
from django.db.models.expressions import DatabaseDefault
from django.db.models.fields import AutoFieldMixin
from django.db.models.sql import InsertQuery
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)
Row = TypeVar("Row")


class Given(Value):
    """A place in a query for a value that is given when it is asked, by the name of the column it is compared with."""

    def __init__(self, model: type[Model], name: str) -> None:
        field: Any = model._meta.get_field(name)  # noqa: SLF001  Django's public API
        super().__init__(name, output_field=field)
        self._field = field

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:  # noqa: ARG002  Django's signature
        """Stand for itself among the parameters."""
        return "%s", [self]

    def among(self, values: dict[str, Any], connection: Any) -> Any:
        """Return the value as the database takes it."""
        return self._field.get_db_prep_value(values[self.value], connection=connection)


class Compiled(Generic[M, Row]):
    """A query that is always the same but for what is ``Given``."""

    def __init__(self, write: "Callable[[], QuerySet[M, Row]]") -> None:
        self._write = write

    def rows(self, **values: Any) -> list[Row]:
        """Ask for what was given; return what the query itself would."""
        asked = self._written.queryset.all()
        asked.query.get_compiler = partial(self._written.filled, values)  # type: ignore[method-assign]
        return list(asked)

    @cached_property
    def _written(self) -> "_Written[M, Row]":
        queryset = self._write()
        compiler = queryset.query.get_compiler(queryset.db)
        sql, parameters = compiler.as_sql()
        columns = [column for column, *_ in compiler.select[: compiler.col_count]]
        return _Written(queryset, compiler, sql, parameters, compiler.get_converters(columns))


@dataclass(frozen=True)
class _Written(Generic[M, Row]):
    queryset: "QuerySet[M, Row]"
    compiler: SQLCompiler
    sql: str
    parameters: Sequence[Any]
    converters: dict[int, Any]
    """How values of columns are made Python's, by their places."""

    def filled(self, values: dict[str, Any], using: str, **_: object) -> SQLCompiler:
        """Return a compiler that has nothing to do any more: how rows are read was found out with the SQL."""
        compiler, connection = copy.copy(self.compiler), connections[using]
        given = [part.among(values, connection) if isinstance(part, Given) else part for part in self.parameters]
        compiler.connection = connection
        compiler.as_sql = lambda **_: (self.sql, tuple(given))  # type: ignore[method-assign]
        compiler.get_converters = lambda expressions: self.converters  # type: ignore[method-assign]  # noqa: ARG005
        return compiler


def insert(row: M) -> M:
    """Store a new row as ``save(force_insert=True)`` does, and give it its key; nobody is told by signals."""
    connection = connections[DEFAULT_DB_ALIAS]
    insertion = _insertion(type(row), connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(insertion.sql, [_stored(field, row, connection) for field in insertion.fields])
        if insertion.returned:
            (row.pk,) = cursor.fetchone()
    row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001  Django's public API
    return row


@dataclass(frozen=True)
class _Insertion:
    sql: str
    fields: Sequence[Any]
    returned: Sequence[Any]
    """The key, where the database gives it."""


@cache
def _insertion(model: type[Model], _vendor: str) -> _Insertion:
    columns = model._meta.concrete_fields  # noqa: SLF001  Django's public API
    returned = [column for column in columns if isinstance(column, AutoFieldMixin)]
    fields = [column for column in columns if column not in returned]
    usual = {field.attname: field.db_default for field in fields if field.has_db_default()}
    query = InsertQuery(model)
    query.insert_values(fields, [model(**usual)])
    compiler: Any = query.get_compiler(DEFAULT_DB_ALIAS)
    compiler.returning_fields = returned
    ((sql, _values),) = compiler.as_sql()
    return _Insertion(sql, fields, returned)


def _stored(field: Any, row: Model, connection: Any) -> Any:
    """Return a column's value as the database takes it."""
    value = field.pre_save(row, add=True)
    if isinstance(value, DatabaseDefault):
        value = field.db_default
        setattr(row, field.attname, value)
    return field.get_db_prep_save(value, connection)
