"""A sandbox out of a container engine, for machines on which bubblewrap can't work and an engine is given.

Docker or Podman, with gVisor (``runsc``) where the engine knows it, which then also keeps the kernel itself out of
reach. **Not tried**: no engine runs on the machine that this was written on. Tested are the command that it makes, the
refusal without an engine, and the self-test that it has to pass like every other sandbox before anything runs in it.

The image has to hold a virtual environment at ``/runtime`` made from ``requirements-sandbox.txt``, and ``/bin/sh``.
"""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from builds.agent.errors import AgentError
from builds.agent.ports import IsCancelled
from builds.agent.values import SandboxDescription, SandboxLimits, SandboxRequest, SandboxResult
from builds.sandbox.inputs import check_files, staged
from builds.sandbox.launch import Launch
from builds.sandbox.process import supervise

ENGINES = ("docker", "podman")
IMAGE_VARIABLE = "SANDBOX_IMAGE"
CLIENT_VARIABLES = ("HOME", "PATH", "XDG_RUNTIME_DIR", "DOCKER_HOST", "DOCKER_CONTEXT", "CONTAINER_HOST")
GVISOR = "runsc"
DRIVERS = Path(__file__).resolve().parent.parent / "toolchains" / "inside"
INSIDE_UID = 61_000
SHARED_MEMORY_BYTES = 16 << 20
ENGINE_SECONDS = 20
GRACE_SECONDS = 5
CPU_GRACE_SECONDS = 1

LAUNCHER = 'cp -R /src/. /work/ && printf "\\006" && exec timeout -s KILL "$0" "$@"'
"""Like bubblewrap's; the end of the engine's client doesn't end the container, so time is limited inside too."""


@dataclass(frozen=True)
class Engine:
    """A container engine, the image for builds, and the runtime below the engine."""

    program: str
    image: str
    runtime: str
    """``runsc``, or empty for the engine's default, which shares the kernel with the host."""


def lacks() -> str:
    """Return the first thing that a container needs and this machine lacks as a dotted code; empty when nothing is."""
    if not any(map(shutil.which, ENGINES)):
        return "engine.missing"
    if not os.environ.get(IMAGE_VARIABLE):
        return "image.missing"
    return "" if _answering_program() else "engine.unreachable"


def found_engine() -> Engine:
    """Return the first engine that answers.

    :raises AgentError: ``sandbox.unavailable``.
    """
    program = _answering_program()
    if program is None:
        raise AgentError("sandbox.unavailable", advice="engine.unreachable", command="script/doctor")
    return Engine(program, os.environ.get(IMAGE_VARIABLE, ""), GVISOR if _knows_gvisor(program) else "")


@dataclass(frozen=True)
class ContainerSandbox:
    """Runs each command in a fresh container, without network, with a private copy of its files."""

    engine: Engine
    drivers: Path = DRIVERS

    def describe(self) -> SandboxDescription:
        """Say which engine with which runtime."""
        name = Path(self.engine.program).name
        backend = f"{name}+{self.engine.runtime}" if self.engine.runtime else name
        return SandboxDescription(backend=backend, version=self._version, identity="unprivileged")

    def run(
        self,
        request: SandboxRequest,
        *,
        is_cancelled: IsCancelled = lambda: False,
        on_output: Callable[[bytes], None] | None = None,
    ) -> SandboxResult:
        """Run one command; ``on_output`` gets pieces of stdout.

        :raises AgentError: ``sandbox.input``, ``sandbox.start_failed``.
        """
        check_files(request.files, request.limits)
        name = f"agentsite-sandbox-{secrets.token_hex(8)}"
        with staged(request.files) as folder, self._launch(request, folder, name) as launch:
            try:
                result = supervise(
                    launch, stdin=request.stdin, limits=request.limits, is_cancelled=is_cancelled, on_output=on_output
                )
                is_over = result.outcome == "exited" and self._has_run_out_of_memory(name)
                return result.model_copy(update={"outcome": "memory_limit", "exit_code": None}) if is_over else result
            finally:
                _ask(self.engine.program, "rm", "--force", name)

    @cached_property
    def _version(self) -> str:
        return _ask(self.engine.program, "version", "--format", "{{.Client.Version}}").strip()

    def _has_run_out_of_memory(self, name: str) -> bool:
        answer = _ask(self.engine.program, "inspect", "--format", "{{.State.OOMKilled}}", name)
        return answer.strip() == "true"

    @contextlib.contextmanager
    def _launch(self, request: SandboxRequest, folder: Path, name: str) -> Iterator[Launch]:
        """There is no news of a first process, so the pipe for it ends at once."""
        info_read, info_write = os.pipe()
        os.close(info_write)
        try:
            yield Launch(
                self.command(request, folder / "src", name),
                handed_down=(),
                info=info_read,
                environment=_client_environment(),
            )
        finally:
            os.close(info_read)

    def command(self, request: SandboxRequest, source: Path, name: str) -> list[str]:
        """Return the engine's command line for one run."""
        seconds = str(request.limits.wall_seconds + GRACE_SECONDS)
        return [
            *(self.engine.program, "run", "--name", name, "--interactive", "--pull", "never"),
            *(("--runtime", self.engine.runtime) if self.engine.runtime else ()),
            *_isolation(),
            *_limits(request.limits),
            *("--mount", f"type=bind,src={source},dst=/src,readonly"),
            *("--mount", f"type=bind,src={self.drivers},dst=/driver,readonly"),
            *("--entrypoint", "/bin/sh", self.engine.image, "-c", LAUNCHER, seconds, *request.argv),
        ]


def _isolation() -> Sequence[str]:
    """The engine's own filter of system calls stays on; it denies name spaces, mounts, keys and bpf."""
    return (
        *("--network", "none", "--ipc", "none", "--hostname", "sandbox", "--log-driver", "none"),
        *("--user", f"{INSIDE_UID}:{INSIDE_UID}", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        *("--read-only", "--workdir", "/work"),
        *("--env", "HOME=/tmp", "--env", "LANG=C.UTF-8", "--env", "PATH=/runtime/bin:/usr/bin:/bin"),
    )


def _limits(limits: SandboxLimits) -> Sequence[str]:
    return (
        *("--memory", str(limits.memory_bytes), "--memory-swap", str(limits.memory_bytes)),
        *("--pids-limit", str(limits.processes)),
        *("--ulimit", f"nofile={limits.open_files}", "--ulimit", f"fsize={limits.file_bytes}", "--ulimit", "core=0"),
        *("--ulimit", f"cpu={limits.cpu_seconds}:{limits.cpu_seconds + CPU_GRACE_SECONDS}"),
        *("--ulimit", f"data={limits.process_memory_bytes}"),
        *_sized("/work", limits.work_bytes, limits.inodes),
        *_sized("/tmp", limits.work_bytes, limits.inodes),  # noqa: S108 (the sandbox's own)
        *_sized("/dev/shm", SHARED_MEMORY_BYTES, limits.inodes),  # noqa: S108 (the sandbox's own)
    )


def _sized(path: str, size: int, inodes: int) -> Sequence[str]:
    return ("--tmpfs", f"{path}:rw,nosuid,nodev,exec,mode=1777,size={size},nr_inodes={inodes}")


def _answering_program() -> str | None:
    """A client without its daemon is no engine."""
    programs = [program for program in map(shutil.which, ENGINES) if program]
    return next((program for program in programs if _ask(program, "info", "--format", "{{json .}}")), None)


def _knows_gvisor(program: str) -> bool:
    """Podman starts whatever runtime it finds; Docker has a list."""
    if Path(program).name == "podman":
        return shutil.which(GVISOR) is not None
    try:
        return GVISOR in json.loads(_ask(program, "info", "--format", "{{json .Runtimes}}"))
    except (ValueError, TypeError):
        return False


def _client_environment() -> dict[str, str]:
    """What the engine's client needs to find its engine; nothing of it goes into the container."""
    return {name: os.environ[name] for name in CLIENT_VARIABLES if name in os.environ}


def _ask(*command: str) -> str:
    """Return what the engine says; nothing when it fails or doesn't answer."""
    try:
        answer = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ENGINE_SECONDS,
            check=False,
            env=_client_environment(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.decode(errors="replace") if answer.returncode == 0 else ""
