"""Writing a backup: aside, whole, and only then under its name."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from agentsite.backup.engines import Tell, engine, megabytes, size_of
from agentsite.backup.errors import BackupError
from agentsite.backup.manifest import FORMAT, Contents, Manifest, files_in, flush, software_version
from agentsite.backup.repositories import write_repositories
from agentsite.backup.surroundings import SECRETS, write_surroundings
from audit import services as audit
from audit.models import Category


def write_backup(target: Path, *, with_secrets: bool, tell: Tell) -> Manifest:
    """Write everything that must survive into a new folder, while everybody goes on working.

    :raises BackupError: it can't be done; there is no such folder then, or it is as empty as it was.
    """
    began, target = time.monotonic(), target.resolve()
    _refuse_used(target)
    with _aside(target) as folder:
        found = _dumped(folder, tell)
        write_surroundings(folder, with_secrets=with_secrets)
        tell(f"Repositories of deployments: {write_repositories(folder)}.")
        manifest = _manifest(folder, found, has_secrets=with_secrets)
        manifest.write(folder)
        for path in (*folder.rglob("*"), folder):
            flush(path)
        _publish(folder, target, manifest)
    rows, seconds = sum(found.rows.values()), time.monotonic() - began
    tell(f"{target}: {megabytes(size_of(target))}, {rows} rows in {len(found.rows)} tables, {seconds:.1f} s")
    tell(_about_secrets(target, with_secrets=with_secrets))
    return manifest


def _refuse_used(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupError(f"{target} exists and is not an empty folder: name a new one.")


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """Give a folder beside the target, closed to others, that is gone afterwards under this name."""
    folder = target.with_name(f".{target.name}.{time.time_ns()}.partial")
    try:
        folder.mkdir(mode=0o700, parents=True)
        yield folder
    except OSError as error:
        reason = error.strerror or error
        raise BackupError(f"{target} cannot be written ({reason}): name a folder that can be made.") from None
    except DatabaseError as error:
        raise BackupError(f"The database cannot be asked: {error}.") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _dumped(folder: Path, tell: Tell) -> Contents:
    copies = engine()
    tell(f"The database ({connection.vendor}) is copied.")
    file = folder / copies.file
    file.touch(mode=0o600)
    return copies.dump(file, tell)


def _manifest(folder: Path, found: Contents, *, has_secrets: bool) -> Manifest:
    now = timezone.now().isoformat(timespec="seconds")
    return Manifest(FORMAT, software_version(), connection.vendor, now, has_secrets, found, files_in(folder))


@transaction.atomic
def _publish(folder: Path, target: Path, manifest: Manifest) -> None:
    """Give the whole backup its name, unless that can't be written down in the audit log."""
    details = {"folder": str(target), "with_secrets": manifest.has_secrets}
    audit.record("backup.written", user=None, details=details, category=Category.SYSTEM)
    folder.rename(target)  # an empty folder of that name gives way; one that was filled meanwhile does not


def _about_secrets(target: Path, *, with_secrets: bool) -> str:
    if with_secrets:
        return f"It holds this installation's SECRETS, in {target / SECRETS}, readable for this user only: guard it."
    return "It holds no keys of this installation (--with-secrets adds them): keep secret-key and .env by other means."
