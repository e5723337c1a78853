"""Only one process may serve a data directory."""

import fcntl
import os
from typing import Self

from agentsite import env


class DirectoryInUse(Exception):
    """Another process serves this data directory."""


class DataDirectoryLock:
    """Hold the data directory, or one of its parts; the system lets go of it however the process ends.

    :param waits: wait until another process has let go, instead of raising.
    :raises DirectoryInUse: on entering, when another process holds it.
    """

    def __init__(self, part: str = "server", *, waits: bool = False) -> None:
        self._path = env.data_dir() / f"{part}.lock"
        self._waits = waits
        self._descriptor = -1

    def __enter__(self) -> Self:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | (0 if self._waits else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(self._descriptor)
            raise DirectoryInUse(self._path.parent) from None
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, str(os.getpid()).encode())
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
