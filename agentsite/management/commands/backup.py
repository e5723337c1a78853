"""``manage.py backup DIR``: everything that must survive, in one new folder."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agentsite.backup.errors import BackupError
from agentsite.backup.writing import write_backup


class Command(BaseCommand):
    """Write a backup while everything runs."""

    help = "Write database and settings into a new folder while everything runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder, and whether secrets go with it."""
        parser.add_argument("folder", type=Path, help="a folder that is not there yet, or is empty")
        parser.add_argument("--with-secrets", action="store_true", help="add secret settings and keys, mode 0600")

    def handle(self, *, folder: Path, with_secrets: bool, **_: Any) -> None:
        """Write it, and say what it is."""
        try:
            write_backup(folder, with_secrets=with_secrets, tell=self._tell)
        except BackupError as error:
            raise CommandError(str(error)) from None

    def _tell(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
