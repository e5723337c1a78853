"""A log of twelve entries in three seals and one that waits, to be tampered with, and what verifies it."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import connection

from audit import exporting, sealing, verifying
from audit import verify_export as proof
from audit.leaves import leaf_of
from audit.models import AuditLog

FIRST = 1_000_000
SEALS, ENTRIES = 3, 4
VERIFIER = Path(proof.__file__)


def entry_number(seal: int, place: int) -> int:
    """Return the number of an entry; between two there is room for another."""
    return FIRST + 100 * seal + 10 * place


def written(number: int, *, at: datetime | None = None, description: str = "") -> AuditLog:
    """Write an entry of a given number, as ``audit.record`` would."""
    at = at or datetime.now(UTC)
    text = description or f"act {number}"
    entry = AuditLog(id=number, action="act.done", description=text, details={"n": number}, created_at=at)
    entry.leaf = leaf_of(entry)
    entry.save(force_insert=True)
    return entry


def write_log() -> None:
    """Write entries and seal them; one waits."""
    for seal in range(1, SEALS + 1):
        for place in range(ENTRIES):
            written(entry_number(seal, place))
        assert sealing.seal_all() == ENTRIES
    written(entry_number(SEALS + 1, 0))


def run(statement: str, *parameters: int | str) -> None:
    """Run SQL as who owns the database could."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def backdate(number: int, **by: float) -> None:
    """Write an entry that claims to be older."""
    written(number, at=datetime.now(UTC) - timedelta(**by))


def found_here() -> proof.Finding | None:
    """Return the first finding of the server's own verification."""
    return next(iter(verifying.verify().findings), None)


def export(folder: Path) -> Path:
    """Export the log to a file."""
    path = folder / "export.jsonl"
    with path.open("w", encoding="utf-8") as target:
        exporting.write_export(target)
    return path


def found_elsewhere(path: Path, *options: str) -> tuple[int, str]:
    """Return the exit code and the words of the verifier, run where there is nothing but Python."""
    words = [sys.executable, "-I", "-S", str(VERIFIER), str(path), *options]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, cwd="/")
    return ended.returncode, ended.stdout + ended.stderr
