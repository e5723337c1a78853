"""Tidies up after processes that were killed before they could do it themselves."""

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from builds.sandbox.cgroups import group_folders
from builds.sandbox.folders import POLL_SECONDS, PREFIX, remove_group, try_lock

PROC = Path("/proc")
STARTERS = (b"bwrap", b"sh")
KILL_SECONDS = 1.0


def remove_orphans() -> list[Path]:
    """Remove the folders and groups that killed processes of this user left, and return them.

    What a living process holds is locked and stays. Cheap: called at each start and at each sweep.
    """
    temporary = Path(tempfile.gettempdir())
    removed = [path for path in temporary.glob(f"{PREFIX}*") if _remove_if_orphaned(path, _remove_stage)]
    groups = [path for folder in group_folders() for path in folder.glob(f"{PREFIX}*")]
    return removed + [path for path in groups if _remove_if_orphaned(path, _empty_group)]


def end_strays(folder: Path) -> None:
    """Kill what of bubblewrap outlived a kill -9 in the middle of its start.

    The kernel ends a sandbox with its parent once bubblewrap has asked for that. Its inner half asks a little later
    than it is born, and a kill in between leaves it waiting for ever, before anything foreign has run.
    """
    _kill_all(lambda: _starting_in(folder))


def _kill_all(named: Callable[[], Iterable[int]]) -> None:
    """Kill until none is named any more: one that was just being born isn't named the first time."""
    deadline = time.monotonic() + KILL_SECONDS
    while (pids := list(named())) and time.monotonic() < deadline:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(POLL_SECONDS)


def _starting_in(folder: Path) -> Iterator[int]:
    """Name this user's processes that were started to make a sandbox out of a folder."""
    inside = f"{folder}/".encode()
    for entry in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            is_starter = words[0].rpartition(b"/")[2] in STARTERS
            if is_starter and any(word.startswith(inside) for word in words) and entry.stat().st_uid == os.geteuid():
                yield int(entry.name)


def _remove_stage(folder: Path) -> None:
    end_strays(folder)
    shutil.rmtree(folder)


def _empty_group(folder: Path) -> None:
    """Whatever is in the group was started by the one who held it, and that one is dead."""
    _kill_all(lambda: map(int, (folder / "cgroup.procs").read_text("ascii").split()))
    remove_group(folder)


def _remove_if_orphaned(folder: Path, remove: Callable[[Path], None]) -> bool:
    lock = try_lock(folder)
    if lock is None:
        return False
    try:
        remove(folder)
    except OSError:
        return False  # somebody else was quicker
    finally:
        os.close(lock)
    return not folder.exists()
