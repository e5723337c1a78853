"""Bringing the database up to date at start."""

from django.core.management import call_command

from agentsite.lock import DataDirectoryLock


def migrate() -> None:
    """Apply what is missing; commands that start together do it one after the other."""
    with DataDirectoryLock("migrate", waits=True):
        call_command("migrate", verbosity=0)
