"""What empties all tables after a test, although some refuse to be emptied."""

import re
from collections.abc import Iterable

from django.core.management.commands import flush
from django.db import connection, transaction
from django.db.backends.base.operations import BaseDatabaseOperations

from audit import append_only

_KEPT = {"auth_permission", "django_content_type"}
"""They say what models there are; to fill them anew took longer than all the rest."""


def let_flushes_pass() -> None:
    """Let a flush take down the triggers that refuse it, and put them up again in the same transaction.

    PostgreSQL deletes: to truncate eighty tables, nearly all of them empty, costs it new files for each.
    """
    operations = type(connection.ops)
    plain = operations.execute_sql_flush

    def empty(self: BaseDatabaseOperations, sql_list: Iterable[str]) -> None:
        tables = sorted({*re.findall(r'"(\w+)"', " ".join(sql_list))} - _KEPT)
        guarded = [table for table in append_only.TABLES if table in tables]
        statements = [f'DELETE FROM "{table}";' for table in tables]  # noqa: S608
        if self.connection.vendor == "postgresql":
            statements = [" ".join(["SET CONSTRAINTS ALL DEFERRED;", *statements])]
        with transaction.atomic(using=self.connection.alias):
            if guarded:
                append_only.take_down(self.connection, *guarded)
            plain(self, statements)
            if guarded:
                append_only.put_up(self.connection, *guarded)

    operations.execute_sql_flush = empty  # type: ignore[method-assign]  # for all connections to this engine
    flush.emit_post_migrate_signal = lambda *_: None  # type: ignore[attr-defined]  # it fills what was kept
