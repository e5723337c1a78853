"""Control groups: the kernel itself counts the memory and the processes of one whole sandbox.

Version 1 is used as root, version 2 where a group was delegated to this user. Version 2 was not tried against a real
memory controller: the machine that this was written on has none.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from builds.agent.errors import AgentError
from builds.agent.values import SandboxLimits
from builds.sandbox.folders import owned_folder

Limiter = Literal["cgroup v1", "cgroup v2", "watchdog"]

BASE_VARIABLE = "SANDBOX_CGROUP"
"""Folder of a delegated version 2 group without processes of its own; unset: this process's group or the one above."""
REQUIRE_VARIABLE = "SANDBOX_REQUIRE_CGROUP"
OWN_GROUPS = Path("/proc/self/cgroup")
MOUNTS = Path("/proc/self/mounts")
EXTRA_PROCESSES = 8
"""Bubblewrap's own, beside those that the command may have."""

JOIN = 'for file; do shift; [ "$file" = -- ] && exec "$@"; echo 0 >"$file" || exit 125; done'
"""Enters each group, then becomes the command: nothing is started before it is counted."""


@dataclass(frozen=True)
class Hierarchy:
    """Where new groups are made, and which files say what."""

    version: Literal[1, 2]
    folders: tuple[Path, ...]
    """One for version 2; for version 1 the memory controller's, then that of the process numbers."""

    @property
    def name(self) -> Limiter:
        """Return the name that people read."""
        return "cgroup v1" if self.version == 1 else "cgroup v2"


@dataclass(frozen=True)
class Group:
    """One sandbox's groups, one folder for each folder of the hierarchy."""

    version: Literal[1, 2]
    folders: tuple[Path, ...]

    def limit(self, limits: SandboxLimits) -> None:
        """Set the limits; memory that is swapped out counts too.

        :raises OSError: the kernel doesn't take them.
        """
        memory, processes = self.folders[0], self.folders[-1]
        size, most = str(limits.memory_bytes), str(limits.processes + EXTRA_PROCESSES)
        if self.version == 1:
            _write(memory / "memory.limit_in_bytes", size)
            if (memory / "memory.memsw.limit_in_bytes").exists():
                _write(memory / "memory.memsw.limit_in_bytes", size)
        else:
            _write(memory / "memory.max", size)
            if (memory / "memory.swap.max").exists():
                _write(memory / "memory.swap.max", "0")
        _write(processes / "pids.max", most)

    def entered_by(self, argv: Sequence[str]) -> list[str]:
        """Return the command that enters the groups and becomes the given one."""
        files = (str(folder / "cgroup.procs") for folder in self.folders)
        return ["/bin/sh", "-c", JOIN, "sh", *files, "--", *argv]

    def has_run_out_of_memory(self) -> bool:
        """Say whether the kernel had to kill something inside."""
        file = self.folders[0] / ("memory.oom_control" if self.version == 1 else "memory.events")
        try:
            lines = file.read_text("ascii").splitlines()
        except OSError:
            return False
        return any(line.startswith("oom_kill ") and line != "oom_kill 0" for line in lines)


def is_required() -> bool:
    """Say whether the operator wants no sandbox rather than one that only the watchdog limits."""
    return os.environ.get(REQUIRE_VARIABLE, "").strip().lower() in {"1", "true", "yes", "on"}


@cache
def usable_hierarchy() -> Hierarchy | None:
    """Return where groups can really be made, found out by making one; None means the watchdog."""
    found = _version_2(OWN_GROUPS.read_text("ascii")) if OWN_GROUPS.exists() else None
    if found is None and os.geteuid() == 0:
        found = _version_1(OWN_GROUPS.read_text("ascii"), MOUNTS.read_text("ascii"))
    return found if found is not None and _takes_limits(found) else None


def limiter() -> Limiter:
    """Say what limits the sandboxes of this process as a whole."""
    hierarchy = usable_hierarchy()
    return hierarchy.name if hierarchy else "watchdog"


@contextlib.contextmanager
def lent_group(limits: SandboxLimits) -> Iterator[Group | None]:
    """Make the groups for one run; None where only the watchdog can limit it.

    :raises AgentError: ``sandbox.start_failed``: what worked at the start doesn't any more, and nothing weaker is used.
    """
    hierarchy = usable_hierarchy()
    if hierarchy is None:
        yield None
        return
    with contextlib.ExitStack() as stack:
        try:
            folders = [stack.enter_context(owned_folder(parent, is_group=True)) for parent in hierarchy.folders]
            group = Group(hierarchy.version, tuple(folders))
            group.limit(limits)
        except OSError as error:
            raise AgentError("sandbox.start_failed", step="cgroup") from error
        yield group


def group_folders() -> tuple[Path, ...]:
    """Return the folders in which groups are made; none with the watchdog."""
    hierarchy = usable_hierarchy()
    return hierarchy.folders if hierarchy else ()


def _version_1(own: str, mounts: str) -> Hierarchy | None:
    """Stay below this process's own group, so that its limits go on counting."""
    groups = {
        controller: path
        for line in own.splitlines()
        for controller in line.split(":", 2)[1].split(",")
        for path in [line.split(":", 2)[2]]
    }
    folders = []
    for controller in ("memory", "pids"):
        mount = _mount_of(controller, mounts)
        if mount is None or controller not in groups:
            return None
        folder = mount / groups[controller].lstrip("/")
        folders.append(folder if folder.is_dir() else mount)  # a container sees its own group as the root
    return Hierarchy(1, tuple(folders))


def _mount_of(controller: str, mounts: str) -> Path | None:
    for line in mounts.splitlines():
        _, place, kind, options, *_ = line.split()
        if kind == "cgroup" and controller in options.split(","):
            return Path(place)
    return None


def _version_2(own: str) -> Hierarchy | None:
    """A group with processes of its own can't have limited groups below it, so the one above is asked as well."""
    configured = os.environ.get(BASE_VARIABLE)
    path = next((line.removeprefix("0::/") for line in own.splitlines() if line.startswith("0::/")), None)
    if configured:
        candidates = [Path(configured)]
    elif path:
        here = Path("/sys/fs/cgroup", path)
        candidates = [here, here.parent]
    else:
        return None
    return next((Hierarchy(2, (folder,)) for folder in candidates if _hands_down_controllers(folder)), None)


def _hands_down_controllers(folder: Path) -> bool:
    try:
        there = set((folder / "cgroup.controllers").read_text("ascii").split())
        if not {"memory", "pids"} <= there:
            return False
        _write(folder / "cgroup.subtree_control", "+memory +pids")
    except OSError:
        return False
    return True


def _takes_limits(hierarchy: Hierarchy) -> bool:
    try:
        with contextlib.ExitStack() as stack:
            folders = [stack.enter_context(owned_folder(parent, is_group=True)) for parent in hierarchy.folders]
            Group(hierarchy.version, tuple(folders)).limit(SandboxLimits())
    except OSError:
        return False
    return True


def _write(file: Path, text: str) -> None:
    """Write to a file that the kernel made; never make one."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode("ascii"))
    finally:
        os.close(descriptor)
