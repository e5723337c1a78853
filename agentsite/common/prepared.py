"""Statements that PostgreSQL reads and plans once for each connection.

For whom a statement is goes out in the same message (``agentsite.common.acting``), and such a message can't be prepared
by the driver; it can ask for what was prepared before. See docs/adr/0028-statements-planned-once.md.
"""

import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.sql import Literal

from agentsite.common.batched import is_batching, wait


def is_possible(connection: BaseDatabaseWrapper) -> bool:
    """Say whether a connection keeps what was prepared on it."""
    return connection.vendor == "postgresql" and bool(settings.DB_PREPARE)


def with_constants(sql: str, values: Sequence[Any], varies: Sequence[bool]) -> str:
    """Write into a statement those of its values that do not vary, in their places."""
    first, *others = _around_values(sql)
    places = ("%s" if each else _literal(value) for value, each in zip(values, varies, strict=True))
    return first + "".join(place + text for place, text in zip(places, others, strict=True))


def _literal(value: Any) -> str:
    return Literal(value).as_string().replace("%", "%%")


def _around_values(sql: str) -> list[str]:
    return re.split(r"(?<!%)%s", sql)


class Prepared:
    """A statement that is always the same but for its values; elsewhere than on PostgreSQL a plain one.

    :param sql: with ``%s`` for each value, whose type the statement itself must tell.
    :param table: what it is about, for whoever reads the server's log.
    """

    def __init__(self, sql: str, table: str) -> None:
        self._sql = sql
        # A name means one text in every process, should a pooler mix up whose connection it was.
        self._name = f"{table}_{sha256(sql.encode()).hexdigest()[:10]}"
        first, *others = _around_values(sql)
        self._numbered = first + "".join(f"${place}{part}" for place, part in enumerate(others, 1))
        values = f" ({', '.join(['%s'] * len(others))})" if others else ""
        self._call = f"EXECUTE {self._name}{values}"

    def execute(self, cursor: Any, values: Sequence[Any]) -> None:
        """Run it for these values."""
        cursor.execute(self._ready(cursor.db), values)

    def send(self, connection: Any, values: Sequence[Any], receive: Callable[[Any], None]) -> None:
        """Run it for these values; in a batch it waits, and what takes its answer is called when that is there."""
        with connection.cursor() as cursor:
            if not is_batching(connection):
                self.execute(cursor, values)
                receive(cursor)
                return
            call = self._ready(connection)
            with connection.wrap_database_errors:
                text = cursor.mogrify(call, values)
        wait(connection, text, receive)

    def _ready(self, connection: Any) -> str:
        """Return what is to be sent, planned on this connection where that is possible; a rollback takes no plan back.

        Planning is nobody's statement: PostgreSQL plans anew for the role that asks, as row-level security wants it.
        """
        if not is_possible(connection):
            return self._sql
        prepared: set[str] = vars(connection.connection).setdefault("prepared_here", set())
        if self._name not in prepared:
            with connection.wrap_database_errors, connection.connection.cursor() as cursor:
                cursor.execute(f"PREPARE {self._name} AS {self._numbered.replace('%%', '%')}")
            prepared.add(self._name)
        return self._call
