"""``manage.py seed --builds N``: a database as large as a test of scale needs."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agentsite.schema import migrate
from builds import seeding


class Command(BaseCommand):
    """Add made-up builds that have ended."""

    help = "Add made-up builds that have ended, 1 000 to a user (seed-00000, …), for tests of scale."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how many."""
        parser.add_argument("--builds", type=int, required=True)

    def handle(self, *, builds: int, **_: Any) -> None:
        """Add them and show how far it is."""
        if builds < 1:
            raise CommandError("--builds: give a number above 0.")
        migrate()

        def show(done: int) -> None:
            self.stderr.write(f"\r{done:,} of {builds:,}", ending="\n" if done == builds else "")
            sys.stderr.flush()

        users = seeding.seed(builds, on_progress=show)
        self.stdout.write(f"{builds:,} builds of {users:,} users were added.")
