"""Queries whose SQL is written once.

Django writes the SQL of a query anew each time it is asked; for the few that stand in every request that takes longer
than the database needs to answer. See docs/adr/0026-some-queries-are-written-once.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from operator import itemgetter
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet, Value
from django.db.models.query import (
    FlatValuesListIterable,
    ModelIterable,
    ValuesListIterable,
    get_related_populators,
)
from django.db.models.sql.compiler import SQLCompiler

from agentsite.common.prepared import Prepared, is_possible, with_constants

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
    """A query that is always the same but for what is ``Given``; of rows, with what is told of each, values or sums."""

    def __init__(self, write: "Callable[[], QuerySet[M, Row]]") -> None:
        self._write = write

    def rows(self, **values: Any) -> list[Row]:
        """Ask for what was given; return what the query itself would."""
        written, connection = self._written, connections[DEFAULT_DB_ALIAS]
        given = [part.among(values, connection) if isinstance(part, Given) else part for part in written.parameters]
        with connection.cursor() as cursor:
            written.statement.execute(cursor, given)
            found = cursor.fetchall()
        if written.converters:
            found = written.compiler.apply_converters(found, written.converters)
        return [written.row(each) for each in found]

    @cached_property
    def _written(self) -> "_Written[Row]":
        queryset: Any = self._write()
        compiler = queryset.query.get_compiler(queryset.db)
        sql, parameters = compiler.as_sql()
        if is_possible(compiler.connection):
            # Where it is known what is compared with, a partial index can be chosen for all times.
            sql = with_constants(sql, parameters, [isinstance(each, Given) for each in parameters])
            parameters = [each for each in parameters if isinstance(each, Given)]
        statement = Prepared(sql, queryset.model._meta.db_table)  # noqa: SLF001  Django's public API
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        return _Written(statement, parameters, compiler, converters, _row_of(queryset, compiler))


@dataclass(frozen=True)
class _Written(Generic[Row]):
    statement: Prepared
    parameters: Sequence[Any]
    compiler: Any
    converters: dict[int, Any]
    """What makes Python's values of the database's, by their places."""
    row: Callable[[Sequence[Any]], Row]


def _row_of(queryset: Any, compiler: Any) -> Callable[[Sequence[Any]], Any]:
    """Return what makes of a row what the query gives: an object with those it is joined with, a value, values."""
    kind = queryset._iterable_class  # noqa: SLF001  as it is asked for by ``values`` and its like
    if issubclass(kind, ModelIterable):
        return partial(_model_of, _Joined(compiler, queryset.db))
    if issubclass(kind, FlatValuesListIterable):
        return itemgetter(0)
    if issubclass(kind, ValuesListIterable):
        return tuple
    names = [*queryset.query.values_select, *queryset.query.annotation_select]
    return lambda row: dict(zip(names, row, strict=True))


class _Joined:
    """How a row is split into an object and those it is joined with."""

    def __init__(self, compiler: Any, using: str) -> None:
        about = compiler.klass_info
        first, last = about["select_fields"][0], about["select_fields"][-1] + 1
        self.model, self.using, self.own = about["model"], using, slice(first, last)
        self.names = [column.target.attname for column, *_ in compiler.select[self.own]]
        self.told = dict(compiler.annotation_col_map)
        self.others = get_related_populators(about, compiler.select, using)  # type: ignore[call-arg]  # of a newer Django


def _model_of(joined: _Joined, row: Sequence[Any]) -> Any:
    found = joined.model.from_db(joined.using, joined.names, row[joined.own])
    for other in joined.others:
        other.populate(row, found)
    for name, place in joined.told.items():
        setattr(found, name, row[place])
    return found
