"""Restoring a backup: everything is checked before anything is touched."""

from contextlib import ExitStack
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from agentsite.backup.counting import ask_here, count, is_used, unknown_migrations
from agentsite.backup.engines import Tell, engine
from agentsite.backup.errors import BackupError
from agentsite.backup.manifest import Manifest, software_version
from agentsite.backup.repositories import bring_back_repositories
from agentsite.backup.settling import Settled, refill_index, settle
from agentsite.backup.surroundings import SECRETS, SETTINGS, bring_back_keys
from agentsite.preparation import prepare


def restore_backup(folder: Path, *, overwrite: bool, tell: Tell) -> None:
    """Put a backup in the place of this installation's data, and make it ready to be served.

    :raises BackupError: it can't be done; the database is as it was, unless the text says that it was replaced.
    """
    manifest = Manifest.read(folder)
    tell(f"A backup of {manifest.taken_at}, version {manifest.version}, {manifest.engine}: its files are compared.")
    _refuse_unfit(manifest)
    manifest.check_files(folder)
    with ExitStack() as held:
        former = _replace(folder, manifest, held, overwrite=overwrite, tell=tell)
        if former:
            tell(f"The former database is kept: {former}")
        counted = _compare(manifest)
        _bring_back_keys(folder, manifest, tell)
        tell(f"Repositories of deployments: {bring_back_repositories(folder, manifest.files)}.")
        tell(prepare() or "The schema is up to date.")
        settled = settle(manifest)
        refill_index(tell)
    _report(counted, settled, tell)


def _refuse_unfit(manifest: Manifest) -> None:
    if manifest.engine != connection.vendor:
        raise BackupError(
            f"The backup is of {manifest.engine}, this installation uses {connection.vendor}: restore it where "
            f"DATABASE_URL {'is not set' if manifest.engine == 'sqlite' else 'names a PostgreSQL database'}."
        )
    newer = unknown_migrations(manifest.contents.migrations)
    if newer:
        raise BackupError(
            f"The backup is of a newer schema ({', '.join(newer[:3])}; version {manifest.version}, this is "
            f"{software_version()}): update this software first."
        )


def _replace(folder: Path, manifest: Manifest, held: ExitStack, *, overwrite: bool, tell: Tell) -> str:
    """Put the backup's database in the place of this one, where that one may go."""
    copies = engine()
    if copies.file not in manifest.files:
        raise BackupError(f"The manifest does not speak of {copies.file}: the backup is damaged.")
    copies.take(held)
    if not overwrite and _is_used():
        raise BackupError("The database holds accounts or builds: --overwrite replaces them.")
    copies.check_target(manifest.contents)
    return copies.load(folder / copies.file, tell)


def _is_used() -> bool:
    try:
        return is_used()
    except DatabaseError as error:
        raise BackupError(f"The database can't be read ({error}): --overwrite replaces it.") from None


def _compare(manifest: Manifest) -> dict[str, int]:
    """Count what was restored.

    :raises BackupError: it is not what was backed up.
    """
    wanted = manifest.contents.rows
    found = {table: count(ask_here, table) for table in wanted}
    wrong = [f"{table}: {found[table]} of {rows}" for table, rows in wanted.items() if found[table] != rows]
    if wrong:
        raise BackupError(f"The database was replaced, but lacks rows: {', '.join(wrong)}.")
    return found


def _bring_back_keys(folder: Path, manifest: Manifest, tell: Tell) -> None:
    if not manifest.has_secrets:
        tell("The backup holds no keys. Second factors and webhooks need the secret-key that they were made with.")
        return
    for name in bring_back_keys(folder, manifest.files, f"{timezone.now():%Y%m%d-%H%M%S}"):
        tell(f"{settings.DATA_DIR / name} is the backup's again.")
    tell(f"Secret settings are yours to set again, as DJANGO_SECRET_KEY if it was one: {folder / SECRETS / SETTINGS}")


def _report(counted: dict[str, int], settled: Settled, tell: Tell) -> None:
    for table, rows in counted.items():
        dropped = settled.dropped.get(table, 0)
        if rows:
            tell(f"  {table}: {rows} of {rows}" + (f", {dropped} dropped afterwards" if dropped else ""))
    tell(f"Restored: {sum(counted.values())} rows in {len(counted)} tables, as the manifest says.")
    tell(f"{settled.resumed} runs that somebody held go on with the next worker. Everybody has to log in again.")
