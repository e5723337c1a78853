"""Insertions whose SQL is written once for each shape of row.

Most columns of a new row hold what they hold in all of them: it stands in the text, and only the rest is sent along.
See docs/adr/0026-some-queries-are-written-once.md and 0029-insertions-that-wait-for-the-next-statement.md.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import NOT_PROVIDED, Model
from django.db.models.expressions import DatabaseDefault
from django.db.models.fields import AutoFieldMixin
from django.db.models.sql import InsertQuery

from agentsite.common.prepared import Prepared, is_possible, with_constants

M = TypeVar("M", bound=Model)
Shape = frozenset[str] | None
"""The columns of a row that hold something unusual; None where all are to be sent along."""
EVERYTHING: Shape = None
_MOST_SHAPES = 16
"""Of a table, which a connection keeps planned; other rows send every column along."""
_shapes: defaultdict[type[Model], set[Shape]] = defaultdict(set)


def insert(row: M) -> M:
    """Store a new row as ``save(force_insert=True)`` does, and give it its key; nobody is told by signals.

    In a batch (``agentsite.common.batched``) all of it happens when the batch is sent.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    shape = _shape(row) if is_possible(connection) else EVERYTHING
    insertion = _insertion(type(row), shape, connection.vendor)
    values = [_stored(field, row, connection) for field in insertion.fields]
    insertion.statement.send(connection, values, partial(_settle, row, connection.alias, bool(insertion.returned)))
    return row


def _settle(row: Model, alias: str, has_key: bool, cursor: Any) -> None:  # noqa: FBT001  the cursor comes last
    if has_key:
        (row.pk,) = cursor.fetchone()
    row._state.adding, row._state.db = False, alias  # noqa: SLF001  Django's public API


def _shape(row: Model) -> Shape:
    held, known = vars(row), _shapes[type(row)]
    shape = frozenset(name for name, value in _usual(type(row)).items() if held[name] != value)
    if len(known) < _MOST_SHAPES:
        known.add(shape)
    return shape if shape in known else EVERYTHING


@cache
def _usual(model: type[Model]) -> dict[str, Any]:
    """Return what columns hold unless something else is said, where that is the same each time."""
    fields = model._meta.concrete_fields  # noqa: SLF001  Django's public API
    return {field.attname: field.get_default() for field in fields if _has_usual(field)}


def _has_usual(field: Any) -> bool:
    if isinstance(field, AutoFieldMixin) or field.has_db_default() or _is_moment_of_saving(field):
        return False
    if field.default is NOT_PROVIDED:
        return bool(field.null or field.empty_strings_allowed)
    return not callable(field.default) or field.default in {dict, list}


def _is_moment_of_saving(field: Any) -> bool:
    return getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)


@dataclass(frozen=True)
class _Insertion:
    statement: Prepared
    fields: Sequence[Any]
    """Whose values are sent along."""
    returned: Sequence[Any]
    """The key, where the database gives it."""


@cache
def _insertion(model: type[Model], shape: Shape, _vendor: str) -> _Insertion:
    columns = model._meta.concrete_fields  # noqa: SLF001  Django's public API
    returned = [column for column in columns if isinstance(column, AutoFieldMixin)]
    fields = [column for column in columns if column not in returned]
    sql, values = _written(model, fields, returned)
    same = set() if shape is None else _usual(model).keys() - shape
    if same:
        sql = with_constants(sql, values, [field.attname not in same for field in fields])
    sent = [field for field in fields if field.attname not in same]
    return _Insertion(Prepared(sql, model._meta.db_table), sent, returned)  # noqa: SLF001  Django's public API


def _written(model: type[Model], fields: Sequence[Any], returned: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """Return the statement and the values that a row has of which nothing was said."""
    row = model(**{field.attname: field.db_default for field in fields if field.has_db_default()})
    query = InsertQuery(model)
    query.insert_values(fields, [row])
    compiler: Any = query.get_compiler(DEFAULT_DB_ALIAS)
    compiler.returning_fields = returned
    ((sql, values),) = compiler.as_sql()
    return sql, values


def _stored(field: Any, row: Model, connection: Any) -> Any:
    """Return a column's value as the database takes it."""
    value = field.pre_save(row, add=True)
    if isinstance(value, DatabaseDefault):
        value = field.db_default
        setattr(row, field.attname, value)
    return field.get_db_prep_save(value, connection)
