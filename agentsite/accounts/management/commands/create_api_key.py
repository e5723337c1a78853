"""``manage.py create_api_key --user NAME --name LABEL``."""

from argparse import ArgumentParser
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from agentsite.accounts import keys
from agentsite.accounts.models import Scope, User
from agentsite.common.errors import AppError


class Command(BaseCommand):
    """Make an API key and print it once."""

    help = "Make an API key and print it once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ask for the owner and a label."""
        parser.add_argument("--user", required=True)
        parser.add_argument("--name", required=True, help="what the key is for")
        scopes = f"may be given several times, of: {', '.join(Scope.values)}; unset: all but admin"
        parser.add_argument("--scope", action="append", choices=Scope.values, help=scopes)
        parser.add_argument("--days", type=int, help="how long it works; unset: until it is revoked")

    def handle(self, *, user: str, name: str, scope: list[str] | None, days: int | None, **_: object) -> None:
        """Print the key alone on standard output."""
        owner = User.objects.filter(username=user).first()
        if owner is None:
            raise CommandError(f"There is no account named {user!r}.")
        expires_at = timezone.now() + timedelta(days=days) if days is not None else None
        try:
            made = keys.create_api_key(
                user=owner, name=name, scopes=scope or keys.ORDINARY_SCOPES, expires_at=expires_at
            )
        except AppError as error:
            sentences = [sentence for field in error.fields.values() for sentence in field]
            raise CommandError(" ".join(sentences) or f"{error.message} {error.hint}") from None
        self.stdout.write(made.secret)
