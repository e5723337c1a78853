"""``manage.py audit_key``: the public key by which seals are verified."""

from typing import Any

from django.core.management.base import BaseCommand

from audit import signing


class Command(BaseCommand):
    """Print the public key: note it where nobody with access to this server can change it."""

    help = "Print the public key of the audit log's seals, for audit/verify_export.py --key."

    def handle(self, **_: Any) -> None:
        """Print it in hexadecimal digits."""
        self.stdout.write(signing.public_key().hex())
