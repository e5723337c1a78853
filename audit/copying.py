"""A second copy of sealed entries as JSON lines, for another disk or another machine."""

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import structlog
from django.conf import settings

from audit import verify_export as proof
from audit.exporting import entry_line
from audit.models import AuditSeal
from audit.selectors import retired_up_to, with_rows

log = structlog.get_logger(__name__)
MOST_SEALS = 100
_TAIL_BYTES = 1 << 16


def catch_up() -> None:
    """Append what was sealed since the copy's last line, which says where it ends: each entry stands there once."""
    if not settings.AUDIT_COPY_FILE:
        return
    try:
        descriptor = os.open(Path(settings.AUDIT_COPY_FILE), os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            _append(file)
    except OSError as error:
        log.error("audit.not_copied", error=str(error))  # noqa: TRY400  the reason is all there is


def _append(file: IO[bytes]) -> None:
    number, place = _last_place(file)
    if (retired := retired_up_to()) >= number:  # what was retired uncopied is not there any more
        number, place = retired + 1, -1
    for seal, rows in with_rows(AuditSeal.objects.filter(number__range=(number, number + MOST_SEALS))):
        first = place + 1 if seal.number == number else 0
        file.write(b"".join(_lines(seal.number, [row for row in rows if row.position >= first])))
        file.flush()
        os.fsync(file.fileno())


def _lines(number: int, rows: list[proof.Row]) -> Iterator[bytes]:
    for row in rows:
        yield json.dumps({"seal": number} | entry_line(row)).encode() + b"\n"


def _last_place(file: IO[bytes]) -> tuple[int, int]:
    """Return the seal and the place of the last whole line, and cut off one that was not written to its end."""
    size, length = file.seek(0, os.SEEK_END), _TAIL_BYTES
    while True:
        start = max(0, size - length)
        file.seek(start)
        whole, _, cut = file.read(size - start).rpartition(b"\n")
        _, newline, line = whole.rpartition(b"\n")
        if newline or start == 0:
            break
        length *= 2
    file.truncate(size - len(cut))
    file.seek(0, os.SEEK_END)
    if not line:
        return 1, -1
    told = json.loads(line)
    return told["seal"], told["position"]
