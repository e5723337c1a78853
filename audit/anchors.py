"""What is told of each seal outside the database, so that a cut end is seen."""

import json
import os
from pathlib import Path

import structlog
from django.conf import settings

from audit import verify_export as proof

log = structlog.get_logger(__name__)


def add(number: int, told: str, created_at: str) -> None:
    """Append a seal's hash to the file of anchors; one that can't be written is covered by the next."""
    line = json.dumps({"number": number, "hash": told, "created_at": created_at}) + "\n"
    try:
        append(Path(settings.AUDIT_ANCHOR_FILE), line.encode())
    except OSError as error:
        log.error("audit.not_anchored", number=number, error=str(error))  # noqa: TRY400  the reason is all there is


def read() -> dict[int, list[str]]:
    """Return all hashes that were told, by the numbers of seals."""
    try:
        with Path(settings.AUDIT_ANCHOR_FILE).open(encoding="utf-8") as lines:
            return proof.read_anchors(lines)
    except FileNotFoundError:
        return {}


def append(path: Path, data: bytes) -> None:
    """Write at a file's end, whole, and wait until it is on the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
