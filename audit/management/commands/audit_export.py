"""``manage.py audit_export FILE``: the audit log with its seals, to be verified anywhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from audit import services
from audit.exporting import write_export
from audit.models import Category


class Command(BaseCommand):
    """Write entries, seals and public keys as JSON lines, for ``audit/verify_export.py``."""

    help = "Write the audit log with its seals and public keys as JSON lines, for audit/verify_export.py."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ask where to."""
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the file, readable by its owner alone."""
        options["file"].touch(mode=0o600)
        with options["file"].open("w", encoding="utf-8", errors="surrogatepass") as target:
            count = write_export(target)
        with transaction.atomic():
            services.record("audit.exported", user=None, details={"entries": count}, category=Category.COMPLIANCE)
        self.stdout.write(self.style.SUCCESS(f"{count} entries written to {options['file']}."))
