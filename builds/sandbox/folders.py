"""Folders that vanish with the process that made them, or at the next start when it was killed.

Whoever makes a folder holds a lock on it; the kernel drops the lock with the process, however that ends. A process
number would prove less: it is used again, and means another process in another container.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "agentsite-sandbox-"
TRIES = 5
REMOVE_SECONDS = 1.0
POLL_SECONDS = 0.0005


@contextmanager
def owned_folder(parent: Path | None = None, *, is_group: bool = False) -> Iterator[Path]:
    """Make a folder, hold it, and remove it with everything in it.

    :param parent: the folder for temporary files where none is given.
    :param is_group: it is a control group, whose files can't be removed one by one.
    :raises OSError: there is no room, or no permission.
    """
    folder, lock = _make_and_lock(parent)
    try:
        yield folder
    finally:
        remove_group(folder) if is_group else shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _make_and_lock(parent: Path | None) -> tuple[Path, int]:
    """Try again when somebody took the fresh folder for an orphan."""
    for _ in range(TRIES):
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        lock = try_lock(folder)
        if lock is not None:
            return folder, lock
    raise OSError(errno.EAGAIN, "the new folder was taken away")


def try_lock(folder: Path) -> int | None:
    """Return a descriptor that holds the folder; None when it is held by somebody else, gone, or no folder of ours."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_ours = os.fstat(descriptor).st_uid == os.geteuid() and folder.exists()
    except OSError:
        is_ours = False
    if not is_ours:
        os.close(descriptor)
        return None
    return descriptor


def remove_group(folder: Path) -> None:
    """Remove a control group; wait for the last processes, which may still be on their way out."""
    deadline = time.monotonic() + REMOVE_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            folder.rmdir()
            return
        if not folder.exists():
            return
        time.sleep(POLL_SECONDS)
