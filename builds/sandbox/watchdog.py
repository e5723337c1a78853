"""Looks from outside at what a sandbox uses as a whole, which limits of single processes don't see.

Memory is counted over the tree of processes, files and inodes over the sandbox's own file systems. Look only after the
sandbox has said that it is ready: before that its processes still stand in the host's file system.
"""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from builds.agent.values import SandboxLimits

PROC = Path("/proc")
INTERVAL_SECONDS = 0.05
OWN_FILE_SYSTEMS = ("work", "tmp", "dev/shm")


@dataclass
class Watchdog:
    """Judges one sandbox by the process that is number 1 inside it."""

    pid: int
    limits: SandboxLimits
    _last: float = field(default=0.0, init=False)

    def is_over_limit(self) -> bool:
        """Measure at most every 50 ms; a sandbox that is ending counts as within its limits."""
        now = time.monotonic()
        if now - self._last < INTERVAL_SECONDS:
            return False
        self._last = now
        file_bytes, inodes = used_by_files(self.pid)
        if inodes > self.limits.inodes:
            return True
        return file_bytes + sum(map(memory_of, tree(self.pid))) > self.limits.memory_bytes


def tree(pid: int) -> list[int]:
    """Return a process and all its descendants, as far as they still live."""
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting += _children(current)
    return found


def _children(pid: int) -> list[int]:
    """A child belongs to the thread that started it, so every thread is asked."""
    children: list[int] = []
    try:
        for thread in os.listdir(PROC / str(pid) / "task"):
            text = (PROC / str(pid) / "task" / thread / "children").read_text("ascii")
            children += map(int, text.split())
    except OSError:
        return children  # the process ended while it was asked
    return children


def memory_of(pid: int) -> int:
    """Return the bytes that would be free without this process; pages of programs and libraries are not counted."""
    try:
        status = (PROC / str(pid) / "status").read_text("ascii", errors="replace")
    except OSError:
        return 0
    return sum(
        int(line.split()[1]) * 1024
        for line in status.splitlines()
        if line.startswith(("RssAnon:", "RssShmem:", "VmSwap:"))
    )


def used_by_files(pid: int) -> tuple[int, int]:
    """Return bytes and inodes on the file systems that the sandbox may write to."""
    file_bytes = inodes = 0
    for name in OWN_FILE_SYSTEMS:
        try:
            state = os.statvfs(PROC / str(pid) / "root" / name)
        except OSError:
            continue  # the sandbox ended while it was asked
        file_bytes += (state.f_blocks - state.f_bfree) * state.f_frsize
        inodes += state.f_files - state.f_ffree
    return file_bytes, inodes
