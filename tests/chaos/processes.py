"""The processes that descend from this one, and signals that reach nobody else.

With :func:`adopt_orphans` everything that was ever started below this process stays below it: who loses its parent gets
this process as the new one. So the table is complete whatever a process calls itself.
"""

import contextlib
import ctypes
import os
import signal
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
PR_SET_CHILD_SUBREAPER = 36
GONE_SECONDS = 10.0
STATE, PARENT, STARTED, MEMORY = 0, 1, 19, 20
"""Places in ``/proc/PID/stat`` after the name."""


@dataclass(frozen=True)
class Process:
    """One process at the time of looking; ``started`` tells it from a later one with the same number."""

    pid: int
    parent: int
    started: int
    state: str
    memory: int
    """Bytes of address space; none is left to one that is ending and can run no more code."""
    words: tuple[str, ...]
    """Its command line; empty for a zombie."""

    @property
    def is_alive(self) -> bool:
        """Say whether it is more than an entry that its parent has not read yet."""
        return self.state not in "ZX"

    def __str__(self) -> str:
        return f"process {self.pid} ({self.state}) {' '.join(self.words)[:120]!r}"


Children = Mapping[int, list[Process]]


def adopt_orphans() -> None:
    """Become the parent of whatever loses its own below this process.

    :raises OSError: the kernel refuses.
    """
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")


def children() -> Children:
    """Return every parent's children, read in one go."""
    found: defaultdict[int, list[Process]] = defaultdict(list)
    for name in os.listdir(PROC):
        if name.isdigit() and (process := look(int(name))) is not None:
            found[process.parent].append(process)
    return found


def look(pid: int) -> Process | None:
    """Return what is known of a process; None when there is none."""
    try:
        stat = (PROC / str(pid) / "stat").read_text("utf-8", errors="replace")
        line = (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    words = tuple(word.decode(errors="replace") for word in line.split(b"\0")[:-1])
    return Process(pid, int(fields[PARENT]), int(fields[STARTED]), fields[STATE], int(fields[MEMORY]), words)


def below(pid: int, table: Children) -> list[Process]:
    """Return all descendants, parents before children."""
    found = list(table.get(pid, ()))
    for process in found:
        found += table.get(process.pid, ())
    return found


def own(*, reap_except: int = 0) -> list[Process]:
    """Return all descendants of this process, without the orphans that have ended: those are reaped."""
    found = []
    for process in below(os.getpid(), children()):
        if process.is_alive or process.parent != os.getpid() or process.pid == reap_except:
            found.append(process)
            continue
        with contextlib.suppress(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)
    return found


def send(process: Process, number: signal.Signals) -> bool:
    """Send a signal to this very process; False when it has ended, also when its number was given away since."""
    try:
        handle = os.pidfd_open(process.pid)
    except OSError:
        return False
    try:
        now = look(process.pid)
        if now is None or now.started != process.started or not now.is_alive:
            return False
        signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True


def end_all_own() -> None:
    """Kill whatever is left below this process, so that its own mistakes stay nowhere either."""
    deadline = time.monotonic() + GONE_SECONDS
    while (left := own()) and time.monotonic() < deadline:
        for process in left:
            send(process, signal.SIGKILL)
        time.sleep(0.01)
