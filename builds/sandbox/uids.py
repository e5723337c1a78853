"""User ids that nothing else on the machine uses, lent to one sandbox at a time.

A limit on processes counts per user, and two sandboxes with one user could signal each other. The locks are files, so
several workers on one machine share the pool; the kernel drops a lock when its holder dies.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from builds.agent.errors import AgentError
from builds.agent.ports import IsCancelled

FIRST_UID = 61_001
POOL_SIZE = 64
LOCK_FOLDER = Path("/run/agentsite-sandbox")
WAIT_SECONDS = 60.0
POLL_SECONDS = 0.05


@contextmanager
def lent_uid(
    *, is_cancelled: IsCancelled, folder: Path = LOCK_FOLDER, size: int = POOL_SIZE, wait_seconds: float = WAIT_SECONDS
) -> Iterator[int | None]:
    """Lend the first free id; None when the run was cancelled while all were taken.

    :raises AgentError: ``sandbox.busy`` when none is free in time, ``sandbox.start_failed``, ``sandbox.unavailable``.
    """
    _private_folder(folder)
    try:
        lock = _wait_for_lock(folder, size, wait_seconds, is_cancelled)
    except OSError as error:
        raise AgentError("sandbox.start_failed", step="locks") from error
    if lock is None:
        yield None
        return
    uid, descriptor = lock
    try:
        yield uid
    finally:
        os.close(descriptor)


def _private_folder(folder: Path) -> None:
    """Make sure that the locks are ours: whoever else can lock them can stop all builds."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise AgentError("sandbox.unavailable", advice="locks.unwritable", command=f"mkdir -m 700 {folder}") from error
    state = folder.lstat()
    if state.st_uid != os.geteuid() or state.st_mode & 0o077:
        raise AgentError("sandbox.unavailable", advice="locks.not_private", command=f"chmod 700 {folder}")


def _wait_for_lock(folder: Path, size: int, wait_seconds: float, is_cancelled: IsCancelled) -> tuple[int, int] | None:
    deadline = time.monotonic() + wait_seconds
    while not is_cancelled():
        for uid in range(FIRST_UID, FIRST_UID + size):
            descriptor = _try_lock(folder / str(uid))
            if descriptor is not None:
                return uid, descriptor
        if time.monotonic() >= deadline:
            raise AgentError("sandbox.busy", slots=size)
        time.sleep(POLL_SECONDS)
    return None


def _try_lock(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
