"""``manage.py prepare``: what ``serve`` does before it serves, for installations of several processes."""

from typing import Any

from django.core.management.base import BaseCommand

from agentsite.preparation import prepare


class Command(BaseCommand):
    """Prepare an installation; run it before the processes of a new version start."""

    help = "Bring database, static files, first operator and shared library up to date."

    def handle(self, **_: Any) -> None:
        """Prepare, and say what the operator has to know."""
        self.stdout.write(prepare() or "Ready.")
