"""A sandbox out of bubblewrap, as an ordinary user or as root with a lent user id.

Each option is here because something escaped without it; ``docs/security.md`` tells what.
"""

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Literal

from builds.agent.errors import AgentError
from builds.agent.ports import IsCancelled
from builds.agent.values import SandboxDescription, SandboxLimits, SandboxRequest, SandboxResult
from builds.sandbox.cgroups import Group, lent_group
from builds.sandbox.etc import write_etc
from builds.sandbox.housekeeping import end_strays
from builds.sandbox.inputs import check_files, staged
from builds.sandbox.launch import Launch
from builds.sandbox.process import supervise
from builds.sandbox.runtime import INSIDE_RUNTIME, Mount, PythonRuntime, empty_folder
from builds.sandbox.seccomp import current_architecture, program
from builds.sandbox.streams import filled_pipe, open_pipe
from builds.sandbox.uids import lent_uid

Identity = Literal["unprivileged", "pooled-uid"]

BWRAP, SETPRIV, PRLIMIT = "/usr/bin/bwrap", "/usr/bin/setpriv", "/usr/bin/prlimit"
DRIVERS = Path(__file__).resolve().parent.parent / "toolchains" / "inside"
INSIDE_DRIVERS = "/driver"
INSIDE_UID = 61_000
"""Who an unprivileged sandbox's processes think they are."""

MAKE_LOADER_CACHE = "/usr/sbin/ldconfig -X -C /tmp/cache -f /dev/null {folder} && cat /tmp/cache"
"""Lists the libraries under their paths inside, so that the interpreter starts even with an empty environment."""

LAUNCHER = 'cp -R /src/. /work/ && printf "\\006" && exec "$@"'
"""Copies the input into the sandbox's own file system, says READY, and becomes the command."""

SHARED_MEMORY_BYTES = 16 << 20
CPU_GRACE_SECONDS = 1
SYSTEM_LINKS = ("bin", "sbin", "lib", "lib32", "lib64")

NAMESPACES = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
CAPABILITIES_FOR_SETPRIV = ("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP")


@dataclass(frozen=True)
class BubblewrapSandbox:
    """Runs each command in fresh namespaces, without network, with a private copy of its files."""

    runtime: PythonRuntime
    identity: Identity
    drivers: Path = DRIVERS

    def describe(self) -> SandboxDescription:
        """Say which bubblewrap, and as whom."""
        return SandboxDescription(backend="bubblewrap", version=self._version, identity=self.identity)

    def run(
        self,
        request: SandboxRequest,
        *,
        is_cancelled: IsCancelled = lambda: False,
        on_output: Callable[[bytes], None] | None = None,
    ) -> SandboxResult:
        """Run one command; ``on_output`` gets pieces of stdout.

        :raises AgentError: ``sandbox.input``, ``sandbox.busy``, ``sandbox.start_failed``, ``sandbox.unavailable``.
        """
        check_files(request.files, request.limits)
        loader_cache = self._loader_cache
        return self._run(request, loader_cache, is_cancelled=is_cancelled, on_output=on_output)

    def _run(
        self,
        request: SandboxRequest,
        loader_cache: bytes,
        *,
        is_cancelled: IsCancelled,
        on_output: Callable[[bytes], None] | None,
    ) -> SandboxResult:
        with self._uid(is_cancelled) as uid, staged(request.files) as folder:
            if uid is None:
                return SandboxResult(outcome="cancelled", exit_code=None, stdout=b"", stderr=b"", duration_seconds=0.0)
            self._stage_system_files(folder, uid, loader_cache)
            with lent_group(request.limits) as group, self._launch(request, folder, uid, group) as launch:
                return supervise(
                    launch, stdin=request.stdin, limits=request.limits, is_cancelled=is_cancelled, on_output=on_output
                )

    @cached_property
    def _version(self) -> str:
        answer = subprocess.run([BWRAP, "--version"], capture_output=True, env={}, check=False, timeout=10)
        return answer.stdout.decode("ascii", errors="replace").removeprefix("bubblewrap ").strip()

    @cached_property
    def _loader_cache(self) -> bytes:
        """Ask the system's own tool, in a sandbox of its own; once for the life of this object."""
        command = MAKE_LOADER_CACHE.format(folder=self.runtime.library_folder() or "")
        request = SandboxRequest(argv=("/bin/sh", "-c", command), files={})
        return self._run(request, b"", is_cancelled=lambda: False, on_output=None).stdout

    @cached_property
    def _filter(self) -> bytes:
        architecture = current_architecture()
        if architecture is None:
            raise AgentError("sandbox.unavailable", advice="architecture.unsupported", command="uname -m")
        return program(architecture)

    def _uid(self, is_cancelled: IsCancelled) -> contextlib.AbstractContextManager[int | None]:
        if self.identity == "unprivileged":
            return contextlib.nullcontext(INSIDE_UID)
        return lent_uid(is_cancelled=is_cancelled)

    def _stage_system_files(self, folder: Path, uid: int, loader_cache: bytes) -> None:
        configuration = folder / "pyvenv.cfg"
        try:
            write_etc(folder / "etc", uid=uid, gid=uid, loader_cache=loader_cache)
            configuration.write_text(self.runtime.configuration(), encoding="ascii")
            configuration.chmod(0o644)
        except OSError as error:
            raise AgentError("sandbox.start_failed", step="stage") from error

    @contextlib.contextmanager
    def _launch(self, request: SandboxRequest, folder: Path, uid: int, group: Group | None) -> Iterator[Launch]:
        """Open the two pipes that bubblewrap is told about, and close our ends afterwards."""
        with contextlib.ExitStack() as stack:
            try:
                rules = stack.enter_context(filled_pipe(self._filter))
                info, told = stack.enter_context(open_pipe())
                argv = self._argv(request, folder, uid, seccomp=rules, info=told)
            except OSError as error:
                raise AgentError("sandbox.start_failed", step="prepare") from error
            yield Launch(
                group.entered_by(argv) if group else argv,
                handed_down=(rules, told),
                info=info,
                group=group,
                end_strays=partial(end_strays, folder),
            )

    def _argv(self, request: SandboxRequest, folder: Path, uid: int, *, seccomp: int, info: int) -> list[str]:
        options = [
            *self._isolation(uid),
            ("--seccomp", str(seccomp), "--info-fd", str(info)),
            *_environment(),
            *_system_mounts(),
            *self.runtime.mounts(),
            ("--ro-bind", str(folder / "pyvenv.cfg"), f"{INSIDE_RUNTIME}/pyvenv.cfg"),
            ("--ro-bind", str(folder / "etc"), "/etc"),
            ("--ro-bind", str(self.drivers), INSIDE_DRIVERS),
            ("--ro-bind", str(folder / "src"), "/src"),
            *_writable_mounts(request.limits),
            ("--remount-ro", "/", "--chdir", "/work"),
        ]
        return [
            BWRAP,
            *(word for option in options for word in option),
            "--",
            *self._drop_privileges(uid),
            *_limit(request.limits),
            *("/bin/sh", "-c", LAUNCHER, "sh", *request.argv),
        ]

    def _isolation(self, uid: int) -> list[Mount]:
        """Root must not make a user namespace: what runs there could write to the host's kernel settings."""
        common: list[Mount] = [NAMESPACES, ("--die-with-parent", "--new-session", "--hostname", "sandbox")]
        if self.identity == "unprivileged":
            return [("--unshare-user", "--uid", str(uid), "--gid", str(uid), "--cap-drop", "ALL"), *common]
        return [("--cap-drop", "ALL", *CAPABILITIES_FOR_SETPRIV), *common]

    def _drop_privileges(self, uid: int) -> Sequence[str]:
        if self.identity == "unprivileged":
            return ()
        return (
            *(SETPRIV, "--reuid", str(uid), "--regid", str(uid), "--clear-groups"),
            *("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"),
        )


def _environment() -> list[Mount]:
    """Everything that is to be known about the outside."""
    variables = {"PATH": f"{INSIDE_RUNTIME}/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}  # noqa: S108 (the sandbox's own)
    return [("--setenv", name, value) for name, value in variables.items()]


def _system_mounts() -> list[Mount]:
    """Show the distribution's programs and libraries, without what was installed beside them."""
    mounts: list[Mount] = [("--ro-bind", "/usr", "/usr"), empty_folder("/usr/local")]
    for name in SYSTEM_LINKS:
        path = Path("/", name)
        if path.is_symlink():
            mounts.append(("--symlink", str(path.readlink()), str(path)))
        elif path.is_dir():
            mounts.append(("--ro-bind", str(path), str(path)))
    return mounts


def _writable_mounts(limits: SandboxLimits) -> list[Mount]:
    """Everything that can be written to has a size; ``/dev`` and the root would be writable otherwise."""
    return [
        ("--dev", "/dev"),
        _sized("/dev/shm", SHARED_MEMORY_BYTES),  # noqa: S108 (the sandbox's own)
        ("--remount-ro", "/dev"),
        _sized("/tmp", limits.work_bytes),  # noqa: S108 (the sandbox's own)
        _sized("/work", limits.work_bytes),
    ]


def _sized(path: str, size: int) -> Mount:
    return ("--perms", "1777", "--size", str(size), "--tmpfs", path)


def _limit(limits: SandboxLimits) -> Sequence[str]:
    """Limits are set inside: outside, the processes of the whole user would count."""
    return (
        PRLIMIT,
        f"--as={limits.address_space_bytes}",
        f"--data={limits.process_memory_bytes}",
        f"--nproc={limits.processes}",
        f"--nofile={limits.open_files}",
        f"--fsize={limits.file_bytes}",
        f"--cpu={limits.cpu_seconds}:{limits.cpu_seconds + CPU_GRACE_SECONDS}",
        "--core=0",
        "--",
    )


def missing_programs() -> list[str]:
    """Name the programs that this sandbox needs and this machine lacks."""
    return [program for program in (BWRAP, SETPRIV, PRLIMIT) if shutil.which(program) is None]
