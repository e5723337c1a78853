"""``manage.py restore DIR``: a backup in the place of what is here."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agentsite.backup.errors import BackupError
from agentsite.backup.reading import restore_backup


class Command(BaseCommand):
    """Restore a backup; nothing may run meanwhile."""

    help = "Put a backup in the place of this installation's database; stop everything else first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder, and whether what is here may go."""
        parser.add_argument("folder", type=Path, help="what manage.py backup wrote")
        parser.add_argument("--overwrite", action="store_true", help="replace a database that holds something")

    def handle(self, *, folder: Path, overwrite: bool, **_: Any) -> None:
        """Restore it, and say what was restored."""
        try:
            restore_backup(folder, overwrite=overwrite, tell=self._tell)
        except BackupError as error:
            raise CommandError(str(error)) from None

    def _tell(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
