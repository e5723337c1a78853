"""What a sandbox hangs on, and which of a worker's descendants is what."""

from builds.sandbox.bubblewrap import BWRAP
from tests.chaos import processes
from tests.chaos.processes import Process

WORKER, WATCHDOG = "worker", "watchdog's thread"
STARTING, OUTER, INNER, PROGRAM = "starting command", "bwrap outside", "bwrap inside", "program inside"
TARGETS = (WORKER, WATCHDOG, STARTING, OUTER, INNER, PROGRAM)
SURE_TARGETS = (WORKER, WATCHDOG, OUTER, INNER, PROGRAM)
"""Those that a run isn't over without: a command is starting for so short a time that it may not be met."""


def parts(worker: int, table: processes.Children) -> dict[str, list[Process]]:
    """Sort a worker's descendants by what they are to a sandbox."""
    started = [process for process in table.get(worker, ()) if process.is_alive]
    outer = [process for process in started if is_bwrap(process)]
    inner = [process for parent in outer for process in table.get(parent.pid, ()) if process.is_alive]
    return {
        WORKER: [process for process in [processes.look(worker)] if process is not None],
        WATCHDOG: outer[:1],
        STARTING: [process for process in started if process not in outer],
        OUTER: outer,
        INNER: inner,
        PROGRAM: [process for first in inner for process in processes.below(first.pid, table) if process.is_alive],
    }


def is_bwrap(process: Process) -> bool:
    """Say whether a process is one of bubblewrap's."""
    return process.words[:1] == (BWRAP,)
