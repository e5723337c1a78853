"""``manage.py create_api_key --user NAME --name LABEL``."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from agentsite.accounts import keys
from agentsite.accounts.models import User


class Command(BaseCommand):
    """Make an API key and print it once."""

    help = "Make an API key and print it once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ask for the owner and a label."""
        parser.add_argument("--user", required=True)
        parser.add_argument("--name", required=True, help="what the key is for")

    def handle(self, *, user: str, name: str, **_: object) -> None:
        """Print the key alone on standard output."""
        owner = User.objects.filter(username=user).first()
        if owner is None:
            raise CommandError(f"There is no account named {user!r}.")
        self.stdout.write(keys.create_api_key(user=owner, name=name))
