"""What stands in a database: rows by table, migrations by app."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from agentsite.backup.errors import BackupError
from agentsite.backup.manifest import Contents

Ask = Callable[[str], list[tuple[Any, ...]]]
"""Asks one database at one moment."""
NOTHING_YET = "run manage.py prepare, or start the server."
_MIGRATIONS = "django_migrations"
_HOLDING = {"accounts_user", "builds_build"}


def ask_here(sql: str) -> list[tuple[Any, ...]]:
    """Ask Django's own database."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def contents(ask: Ask, there: Iterable[str]) -> Contents:
    """Count what stands in a database.

    :param there: its tables.
    :raises BackupError: it was never migrated.
    """
    tables = sorted(there)
    if _MIGRATIONS not in tables:
        raise BackupError(f"The database holds nothing: {NOTHING_YET}")
    applied: dict[str, list[str]] = {}
    for app, name in ask(f"SELECT app, name FROM {_MIGRATIONS} ORDER BY app, name"):  # noqa: S608  our own name
        applied.setdefault(app, []).append(name)
    return Contents({table: count(ask, table) for table in tables}, applied)


def count(ask: Ask, table: str) -> int:
    """Say how many rows a table has."""
    return int(ask(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")[0][0])  # noqa: S608  quoted


def tables_here() -> set[str]:
    """Return the tables of Django's own database."""
    return set(connection.introspection.table_names())


def is_used() -> bool:
    """Say whether the database holds anybody or anything."""
    return any(count(ask_here, table) for table in _HOLDING & tables_here())


def unknown_migrations(applied: dict[str, list[str]]) -> list[str]:
    """Return migrations that this software does not have."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    replaced = {key for one in loader.disk_migrations.values() for key in one.replaces}
    known = set(loader.disk_migrations) | replaced
    return [f"{app}.{name}" for app, names in sorted(applied.items()) for name in names if (app, name) not in known]
