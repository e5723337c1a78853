"""``manage.py audit_retire --keep-days N --export FILE``: remove the oldest entries, whole seals at a time."""

import getpass
import hashlib
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit import anchors, exporting, retiring, signing
from audit import verify_export as proof


class Command(BaseCommand):
    """Retire entries that are sealed, anchored and older than a day; a signed tombstone stays in their place."""

    help = (
        "Remove audit entries that are sealed, anchored and older than a day, whole seals at a time from the oldest on;"
        " a signed tombstone stays. docs/audit.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ask from when on entries are kept, and where those that go are written to."""
        when = parser.add_mutually_exclusive_group(required=True)
        when.add_argument(
            "--before", type=_read, help="the day or moment (UTC) from which on entries stay, e.g. 2026-01-31"
        )
        when.add_argument("--keep-days", type=int, help="for how many days entries stay")
        copy = parser.add_mutually_exclusive_group()
        copy.add_argument("--export", type=Path, help="file to write them to first; it is verified before they go")
        copy.add_argument("--no-export", action="store_true", help="remove them without a copy")
        parser.add_argument("--dry-run", action="store_true", help="say what would go")

    def handle(self, **options: Any) -> None:
        """Find, verify, export, remove; say what was done."""
        batch = retiring.batch_before(_moment(options))
        if batch is None:
            self.stdout.write("Nothing is sealed, anchored and old enough.")
            return
        what = f"{batch.entry_count} entries of seals {batch.first_seal} to {batch.last_seal}"
        if options["dry_run"]:
            self.stdout.write(f"Would be removed: {what}.")
            return
        if not (options["export"] or options["no_export"]):
            raise CommandError("Give --export FILE to keep a copy of what goes, or --no-export.")
        try:
            retiring.verify(batch)
            export_hash = _exported(options["export"], batch) if options["export"] else ""
            retiring.retire(batch, by=f"manage.py by {_login()}", export_hash=export_hash)
        except retiring.CannotRetire as error:
            raise CommandError(f"Nothing was removed: {error}") from None
        self.stdout.write(self.style.SUCCESS(f"Removed: {what}."))


def _exported(path: Path, batch: retiring.Batch) -> str:
    """Write and read again what goes; return the hash of the file."""
    try:
        with path.open("x", encoding="utf-8", errors="surrogatepass") as target:
            path.chmod(0o600)
            count = exporting.write_export(target, until=batch.last_seal)
        with path.open(encoding="utf-8", errors="surrogatepass") as lines:
            walk = proof.check(lines, anchors.read(), is_signed=signing.is_signed)
    except (OSError, proof.NoExport) as error:
        raise retiring.CannotRetire(f"{path} can't be written as it should be: {error}") from None
    if walk.findings or count != batch.entry_count:
        first = walk.findings[0].text if walk.findings else "it holds other entries"
        raise retiring.CannotRetire(f"{path} is not what goes: {first}")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _moment(options: dict[str, Any]) -> datetime:
    if options["before"]:
        moment: datetime = options["before"]
    elif options["keep_days"] < 1:
        raise CommandError("--keep-days: give a number of days above 0.")
    else:
        moment = timezone.now() - timedelta(days=options["keep_days"])
    if moment > timezone.now():
        raise CommandError("--before: give a moment that is over.")
    return moment


def _read(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "nobody known"
