"""A lock that one process holds until it ends, however it ends."""

import fcntl
import os
from pathlib import Path


class ProcessLock:
    """An exclusive lock on a file; the system frees it with the process, so that it is never stale.

    A forked child inherits the open file but not the right to use what it guards: ``is_held`` says no there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._holder = 0

    @property
    def is_held(self) -> bool:
        """Say whether this very process holds the lock."""
        return self._descriptor is not None and self._holder == os.getpid()

    def acquire(self) -> bool:
        """Take the lock if nobody has it, without waiting.

        :raises OSError: the file cannot be made.
        """
        if self.is_held:
            return True
        self.release()  # what a fork left here: the parent keeps its own
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor, self._holder = descriptor, os.getpid()
        return True

    def release(self) -> None:
        """Let others have it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
