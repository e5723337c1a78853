"""Looks from outside at what a sandbox uses as a whole, which limits of single processes don't see.

Memory is counted over the tree of processes, files and inodes over the sandbox's own file systems. Look only after the
sandbox has said that it is ready: before that its processes still stand in the host's file system.
"""

import contextlib
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from builds.agent.values import SandboxLimits
from builds.sandbox.cgroups import Group

PROC = Path("/proc")
INTERVAL_SECONDS = 0.05
OWN_FILE_SYSTEMS = ("work", "tmp", "dev/shm")

STATUS_LINE = re.compile(r"^(RssAnon|RssShmem|VmSwap|VmSize):([^\n]*)", re.MULTILINE)
SHARED_MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) ...s [0-9a-f]+ [0-9a-f:]+ ([0-9]+) +/dev/zero", re.MULTILINE)


@dataclass(frozen=True)
class Memory:
    """One process's memory in bytes: resident of its own, resident and shared, and all that it has asked for."""

    private: int
    shared: int
    mapped: int


@dataclass
class Watchdog:
    """Judges one sandbox by the process that is number 1 inside it."""

    pid: int
    limits: SandboxLimits
    group: Group | None = None
    """Where the kernel counts the memory; only files are then left to be counted here."""
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
        if self.group is not None:
            return self.group.has_run_out_of_memory()
        processes = tree(self.pid)
        used = [memory_of(pid) for pid in processes]
        total = file_bytes + sum(memory.private + memory.shared for memory in used)
        if total <= self.limits.memory_bytes < sum(memory.mapped for memory in used):
            total += shared_mappings(processes)  # only then can something be hidden there
        return total > self.limits.memory_bytes


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


def memory_of(pid: int) -> Memory:
    """Return what would be free without this process; pages of programs and libraries are not counted."""
    try:
        status = (PROC / str(pid) / "status").read_text("ascii", errors="replace")
    except OSError:
        return Memory(private=0, shared=0, mapped=0)
    sizes = {name: int(rest.split()[0]) << 10 for name, rest in STATUS_LINE.findall(status)}
    return Memory(
        private=sizes.get("RssAnon", 0) + sizes.get("VmSwap", 0),
        shared=sizes.get("RssShmem", 0),
        mapped=sizes.get("VmSize", 0),
    )


def shared_mappings(pids: Sequence[int]) -> int:
    """Return the size of the anonymous memory that processes share, each piece counted once.

    A child that filled such memory and ended leaves the pages to its parent, whose own count doesn't show them.
    """
    sizes: dict[str, int] = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            maps = (PROC / str(pid) / "maps").read_text("ascii", errors="replace")
            for start, end, inode in SHARED_MAPPING.findall(maps):
                sizes[inode] = max(sizes.get(inode, 0), int(end, 16) - int(start, 16))
    return sum(sizes.values())


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
