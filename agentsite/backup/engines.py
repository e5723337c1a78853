"""What both databases can do for a backup, each in its own way."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from django.db import connection

from agentsite.backup.manifest import Contents

Tell = Callable[[str], None]
"""Says a line to the operator."""
EVERY_SECONDS = 2.0
"""How often long work says how far it is."""


class Engine(Protocol):
    """A database that can be copied while it is used, and replaced while it is not."""

    file: str
    """What its copy is called."""

    def dump(self, target: Path, tell: Tell) -> Contents:
        """Write one moment of the database into a file and return what stands in it; nobody who works is held up.

        :raises BackupError: it can't be done, with advice.
        """

    def take(self, held: ExitStack) -> None:
        """Have the database for oneself until the stack is left.

        :raises BackupError: somebody uses it.
        """

    def check_target(self, wanted: Contents) -> None:
        """Find out whether the database can take a backup.

        :raises BackupError: it can't, with advice.
        """

    def load(self, source: Path, tell: Tell) -> str:
        """Put a file's contents in the place of the database's, wholly or not at all; return where the former are.

        :raises BackupError: the database is as it was.
        """


def engine() -> Engine:
    """Return what copies the database that is set."""
    from agentsite.backup.postgresql import PostgreSQL
    from agentsite.backup.sqlite import SQLite

    return PostgreSQL() if connection.vendor == "postgresql" else SQLite()


def megabytes(size: int) -> str:
    """Say how much something takes."""
    return f"{size / 1_000_000:.1f} MB"


def size_of(path: Path) -> int:
    """Return how many bytes a file, or a folder's files, take; nothing where there is none yet."""
    if path.is_dir():
        return sum(size_of(child) for child in path.iterdir())
    return path.stat().st_size if path.exists() else 0
