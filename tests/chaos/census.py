"""What killed programs may have left on the machine. Each function returns what it found as lines for people."""

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from builds.sandbox.cgroups import BASE_VARIABLE, usable_hierarchy
from builds.sandbox.folders import remove_group

PROC = Path("/proc")


@dataclass(frozen=True)
class Handles:
    """What a process holds open."""

    descriptors: int
    threads: int


def handles(pid: int) -> Handles:
    """Count from outside."""
    return Handles(len(os.listdir(PROC / str(pid) / "fd")), len(os.listdir(PROC / str(pid) / "task")))


def folders(parent: Path) -> list[str]:
    """Name what is in a folder that should be empty."""
    return [f"folder {path.name}" for path in sorted(parent.iterdir())]


def groups(parents: Iterable[Path]) -> list[str]:
    """Name the control groups below some that should have none."""
    return [f"control group {path}" for parent in parents for path in sorted(parent.iterdir()) if path.is_dir()]


def mounts(name: str) -> list[str]:
    """Name the mounts out of or onto paths with a name, in every mount namespace that a process is in."""
    found = []
    for pid in _one_of_each_namespace():
        with contextlib.suppress(OSError):
            lines = (PROC / pid / "mountinfo").read_text("utf-8", errors="replace").splitlines()
            found += [f"mount {' '.join(line.split()[3:5])} seen by {pid}" for line in lines if name in line]
    return found


def _one_of_each_namespace() -> Iterable[str]:
    """Processes whose namespace can't be told are asked one by one."""
    namespaces: dict[str, str] = {}
    for pid in filter(str.isdigit, os.listdir(PROC)):
        try:
            namespaces[os.readlink(PROC / pid / "ns" / "mnt")] = pid
        except OSError:
            namespaces[pid] = pid
    return namespaces.values()


def locks(folder: Path, *, owners: Iterable[int]) -> list[str]:
    """Name the files of a folder that are locked by one of the owners, or by nobody who can be seen."""
    held = [path for path in sorted(folder.glob("*")) if not _is_free(path)]
    mine = set(owners)
    named = {path: _openers(path) for path in held}
    return [f"lock {path.name}" for path, pids in named.items() if (not pids or pids & mine) and not _is_free(path)]


def _is_free(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _openers(path: Path) -> set[int]:
    pids = set()
    for link in PROC.glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if os.readlink(link) == str(path):
                pids.add(int(link.parts[2]))
    return pids


@contextmanager
def private_groups(name: str) -> Iterator[tuple[Path, ...]]:
    """Have every program that is started from here make its control groups below some that nobody else uses.

    Version 2, which was not tried, is told by the environment; with version 1 this process enters them.
    """
    hierarchy = usable_hierarchy()
    mine = tuple(folder / name for folder in hierarchy.folders) if hierarchy else ()
    for folder in mine:
        folder.mkdir()
    if hierarchy and hierarchy.version == 2:
        os.environ[BASE_VARIABLE] = str(mine[0])
    else:
        _enter(mine)
    try:
        yield mine
    finally:
        if hierarchy and hierarchy.version == 1:
            _enter(hierarchy.folders)
        for folder in mine:
            for path in (*filter(Path.is_dir, folder.iterdir()), folder):
                remove_group(path)


def _enter(folders: Iterable[Path]) -> None:
    for folder in folders:
        (folder / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
