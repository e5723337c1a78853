"""Tidies up after processes that were killed before they could do it themselves."""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from builds.sandbox.cgroups import group_folders
from builds.sandbox.folders import PREFIX, remove_group, try_lock

PROC = Path("/proc")
STARTERS = (b"bwrap", b"sh")


def remove_orphans() -> list[Path]:
    """Remove the folders and groups that killed processes of this user left, and return them; called at each start."""
    temporary = Path(tempfile.gettempdir())
    removed = [path for path in temporary.glob(f"{PREFIX}*") if _remove_if_orphaned(path, _remove_stage)]
    groups = [path for folder in group_folders() for path in folder.glob(f"{PREFIX}*")]
    return removed + [path for path in groups if _remove_if_orphaned(path, _empty_group)]


def end_strays(folder: Path) -> None:
    """Kill what of bubblewrap outlived a kill -9 in the middle of its start.

    The kernel ends a sandbox with its parent once bubblewrap has asked for that. Its inner half asks a little later
    than it is born, and a kill in between leaves it waiting for ever, before anything foreign has run.
    """
    for pid in _starting_in(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


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
    for pid in (folder / "cgroup.procs").read_text("ascii").split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
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
