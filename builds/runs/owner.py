"""Who holds a lease: a name from which this machine can tell later whether that process still lives.

A lease of a worker on another machine runs out by the clock. One of a worker on this machine needs no waiting: whoever
looks after it can see that its process is gone.
"""

import hashlib
import os
import socket
import threading
from functools import cache
from pathlib import Path

PROC = Path("/proc")
MAX_HOST = 27
_START_TIME = 19
"""Place of a process's start time among the fields that follow its name in ``/proc/PID/stat``; see proc(5)."""


def here() -> str:
    """Name this machine, as processes see each other on it: containers have process numbers of their own."""
    try:
        numbers = os.readlink(PROC / "self/ns/pid").strip("pid:[]")
    except OSError:
        numbers = "0"
    return f"{_machine()}/{numbers}/"


@cache
def _machine() -> str:
    # The first process space has the same number on every machine, and names of machines repeat: the boot does not.
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        boot = ""
    name = socket.gethostname()
    return f"{name[:MAX_HOST]}-{hashlib.sha256(f'{name}/{boot}'.encode()).hexdigest()[:12]}"


def this_thread() -> str:
    """Name this thread of this process, for a lease."""
    return f"{here()}{os.getpid()}/{_start_of(os.getpid())}:{threading.get_ident()}"[:100]


def this_process() -> str:
    """Name this process without naming its machine."""
    return f"{_here_unnamed()}{os.getpid()}/{_start_of(os.getpid())}"


def process_is_gone(process: str) -> bool:
    """Likewise, of a process by its own name."""
    known, pid_and_start = process.startswith(_here_unnamed()), process.removeprefix(_here_unnamed())
    return known and is_gone(f"{here()}{pid_and_start}")


def _here_unnamed() -> str:
    return f"{hashlib.sha256(here().encode()).hexdigest()[:16]}:"


def is_gone(owner: str) -> bool:
    """Say whether a process of this machine has ended; False for one of another machine, and when in doubt."""
    if not owner.startswith(here()):
        return False
    pid, _, started = owner.removeprefix(here()).partition(":")[0].partition("/")
    return pid.isdecimal() and started.isdecimal() and _start_now(int(pid)) != started


@cache
def _start_of(pid: int) -> str:
    return _start_now(pid)


def _start_now(pid: int) -> str:
    """Return when a process started, in ticks since the machine did; empty for one that ended or was not waited for."""
    try:
        fields = (PROC / str(pid) / "stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[_START_TIME]
