"""What a backup holds, written last: a folder without it is no whole backup."""

import hashlib
import json
import os
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from agentsite import env
from agentsite.backup.errors import BackupError

NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Contents:
    """What stands in a database at one moment."""

    rows: dict[str, int]
    """How many rows each table has."""
    migrations: dict[str, list[str]]
    """Which were applied, by app."""


@dataclass(frozen=True)
class Manifest:
    """What a backup is of."""

    format: int
    version: str
    """Of the software that wrote it."""
    engine: str
    taken_at: str
    has_secrets: bool
    contents: Contents
    files: dict[str, str]
    """The SHA-256 of each file, by its path in the folder."""

    def write(self, folder: Path) -> None:
        """Write it into a backup's folder."""
        write_private(folder / NAME, json.dumps(asdict(self), indent=2, sort_keys=True) + "\n")

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Return a backup's manifest.

        :raises BackupError: there is none, or none that this software understands.
        """
        try:
            found = json.loads((folder / NAME).read_text("utf-8"))
        except FileNotFoundError:
            raise BackupError(f"{folder} has no {NAME}: it is no backup, or one that was interrupted.") from None
        except (OSError, ValueError) as error:
            raise BackupError(f"{folder / NAME} cannot be read: {error}") from None
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise BackupError(f"{folder} was written in another format than {FORMAT}: use the version that wrote it.")
        try:
            return cls(**found | {"contents": Contents(**found["contents"])})
        except (KeyError, TypeError):
            raise BackupError(f"{folder / NAME} is damaged.") from None

    def check_files(self, folder: Path) -> None:
        """Compare every file with its hash.

        :raises BackupError: naming the first that is missing or was changed.
        """
        for name, digest in sorted(self.files.items()):
            path = folder / name
            if not path.is_file():
                raise BackupError(f"{path} is missing: the backup is not whole.")
            if sha256_of(path) != digest:
                raise BackupError(f"{path} was changed or damaged: its SHA-256 is not the manifest's.")


def files_in(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a folder, by its path in there."""
    return {str(path.relative_to(folder)): sha256_of(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256.

    :raises BackupError: it can't be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from None


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else on this machine can read."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def flush(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def software_version() -> str:
    """Return this software's version."""
    try:
        project = tomllib.loads((env.BASE_DIR / "pyproject.toml").read_text("utf-8"))["project"]
    except (OSError, KeyError):
        return "unknown"
    return str(project["version"])
