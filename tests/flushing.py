"""What empties all tables after a test, although some refuse to be emptied."""

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.backends.base.operations import BaseDatabaseOperations

from audit import append_only


def let_flushes_pass() -> None:
    """Let a flush take down the triggers that refuse it, and put them up again in the same transaction."""
    operations = type(connection.ops)
    plain = operations.execute_sql_flush

    def flush(self: BaseDatabaseOperations, sql_list: Iterable[str]) -> None:
        statements = list(sql_list)
        text = " ".join(statements)
        guarded = [table for table in append_only.TABLES if f'"{table}"' in text]
        with transaction.atomic(using=self.connection.alias):
            if guarded:
                append_only.take_down(self.connection, *guarded)
            plain(self, statements)
            if guarded:
                append_only.put_up(self.connection, *guarded)

    operations.execute_sql_flush = flush  # type: ignore[method-assign]  # for all connections to this engine
