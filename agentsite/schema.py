"""Bringing the database up to date at start, and whether it is."""

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from agentsite.lock import DataDirectoryLock


def migrate() -> None:
    """Apply what is missing; commands that start together do it one after the other."""
    with DataDirectoryLock("migrate", waits=True):
        call_command("migrate", verbosity=0)


def unapplied() -> list[str]:
    """Name the migrations that this program needs and the database has not seen."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
